import fs from 'node:fs'
import { Errno } from '../errno.js'

const S_ISUID = 0o4000
const S_ISGID = 0o2000
const S_IXGRP = 0o010

const MAX_FD = 2 ** 31 - 1

/** What a failed call of `node:fs` means as a system call's result. Arguments that it refuses itself are EINVAL. */
function negativeErrno(error: unknown): number {
  return -(Errno.from(error) ?? Errno.EINVAL).errno
}

/** `node:fs` throws for these, where a system call says EBADF. */
function isFd(fd: number): boolean {
  return Number.isInteger(fd) && fd >= 0 && fd <= MAX_FD
}

/** pread(2): the count or a negative errno. */
export function readAt(fd: number, into: Uint8Array, offset: number): number {
  if (!isFd(fd)) return -Errno.EBADF.errno
  try {
    return fs.readSync(fd, into, 0, into.length, offset)
  } catch (error) {
    return negativeErrno(error)
  }
}

/** As {@link readAt}, on a thread of libuv. */
export function readAtLater(fd: number, into: Uint8Array, offset: number): Promise<number> {
  if (!isFd(fd)) return Promise.resolve(-Errno.EBADF.errno)
  return new Promise((resolve) => {
    fs.read(fd, into, 0, into.length, offset, (error, count) => {
      resolve(error === null ? count : negativeErrno(error))
    })
  })
}

/**
 * pwrite(2): the count or a negative errno. `node:fs` has no RWF_* flags, so any is refused with EOPNOTSUPP, as a
 * kernel refuses the ones that it does not know.
 */
export function writeAt(
  fd: number,
  data: Uint8Array,
  offset: number,
  flags: number,
  killPriv: boolean,
): number {
  if (!isFd(fd)) return -Errno.EBADF.errno
  if (flags !== 0) return -Errno.EOPNOTSUPP.errno
  try {
    const count = fs.writeSync(fd, data, 0, data.length, offset)
    if (killPriv && count > 0) clearPrivileges(fd)
    return count
  } catch (error) {
    return negativeErrno(error)
  }
}

/** As {@link writeAt}, on a thread of libuv. */
export function writeAtLater(
  fd: number,
  data: Uint8Array,
  offset: number,
  flags: number,
  killPriv: boolean,
): Promise<number> {
  if (!isFd(fd)) return Promise.resolve(-Errno.EBADF.errno)
  if (flags !== 0) return Promise.resolve(-Errno.EOPNOTSUPP.errno)
  return new Promise((resolve) => {
    fs.write(fd, data, 0, data.length, offset, (error, count) => {
      if (error === null && killPriv && count > 0) clearPrivileges(fd)
      resolve(error === null ? count : negativeErrno(error))
    })
  })
}

/** What a write without CAP_FSETID does to set-user-id, and to set-group-id where the group may execute. */
function clearPrivileges(fd: number): void {
  const { mode } = fs.fstatSync(fd)
  const bits = S_ISUID | ((mode & S_IXGRP) === 0 ? 0 : S_ISGID)
  if ((mode & bits) !== 0) fs.fchmodSync(fd, mode & 0o7777 & ~bits)
}
