import { type Bindings, native } from './bindings.js'

/**
 * ftruncate(2): sets the size in bytes.
 * @param killPriv - without CAP_FSETID, so that the kernel clears set-id bits; default false
 * @returns 0, or `-errno`
 */
export const ftruncate: Bindings['ftruncate'] = native.ftruncate

/**
 * {@link ftruncate} on a thread of the addon.
 */
export const ftruncateAsync: Bindings['ftruncateAsync'] = native.ftruncateAsync

/**
 * truncate(2): sets the size of a file by path, following links.
 * @returns 0, or `-errno`
 */
export const truncate: Bindings['truncate'] = native.truncate

/**
 * fallocate(2): allocates, zeroes, punches, collapses or inserts `[offset, offset + length)`, as FALLOC_FL_* say.
 * @param killPriv - without CAP_FSETID, so that the kernel clears set-id bits; default false
 * @returns 0, or `-errno`; `-EOPNOTSUPP` where the file system cannot
 */
export const fallocate: Bindings['fallocate'] = native.fallocate

/**
 * {@link fallocate} on a thread of the addon.
 */
export const fallocateAsync: Bindings['fallocateAsync'] = native.fallocateAsync

/**
 * copy_file_range(2): copies within the kernel, possibly sharing blocks. The positions of the descriptors stay.
 * @param flags - 0
 * @param killPriv - without CAP_FSETID, so that the kernel clears set-id bits; default false
 * @returns bytes copied, 0 at the end of the source; or `-errno` (`-EXDEV`: copy by hand)
 */
export const copyFileRange: Bindings['copyFileRange'] = native.copyFileRange

/**
 * {@link copyFileRange} on a thread of the addon.
 */
export const copyFileRangeAsync: Bindings['copyFileRangeAsync'] = native.copyFileRangeAsync

/**
 * fsync(2): data and metadata reach the disk. May take long: prefer {@link fsyncAsync}.
 * @returns 0, or `-errno`
 */
export const fsync: Bindings['fsync'] = native.fsync

/**
 * {@link fsync} on a thread of the addon.
 */
export const fsyncAsync: Bindings['fsyncAsync'] = native.fsyncAsync

/**
 * fdatasync(2): data, and what is needed to read it, reach the disk.
 * @returns 0, or `-errno`
 */
export const fdatasync: Bindings['fdatasync'] = native.fdatasync

/**
 * {@link fdatasync} on a thread of the addon.
 */
export const fdatasyncAsync: Bindings['fdatasyncAsync'] = native.fdatasyncAsync

/**
 * syncfs(2): the whole file system of the descriptor reaches the disk.
 * @returns 0, or `-errno`
 */
export const syncfs: Bindings['syncfs'] = native.syncfs

/**
 * {@link syncfs} on a thread of the addon.
 */
export const syncfsAsync: Bindings['syncfsAsync'] = native.syncfsAsync

/**
 * posix_fadvise(2): announces how `[offset, offset + length)` will be used (POSIX_FADV_*); length 0 means to the end.
 * @returns 0, or `-errno`
 */
export const posixFadvise: Bindings['posixFadvise'] = native.posixFadvise
