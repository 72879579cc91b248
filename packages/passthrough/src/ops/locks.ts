import { setTimeout } from 'node:timers/promises'
import {
  type Context,
  Errno,
  type FileHandle,
  type FileLock,
  type LockRequest,
  type NodeId,
  type Outcome,
} from '@fb/api'
import {
  cancelToken,
  F_RDLCK,
  F_UNLCK,
  F_WRLCK,
  flock,
  flockAsync,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  O_RDONLY,
  O_RDWR,
  ofdGetlk,
  ofdSetlk,
  ofdSetlkWaitAsync,
} from '@fb/sys'
import { closeIfAny, reopen } from '../descriptors.js'
import type { Host } from '../host.js'
import { HandleFlag, HandleKind } from '../tables/handle-table.js'

const EAGAIN = -Errno.EAGAIN.errno
const ENOLCK = -Errno.ENOLCK.errno
const RELEASE_TRIES = 20

/** The last byte of a lock that reaches to the end of the file, however far that is. */
const TO_THE_END = 2n ** 63n - 1n

const found = new BigInt64Array(4)

/** What fcntl(2) takes as length: 0 to the end. */
function lengthOf(lock: FileLock): bigint {
  return lock.end === TO_THE_END ? 0n : lock.end - lock.start + 1n
}

/** The lock of somebody else that is in the way. */
export function getlk(
  host: Host,
  node: NodeId,
  fh: FileHandle,
  owner: bigint,
  lock: FileLock,
): Outcome<FileLock> {
  const { handles, owners } = host
  const index = handles.acquire(fh, node, HandleKind.ANY)
  if (index < 0) return Errno.EBADF
  // Through the owner's own description, because its locks are not in its way. The file's own has no such locks.
  const record = owners.acquire(node, owner)
  const fd = record < 0 ? handles.fd(index) : owners.fd(record)
  const result = ofdGetlk(fd, lock.type, lock.start, lengthOf(lock), found)
  if (record >= 0) closeIfAny(owners.release(record))
  host.releaseHandle(index)
  if (result < 0) return Errno.of(result)
  const [type = 0n, start = 0n, length = 0n, pid = 0n] = found
  if (Number(type) === F_UNLCK) return { ...lock, type: F_UNLCK }
  return {
    type: Number(type),
    start,
    end: length === 0n ? TO_THE_END : start + length - 1n,
    // The host says -1 for all locks of open file descriptions, ours among them.
    pid: pid > 0n ? Number(pid) : owners.otherPid(node, owner),
  }
}

export function setlk(
  host: Host,
  node: NodeId,
  fh: FileHandle,
  request: LockRequest,
  ctx: Context,
): Outcome<void> {
  return request.flock ? setFlock(host, node, fh, request, ctx) : setPosixLock(host, node, fh, request, ctx)
}

/** flock(2) belongs to the open file, which is one on the host as well. */
function setFlock(
  host: Host,
  node: NodeId,
  fh: FileHandle,
  request: LockRequest,
  ctx: Context,
): Outcome<void> {
  const { handles } = host
  const index = handles.acquire(fh, node, HandleKind.ANY)
  if (index < 0) return Errno.EBADF
  const fd = handles.fd(index)
  const operation = flockOperation(request.lock.type)
  handles.addFlags(index, HandleFlag.LOCKED)
  const attempt = () => flock(fd, operation | LOCK_NB)
  const result = attempt()
  const end = () => host.releaseHandle(index)
  if (result === EAGAIN && request.wait) {
    return waitFor(host, ctx, (token) => flockAsync(fd, operation, token)).finally(end)
  }
  if (result === EAGAIN && mayBeClosed(host, node)) return afterReleases(attempt).finally(end)
  end()
  return result < 0 ? Errno.of(result) : undefined
}

function flockOperation(type: number): number {
  if (type === F_UNLCK) return LOCK_UN
  return type === F_RDLCK ? LOCK_SH : LOCK_EX
}

/** A POSIX lock of a process of the client is an OFD lock of a descriptor that stands for that process. */
function setPosixLock(
  host: Host,
  node: NodeId,
  fh: FileHandle,
  request: LockRequest,
  ctx: Context,
): Outcome<void> {
  const { owners } = host
  const { lock } = request
  const record = ownerRecord(host, node, fh, request)
  if (record === NO_LOCKS) return undefined
  if (record < 0) return Errno.of(record)
  owners.setPid(record, ctx.pid)
  const fd = owners.fd(record)
  const attempt = () => ofdSetlk(fd, lock.type, lock.start, lengthOf(lock))
  const result = attempt()
  const end = () => closeIfAny(owners.release(record))
  if (result === EAGAIN && request.wait) {
    return waitFor(host, ctx, (token) =>
      ofdSetlkWaitAsync(fd, lock.type, lock.start, lengthOf(lock), token),
    ).finally(end)
  }
  if (result === EAGAIN && mayBeClosed(host, node)) return afterReleases(attempt).finally(end)
  end()
  return result < 0 ? Errno.of(result) : undefined
}

/**
 * Whether a lock that is in the way may be one of a file that is closed by now. close(2) does not wait for RELEASE: it has been
 * read from the device, perhaps by another thread, which may be a little behind. Told once for each close.
 */
function mayBeClosed({ handles }: Host, node: NodeId): boolean {
  return handles.clearFlags(node, HandleFlag.CLOSED_ONCE)
}

/** Tries again while releases are under way, for some milliseconds. */
async function afterReleases(attempt: () => number): Promise<Errno | undefined> {
  let result = EAGAIN
  for (let count = 0; count < RELEASE_TRIES && result === EAGAIN; count += 1) {
    await setTimeout(1)
    result = attempt()
  }
  return result < 0 ? Errno.of(result) : undefined
}

/** What `ownerRecord` answers where there is nothing to unlock. */
const NO_LOCKS = -0x10000

/** The acquired record of the owner's descriptor, made where it is missing; NO_LOCKS; or a negative errno. */
function ownerRecord(host: Host, node: NodeId, fh: FileHandle, request: LockRequest): number {
  const { handles, owners, nodes } = host
  const index = handles.acquire(fh, node, HandleKind.FILE)
  if (index < 0) return -Errno.EBADF.errno
  let record = owners.acquire(node, request.owner)
  if (record < 0 && request.lock.type === F_UNLCK) record = NO_LOCKS
  if (record === -1) {
    const fd = openForLocks(host, handles.fd(index), request.lock.type)
    record = fd < 0 ? fd : owners.add(node, request.owner, fd, index)
    if (fd >= 0 && (record < 0 || owners.fd(record) !== fd)) closeIfAny(fd)
    if (record === -1) record = ENOLCK
    if (record >= 0) {
      nodes.markLocked(node)
      handles.addFlags(index, HandleFlag.LOCKED)
    }
  }
  host.releaseHandle(index)
  return record
}

/** Opens a regular file again, whose descriptor is `file`, for the locks of one owner. Write locks need it open for writing. */
export function openForLocks(host: Host, file: number, type: number): number {
  const fd = reopen(host.procFd, file, O_RDWR)
  return fd >= 0 || type === F_WRLCK ? fd : reopen(host.procFd, file, O_RDONLY)
}

/** Waits on a thread of its own, until the lock is there or the caller no longer waits: EINTR. */
async function waitFor(
  host: Host,
  ctx: Context,
  start: (token: bigint) => Promise<number>,
): Promise<Errno | undefined> {
  const { signal } = ctx
  if (signal.aborted) return Errno.EINTR
  const token = host.nextToken()
  const cancel = () => cancelToken(token)
  signal.addEventListener('abort', cancel, { once: true })
  const result = await start(token)
  signal.removeEventListener('abort', cancel)
  return result < 0 ? Errno.of(result) : undefined
}
