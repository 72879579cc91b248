import { InitFlag } from '@fb/abi'
import type { Connection } from '@fb/api'
import type { ExportFormat } from './export-format.js'
import type { ResolvedOptions } from './options.js'
import { SessionFlag } from './share.js'

/** What is asked for wherever the kernel offers it. */
const WANTED =
  // Else every write asks for security.capability first.
  InitFlag.HANDLE_KILLPRIV_V2 |
  InitFlag.PARALLEL_DIROPS |
  InitFlag.ASYNC_READ |
  InitFlag.ASYNC_DIO |
  InitFlag.BIG_WRITES |
  InitFlag.ATOMIC_O_TRUNC |
  InitFlag.AUTO_INVAL_DATA |
  InitFlag.CREATE_SUPP_GROUP

/** All three or none: ACLs decide about the umask, and setting one may clear set-group-id. */
const ACL = InitFlag.POSIX_ACL | InitFlag.DONT_MASK | InitFlag.SETXATTR_EXT

/** Asks for the features that the options call for. Returns the {@link SessionFlag} bits of what is on. */
export function negotiate(
  connection: Connection,
  options: ResolvedOptions,
  exports: ExportFormat | undefined,
): number {
  connection.enable(WANTED)
  // A file handle that cannot lead back to its inode must not be given out.
  const exportable = exports !== undefined && (exports.whole || connection.localCallers)
  if (!exportable) connection.disable(InitFlag.EXPORT_SUPPORT)
  if (!exportable || !connection.enable(InitFlag.EXPORT_SUPPORT))
    connection.enable(InitFlag.NO_EXPORT_SUPPORT)
  let flags = connection.localCallers ? SessionFlag.LOCAL_CALLERS : 0
  if (options.cache === 'always') connection.enable(InitFlag.CACHE_SYMLINKS)
  if (options.writeback && connection.enable(InitFlag.WRITEBACK_CACHE)) flags |= SessionFlag.WRITEBACK
  if (options.posixAcl && connection.offers(ACL) && connection.enable(ACL)) {
    flags |= SessionFlag.POSIX_ACL | SessionFlag.DONT_MASK
  }
  if (options.announceSubmounts && connection.enable(InitFlag.SUBMOUNTS)) flags |= SessionFlag.SUBMOUNTS
  if (options.allowMmap) connection.enable(InitFlag.DIRECT_IO_ALLOW_MMAP)
  if (!options.locks) connection.disable(InitFlag.POSIX_LOCKS | InitFlag.FLOCK_LOCKS)
  if (options.readdirplus === 'never') connection.disable(InitFlag.DO_READDIRPLUS)
  if (options.readdirplus !== 'auto') connection.disable(InitFlag.READDIRPLUS_AUTO)
  return flags
}
