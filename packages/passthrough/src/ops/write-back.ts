import { Errno, type NodeId, type Outcome, type WriteSource } from '@fb/api'
import {
  AT_EMPTY_PATH,
  fgetxattr,
  fsetxattr,
  getfl,
  O_APPEND,
  O_DIRECT,
  O_DSYNC,
  STATX_MTIME,
  setfl,
  statx,
  statxMtimeNsec,
  statxMtimeSec,
  UTIME_OMIT,
  utimensat,
} from '@fb/sys'
import type { Host } from '../host.js'
import { HandleFlag } from '../tables/handle-table.js'
import { InodeFlag } from '../tables/inode-table.js'

const CAPABILITIES = 'security.capability'
/** More than `struct vfs_ns_cap_data` (include/uapi/linux/capability.h). */
const capabilities = new Uint8Array(64)

/**
 * Writes what the kernel had in its page cache: pages that were changed through a mapping, or gathered writes. The disk would
 * not see a write here: when the page was changed, the kernel has done what belongs to a change. So the write must not do what
 * the host does for each: take file capabilities away, and set the time of a modification that somebody has set since.
 *
 * Any descriptor serves that is open for writing, whatever it was opened for: a page goes where it was, at any length.
 */
export function writeBack(
  host: Host,
  node: NodeId,
  index: number,
  offset: number,
  source: WriteSource,
): Outcome<number> {
  const { handles } = host
  const fd = handles.fd(index)
  const flags = handles.openFlags(index)
  const usable = (flags & O_APPEND) === 0 && ((flags & O_DIRECT) === 0 || leaveDirect(host, index))
  if (!usable) {
    host.releaseHandle(index)
    return Errno.EPERM
  }
  const privileges = fgetxattr(fd, CAPABILITIES, capabilities)
  const kept = privileges > 0 ? capabilities.slice(0, privileges) : undefined
  const { view, bytes } = host.otherStat
  const keepsTime =
    host.nodes.has(node, InodeFlag.MTIME_SET) && statx(fd, '', AT_EMPTY_PATH, STATX_MTIME, bytes) >= 0
  const seconds = keepsTime ? statxMtimeSec(view) : 0
  const nanoseconds = keepsTime ? statxMtimeNsec(view) : 0
  const finish = (count: number): number => {
    if (kept !== undefined) fsetxattr(fd, CAPABILITIES, kept, 0)
    if (keepsTime) utimensat(fd, '', 0, UTIME_OMIT, seconds, nanoseconds, AT_EMPTY_PATH)
    host.releaseHandle(index)
    return count
  }
  const waits = (flags & O_DSYNC) !== 0 && !handles.has(index, HandleFlag.IN_MEMORY) && !host.options.blocking
  return waits
    ? source.toFdAsync(fd, offset, 0, false).then(finish)
    : finish(source.toFd(fd, offset, 0, false))
}

/** Takes O_DIRECT off a descriptor for good. False where that cannot be. */
export function leaveDirect({ handles }: Host, index: number): boolean {
  if (handles.has(index, HandleFlag.NOT_DIRECT)) return true
  const fd = handles.fd(index)
  const flags = getfl(fd)
  if (flags < 0 || setfl(fd, flags & ~O_DIRECT) < 0) return false
  handles.addFlags(index, HandleFlag.NOT_DIRECT)
  return true
}
