/** Major version of the protocol. */
export const FUSE_KERNEL_VERSION = 7

/** Minor version of the protocol that this package describes. */
export const FUSE_KERNEL_MINOR_VERSION = 45

/** Node id of the root directory. It is never looked up and never forgotten. */
export const FUSE_ROOT_ID = 1

/** Least bytes of a buffer that reads the device: a shorter read(2) fails with EINVAL. */
export const FUSE_MIN_READ_BUFFER = 8192

/** Most `in_iovs` plus `out_iovs` of an IOCTL reply. */
export const FUSE_IOCTL_MAX_IOV = 256

/** Bit of a request's unique number that marks a request sent again after NOTIFY_RESEND. */
export const FUSE_UNIQUE_RESEND = 1n << 63n

/** uid and gid of a request whose caller has none here (idmapped mounts): all ones. */
export const FUSE_INVALID_UIDGID = 0xffffffff

/** Offset of the name in a `fuse_dirent`, bytes. */
export const FUSE_NAME_OFFSET = 24

/** Offset of the name in a `fuse_direntplus`, bytes. */
export const FUSE_NAME_OFFSET_DIRENTPLUS = 152

/** Most bytes of the strings that follow `cuse_init_out`. */
export const CUSE_INIT_INFO_MAX = 4096

/**
 * Sizes of shorter forms that older minors use, bytes: see the functions named after the structs
 * (`entryOutSize` and so on) for when. The C name of a member is `FUSE_COMPAT_` + key.
 */
export const CompatSize = {
  /** `fuse_entry_out` below minor 9. */
  ENTRY_OUT_SIZE: 120,
  /** `fuse_attr_out` below minor 9. */
  ATTR_OUT_SIZE: 96,
  /** `fuse_mknod_in` below minor 12. */
  MKNOD_IN_SIZE: 8,
  /** `fuse_write_in` below minor 9. */
  WRITE_IN_SIZE: 24,
  /** `fuse_statfs_out` below minor 4. */
  STATFS_SIZE: 48,
  /** `fuse_setxattr_in` without SETXATTR_EXT. */
  SETXATTR_IN_SIZE: 8,
  /** `fuse_init_out` below minor 5. */
  INIT_OUT_SIZE: 8,
  /** `fuse_init_out` below minor 23. */
  '22_INIT_OUT_SIZE': 24,
} as const

/** Any number of {@link CompatSize}. */
export type CompatSize = (typeof CompatSize)[keyof typeof CompatSize]
