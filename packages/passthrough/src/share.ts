import type { ExportFormat } from './export-format.js'
import type { HandleRefusal } from './handle-support.js'
import type { ResolvedOptions } from './options.js'
import type { FdCacheData } from './tables/fd-cache.js'
import type { ForeignIdsData } from './tables/foreign-ids.js'
import type { HandleArenaData } from './tables/handle-arena.js'
import type { HandleTableData } from './tables/handle-table.js'
import type { InodeTableData } from './tables/inode-table.js'
import type { LockOwnersData } from './tables/lock-owners.js'
import type { MountTableData } from './tables/mount-table.js'

/**
 * Everything that a {@link PassthroughFs} is made of, as plain data: what another `worker_threads` thread of the same
 * process needs to serve the same files (`PassthroughFs.attach`). Descriptors in it are those of this process.
 */
export interface PassthroughShare {
  readonly options: ResolvedOptions
  readonly inodes: InodeTableData
  readonly handleBytes: HandleArenaData
  readonly cache: FdCacheData
  /** Memory of `FreshFds`. */
  readonly fresh: SharedArrayBuffer
  readonly mounts: MountTableData
  readonly handles: HandleTableData
  readonly locks: LockOwnersData
  readonly foreign: ForeignIdsData
  /** How inodes of the source's file system are found by number, where they can be. */
  readonly exports: ExportFormat | undefined
  /** {@link SessionWord}s. */
  readonly session: SharedArrayBuffer
  /** Descriptor of `/proc/self/fd`. */
  readonly procFd: number
  /** Device of the root, in the kernel's 32-bit encoding. */
  readonly rootDevice: number
  /** Why inodes on the source's mount are not remembered by file handle, where they are not. */
  readonly refusal?: HandleRefusal
  /** Whether the source, or what is mounted below it, may not answer (see `reachesRemote`). */
  readonly isRemote: boolean
  /** Whether files can be created as their caller. */
  readonly switchesUser: boolean
  /** Upper half of the tokens of lock waits, which are known in the whole process. */
  readonly tokenBase: number
}

/** The memory of the tables that grow with use. */
export function tablesOf({
  inodes,
  handleBytes,
  mounts,
  handles,
  locks,
  foreign,
}: PassthroughShare): SharedArrayBuffer[] {
  const handlesAndLocks = [handles.records, locks.records, foreign.records]
  return [inodes.records, inodes.buckets, handleBytes.blocks, mounts.rows, ...handlesAndLocks]
}

/** Words of `PassthroughShare.session`. */
export const SessionWord = {
  /** {@link SessionFlag} bits. */
  FLAGS: 0,
  /** Lower half of the last token of a lock wait. */
  TOKEN: 1,
} as const

/** What INIT settled, of concern to the operations. */
export const SessionFlag = {
  /** The kernel gathers writes: it decides where appended data goes. */
  WRITEBACK: 1,
  /** The umask is ours to apply. */
  DONT_MASK: 2,
  /** The kernel obeys POSIX ACLs. */
  POSIX_ACL: 4,
  /** Roots of mounts are marked. */
  SUBMOUNTS: 8,
  /** Callers are processes of this machine (`Connection.localCallers`). */
  LOCAL_CALLERS: 16,
} as const

/** Words of `PassthroughShare.session`, rounded up. */
export const SESSION_WORDS = 8
