import { StateError } from '@fb/api'
import { F_UNLCK, F_WRLCK, flock, LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, ofdSetlk } from '@fb/sys'
import type { Host } from '../host.js'
import { type HeldLock, locksOf } from './host-locks.js'
import type { PieceWriter } from './piece-writer.js'
import { NO_HANDLE, RecordKind } from './record.js'

/** A lock of the host, and the descriptor of ours that has it. */
export interface OwnLock extends HeldLock {
  readonly fd: number
}

/** Writes down the locks of the client, one at a time; yields each. */
export function* saveLocks({ owners, handles }: Host, out: PieceWriter): Generator<OwnLock, void, void> {
  for (let index = 0; index < owners.highWater; index += 1) {
    const pair = owners.at(index)
    if (pair === undefined) continue
    for (const lock of locksOf(pair.fd)) {
      if (lock.flock) continue
      out.u8(RecordKind.POSIX_LOCK)
      out.u32(pair.node)
      out.u64(pair.owner)
      out.u32(pair.handle < 0 ? NO_HANDLE : pair.handle)
      out.u32(pair.pid)
      out.u8(lock.type)
      out.u64(lock.start)
      out.u64(lock.length)
      yield { ...lock, fd: pair.fd }
    }
  }
  for (let index = 0; index < handles.highWater; index += 1) {
    if (handles.node(index) === 0) continue
    const fd = handles.fd(index)
    for (const lock of locksOf(fd)) {
      if (!lock.flock) continue
      out.u8(RecordKind.FLOCK)
      out.u32(index)
      out.u8(lock.type)
      yield { ...lock, fd }
    }
  }
}

/** Lets a lock go. */
export function letGo({ flock: isFlock, fd, start, length }: OwnLock): void {
  if (isFlock) flock(fd, LOCK_UN)
  else ofdSetlk(fd, F_UNLCK, start, length)
}

/**
 * Takes locks again that were let go of. Throws a StateError that says how many somebody else has by now.
 */
export function takeAgain(locks: readonly OwnLock[]): void {
  const lost = locks.filter((lock) => take(lock) < 0)
  if (lost.length > 0) throw new StateError(`${lost.length} of ${locks.length} locks could not be had again`)
}

/** Takes a lock, without waiting for it. 0 or a negative errno: EAGAIN where somebody else has it. */
export function take({ flock: isFlock, fd, type, start, length }: OwnLock): number {
  if (isFlock) return flock(fd, (type === F_WRLCK ? LOCK_EX : LOCK_SH) | LOCK_NB)
  return ofdSetlk(fd, type, start, length)
}
