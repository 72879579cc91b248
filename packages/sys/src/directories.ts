import { type Bindings, native } from './bindings.js'

/**
 * getdents64(2): raw `struct linux_dirent64` records into `buffer[offset, offset + length)`, from the position of the
 * descriptor (see {@link lseekBig}).
 * @returns bytes filled, 0 at the end; or `-errno` (`-EINVAL`: not even one record fits)
 */
export const getdents64: Bindings['getdents64'] = native.getdents64

/**
 * {@link getdents64} on a thread of the addon. Two at once on one descriptor would share its position.
 */
export const getdents64Async: Bindings['getdents64Async'] = native.getdents64Async
