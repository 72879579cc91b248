import { type Context, Errno, type FileHandle, type NodeId, type Outcome, type ReleaseRequest } from '@fb/api'
import {
  close,
  copyFileRange,
  copyFileRangeAsync,
  dup,
  F_UNLCK,
  fallocate,
  fallocateAsync,
  fdatasync,
  fdatasyncAsync,
  flock,
  fsync,
  fsyncAsync,
  LOCK_UN,
  lseek,
  O_ACCMODE,
  O_RDONLY,
  ofdSetlk,
  SEEK_DATA,
  SEEK_HOLE,
} from '@fb/sys'
import { closeIfAny } from '../descriptors.js'
import type { Host } from '../host.js'
import { SessionFlag } from '../share.js'
import { HandleFlag, HandleKind } from '../tables/handle-table.js'
import { InodeFlag } from '../tables/inode-table.js'
import { mustKillSetId } from './set-id.js'

/** Most bytes of one copy: it may always be shorter than asked for, and others wait meanwhile. */
const MAX_COPY = 256 * 1024 * 1024

/** Waits for a call on an open file and ends its use. */
async function finishLater(host: Host, index: number, call: Promise<number>): Promise<number> {
  try {
    return await call
  } finally {
    host.releaseHandle(index)
  }
}

/** Ends a use after a call that was made at once. */
function finish(host: Host, index: number, result: number): number {
  host.releaseHandle(index)
  return result
}

/** A result of 0 or a negative errno, as an outcome without value. */
function nothing(result: number): Outcome<void> {
  return result < 0 ? Errno.of(result) : undefined
}

/** close(2) of one descriptor of the client: reports what writing it back has to say, and drops the owner's POSIX locks. */
export function flush(host: Host, node: NodeId, fh: FileHandle, lockOwner: bigint): Outcome<void> {
  const { handles } = host
  const index = handles.acquire(fh, node, HandleKind.FILE)
  if (index < 0) return Errno.EBADF
  dropLocks(host, node, lockOwner)
  if (handles.has(index, HandleFlag.LOCKED)) handles.addFlags(index, HandleFlag.CLOSED_ONCE)
  // What was changed in memory before has been written back by now.
  host.nodes.dropFlags(node, InodeFlag.MTIME_SET)
  let result = 0
  if ((handles.openFlags(index) & O_ACCMODE) !== O_RDONLY) {
    const copy = dup(handles.fd(index))
    result = copy < 0 ? copy : close(copy)
  }
  return nothing(finish(host, index, result))
}

/** Drops all locks of fcntl(2) of an owner on a file. A wait of the same owner goes on and then has no lock either. */
export function dropLocks(host: Host, node: NodeId, owner: bigint): void {
  const index = host.owners.acquire(node, owner)
  if (index >= 0) dropOwner(host, index)
}

function dropOwner({ owners }: Host, index: number): void {
  owners.end(index)
  ofdSetlk(owners.fd(index), F_UNLCK, 0, 0)
  closeIfAny(owners.release(index))
}

/**
 * Drops what is left of the locks that were taken through an open file. POSIX locks have gone with the FLUSH of their process by
 * then; those of the open file description (F_OFD_SETLK) go with it, and the kernel names their owner in no other request.
 */
function dropLocksOfHandle(host: Host, handle: number): void {
  for (
    let index = host.owners.acquireOfHandle(handle);
    index >= 0;
    index = host.owners.acquireOfHandle(handle)
  )
    dropOwner(host, index)
}

/** Ends an open file. Who still uses it closes it; its locks are dropped at once. */
export function release(host: Host, node: NodeId, fh: FileHandle, request: ReleaseRequest): Outcome<void> {
  const index = host.handles.acquire(fh, node, HandleKind.FILE)
  if (index < 0) return Errno.EBADF
  if (request.flush) dropLocks(host, node, request.lockOwner)
  if (host.handles.has(index, HandleFlag.LOCKED)) dropLocksOfHandle(host, index)
  if (request.flockUnlock) flock(host.handles.fd(index), LOCK_UN)
  host.handles.end(index)
  host.releaseHandle(index)
  return undefined
}

export function sync(
  host: Host,
  node: NodeId,
  fh: FileHandle,
  datasync: boolean,
  kind: number,
): Outcome<void> {
  const { handles } = host
  const index = handles.acquire(fh, node, kind)
  if (index < 0) return Errno.EBADF
  const fd = handles.fd(index)
  host.nodes.dropFlags(node, InodeFlag.MTIME_SET)
  const { flushes } = host
  if (host.options.blocking && !flushes.isSlow) {
    return nothing(
      finish(
        host,
        index,
        flushes.time(() => (datasync ? fdatasync(fd) : fsync(fd))),
      ),
    )
  }
  const call = flushes.timeLater(() => (datasync ? fdatasyncAsync(fd) : fsyncAsync(fd)))
  return finishLater(host, index, call).then(nothing)
}

export function allocate(
  host: Host,
  node: NodeId,
  fh: FileHandle,
  offset: number,
  length: number,
  mode: number,
  ctx: Context,
): Outcome<void> {
  if (host.options.readOnly) return Errno.EROFS
  const { handles } = host
  const index = handles.acquire(fh, node, HandleKind.FILE)
  if (index < 0) return Errno.EBADF
  const fd = handles.fd(index)
  host.nodes.dropFlags(node, InodeFlag.MTIME_SET)
  const kill = mustKillSetId(host, fd, ctx)
  // The wire's number has no sign, the system call's has.
  const flags = mode | 0
  if (host.options.blocking) return nothing(finish(host, index, fallocate(fd, flags, offset, length, kill)))
  return finishLater(host, index, fallocateAsync(fd, flags, offset, length, kill)).then(nothing)
}

/**
 * Looks for data or a hole. With gathered writes the host does not know all data, and who copies around holes would lose it: then
 * the kernel is told to take the whole file for data (ENOSYS holds for the connection).
 */
export function seek(
  host: Host,
  node: NodeId,
  fh: FileHandle,
  offset: number,
  whence: number,
): Outcome<number> {
  if (host.is(SessionFlag.WRITEBACK)) return Errno.ENOSYS
  if (whence !== SEEK_DATA && whence !== SEEK_HOLE) return Errno.EINVAL
  const index = host.handles.acquire(fh, node, HandleKind.FILE)
  if (index < 0) return Errno.EBADF
  return finish(host, index, lseek(host.handles.fd(index), offset, whence))
}

/** One end of a copy. */
export interface CopyEnd {
  readonly node: NodeId
  readonly fh: FileHandle
  readonly offset: number
}

export function copy(
  host: Host,
  from: CopyEnd,
  to: CopyEnd,
  length: number,
  flags: number,
  ctx: Context,
): Outcome<number> {
  if (host.options.readOnly) return Errno.EROFS
  const { handles } = host
  const input = handles.acquire(from.fh, from.node, HandleKind.FILE)
  if (input < 0) return Errno.EBADF
  const output = handles.acquire(to.fh, to.node, HandleKind.FILE)
  if (output < 0) {
    host.releaseHandle(input)
    return Errno.EBADF
  }
  const most = Math.min(length, MAX_COPY)
  host.nodes.dropFlags(to.node, InodeFlag.MTIME_SET)
  const kill = mustKillSetId(host, handles.fd(output), ctx)
  const call = host.options.blocking ? copyFileRange : copyFileRangeAsync
  const result = call(handles.fd(input), from.offset, handles.fd(output), to.offset, most, flags, kill)
  if (typeof result !== 'number') return finishLater(host, input, finishLater(host, output, result))
  host.releaseHandle(input)
  return finish(host, output, result)
}

/** Ends every open file and every lock: the connection has ended. */
export function releaseAll(host: Host): void {
  const { handles, owners } = host
  for (let index = handles.highWater - 1; index >= 0; index -= 1) closeIfAny(handles.endAt(index))
  for (let index = owners.acquireAny(0); index >= 0; index = owners.acquireAny(0)) {
    owners.end(index)
    closeIfAny(owners.release(index))
  }
}
