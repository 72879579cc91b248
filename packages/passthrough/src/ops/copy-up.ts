import type { Context } from '@fb/api'
import { AT_EMPTY_PATH, getxattr, S_IFDIR, S_IFMT, STATX_MODE, STATX_NLINK, setxattr, statx } from '@fb/sys'
import { procPath } from '../descriptors.js'
import type { Host } from '../host.js'
import { changeMode } from './change-mode.js'

const PERMISSIONS = 0o7777
const CAPABILITY = 'security.capability'
/** XATTR_CAPS_SZ_3 (include/uapi/linux/capability.h). */
const value = new Uint8Array(24)

/**
 * Whether a change of attributes is one of overlayfs, which has its upper layer here and copies a file up. Its requests cannot be
 * told from those of chown(2) and truncate(2), which take set-id bits and file capabilities away, but it has given the file these
 * before (`ovl_copy_up_metadata`, fs/overlayfs/copy_up.c): they have to stay. It makes the file without a name (O_TMPFILE) and as
 * root.
 */
export function isCopyUp(host: Host, fd: number, ctx: Context): boolean {
  if (ctx.uid !== 0) return false
  const { otherStat } = host
  if (statx(fd, '', AT_EMPTY_PATH, STATX_MODE | STATX_NLINK, otherStat.bytes) < 0) return false
  return otherStat.nlink === 0 && (otherStat.mode & S_IFMT) !== S_IFDIR
}

/**
 * Makes a change of what {@link isCopyUp} has just looked at, and puts back what the host takes away with it.
 *
 * @param change - gives 0 or a negative errno, as this does
 */
export function keepPrivileges(host: Host, fd: number, change: () => number): number {
  const { mode } = host.otherStat
  const length = getxattr(procPath(fd), CAPABILITY, value)
  let result = change()
  if (result >= 0) result = changeMode(fd, mode & PERMISSIONS)
  if (result >= 0 && length > 0) result = setxattr(procPath(fd), CAPABILITY, value.subarray(0, length), 0)
  return result
}
