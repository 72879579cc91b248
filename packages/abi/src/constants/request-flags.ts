/** Which fields of `fuse_setattr_in` count: its `valid`. The C name of a member is `FATTR_` + key. */
export const SetattrValid = {
  /** `mode` counts. */
  MODE: 1 << 0,
  /** `uid` counts. */
  UID: 1 << 1,
  /** `gid` counts. */
  GID: 1 << 2,
  /** `size` counts: truncate or extend. */
  SIZE: 1 << 3,
  /** `atime` and `atimensec` count. */
  ATIME: 1 << 4,
  /** `mtime` and `mtimensec` count. */
  MTIME: 1 << 5,
  /** `fh` counts. */
  FH: 1 << 6,
  /** The access time becomes the server's now. */
  ATIME_NOW: 1 << 7,
  /** The modification time becomes the server's now. */
  MTIME_NOW: 1 << 8,
  /** `lock_owner` counts. */
  LOCKOWNER: 1 << 9,
  /** `ctime` and `ctimensec` count. */
  CTIME: 1 << 10,
  /** Drop setuid and setgid with this change. */
  KILL_SUIDGID: 1 << 11,
} as const

/** Any bit of {@link SetattrValid}. */
export type SetattrValid = (typeof SetattrValid)[keyof typeof SetattrValid]

/** Flags of OPEN and CREATE requests: `open_flags`. The C name of a member is `FUSE_OPEN_` + key. */
export const OpenInFlag = {
  /** Drop setuid and setgid while truncating. */
  KILL_SUIDGID: 1 << 0,
} as const

/** Any bit of {@link OpenInFlag}. */
export type OpenInFlag = (typeof OpenInFlag)[keyof typeof OpenInFlag]

/** `release_flags` of RELEASE. The C name of a member is `FUSE_RELEASE_` + key. */
export const ReleaseFlag = {
  /** Flush before releasing. */
  FLUSH: 1 << 0,
  /** Drop the flock(2) locks of `lock_owner`. */
  FLOCK_UNLOCK: 1 << 1,
} as const

/** Any bit of {@link ReleaseFlag}. */
export type ReleaseFlag = (typeof ReleaseFlag)[keyof typeof ReleaseFlag]

/** `getattr_flags` of GETATTR and STATX. The C name of a member is `FUSE_GETATTR_` + key. */
export const GetattrFlag = {
  /** `fh` counts. */
  FH: 1 << 0,
} as const

/** Any bit of {@link GetattrFlag}. */
export type GetattrFlag = (typeof GetattrFlag)[keyof typeof GetattrFlag]

/** `lk_flags` of GETLK, SETLK and SETLKW. The C name of a member is `FUSE_LK_` + key. */
export const LockFlag = {
  /** A flock(2) lock, not a POSIX record lock. */
  FLOCK: 1 << 0,
} as const

/** Any bit of {@link LockFlag}. */
export type LockFlag = (typeof LockFlag)[keyof typeof LockFlag]

/** `write_flags` of WRITE. The C name of a member is `FUSE_WRITE_` + key. */
export const WriteFlag = {
  /** From the page cache, written late: the file handle is a guess. */
  CACHE: 1 << 0,
  /** `lock_owner` counts. */
  LOCKOWNER: 1 << 1,
  /** Drop setuid and setgid with this write. */
  KILL_SUIDGID: 1 << 2,
  /** Older name of KILL_SUIDGID. */
  KILL_PRIV: 1 << 2,
} as const

/** Any bit of {@link WriteFlag}. */
export type WriteFlag = (typeof WriteFlag)[keyof typeof WriteFlag]

/** `read_flags` of READ. The C name of a member is `FUSE_READ_` + key. */
export const ReadFlag = {
  /** `lock_owner` counts. */
  LOCKOWNER: 1 << 1,
} as const

/** Any bit of {@link ReadFlag}. */
export type ReadFlag = (typeof ReadFlag)[keyof typeof ReadFlag]

/** `flags` of IOCTL, request and reply. The C name of a member is `FUSE_IOCTL_` + key. */
export const IoctlFlag = {
  /** A 32-bit caller on a 64-bit kernel. */
  COMPAT: 1 << 0,
  /** The server may ask for other buffers with RETRY. */
  UNRESTRICTED: 1 << 1,
  /** In a reply: send again with the buffers that the reply names. */
  RETRY: 1 << 2,
  /** The caller has 32-bit pointers. */
  '32BIT': 1 << 3,
  /** The file is a directory. */
  DIR: 1 << 4,
  /** An x32 caller: 32-bit pointers, 64-bit time. */
  COMPAT_X32: 1 << 5,
} as const

/** Any bit of {@link IoctlFlag}. */
export type IoctlFlag = (typeof IoctlFlag)[keyof typeof IoctlFlag]

/** `flags` of POLL. The C name of a member is `FUSE_POLL_` + key. */
export const PollFlag = {
  /** Send NOTIFY_POLL with the given `kh` when something becomes ready. */
  SCHEDULE_NOTIFY: 1 << 0,
} as const

/** Any bit of {@link PollFlag}. */
export type PollFlag = (typeof PollFlag)[keyof typeof PollFlag]

/** `fsync_flags` of FSYNC and FSYNCDIR. The C name of a member is `FUSE_FSYNC_` + key. */
export const FsyncFlag = {
  /** Data only, as fdatasync(2). */
  FDATASYNC: 1 << 0,
} as const

/** Any bit of {@link FsyncFlag}. */
export type FsyncFlag = (typeof FsyncFlag)[keyof typeof FsyncFlag]

/** `setxattr_flags` of SETXATTR (16-byte form). The C name of a member is `FUSE_SETXATTR_` + key. */
export const SetxattrFlag = {
  /** Drop setgid with this change of an access ACL. */
  ACL_KILL_SGID: 1 << 0,
} as const

/** Any bit of {@link SetxattrFlag}. */
export type SetxattrFlag = (typeof SetxattrFlag)[keyof typeof SetxattrFlag]

/** `flags` of SETUPMAPPING. The C name of a member is `FUSE_SETUPMAPPING_FLAG_` + key. */
export const SetupmappingFlag = {
  /** The mapping may be written. */
  WRITE: 1 << 0,
  /** The mapping may be read. */
  READ: 1 << 1,
} as const

/** Any bit of {@link SetupmappingFlag}. */
export type SetupmappingFlag = (typeof SetupmappingFlag)[keyof typeof SetupmappingFlag]

/**
 * `fuse_ext_header.type` of a request extension. At or below MAX_NR_SECCTX the extension is a
 * `fuse_secctx_header` and the number counts security contexts; above it, the number is a type.
 */
export const ExtensionType = {
  /** Most security contexts of one request (`FUSE_MAX_NR_SECCTX`). */
  MAX_NR_SECCTX: 31,
  /** Supplementary groups (`FUSE_EXT_GROUPS`). */
  GROUPS: 32,
} as const

/** Any number of {@link ExtensionType}. */
export type ExtensionType = (typeof ExtensionType)[keyof typeof ExtensionType]
