import { close, DT_DIR, DT_UNKNOWN, getdents64, lseekBig, O_DIRECTORY, O_RDONLY, SEEK_SET } from '@fb/sys'
import { isDot, isDotDot } from '../ops/names.js'
import { openBeneath } from './open-beneath.js'
import { MAX_PATH } from './record.js'

const BUFFER_BYTES = 32 * 1024
const SLASH = 0x2f
/** Largest position that lseek(2) takes. */
const MAX_SEEK = 2n ** 63n - 1n

/** Fields of `struct linux_dirent64` (getdents64(2)). */
const D_INO = 0
const D_OFF = 8
const D_RECLEN = 16
const D_TYPE = 18
const D_NAME = 19

/** A name that a {@link TreeWalk} came by; valid until it goes on. */
export interface WalkEntry {
  /** Path from where the walk began. */
  readonly path: Uint8Array
  /** The number that the directory has for it; another one where something is mounted over it. */
  readonly inoLow: number
  readonly inoHigh: number
  /** DT_* value. */
  readonly type: number
}

/** A directory on the way: how much of the path it is, and how far it was read. */
interface Level {
  readonly length: number
  cookie: bigint
}

/**
 * All names below a directory, mounts included, following no symbolic link. One descriptor and one buffer, however deep
 * and large it is: a directory is opened again to go on in it. What cannot be opened, and what has a path that is too long,
 * is left out.
 */
export class TreeWalk {
  readonly #root: number
  readonly #path = new Uint8Array(MAX_PATH + 1 + 255)
  readonly #bytes = new Uint8Array(BUFFER_BYTES)
  readonly #view = new DataView(this.#bytes.buffer)

  /** @param root - O_PATH descriptor of the directory, the caller's */
  constructor(root: number) {
    this.#root = root
  }

  *entries(): Generator<WalkEntry, void, void> {
    const levels: Level[] = [{ length: 0, cookie: 0n }]
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const below = yield* this.#read(level)
      if (below === 0) levels.pop()
      else levels.push({ length: below, cookie: 0n })
    }
  }

  /** Goes on in a directory up to the next one in it: the length of that one's path, or 0 at the end. */
  *#read(level: Level): Generator<WalkEntry, number, void> {
    const fd = openBeneath(this.#root, this.#path.subarray(0, level.length), O_RDONLY | O_DIRECTORY)
    if (fd < 0) return 0
    try {
      if (level.cookie > MAX_SEEK) return 0
      if (level.cookie !== 0n && lseekBig(fd, level.cookie, SEEK_SET) < 0n) return 0
      for (;;) {
        const length = getdents64(fd, this.#bytes, 0, BUFFER_BYTES)
        if (length <= 0) return 0
        for (let at = 0; at < length; at += this.#view.getUint16(at + D_RECLEN, true)) {
          const end = this.#name(level.length, at)
          if (end === 0) continue
          level.cookie = this.#view.getBigUint64(at + D_OFF, true)
          const type = this.#bytes[at + D_TYPE] as number
          yield {
            path: this.#path.subarray(0, end),
            inoLow: this.#view.getUint32(at + D_INO, true),
            inoHigh: this.#view.getUint32(at + D_INO + 4, true),
            type,
          }
          // One of unknown type is tried: opening it fails where it is no directory.
          if (type === DT_DIR || type === DT_UNKNOWN) return end
        }
      }
    } finally {
      close(fd)
    }
  }

  /** Puts the name of an entry behind the path of its directory. The length of its path; 0 for one that is left out. */
  #name(directory: number, at: number): number {
    const start = at + D_NAME
    const name = this.#bytes.subarray(start, this.#bytes.indexOf(0, start))
    if (isDot(name) || isDotDot(name)) return 0
    const begin = directory === 0 ? 0 : directory + 1
    const end = begin + name.length
    if (end > MAX_PATH) return 0
    if (directory > 0) this.#path[directory] = SLASH
    this.#path.set(name, begin)
    return end
  }
}
