/**
 * Features that INIT negotiates, bits 0 to 63: the kernel offers a set and the server answers with a subset.
 *
 * Bits 0 to 31 travel in `flags`, bits 32 to 63 in `flags2`, which counts only when INIT_EXT is set: see
 * `joinInitFlags` and `splitInitFlags`. The C name of a member is `FUSE_` + key. Source: `<linux/fuse.h>`.
 */
export const InitFlag = {
  /** Several reads of one file may be under way at once. */
  ASYNC_READ: 1n << 0n,
  /** POSIX record locks are sent to the server. */
  POSIX_LOCKS: 1n << 1n,
  /** The server takes file handles in attribute requests. */
  FILE_OPS: 1n << 2n,
  /** The server truncates on O_TRUNC itself. */
  ATOMIC_O_TRUNC: 1n << 3n,
  /** LOOKUP of "." and ".." works, which NFS export needs. */
  EXPORT_SUPPORT: 1n << 4n,
  /** One WRITE may carry more than 4 KiB. */
  BIG_WRITES: 1n << 5n,
  /** The server applies the umask itself. */
  DONT_MASK: 1n << 6n,
  /** Replies may be spliced into the device. */
  SPLICE_WRITE: 1n << 7n,
  /** Spliced pages may be moved instead of copied. */
  SPLICE_MOVE: 1n << 8n,
  /** Requests may be spliced out of the device. */
  SPLICE_READ: 1n << 9n,
  /** flock(2) locks are sent to the server. */
  FLOCK_LOCKS: 1n << 10n,
  /** ioctl(2) on directories is sent. */
  HAS_IOCTL_DIR: 1n << 11n,
  /** Cached data is dropped when size or mtime changed. */
  AUTO_INVAL_DATA: 1n << 12n,
  /** READDIRPLUS may be sent. */
  DO_READDIRPLUS: 1n << 13n,
  /** The kernel chooses between READDIR and READDIRPLUS. */
  READDIRPLUS_AUTO: 1n << 14n,
  /** Direct I/O may be submitted asynchronously. */
  ASYNC_DIO: 1n << 15n,
  /** Buffered writes are gathered in the page cache and written later. */
  WRITEBACK_CACHE: 1n << 16n,
  /** ENOSYS to OPEN means that no OPEN is ever needed. */
  NO_OPEN_SUPPORT: 1n << 17n,
  /** LOOKUP and READDIR of one directory may run at once. */
  PARALLEL_DIROPS: 1n << 18n,
  /** The server drops setuid, setgid and capabilities on write, chown and truncate. */
  HANDLE_KILLPRIV: 1n << 19n,
  /** POSIX ACLs are kept as extended attributes and obeyed. */
  POSIX_ACL: 1n << 20n,
  /** Reading the device after an abort gives ECONNABORTED. */
  ABORT_ERROR: 1n << 21n,
  /** `max_pages` of the reply counts. */
  MAX_PAGES: 1n << 22n,
  /** Targets of symbolic links are cached. */
  CACHE_SYMLINKS: 1n << 23n,
  /** ENOSYS to OPENDIR means that no OPENDIR is ever needed. */
  NO_OPENDIR_SUPPORT: 1n << 24n,
  /** Cached data is dropped only when the server says so. */
  EXPLICIT_INVAL_DATA: 1n << 25n,
  /** `map_alignment` of the reply counts (DAX). */
  MAP_ALIGNMENT: 1n << 26n,
  /** Directories marked as submounts become mounts of their own. */
  SUBMOUNTS: 1n << 27n,
  /** As HANDLE_KILLPRIV, but only where the request says so, as local file systems do. */
  HANDLE_KILLPRIV_V2: 1n << 28n,
  /** SETXATTR uses its 16-byte form. */
  SETXATTR_EXT: 1n << 29n,
  /** INIT uses its 64-byte form and `flags2` counts. */
  INIT_EXT: 1n << 30n,
  /** Not to be used. */
  INIT_RESERVED: 1n << 31n,
  /** Requests that create carry security contexts. */
  SECURITY_CTX: 1n << 32n,
  /** DAX is chosen per file. */
  HAS_INODE_DAX: 1n << 33n,
  /** Requests that create carry the supplementary group that decides. */
  CREATE_SUPP_GROUP: 1n << 34n,
  /** NOTIFY_INVAL_ENTRY knows EXPIRE_ONLY. */
  HAS_EXPIRE_ONLY: 1n << 35n,
  /** Files opened for direct I/O may be mapped as shared. */
  DIRECT_IO_ALLOW_MMAP: 1n << 36n,
  /** Reads and writes may go straight to a backing file. */
  PASSTHROUGH: 1n << 37n,
  /** The file system refuses to be exported over NFS. */
  NO_EXPORT_SUPPORT: 1n << 38n,
  /** NOTIFY_RESEND is known, and resent requests are marked. */
  HAS_RESEND: 1n << 39n,
  /** Older name of DIRECT_IO_ALLOW_MMAP. */
  DIRECT_IO_RELAX: 1n << 36n,
  /** Idmapped mounts are allowed. */
  ALLOW_IDMAP: 1n << 40n,
  /** Requests may travel over io_uring. */
  OVER_IO_URING: 1n << 41n,
  /** `request_timeout` of the reply counts. */
  REQUEST_TIMEOUT: 1n << 42n,
} as const

/** Any bit of {@link InitFlag}. */
export type InitFlag = (typeof InitFlag)[keyof typeof InitFlag]

/**
 * Features that CUSE_INIT negotiates. The C name of a member is `CUSE_` + key.
 */
export const CuseInitFlag = {
  /** ioctl(2) may describe its own buffers. */
  UNRESTRICTED_IOCTL: 1,
} as const

/** Any bit of {@link CuseInitFlag}. */
export type CuseInitFlag = (typeof CuseInitFlag)[keyof typeof CuseInitFlag]
