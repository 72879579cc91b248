import {
  type Context,
  Errno,
  type FileHandle,
  type FileLock,
  type LockRequest,
  type NodeId,
  OPERATIONS,
  type Outcome,
} from '@fb/api'
import { asker } from '../kit/ask.js'
import { LockTable } from '../mount/lock-table.js'
import { localNode, type Mount } from '../mount/mount.js'
import type { Router } from '../router/router.js'

const { ENOTCONN, ENOLCK } = Errno
const ask = { getlk: asker('getlk'), setlk: asker('setlk') }

export function getlk(
  router: Router,
  node: NodeId,
  fh: FileHandle,
  owner: bigint,
  lock: FileLock,
  ctx: Context,
): Outcome<FileLock> {
  const mount = router.on(node, fh)
  if (mount === undefined) return ENOTCONN
  const { fs } = mount
  const local = localNode(mount, node)
  if (fs.setlk === undefined && fs.getlk === undefined) {
    return locksOf(router, mount)?.test(local, owner, lock) ?? ENOLCK
  }
  const outcome = ask.getlk(mount, local, router.localHandle(mount, node, fh), owner, lock, ctx)
  return router.answers.plain<FileLock>(mount, outcome, OPERATIONS.getlk.missing)
}

export function setlk(
  router: Router,
  node: NodeId,
  fh: FileHandle,
  request: LockRequest,
  ctx: Context,
): Outcome<void> {
  const mount = router.on(node, fh)
  if (mount === undefined) return ENOTCONN
  const local = localNode(mount, node)
  if (mount.fs.setlk === undefined) {
    const locks = locksOf(router, mount)
    if (locks === undefined) return ENOLCK
    const outcome = locks.set(local, router.localHandle(mount, node, fh), request, () => ctx.signal)
    return router.answers.plain<void>(mount, outcome, ENOLCK)
  }
  const outcome = ask.setlk(mount, local, router.localHandle(mount, node, fh), request, ctx)
  return router.answers.plain<void>(mount, outcome, OPERATIONS.setlk.missing)
}

/** Locks of a back end without any of its own; none where several threads serve it, who would not see each other's. */
function locksOf({ client }: Router, mount: Mount): LockTable | undefined {
  if (mount.locks === undefined && !client.isShared) mount.locks = new LockTable()
  return mount.locks
}
