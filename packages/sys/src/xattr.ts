import { type Bindings, native } from './bindings.js'

/**
 * setxattr(2): sets an extended attribute, following links.
 * @param name - with its namespace, such as `user.mime`
 * @param flags - 0, XATTR_CREATE (`-EEXIST`) or XATTR_REPLACE (`-ENODATA`)
 * @returns 0, or `-errno`
 */
export const setxattr: Bindings['setxattr'] = native.setxattr

/**
 * {@link setxattr} of a symbolic link itself.
 */
export const lsetxattr: Bindings['lsetxattr'] = native.lsetxattr

/**
 * {@link setxattr} of a descriptor; `-EBADF` for an O_PATH one.
 */
export const fsetxattr: Bindings['fsetxattr'] = native.fsetxattr

/**
 * getxattr(2): the value of an extended attribute, following links.
 * @param out - gets the value; an empty one only asks for the size
 * @returns bytes of the value, or `-errno`: `-ENODATA` (no such attribute), `-ERANGE` (`out` is too short)
 */
export const getxattr: Bindings['getxattr'] = native.getxattr

/**
 * getxattrat(2), Linux 6.13: {@link getxattr} relative to a directory.
 * @param flags AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH (not with an O_PATH descriptor)
 * @returns bytes, or `-errno`; `-ENOSYS` on older kernels
 */
export const getxattrat: Bindings['getxattrat'] = native.getxattrat

/**
 * {@link getxattr} of a symbolic link itself.
 */
export const lgetxattr: Bindings['lgetxattr'] = native.lgetxattr

/**
 * {@link getxattr} of a descriptor; `-EBADF` for an O_PATH one.
 */
export const fgetxattr: Bindings['fgetxattr'] = native.fgetxattr

/**
 * listxattr(2): the names of all extended attributes, each ended by a NUL, following links.
 * @param out - gets the names; an empty one only asks for the size
 * @returns bytes of all names, or `-errno` (`-ERANGE`: `out` is too short)
 */
export const listxattr: Bindings['listxattr'] = native.listxattr

/**
 * {@link listxattr} of a symbolic link itself.
 */
export const llistxattr: Bindings['llistxattr'] = native.llistxattr

/**
 * {@link listxattr} of a descriptor; `-EBADF` for an O_PATH one.
 */
export const flistxattr: Bindings['flistxattr'] = native.flistxattr

/**
 * removexattr(2): removes an extended attribute, following links.
 * @returns 0, or `-errno` (`-ENODATA`: no such attribute)
 */
export const removexattr: Bindings['removexattr'] = native.removexattr

/**
 * {@link removexattr} of a symbolic link itself.
 */
export const lremovexattr: Bindings['lremovexattr'] = native.lremovexattr

/**
 * {@link removexattr} of a descriptor; `-EBADF` for an O_PATH one.
 */
export const fremovexattr: Bindings['fremovexattr'] = native.fremovexattr
