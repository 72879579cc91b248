import { Errno } from '@fb/api'
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_STATX_DONT_SYNC,
  close,
  dup,
  O_PATH,
  openat,
  statx,
} from '@fb/sys'
import { IDENTITY_MASK, Stat } from './attributes.js'
import { closeIfAny } from './descriptors.js'

const ELOOP = -Errno.ELOOP.errno

/** Words of the memory. */
const WORD = {
  /** 1 once the mount is there. */
  KNOWN: 0,
  /** Device of its files, in the kernel's 32-bit encoding. */
  DEVICE: 1,
  /** Mount id (as `Stat` has it). */
  ID_LOW: 2,
  ID_HIGH: 3,
  /** Descriptor + 1 (O_PATH) of what the mount covers. */
  BELOW: 4,
} as const
const WORDS = 5

/** Asks a FUSE file system for nothing that its server would have to answer. */
export const QUIET = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT

/**
 * The mount at which this process serves, where the source may have it in it (`/` served at `/mnt`). A system call that
 * enters it would wait for an answer of the very thread that makes it, so it is never entered: what it covers is shown in its
 * place, as a bind mount shows it, and wherever else its file system is mounted within the source there is ELOOP.
 *
 * Make it before mounting; give `shared` to each `PassthroughFs` as the option `ownMount`; call `mounted` before serving.
 */
export class OwnMount {
  /** Plain data for other threads and for the option `ownMount`. */
  readonly shared: SharedArrayBuffer
  readonly #words: Int32Array

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared
    this.#words = new Int32Array(shared)
  }

  /** Takes hold of what a mount point is before anything is mounted there. One that does not exist is none. */
  static at(mountpoint: string): OwnMount {
    const own = new OwnMount()
    own.#words[WORD.BELOW] = Math.max(0, openat(AT_FDCWD, mountpoint, O_PATH, 0) + 1)
    return own
  }

  /** The mount is there now, at a path without symbolic links. */
  mounted(path: string): void {
    const words = this.#words
    const stat = new Stat()
    if (statx(AT_FDCWD, path, QUIET, IDENTITY_MASK, stat.bytes) < 0) return
    words[WORD.DEVICE] = stat.device
    words[WORD.ID_LOW] = stat.mountLow
    words[WORD.ID_HIGH] = stat.mountHigh
    Atomics.store(words, WORD.KNOWN, 1)
  }

  /** `st_dev` of the files of the mount, in the kernel's 32-bit encoding; `undefined` before it is there. */
  get device(): number | undefined {
    return this.isKnown ? (this.#words[WORD.DEVICE] as number) >>> 0 : undefined
  }

  /** Whether the mount is there. */
  get isKnown(): boolean {
    return this.#words[WORD.KNOWN] === 1
  }

  /** Whether a file is on it. */
  isOn(stat: Stat): boolean {
    return this.isKnown && (stat.device | 0) === this.#words[WORD.DEVICE]
  }

  /**
   * For the O_PATH descriptor of what is mounted over a name: that descriptor, that of what the own mount covers in place of the
   * own mount, or ELOOP. Takes the descriptor.
   */
  instead(fd: number, stat: Stat): number {
    if (statx(fd, '', AT_EMPTY_PATH | QUIET, IDENTITY_MASK, stat.bytes) < 0 || !this.isOn(stat)) return fd
    close(fd)
    const words = this.#words
    const below = (words[WORD.BELOW] as number) - 1
    const isOwn = words[WORD.ID_LOW] === (stat.mountLow | 0) && words[WORD.ID_HIGH] === (stat.mountHigh | 0)
    return isOwn && below >= 0 ? dup(below) : ELOOP
  }

  /** Lets go of what the mount covers, when nothing is served any more. */
  close(): void {
    this.#words[WORD.KNOWN] = 0
    closeIfAny(Atomics.exchange(this.#words, WORD.BELOW, 0) - 1)
  }
}
