import { NameOpener } from './name-opener.js'
import type { PassthroughShare } from './share.js'
import { FdCache } from './tables/fd-cache.js'
import { FreshFds } from './tables/fresh-fds.js'
import { HandleArena } from './tables/handle-arena.js'
import { InodeTable } from './tables/inode-table.js'
import { MountTable } from './tables/mount-table.js'

/** The tables that describe inodes, all guarded by `inodes.lock`; and how names lead to inodes. */
export interface NodeTables {
  readonly inodes: InodeTable
  readonly handleBytes: HandleArena
  readonly cache: FdCache
  readonly fresh: FreshFds
  readonly mounts: MountTable
  readonly names: NameOpener
}

/** This thread's view of the tables in shared memory. */
export function openNodeTables(
  share: Pick<PassthroughShare, 'inodes' | 'handleBytes' | 'cache' | 'fresh' | 'mounts' | 'options'>,
): NodeTables {
  const inodes = new InodeTable(share.inodes)
  return {
    inodes,
    handleBytes: new HandleArena(share.handleBytes),
    cache: new FdCache(share.cache, inodes),
    fresh: new FreshFds(share.fresh, inodes),
    mounts: new MountTable(share.mounts),
    names: new NameOpener(share.options.ownMount),
  }
}
