import { type Bindings, native } from './bindings.js'

/**
 * read(2) into `buffer[offset, offset + length)`, at the position of the descriptor. Blocks the thread if the descriptor
 * blocks; {@link wakeThread} makes it return.
 * @returns bytes read, 0 at the end; or `-errno`: `-EINTR`, `-EAGAIN`, `-ENODEV` (an unmounted FUSE connection) ...
 */
export const read: Bindings['read'] = native.read

/**
 * write(2) of `buffer[offset, offset + length)`, at the position of the descriptor.
 * @returns bytes written, which may be fewer; or `-errno`
 */
export const write: Bindings['write'] = native.write

/**
 * writev(2) of two slices as one message, such as a FUSE header and its payload, without copying them together.
 * @returns bytes written, or `-errno`
 */
export const writev2: Bindings['writev2'] = native.writev2

/**
 * pread(2): as {@link read}, at `position`, without moving the descriptor's.
 * @param position - 0 ... 2^53 - 1
 * @returns bytes read, 0 at the end; or `-errno`
 */
export const pread: Bindings['pread'] = native.pread

/**
 * {@link pread} on a thread of the addon. At most 64 MiB; `buffer` must be left alone until the promise resolves.
 */
export const preadAsync: Bindings['preadAsync'] = native.preadAsync

/**
 * pwrite(2) of `buffer[offset, offset + length)` at `position` (ignored for O_APPEND: Linux appends).
 * @param killPriv - write without CAP_FSETID, so that the kernel clears set-id bits; default false
 * @returns bytes written, which may be fewer; or `-errno`
 */
export const pwrite: Bindings['pwrite'] = native.pwrite

/**
 * {@link pwrite} on a thread of the addon. At most 64 MiB, copied before the call returns.
 */
export const pwriteAsync: Bindings['pwriteAsync'] = native.pwriteAsync

/**
 * preadv2(2) of one slice: {@link pread} with RWF_*. RWF_NOWAIT answers `-EAGAIN` instead of waiting for the disk.
 * @returns bytes read, or `-errno`; `-EOPNOTSUPP` for a flag that the file system does not know
 */
export const preadFlags: Bindings['preadFlags'] = native.preadFlags

/**
 * {@link preadFlags} on a thread of the addon, as {@link preadAsync}.
 */
export const preadFlagsAsync: Bindings['preadFlagsAsync'] = native.preadFlagsAsync

/**
 * pwritev2(2) of one slice: {@link pwrite} with RWF_* (RWF_DSYNC, RWF_APPEND, RWF_NOAPPEND ...).
 * @returns bytes written, or `-errno`
 */
export const pwriteFlags: Bindings['pwriteFlags'] = native.pwriteFlags

/**
 * {@link pwriteFlags} on a thread of the addon, as {@link pwriteAsync}.
 */
export const pwriteFlagsAsync: Bindings['pwriteFlagsAsync'] = native.pwriteFlagsAsync
