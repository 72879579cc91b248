import {
  type AttrReply,
  type Context,
  Errno,
  type FileHandle,
  isPromise,
  type NodeId,
  OPERATIONS,
  type Outcome,
  type StatxReply,
  statxByGetattr,
} from '@fb/api'
import { asker, lacking } from '../kit/ask.js'
import { localNode, type Mount } from '../mount/mount.js'
import type { Router } from '../router/router.js'

const { ENOSYS, ESTALE, ENOTCONN } = Errno
const { missing } = OPERATIONS.getattr
const askStatx = asker('statx')

export function getattr(
  router: Router,
  node: NodeId,
  fh: FileHandle | undefined,
  ctx: Context,
): Outcome<AttrReply> {
  const mount = fh === undefined ? router.at(node) : router.on(node, fh)
  if (mount === undefined) return fh === undefined ? ESTALE : ENOTCONN
  const outcome = ask(mount, localNode(mount, node), router.localHandle(mount, node, fh), ctx)
  return router.answers.attributes(mount, outcome, missing)
}

/** Written out, and not made by `asker`: much depends on its speed. */
function ask({ fs }: Mount, node: NodeId, fh: FileHandle | undefined, ctx: Context): Outcome<AttrReply> {
  if (fs.getattr === undefined) return ENOSYS
  try {
    return fs.getattr(node, fh, ctx)
  } catch (error) {
    return lacking(error)
  }
}

export function statx(
  router: Router,
  node: NodeId,
  fh: FileHandle | undefined,
  flags: number,
  mask: number,
  ctx: Context,
): Outcome<StatxReply> {
  const mount = fh === undefined ? router.at(node) : router.on(node, fh)
  if (mount === undefined) return fh === undefined ? ESTALE : ENOTCONN
  const own: Parameters<typeof askStatx>[1] = localNode(mount, node)
  const outcome = router.answers.statx(
    mount,
    askStatx(mount, own, router.localHandle(mount, node, fh), flags, mask, ctx),
  )
  const basic = () => statxByGetattr({ getattr: (...args) => getattr(router, ...args) }, node, fh, ctx)
  if (isPromise(outcome)) return outcome.then((reply) => (reply === ENOSYS ? basic() : reply))
  return outcome === ENOSYS ? basic() : outcome
}
