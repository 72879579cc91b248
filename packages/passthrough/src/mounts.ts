import { Errno } from '@fb/api'
import type { Stat } from './attributes.js'
import { closeIfAny } from './descriptors.js'
import { fileSystemType } from './file-system-type.js'
import { openForHandles } from './handle-support.js'
import type { NodeTables } from './node-tables.js'
import type { ResolvedOptions } from './options.js'
import { MountWord } from './tables/mount-table.js'

/** File systems whose data is in memory: reading them never waits (include/uapi/linux/magic.h). */
const IN_MEMORY: ReadonlySet<number> = new Set([0x01021994, 0x858458f6, 0x958458f6])

/** Finds the mounts that lookups lead to, and what open_by_handle_at(2) needs for each of them. */
export class Mounts {
  readonly #tables: NodeTables
  readonly #options: ResolvedOptions
  readonly #procFd: number

  constructor(tables: NodeTables, options: ResolvedOptions, procFd: number) {
    this.#tables = tables
    this.#options = options
    this.#procFd = procFd
  }

  /**
   * Takes a mount into the table, if another thread has not done so, from the first inode seen on it (`fd`,
   * whose attributes are in `stat`). Returns its row with one use counted for the caller, or a negative errno:
   * ENFILE where there are too many, EOPNOTSUPP where file handles are mandatory and there are none.
   */
  enter(fd: number, stat: Stat): number {
    const { inodes, mounts } = this.#tables
    const opened = openForHandles(this.#options, this.#procFd, fd, stat.mode)
    let mountFd = typeof opened === 'number' ? opened : -1
    if (mountFd < 0 && this.#options.inodeFileHandles === 'mandatory') return -Errno.EOPNOTSUPP.errno
    const inMemory = IN_MEMORY.has(fileSystemType(fd))
    inodes.lock.lock()
    let row = mounts.use(stat.mountLow, stat.mountHigh)
    if (row < 0) {
      row = mounts.insert(stat.mountLow, stat.mountHigh, mountFd, inMemory)
      if (row >= 0) mountFd = -1
    }
    inodes.lock.unlock()
    closeIfAny(mountFd)
    return row < 0 ? -Errno.ENFILE.errno : row
  }

  /** Whether an inode on a mount that the caller uses is remembered by file handle. */
  hasHandles(row: number): boolean {
    return this.#tables.mounts.get(row, MountWord.FD) !== 0
  }

  /** The descriptor of a mount that the caller uses, for open_by_handle_at(2). */
  fd(row: number): number {
    return this.#tables.mounts.get(row, MountWord.FD) - 1
  }

  /** Whether data on a mount that the caller uses is in memory. */
  inMemory(row: number): boolean {
    return this.#tables.mounts.get(row, MountWord.IN_MEMORY) !== 0
  }

  /** Rows of all mounts that have a descriptor, each with one use counted for the caller. */
  useAll(): number[] {
    const { inodes, mounts } = this.#tables
    const rows: number[] = []
    inodes.lock.lock()
    for (let row = 0; row < mounts.highWater; row += 1) {
      if (mounts.get(row, MountWord.USERS) === 0 || !this.hasHandles(row)) continue
      mounts.addUser(row)
      rows.push(row)
    }
    inodes.lock.unlock()
    return rows
  }

  /** Ends a use of a row. */
  release(row: number): void {
    const { inodes, mounts } = this.#tables
    inodes.lock.lock()
    const fd = mounts.release(row)
    inodes.lock.unlock()
    closeIfAny(fd)
  }
}
