import { randomInt } from 'node:crypto'
import { FUSE_ROOT_ID } from '@fb/abi'
import { Errno } from '@fb/api'
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  check,
  close,
  O_PATH,
  openat,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  SysError,
  statx,
  umask,
} from '@fb/sys'
import { IDENTITY_MASK, Stat } from './attributes.js'
import { openProcFd } from './descriptors.js'
import { type ExportFormat, exportFormat } from './export-format.js'
import { type HandleRefusal, openForHandles } from './handle-support.js'
import { Host } from './host.js'
import type { ResolvedOptions } from './options.js'
import { descriptorBudget, descriptorLimit, growDescriptorTable, threadIdentity } from './process-limits.js'
import { reachesRemote } from './remote.js'
import { type PassthroughShare, SESSION_WORDS } from './share.js'
import { FdCache } from './tables/fd-cache.js'
import { ForeignIds } from './tables/foreign-ids.js'
import { FreshFds } from './tables/fresh-fds.js'
import { HandleArena } from './tables/handle-arena.js'
import { HandleTable, MAX_HANDLES } from './tables/handle-table.js'
import { InodeTable } from './tables/inode-table.js'
import { LockOwners } from './tables/lock-owners.js'
import { MountTable } from './tables/mount-table.js'

/** Bytes of file handles per inode: what the common file systems need. */
const HANDLE_BYTES = 32
const MAX_MOUNTS = 4096
/** Where generations begin, in seconds since 1970: those of a later run are greater. */
const FIRST_GENERATION = 1_577_836_800

/**
 * Opens the source and makes the tables, with the root in them. Throws a `SysError` where the source cannot be opened,
 * is neither a directory nor a regular file, or where file handles are mandatory and not to be had.
 *
 * Sets the umask of the process to 0: the modes of new files come from clients, who have a umask of their own.
 */
export function openSource(options: ResolvedOptions): PassthroughShare {
  umask(0)
  const procFd = openProcFd()
  let root = -1
  try {
    root = check(openat(AT_FDCWD, options.source, O_PATH, 0), 'openat of the source')
    const stat = new Stat()
    check(statx(root, '', AT_EMPTY_PATH, IDENTITY_MASK, stat.bytes), 'statx of the source')
    const type = stat.mode & S_IFMT
    if (type !== S_IFDIR && type !== S_IFREG) {
      throw new SysError(Errno.ENOTDIR.errno, 'openat of the source: neither a directory nor a regular file')
    }
    const refusal = probe(options, procFd, root, stat.mode)
    const ino = stat.inoHigh * 2 ** 32 + stat.inoLow
    const exports = refusal === undefined ? exportFormat(root, ino) : undefined
    const share = makeShare(options, procFd, stat.device, exports, refusal, reachesRemote(root))
    const node = new Host(share).nodes.intern(root, stat, true)
    root = -1
    check(node, 'intern the source')
    growDescriptorTable(procFd)
    if (node !== FUSE_ROOT_ID) throw new Error(`the root got nodeid ${node}`)
    return share
  } catch (error) {
    if (root >= 0) close(root)
    close(procFd)
    throw error
  }
}

/** Whether the source's mount has file handles: `undefined`, or what stands in the way. */
function probe(
  options: ResolvedOptions,
  procFd: number,
  root: number,
  mode: number,
): HandleRefusal | undefined {
  const opened = openForHandles(options, procFd, root, mode)
  if (typeof opened === 'number') {
    close(opened)
    return undefined
  }
  if (options.inodeFileHandles === 'mandatory') {
    throw new SysError(opened.errno, `${opened.step}: file handles are mandatory, but the source has none`)
  }
  return opened
}

function makeShare(
  options: ResolvedOptions,
  procFd: number,
  rootDevice: number,
  exports: ExportFormat | undefined,
  refusal: HandleRefusal | undefined,
  isRemote: boolean,
): PassthroughShare {
  const budget = descriptorBudget(descriptorLimit(), refusal === undefined)
  const generation = Math.floor(Date.now() / 1000) - FIRST_GENERATION
  return {
    options,
    inodes: InodeTable.create(options.maxInodes, generation),
    handleBytes: HandleArena.create(options.maxInodes * HANDLE_BYTES),
    cache: FdCache.create(options.maxCachedFds ?? budget.cached, options.maxHeldFds ?? budget.held),
    fresh: FreshFds.create(),
    mounts: MountTable.create(MAX_MOUNTS),
    handles: HandleTable.create(options.maxOpenFiles ?? Math.min(budget.open, MAX_HANDLES)),
    locks: LockOwners.create(budget.locks),
    foreign: ForeignIds.create(options.maxInodes),
    exports,
    session: new SharedArrayBuffer(SESSION_WORDS * Int32Array.BYTES_PER_ELEMENT),
    procFd,
    rootDevice,
    ...(refusal === undefined ? {} : { refusal }),
    isRemote,
    switchesUser: threadIdentity().switchesUser,
    tokenBase: randomInt(2 ** 31),
  }
}
