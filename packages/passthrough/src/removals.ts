import { AT_SYMLINK_NOFOLLOW, type PathLike, statx } from '@fb/sys'
import { IDENTITY_MASK, type Stat } from './attributes.js'
import { closeIfAny } from './descriptors.js'
import type { NodeTables } from './node-tables.js'
import type { Nodes } from './nodes.js'
import { NO_ROOM } from './tables/fd-cache.js'
import { InodeFlag } from './tables/inode-table.js'

/** What `begin` returns where there is nothing to finish. */
export const NOTHING_HELD = 0

/**
 * Keeps inodes usable whose last name goes away while the kernel still knows them: an inode without a name cannot be
 * opened by its file handle, yet programs go on using it (fstat of an open file, a directory that is somebody's cwd).
 * It therefore gets a descriptor before the name is removed, and has it until it is forgotten.
 */
export class Removals {
  readonly #tables: NodeTables
  readonly #nodes: Nodes

  constructor(tables: NodeTables, nodes: Nodes) {
    this.#tables = tables
    this.#nodes = nodes
  }

  /**
   * Call before the name `name` in the directory `dirfd` is removed or replaced. Returns the node to be given to
   * `finish`, or {@link NOTHING_HELD}. `stat` is overwritten. Descriptors running out is no error here.
   */
  begin(dirfd: number, name: PathLike, stat: Stat): number {
    const flags = AT_SYMLINK_NOFOLLOW | this.#tables.names.quiet
    if (statx(dirfd, name, flags, IDENTITY_MASK, stat.bytes) < 0) return NOTHING_HELD
    if (!stat.isDirectory && stat.nlink > 1) return NOTHING_HELD
    const node = this.#find(stat)
    if (node === NOTHING_HELD || this.#nodes.acquire(node) < 0) return NOTHING_HELD
    const { inodes, cache } = this.#tables
    inodes.lock.lock()
    const before = inodes.has(node - 1, InodeFlag.FD_HELD)
    const held = !before && cache.keep(node - 1)
    inodes.lock.unlock()
    if (held) return node
    this.#nodes.release(node)
    return NOTHING_HELD
  }

  /** Call after the attempt: `removed` tells whether the name is gone. */
  finish(node: number, removed: boolean): void {
    if (node === NOTHING_HELD) return
    if (!removed) this.#letGo(node - 1)
    this.#nodes.release(node)
  }

  /** The node of an inode that has no descriptor of its own to keep, or {@link NOTHING_HELD}. */
  #find(stat: Stat): number {
    const { inodes, mounts } = this.#tables
    inodes.lock.lock()
    const mount = mounts.use(stat.mountLow, stat.mountHigh)
    let slot = -1
    if (mount >= 0) {
      slot = inodes.find(stat.inoLow, stat.inoHigh, stat.device, mount)
      // Never the last use: rows live as long as an inode on them, and others had this one.
      mounts.release(mount)
    }
    if (slot >= 0 && inodes.has(slot, InodeFlag.FD_HELD)) slot = -1
    inodes.lock.unlock()
    return slot + 1
  }

  /** Makes a held descriptor a cached one again. */
  #letGo(slot: number): void {
    const { inodes, cache } = this.#tables
    inodes.lock.lock()
    const fd = cache.drop(slot)
    const victim = cache.put(slot, fd)
    if (victim === NO_ROOM) cache.lend(slot, fd)
    inodes.lock.unlock()
    closeIfAny(victim)
  }
}
