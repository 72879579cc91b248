import {
  type Context,
  Errno,
  type FileHandle,
  type NodeId,
  OPERATIONS,
  type Outcome,
  type ReleaseRequest,
} from '@fb/api'
import { asker, lacking } from '../kit/ask.js'
import { localNode, type Mount } from '../mount/mount.js'
import { afterClose } from '../router/forgetting.js'
import type { Router } from '../router/router.js'

const { ENOTCONN, EBADF } = Errno
const askToFlush = asker('flush')

/** Reaches a back end that has been removed too: what it has taken it may still finish. */
export function flush(
  router: Router,
  node: NodeId,
  fh: FileHandle,
  lockOwner: bigint,
  ctx: Context,
): Outcome<void> {
  const mount = router.ownerOf(node, fh)
  if (mount === undefined) return ENOTCONN
  const local = localNode(mount, node)
  mount.locks?.dropRanges(local, lockOwner)
  const outcome = askToFlush(mount, local, router.localHandle(mount, node, fh), lockOwner, ctx)
  return router.answers.plain<void>(mount, outcome, OPERATIONS.flush.missing)
}

/** EBADF for a file that is not open: no back end is told to close what it may have opened for another. */
export function release(
  router: Router,
  node: NodeId,
  fh: FileHandle,
  request: ReleaseRequest,
  ctx: Context,
): Outcome<void> {
  const mount = router.ownerOf(node, fh)
  if (mount === undefined) return ENOTCONN
  const local = localNode(mount, node)
  const handle = router.localHandle(mount, node, fh)
  if (!router.closes(mount, node, fh, 'file', request.flags)) return EBADF
  if (mount.locks !== undefined) {
    if (request.flockUnlock) mount.locks.dropFlock(local, request.lockOwner)
    if (!router.isOpen(mount, node, fh)) mount.locks.dropFile(local, handle)
  }
  if (mount.state !== 'live') return releaseLeaving(router, mount, node, handle, request, ctx)
  const outcome = askToRelease(mount, local, handle, request, ctx)
  return router.answers.plain<void>(mount, outcome, OPERATIONS.release.missing)
}

/** Of a mount that is out of the tree: it may have been the last file. */
function releaseLeaving(
  router: Router,
  mount: Mount,
  node: NodeId,
  fh: FileHandle,
  request: ReleaseRequest,
  ctx: Context,
): Outcome<void> {
  try {
    const outcome = askToRelease(mount, localNode(mount, node), fh, request, ctx)
    return router.answers.plain<void>(mount, outcome, OPERATIONS.release.missing)
  } finally {
    afterClose(router, mount, node)
  }
}

/** Written out, and not made by `asker`: much depends on its speed. */
function askToRelease(
  { fs }: Mount,
  node: NodeId,
  fh: FileHandle,
  request: ReleaseRequest,
  ctx: Context,
): Outcome<void> {
  if (fs.release === undefined) return Errno.ENOSYS
  try {
    return fs.release(node, fh, request, ctx)
  } catch (error) {
    return lacking(error)
  }
}
