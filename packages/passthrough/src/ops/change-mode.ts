import { Errno } from '@fb/api'
import { AT_EMPTY_PATH, chmod, fchmodat } from '@fb/sys'
import { procPath } from '../descriptors.js'

const ENOSYS = -Errno.ENOSYS.errno

/** Changes the permission bits of what a descriptor, O_PATH or not, is of. 0 or a negative errno. */
export function changeMode(fd: number, mode: number): number {
  const result = fchmodat(fd, '', mode, AT_EMPTY_PATH)
  return result === ENOSYS ? chmod(procPath(fd), mode) : result
}
