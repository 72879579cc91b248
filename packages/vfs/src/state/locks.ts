import { LockTable } from '../mount/lock-table.js'
import type { LockState } from './tree-state.js'

/** What a table of locks says in a state. */
export function describeLocks(locks: LockTable | undefined): LockState[] {
  return (locks?.held ?? []).map(({ node, owner, start, end, type, pid, flock, fh }) => {
    return { node, owner: String(owner), start: String(start), end: String(end), type, pid, flock, fh }
  })
}

/** The table of locks that a state tells; `undefined` for none, as of a mount where nobody has locked. */
export function restoreLocks(locks: readonly LockState[]): LockTable | undefined {
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
