import { type Bindings, native } from './bindings.js'

/**
 * statx(2): attributes as a raw `struct statx`; see `statxIno` and its siblings for reading it.
 * @param flags - AT_EMPTY_PATH with an empty path asks about `dirfd` itself; AT_SYMLINK_NOFOLLOW; AT_STATX_*
 * @param mask - STATX_* that are wanted
 * @param out - at least 256 bytes
 * @returns 0, or `-errno`
 */
export const statx: Bindings['statx'] = native.statx

/**
 * {@link statx} on a thread of the addon.
 */
export const statxAsync: Bindings['statxAsync'] = native.statxAsync

/**
 * fstatfs(2): the file system of a descriptor as a raw `struct statfs`.
 * @param out - at least 120 bytes
 * @returns 0, or `-errno`
 */
export const fstatfs: Bindings['fstatfs'] = native.fstatfs

/**
 * {@link fstatfs} on a thread of the addon.
 */
export const fstatfsAsync: Bindings['fstatfsAsync'] = native.fstatfsAsync

/**
 * statfs(2): {@link fstatfs} by path.
 * @returns 0, or `-errno`
 */
export const statfs: Bindings['statfs'] = native.statfs

/**
 * fchmodat(2), or fchmodat2(2) when `flags` is not 0.
 * @param flags - AT_SYMLINK_NOFOLLOW; AT_EMPTY_PATH, which works on O_PATH descriptors
 * @returns 0, or `-errno`; `-ENOSYS` for flags before Linux 6.6 (use {@link chmod} on `/proc/self/fd/<n>`)
 */
export const fchmodat: Bindings['fchmodat'] = native.fchmodat

/**
 * chmod(2) by path, following links.
 * @returns 0, or `-errno`
 */
export const chmod: Bindings['chmod'] = native.chmod

/**
 * fchmod(2).
 * @returns 0, or `-errno`; `-EBADF` for an O_PATH descriptor
 */
export const fchmod: Bindings['fchmod'] = native.fchmod

/**
 * fchownat(2).
 * @param uid - 0xffffffff keeps the owner
 * @param gid - 0xffffffff keeps the group
 * @param flags - AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW
 * @returns 0, or `-errno`
 */
export const fchownat: Bindings['fchownat'] = native.fchownat

/**
 * utimensat(2): times of last access and modification.
 * @param atimeSec - seconds since 1970, may be negative
 * @param atimeNsec - 0 ... 999999999, UTIME_NOW or UTIME_OMIT
 * @param flags - AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH
 * @returns 0, or `-errno`
 */
export const utimensat: Bindings['utimensat'] = native.utimensat

/**
 * {@link utimensat} of a descriptor.
 * @returns 0, or `-errno`; `-EBADF` for an O_PATH descriptor
 */
export const futimens: Bindings['futimens'] = native.futimens

/**
 * faccessat2(2): whether this thread may access a file in `mode` (F_OK, R_OK, W_OK, X_OK).
 * @param flags - AT_EACCESS, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW
 * @returns 0, or `-errno`; `-ENOSYS` before Linux 5.8
 */
export const faccessat2: Bindings['faccessat2'] = native.faccessat2
