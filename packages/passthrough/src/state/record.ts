/** What a record of the state is about; its first byte. */
export const RecordKind = {
  /** A mount that file handles refer to: row in the mount table, a path on it. */
  MOUNT: 1,
  /** slot, nodeid (64 bits), generation, lookups (64 bits), mode, {@link Location} and what belongs to it, file handle to compare or nothing. */
  NODE: 2,
  /** index, generation, nodeid, open(2) flags, `HandleFlag` bits. */
  FILE: 3,
  /** nodeid, owner (64 bits), index of the open file or {@link NO_HANDLE}, pid, type, start and length (64 bits). */
  POSIX_LOCK: 4,
  /** index of the open file, 1 for an exclusive one. */
  FLOCK: 5,
  /** The last one: how many nodes, files and locks there were. */
  END: 6,
} as const

/** Stands for an open file that is not known. */
export const NO_HANDLE = 0xffff_ffff

/** How an inode is found again; after it in a record is said where. */
export const Location = {
  /** Not at all: the errno. */
  NONE: 0,
  /** By its path from the source, without a slash in front. */
  PATH: 1,
  /** By its file handle: row of its mount, handle. */
  HANDLE: 2,
} as const

/** Longest path that system calls take, without NUL. */
export const MAX_PATH = 4095
