import {
  type AttrReply,
  type Context,
  Errno,
  type NodeId,
  OPERATIONS,
  type OpenReply,
  type Outcome,
} from '@fb/api'
import { asker, lacking } from '../kit/ask.js'
import { runSteps, type Steps } from '../kit/steps.js'
import { localNode, type Mount } from '../mount/mount.js'
import type { Router } from '../router/router.js'

const O_TRUNC = 0o1000

const { ENOSYS, ESTALE, ENFILE } = Errno
const askToSet = asker('setattr')

export function open(
  router: Router,
  node: NodeId,
  flags: number,
  killSuidgid: boolean,
  ctx: Context,
): Outcome<OpenReply> {
  const mount = router.at(node)
  if (mount === undefined) return ESTALE
  if (router.isFull(mount)) return ENFILE
  if (mount.truncates && (flags & O_TRUNC) !== 0) {
    return runSteps(truncateAndOpen(router, mount, node, flags, killSuidgid, ctx))
  }
  const local = localNode(mount, node)
  return router.answers.open(mount, local, node, flags, ask(mount, local, flags, killSuidgid, ctx))
}

/** Written out, and not made by `asker`: much depends on its speed. */
function ask(
  { fs }: Mount,
  node: NodeId,
  flags: number,
  killSuidgid: boolean,
  ctx: Context,
): Outcome<OpenReply> {
  if (fs.open === undefined) return ENOSYS
  try {
    return fs.open(node, flags, killSuidgid, ctx)
  } catch (error) {
    return lacking(error)
  }
}

function* truncateAndOpen(
  router: Router,
  mount: Mount,
  node: NodeId,
  flags: number,
  killSuidgid: boolean,
  ctx: Context,
): Steps<OpenReply | Errno> {
  const local = localNode(mount, node)
  mount.busy += 1
  try {
    const set = askToSet(mount, local, { size: 0 }, undefined, ctx)
    const cut = yield router.answers.plain<AttrReply>(mount, set, OPERATIONS.setattr.missing)
    if (cut instanceof Errno) return cut
    const opened = ask(mount, local, flags & ~O_TRUNC, killSuidgid, ctx)
    return (yield router.answers.open(mount, local, node, flags, opened)) as OpenReply | Errno
  } finally {
    mount.busy -= 1
    router.mounts.reap(mount)
  }
}
