import { Errno, type Name } from '@fb/api'

const SLASH = 0x2f
const DOT = 0x2e
/** What a system call takes as a path, without NUL (PATH_MAX). The host has its own limit for a name. */
const MAX_PATH = 4095

/** The error for a name that must not reach the host as a path: the server refuses these too. */
export function nameError(name: Name): Errno | undefined {
  if (name.length === 0) return Errno.ENOENT
  if (name.length > MAX_PATH) return Errno.ENAMETOOLONG
  return name.includes(SLASH) ? Errno.EINVAL : undefined
}

/** As {@link nameError}, for a name that is to be made, removed or renamed: neither `.` nor `..`. */
export function newNameError(name: Name): Errno | undefined {
  return isDot(name) || isDotDot(name) ? Errno.EINVAL : nameError(name)
}

/** The error for the target of a symbolic link that no system call takes. */
export function targetError(target: Uint8Array): Errno | undefined {
  return target.length > MAX_PATH ? Errno.ENAMETOOLONG : undefined
}

export function isDot(name: Name): boolean {
  return name.length === 1 && name[0] === DOT
}

export function isDotDot(name: Name): boolean {
  return name.length === 2 && name[0] === DOT && name[1] === DOT
}
