import {
  type AttrReply,
  type Context,
  Errno,
  type FileHandle,
  type NodeId,
  type Outcome,
  type SetAttr,
  type SetTime,
} from '@fb/api'
import {
  AT_EMPTY_PATH,
  close,
  fchownat,
  ftruncate,
  O_ACCMODE,
  O_RDONLY,
  O_WRONLY,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  statx,
  UTIME_NOW,
  UTIME_OMIT,
  utimensat,
} from '@fb/sys'
import { IDENTITY_MASK } from '../attributes.js'
import { reopen } from '../descriptors.js'
import type { Host } from '../host.js'
import { SessionFlag } from '../share.js'
import { HandleKind } from '../tables/handle-table.js'
import { InodeFlag } from '../tables/inode-table.js'
import { changeMode } from './change-mode.js'
import { isCopyUp, keepPrivileges } from './copy-up.js'
import { beginOwner, finishOwner, losesSetId, mustKillSetId } from './set-id.js'

const EBADF = -Errno.EBADF.errno
const EINVAL = -Errno.EINVAL.errno
const EISDIR = -Errno.EISDIR.errno

const PERMISSIONS = 0o7777
const KEEP = 0xffff_ffff

/**
 * Changes attributes, in the order in which each step leaves the later ones their say: the owner (which clears set-id
 * bits) before the mode, the size before the times. What was done before an error stays done, as in any sequence.
 */
export function setattr(
  host: Host,
  node: NodeId,
  changes: SetAttr,
  fh: FileHandle | undefined,
  ctx: Context,
): Outcome<AttrReply> {
  if (host.options.readOnly) return Errno.EROFS
  const { nodes, stat } = host
  const fd = nodes.acquire(node)
  if (fd < 0) return Errno.of(fd)
  let result = 0
  if (changesOwner(changes)) result = guarded(host, fd, ctx, () => changeOwner(host, fd, changes, ctx))
  if (result >= 0 && changes.mode !== undefined) result = changeMode(fd, changes.mode & PERMISSIONS)
  if (result >= 0 && changes.size !== undefined)
    result = guarded(host, fd, ctx, () => changeSize(host, node, fd, changes, fh, ctx))
  if (result >= 0 && (changes.atime !== undefined || changes.mtime !== undefined))
    result = changeTimes(host, node, fd, changes)
  if (result >= 0) result = statx(fd, '', AT_EMPTY_PATH, IDENTITY_MASK, stat.bytes)
  nodes.release(node)
  return result < 0 ? Errno.of(result) : host.attrReply()
}

function guarded(host: Host, fd: number, ctx: Context, change: () => number): number {
  return isCopyUp(host, fd, ctx) ? keepPrivileges(host, fd, change) : change()
}

/**
 * Whether the owner is changed, or nothing at all: the kernel sends such a request for chown(2) that keeps both ids, which still
 * takes set-id bits away.
 *
 * It sends the same before a write that takes them, or capabilities of the file, away (`fuse_setattr` for `__remove_privs`), and
 * then only what both would do is done. So who does not own the file is answered that all is well, where a disk says EPERM to
 * chown(2), and root keeps the bits.
 */
function changesOwner({ uid, gid, mode, size, atime, mtime }: SetAttr): boolean {
  const changesElse = mode !== undefined || size !== undefined || atime !== undefined || mtime !== undefined
  return uid !== undefined || gid !== undefined || !changesElse
}

function changeOwner(host: Host, fd: number, changes: SetAttr, ctx: Context): number {
  const { uid = KEEP, gid = KEEP } = changes
  // The kernel sends all ones for an id that its mount cannot express; chown(2) would take it for "keep".
  if (changes.uid === KEEP || changes.gid === KEEP) return EINVAL
  const drop = beginOwner(host, fd, ctx)
  if (changes.uid === undefined && changes.gid === undefined && !losesSetId(host, ctx)) return 0
  const result = fchownat(fd, '', uid, gid, AT_EMPTY_PATH)
  return result < 0 ? result : finishOwner(host, fd, drop)
}

function changeSize(
  host: Host,
  node: NodeId,
  fd: number,
  changes: SetAttr,
  fh: FileHandle | undefined,
  ctx: Context,
): number {
  const size = changes.size ?? 0
  const kill = mustKillSetId(host, fd, ctx, changes.killSuidgid === true)
  host.nodes.dropFlags(node, InodeFlag.MTIME_SET)
  if (fh !== undefined) {
    const { handles } = host
    const index = handles.acquire(fh, node, HandleKind.FILE)
    if (index < 0) return EBADF
    const writable = (handles.openFlags(index) & O_ACCMODE) !== O_RDONLY
    const result = writable ? ftruncate(handles.fd(index), size, kill) : EINVAL
    host.releaseHandle(index)
    if (writable) return result
  }
  const type = host.nodes.mode(node) & S_IFMT
  if (type !== S_IFREG) return type === S_IFDIR ? EISDIR : EINVAL
  const file = reopen(host.procFd, fd, O_WRONLY)
  if (file < 0) return file
  const result = ftruncate(file, size, kill)
  close(file)
  return result
}

function changeTimes(host: Host, node: NodeId, fd: number, changes: SetAttr): number {
  const { atime, mtime } = changes
  // Pages that are changed in memory by now are written back later, which must not count as a change of then. Where the kernel
  // gathers writes, it does so before it sets a time.
  if (mtime !== undefined && !host.is(SessionFlag.WRITEBACK)) host.nodes.addFlags(node, InodeFlag.MTIME_SET)
  return utimensat(
    fd,
    '',
    seconds(atime),
    nanoseconds(atime),
    seconds(mtime),
    nanoseconds(mtime),
    AT_EMPTY_PATH,
  )
}

function seconds(time: SetTime | undefined): number {
  return time === undefined || time === 'now' ? 0 : time.seconds
}

function nanoseconds(time: SetTime | undefined): number {
  if (time === undefined) return UTIME_OMIT
  return time === 'now' ? UTIME_NOW : time.nanoseconds
}
