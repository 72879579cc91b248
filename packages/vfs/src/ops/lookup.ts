import {
  type AttrReply,
  type Context,
  type Entry,
  Errno,
  type Name,
  type NodeId,
  OPERATIONS,
  type Outcome,
} from '@fb/api'
import type { Conversion } from '../kit/answers.js'
import { asker, lacking } from '../kit/ask.js'
import { OWN_CONTEXT } from '../kit/own-context.js'
import { localNode, type Mount } from '../mount/mount.js'
import { indexOf, ROOT } from '../node-ids.js'
import type { Router } from '../router/router.js'
import { splitPath } from '../tree/path.js'
import type { Place } from '../tree/place.js'

const DOT = 0x2e
const DOT_NAME = Uint8Array.of(DOT)

const { ENOSYS, ESTALE } = Errno
const { missing } = OPERATIONS.lookup

// Rare cases are functions of their own: much depends on the speed of the others.

export function lookup(router: Router, parent: NodeId, name: Name, ctx: Context): Outcome<Entry> {
  if (router.unsettled !== undefined) return lookupWhenSettled(router, parent, name, ctx)
  const mount = router.at(parent)
  if (mount === undefined) return ESTALE
  if (mount.grafts !== 0) {
    const entered = enterPlace(router, mount, parent, name, ctx)
    if (entered !== undefined) return entered
  }
  const local = localNode(mount, parent)
  if (local === ROOT && mount !== router.tree.top && isDotDot(name)) return leave(router, mount, ctx)
  return router.answers.entry(mount, ask(mount, local, name, ctx), missing)
}

function lookupWhenSettled(router: Router, parent: NodeId, name: Name, ctx: Context): Outcome<Entry> {
  const settling = router.settle()
  return settling === undefined
    ? lookup(router, parent, name, ctx)
    : settling.then(() => lookup(router, parent, name, ctx))
}

function enterPlace(
  router: Router,
  mount: Mount,
  parent: NodeId,
  name: Name,
  ctx: Context,
): Outcome<Entry> | undefined {
  const place = router.placeAt(mount, parent, name)
  return place === undefined ? undefined : enter(router, place, ctx)
}

export function forget(router: Router, node: NodeId, nlookup: number): void {
  // The root of the tree is never forgotten, and its lookups are not counted: see Replies.
  if (node === ROOT) return
  const index = indexOf(node)
  const mount = router.mounts.find(index)
  if (mount === undefined) return
  // Never more than it has been given: the tree itself may have lookups on the node too.
  const local = node - mount.base
  const taken = router.client.nodes.take(local, index, nlookup)
  if (taken === 0) return
  if (local !== ROOT && mount.state !== 'destroyed') mount.fs.forget?.(local, taken)
  if (mount.state !== 'live') router.mounts.reap(mount)
}

/** Enters a place: the root of a mount, or a pseudo directory. `undefined` for a directory of the back end above. */
export function enter(router: Router, { shown }: Place, ctx: Context): Outcome<Entry> | undefined {
  if (shown === undefined) return undefined
  const { mount, node } = shown
  if (mount === router.tree.pseudo && node !== ROOT) {
    return router.answers.entry(mount, router.pseudoFs.lookup(node, DOT_NAME, OWN_CONTEXT), Errno.ENOENT)
  }
  return node === ROOT ? enterRoot(router, mount, ctx) : undefined
}

/** Written out, and not made by `asker`: much depends on its speed. */
function ask({ fs }: Mount, node: NodeId, name: Name, ctx: Context): Outcome<Entry> {
  if (fs.lookup === undefined) return ENOSYS
  try {
    return fs.lookup(node, name, ctx)
  } catch (error) {
    return lacking(error)
  }
}

const askForAttributes = asker('getattr')

/** The entry of a mount's root: a lookup that only the tree knows of. */
function enterRoot({ answers, replies }: Router, mount: Mount, ctx: Context): Outcome<Entry> {
  const conversion: Conversion<Mount, AttrReply, Entry> = {
    take: (_mount, reply, fresh) => replies.root(mount, reply, fresh),
    tooLate: () => ESTALE,
  }
  return answers.convert(
    mount,
    askForAttributes(mount, ROOT, undefined, ctx),
    OPERATIONS.getattr.missing,
    conversion,
  )
}

/** The directory above the root of a mount: asked for by those who export the tree. */
function leave(router: Router, mount: Mount, ctx: Context): Outcome<Entry> {
  const above = router.tree.find(splitPath(mount.path))?.parent?.shown
  if (above === undefined || mount.state !== 'live') return ESTALE
  if (above.node === ROOT) return enterRoot(router, above.mount, ctx)
  return router.answers.entry(above.mount, ask(above.mount, above.node, DOT_NAME, ctx), ESTALE)
}

function isDotDot(name: Name): boolean {
  return name.length === 2 && name[0] === DOT && name[1] === DOT
}
