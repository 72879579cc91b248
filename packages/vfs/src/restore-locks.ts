import { LockTable } from './mount/lock-table.js'
import type { LockSnapshot } from './vfs-snapshot.js'

/** The table of locks that a snapshot or state tells; `undefined` for none, as of a mount where nobody has locked. */
export function restoreLocks(locks: readonly LockSnapshot[]): LockTable | undefined {
  if (locks.length === 0) return undefined
  const table = new LockTable()
  table.restore(
    locks.map((lock) => ({
      ...lock,
      owner: BigInt(lock.owner),
      start: BigInt(lock.start),
      end: BigInt(lock.end),
    })),
  )
  return table
}
