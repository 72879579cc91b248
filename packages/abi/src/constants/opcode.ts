/**
 * What a request asks for: `fuse_in_header.opcode`.
 *
 * The C name of a member is `FUSE_` + key, except for the `CUSE_` members, whose key is the whole C name.
 * Numbers 7 and 19 were never given out. Source: `enum fuse_opcode` of `<linux/fuse.h>`.
 */
export const Opcode = {
  /** Find a name in a directory; every success counts one reference on the node. */
  LOOKUP: 1,
  /** Drop references on one node. Never answered. */
  FORGET: 2,
  /** Read attributes. */
  GETATTR: 3,
  /** Change attributes: mode, owner, size, times. */
  SETATTR: 4,
  /** Read the target of a symbolic link. */
  READLINK: 5,
  /** Make a symbolic link. */
  SYMLINK: 6,
  /** Make a file, fifo, socket or device node without opening it. */
  MKNOD: 8,
  /** Make a directory. */
  MKDIR: 9,
  /** Remove a name that is not a directory. */
  UNLINK: 10,
  /** Remove an empty directory. */
  RMDIR: 11,
  /** Rename without flags. */
  RENAME: 12,
  /** Make a hard link. */
  LINK: 13,
  /** Open a file. */
  OPEN: 14,
  /** Read file data. */
  READ: 15,
  /** Write file data. */
  WRITE: 16,
  /** Read the figures of the whole file system. */
  STATFS: 17,
  /** Last close of an open file: its handle is gone. */
  RELEASE: 18,
  /** Bring a file's data (and metadata) to stable storage. */
  FSYNC: 20,
  /** Set an extended attribute. */
  SETXATTR: 21,
  /** Read an extended attribute, or its size. */
  GETXATTR: 22,
  /** Read the names of the extended attributes, or their total size. */
  LISTXATTR: 23,
  /** Remove an extended attribute. */
  REMOVEXATTR: 24,
  /** One close(2) of a file descriptor; an open file may see several. */
  FLUSH: 25,
  /** First request of a connection: versions and features. */
  INIT: 26,
  /** Open a directory. */
  OPENDIR: 27,
  /** Read directory entries. */
  READDIR: 28,
  /** Last close of an open directory. */
  RELEASEDIR: 29,
  /** Bring a directory to stable storage. */
  FSYNCDIR: 30,
  /** Ask which lock is in the way. */
  GETLK: 31,
  /** Take or drop a lock without waiting. */
  SETLK: 32,
  /** Take or drop a lock, waiting for it. */
  SETLKW: 33,
  /** Check permissions, as access(2) does. */
  ACCESS: 34,
  /** Make and open a file in one step. */
  CREATE: 35,
  /** Stop an earlier request, named by its unique number. */
  INTERRUPT: 36,
  /** Map a block of a file to a block of the device. */
  BMAP: 37,
  /** The connection ends. */
  DESTROY: 38,
  /** An ioctl(2) on an open file. */
  IOCTL: 39,
  /** Ask which events are ready, and maybe ask for a wake-up. */
  POLL: 40,
  /** Data that the server asked for with NOTIFY_RETRIEVE. Never answered. */
  NOTIFY_REPLY: 41,
  /** Drop references on many nodes. Never answered. */
  BATCH_FORGET: 42,
  /** Reserve, free or zero a range of a file. */
  FALLOCATE: 43,
  /** Read directory entries with their attributes; each entry counts as a lookup. */
  READDIRPLUS: 44,
  /** Rename with flags (no-replace, exchange, whiteout). */
  RENAME2: 45,
  /** Find data or a hole. */
  LSEEK: 46,
  /** Copy a range between files; the count of the reply is 32 bits wide. */
  COPY_FILE_RANGE: 47,
  /** Map a range of a file into the DAX window (virtio-fs). */
  SETUPMAPPING: 48,
  /** Unmap ranges of the DAX window (virtio-fs). */
  REMOVEMAPPING: 49,
  /** Bring the whole file system to stable storage. */
  SYNCFS: 50,
  /** Make and open a file without a name. */
  TMPFILE: 51,
  /** Read extended attributes of a file in the sense of statx(2). */
  STATX: 52,
  /** Copy a range between files; the count of the reply is 64 bits wide. */
  COPY_FILE_RANGE_64: 53,
  /** First request of a character device in user space. */
  CUSE_INIT: 4096,
  /** CUSE_INIT as a host of the other byte order reads it. Never sent on purpose. */
  CUSE_INIT_BSWAP_RESERVED: 1048576,
  /** INIT as a host of the other byte order reads it. Never sent on purpose. */
  INIT_BSWAP_RESERVED: 436207616,
} as const

/** Any number of {@link Opcode}. */
export type Opcode = (typeof Opcode)[keyof typeof Opcode]
