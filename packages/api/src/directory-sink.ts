import type { Entry } from './file-system.js'

/** Takes the entries of one READDIR or READDIRPLUS reply. */
export interface DirectorySink {
  /** Bytes left in the reply. */
  readonly remaining: number
  /**
   * Adds an entry. False when it does not fit: stop, and begin with this entry when the kernel asks for
   * the cookie of the one before.
   * @param name bytes of the name, without NUL
   * @param ino inode number, as `stat` shows it
   * @param type DT_* value (`mode >> 12`), 0 where unknown
   * @param cookie position behind this entry, never 0
   */
  add(name: Uint8Array | string, ino: number | bigint, type: number, cookie: bigint): boolean
  /**
   * Adds an entry with its attributes (READDIRPLUS only; in a plain READDIR reply the attributes are left
   * out). When it returns true for an entry with a nodeid, the kernel holds one more lookup on it, except for
   * `.` and `..`, which must be given with `entry.nodeid` 0.
   */
  addPlus(name: Uint8Array | string, entry: Entry, cookie: bigint): boolean
}
