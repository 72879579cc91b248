import { fstatSync } from 'node:fs'
import { DevIoctl } from '@fb/abi'
import { AT_FDCWD, check, close, ioctlBuffer, O_RDWR, openat, S_IFCHR, S_IFMT } from '@fb/sys'

/** The device that every FUSE connection goes through. */
export const FUSE_DEVICE = '/dev/fuse'

/** Number of `/dev/fuse`: misc device 229 (include/linux/miscdevice.h). */
const FUSE_MAJOR = 10
const FUSE_MINOR = 229

/** Opens `/dev/fuse` for a new connection, blocking, close-on-exec. A descriptor, or a negative errno. */
export function openDevice(): number {
  return openat(AT_FDCWD, FUSE_DEVICE, O_RDWR, 0)
}

/**
 * Opens `/dev/fuse` once more and attaches it to the connection of `fd` (FUSE_DEV_IOC_CLONE): requests that are read
 * from it are answered through it. Throws SysError.
 */
export function cloneDevice(fd: number): number {
  const clone = check(openDevice(), `open ${FUSE_DEVICE}`)
  const result = ioctlBuffer(clone, DevIoctl.CLONE, new Uint8Array(Uint32Array.of(fd).buffer))
  if (result < 0) close(clone)
  check(result, 'ioctl FUSE_DEV_IOC_CLONE')
  return clone
}

/** Whether a descriptor is an open `/dev/fuse`. */
export function isFuseDevice(fd: number): boolean {
  try {
    const { mode, rdev } = fstatSync(fd)
    return (mode & S_IFMT) === S_IFCHR && rdev >>> 8 === FUSE_MAJOR && (rdev & 0xff) === FUSE_MINOR
  } catch {
    return false
  }
}
