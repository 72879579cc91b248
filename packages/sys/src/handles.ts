import { type Bindings, native } from './bindings.js'

/**
 * name_to_handle_at(2): a name for an inode that outlives its descriptors.
 * @param handle - gets a raw `struct file_handle`, its 8-byte header included; 136 bytes hold any handle
 * @param flags - AT_EMPTY_PATH, AT_SYMLINK_FOLLOW, AT_HANDLE_FID
 * @returns bytes used, or `-errno`: `-EOVERFLOW` when `handle` is too short, `-EOPNOTSUPP` where the file system has none
 */
export const nameToHandleAt: Bindings['nameToHandleAt'] = native.nameToHandleAt

/**
 * open_by_handle_at(2): opens the inode of a handle. Needs CAP_DAC_READ_SEARCH: a handle is a key to the whole file
 * system, so never take one from somebody who is not trusted with all of it.
 * @param mountFd - a descriptor (not O_PATH) on the same file system
 * @param handleLength - as {@link nameToHandleAt} returned
 * @returns a descriptor, or `-errno` (`-ESTALE`: the inode is gone)
 */
export const openByHandleAt: Bindings['openByHandleAt'] = native.openByHandleAt
