import { Errno, type FileHandle, type FileLock, type LockRequest, type NodeId } from '@fb/api'

const F_RDLCK = 0
const F_UNLCK = 2

/** A lock that somebody holds. */
export interface HeldLock extends FileLock {
  readonly node: NodeId
  readonly owner: bigint
  /** flock(2) of the whole file; these and ranges of fcntl(2) do not see each other. */
  readonly flock: boolean
  /** Open file through which it was taken, as the back end numbers it. */
  readonly fh: FileHandle
}

interface Waiter {
  readonly node: NodeId
  readonly fh: FileHandle
  readonly request: LockRequest
  readonly settle: (outcome: Errno | undefined) => void
}

/**
 * fcntl(2) and flock(2) locks for a file system that has none of its own. Once locks are negotiated, the kernel keeps none
 * itself for any file of the connection, so somebody has to.
 */
export class LockTable {
  #held: HeldLock[] = []
  #waiters: Waiter[] = []

  /** The locks that are held. */
  get held(): readonly HeldLock[] {
    return this.#held
  }

  /** Takes over locks that were held before. */
  restore(locks: readonly HeldLock[]): void {
    this.#held = [...locks]
  }

  /** The first lock in the way of one, or that one with type F_UNLCK. */
  test(node: NodeId, owner: bigint, lock: FileLock): FileLock {
    const other = this.#obstacle(node, owner, lock, false)
    if (other === undefined) return { ...lock, type: F_UNLCK }
    return { start: other.start, end: other.end, type: other.type, pid: other.pid }
  }

  /** Takes or drops a lock: EAGAIN where another has it, unless the request waits; then EINTR when it is aborted. */
  set(
    node: NodeId,
    fh: FileHandle,
    request: LockRequest,
    signal: () => AbortSignal,
  ): Errno | undefined | Promise<Errno | undefined> {
    if (this.#take(node, fh, request)) return undefined
    if (!request.wait) return Errno.EAGAIN
    return this.#wait(node, fh, request, signal())
  }

  /** close(2): the ranges of a process on a file are gone. */
  dropRanges(node: NodeId, owner: bigint): void {
    this.#drop((held) => held.node === node && held.owner === owner && !held.flock)
  }

  /** The last reference of an open file is gone, and with it its flock(2). */
  dropFlock(node: NodeId, owner: bigint): void {
    this.#drop((held) => held.node === node && held.owner === owner && held.flock)
  }

  /**
   * An open file is gone, and with it the ranges that were taken through it. Those of processes have been dropped by then; those
   * of the open file description (F_OFD_SETLK) are dropped by nothing else.
   */
  dropFile(node: NodeId, fh: FileHandle): void {
    this.#drop((held) => held.node === node && held.fh === fh && !held.flock)
  }

  /** Nobody waits or holds anything any more. */
  close(): void {
    this.#held = []
    for (const { settle } of this.#waiters.splice(0)) settle(Errno.ENOTCONN)
  }

  async #wait(
    node: NodeId,
    fh: FileHandle,
    request: LockRequest,
    signal: AbortSignal,
  ): Promise<Errno | undefined> {
    let abort = () => {}
    const outcome = new Promise<Errno | undefined>((resolve) => {
      const waiter = { node, fh, request, settle: resolve }
      this.#waiters.push(waiter)
      abort = () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        resolve(Errno.EINTR)
      }
    })
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await outcome
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** True where nobody was in the way. */
  #take(node: NodeId, fh: FileHandle, { owner, lock, flock }: LockRequest): boolean {
    if (lock.type !== F_UNLCK && this.#obstacle(node, owner, lock, flock) !== undefined) return false
    const rest = this.#held.flatMap((held) =>
      held.node === node && held.owner === owner && held.flock === flock
        ? without(held, lock, flock)
        : [held],
    )
    if (lock.type !== F_UNLCK) rest.push({ ...lock, node, owner, flock, fh })
    this.#held = rest
    this.#wake()
    return true
  }

  #drop(gone: (held: HeldLock) => boolean): void {
    const left = this.#held.filter((held) => !gone(held))
    if (left.length === this.#held.length) return
    this.#held = left
    this.#wake()
  }

  /** Those who wait try again, first come, first served. */
  #wake(): void {
    for (const waiter of [...this.#waiters]) {
      if (!this.#waiters.includes(waiter)) continue
      if (this.#obstacle(waiter.node, waiter.request.owner, waiter.request.lock, waiter.request.flock))
        continue
      this.#waiters = this.#waiters.filter((other) => other !== waiter)
      this.#take(waiter.node, waiter.fh, waiter.request)
      waiter.settle(undefined)
    }
  }

  #obstacle(node: NodeId, owner: bigint, lock: FileLock, flock: boolean): HeldLock | undefined {
    return this.#held.find(
      (held) =>
        held.node === node &&
        held.flock === flock &&
        held.owner !== owner &&
        (held.type !== F_RDLCK || lock.type !== F_RDLCK) &&
        (flock || (held.start <= lock.end && lock.start <= held.end)),
    )
  }
}

/** What is left of a lock when another one of the same owner takes its range. */
function without(held: HeldLock, lock: FileLock, flock: boolean): HeldLock[] {
  if (flock) return []
  if (held.end < lock.start || held.start > lock.end) return [held]
  const left: HeldLock[] = []
  if (held.start < lock.start) left.push({ ...held, end: lock.start - 1n })
  if (held.end > lock.end) left.push({ ...held, start: lock.end + 1n })
  return left
}
