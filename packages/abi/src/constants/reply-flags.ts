/**
 * What the kernel may do with a file that a server opened: `fuse_open_out.open_flags`.
 * The C name of a member is `FOPEN_` + key.
 */
export const OpenReplyFlag = {
  /** Bypass the page cache. */
  DIRECT_IO: 1 << 0,
  /** Keep what the page cache holds of earlier opens. */
  KEEP_CACHE: 1 << 1,
  /** Seeking fails. */
  NONSEEKABLE: 1 << 2,
  /** Cache the entries of this directory. */
  CACHE_DIR: 1 << 3,
  /** A stream: there is no file position at all. */
  STREAM: 1 << 4,
  /** Do not flush cached data on close. */
  NOFLUSH: 1 << 5,
  /** Direct writes to one file may run at once. */
  PARALLEL_DIRECT_WRITES: 1 << 6,
  /** Reads and writes go to the backing file `backing_id`. */
  PASSTHROUGH: 1 << 7,
} as const

/** Any bit of {@link OpenReplyFlag}. */
export type OpenReplyFlag = (typeof OpenReplyFlag)[keyof typeof OpenReplyFlag]

/** `fuse_attr.flags`. The C name of a member is `FUSE_ATTR_` + key. */
export const AttrFlag = {
  /** The root of a submount. */
  SUBMOUNT: 1 << 0,
  /** Use DAX for this file. */
  DAX: 1 << 1,
} as const

/** Any bit of {@link AttrFlag}. */
export type AttrFlag = (typeof AttrFlag)[keyof typeof AttrFlag]

/** `flags` of NOTIFY_INVAL_ENTRY. The C name of a member is `FUSE_` + key. */
export const EntryFlag = {
  /** Expire the name: look it up again, but keep what stands on it. */
  EXPIRE_ONLY: 1 << 0,
} as const

/** Any bit of {@link EntryFlag}. */
export type EntryFlag = (typeof EntryFlag)[keyof typeof EntryFlag]
