import { type Bindings, native } from './bindings.js'

/**
 * linkat(2): another name for a file.
 * @param flags - AT_SYMLINK_FOLLOW; AT_EMPTY_PATH (of an O_PATH descriptor: needs CAP_DAC_READ_SEARCH)
 * @returns 0, or `-errno`
 */
export const linkat: Bindings['linkat'] = native.linkat

/**
 * unlinkat(2): removes a name; a directory with AT_REMOVEDIR.
 * @returns 0, or `-errno`
 */
export const unlinkat: Bindings['unlinkat'] = native.unlinkat

/**
 * renameat2(2): renames, with RENAME_NOREPLACE, RENAME_EXCHANGE or RENAME_WHITEOUT.
 * @returns 0, or `-errno`; `-EINVAL` for a flag that the file system cannot do
 */
export const renameat2: Bindings['renameat2'] = native.renameat2

/**
 * {@link renameat2} as somebody else, whose the whiteout is that RENAME_WHITEOUT leaves; see `openatAs`.
 * @returns 0, or `-errno`; `-EPERM` also when the thread may not act as that user
 */
export const renameat2As: Bindings['renameat2As'] = native.renameat2As

/**
 * readlinkat(2): what a symbolic link says. An empty path reads the link that `dirfd` (O_PATH | O_NOFOLLOW) is.
 * @param out - gets the bytes, without a NUL; a result equal to its length may be cut short
 * @returns the number of bytes, or `-errno` (`-EINVAL`: not a link, or `out` is empty)
 */
export const readlinkat: Bindings['readlinkat'] = native.readlinkat
