import { AT_FDCWD, check, close, O_DIRECTORY, O_NOCTTY, O_PATH, openat } from '@fb/sys'

/** The magic links of this process's descriptors: opening one opens what the descriptor is, whatever its name. */
export const PROC_FD = '/proc/self/fd'

/** Opens {@link PROC_FD}. Throws a `SysError` where /proc is not there. */
export function openProcFd(): number {
  return check(openat(AT_FDCWD, PROC_FD, O_PATH | O_DIRECTORY, 0), `openat ${PROC_FD}`)
}

/** The path of a descriptor, for calls that take nothing else. Following it never leads to another file. */
export function procPath(fd: number): string {
  return `${PROC_FD}/${fd}`
}

/**
 * Opens the file of an O_PATH descriptor again with other flags. Only for regular files and directories: opening
 * a FIFO or a device waits, or has effects. Returns a descriptor or a negative errno.
 */
export function reopen(procFd: number, fd: number, flags: number, killPriv = false): number {
  return openat(procFd, String(fd), flags | O_NOCTTY, 0, killPriv)
}

/** Closes a descriptor if there is one (>= 0). */
export function closeIfAny(fd: number): void {
  if (fd >= 0) close(fd)
}
