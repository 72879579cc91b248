import type { PassthroughShare } from './share.js'
import { FdCache } from './tables/fd-cache.js'
import { HandleArena } from './tables/handle-arena.js'
import { InodeTable } from './tables/inode-table.js'
import { MountTable } from './tables/mount-table.js'

/** The tables that describe inodes. All are guarded by `inodes.lock`. */
export interface NodeTables {
  readonly inodes: InodeTable
  readonly handleBytes: HandleArena
  readonly cache: FdCache
  readonly mounts: MountTable
}

/** This thread's view of the tables in shared memory. */
export function openNodeTables(
  share: Pick<PassthroughShare, 'inodes' | 'handleBytes' | 'cache' | 'mounts'>,
): NodeTables {
  const inodes = new InodeTable(share.inodes)
  return {
    inodes,
    handleBytes: new HandleArena(share.handleBytes),
    cache: new FdCache(share.cache, inodes),
    mounts: new MountTable(share.mounts),
  }
}
