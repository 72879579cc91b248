import { type Bindings, native } from './bindings.js'

/**
 * close(2). The number is free afterwards whatever the result, and may already belong to another file: close once.
 * @returns 0, or `-errno` (an error of an earlier write)
 */
export const close: Bindings['close'] = native.close

/**
 * fcntl(2) F_DUPFD_CLOEXEC: another descriptor of the same open file description.
 * @param lowest the new one is the first free number from here; default 0
 * @returns a descriptor, or `-errno`
 */
export const dup: Bindings['dup'] = native.dup

/**
 * fcntl(2) F_GETFL.
 * @returns the access mode and status flags (O_*), or `-errno`
 */
export const getfl: Bindings['getfl'] = native.getfl

/**
 * fcntl(2) F_SETFL: O_APPEND, O_ASYNC, O_DIRECT, O_NOATIME and O_NONBLOCK of the open file description, hence of all its
 * descriptors.
 * @returns 0, or `-errno`
 */
export const setfl: Bindings['setfl'] = native.setfl

/**
 * lseek(2). Of a directory, `offset` is a cookie of getdents64 and may need a bigint.
 * @returns the new position; `-EOVERFLOW` when that is above 2^53 - 1 (the position has changed; use {@link lseekBig}); or
 * `-errno`, such as `-ENXIO` for SEEK_DATA beyond the last data
 */
export const lseek: Bindings['lseek'] = native.lseek

/**
 * {@link lseek} for positions that need all 63 bits, such as cookies of directories.
 * @returns the new position, or `-errno`, both as a bigint
 */
export const lseekBig: Bindings['lseekBig'] = native.lseekBig

/**
 * pipe2(2), close-on-exec.
 * @param out - gets the read end and the write end
 * @param flags - O_NONBLOCK, O_DIRECT
 * @returns 0, or `-errno`
 */
export const pipe2: Bindings['pipe2'] = native.pipe2

/**
 * umask(2) of the whole process, its threads included. A server sets it to 0 once, so that modes arrive as its clients
 * send them.
 * @param mask - at most 0o777
 * @returns the previous mask
 */
export const umask: Bindings['umask'] = native.umask
