/// <reference lib="es2024.sharedmemory" />
import { InodeFlag, type InodeTable, InodeWord } from './inode-table.js'

/** Most descriptors: lookups that may come between one and the call that follows it. A power of two. */
const CAPACITY = 64

/** Words of the memory, before the ring. */
const HEAD = 0
const TAIL = 1
const MARK = 2
/** 1 while somebody sweeps. */
const SWEPT = 3
const RING = 4

/**
 * The descriptors of what was looked up last. A lookup is followed at once by a call for what it found; the host may take
 * the last name of that away in between, after which no file handle leads to it. They are few, and are given back after a
 * second or two (`sweep`), for they keep the space of what the host deletes.
 *
 * First in, first out. Every method but `next` must be called under the lock of the inode table, and closes nothing itself.
 */
export class FreshFds {
  readonly #table: InodeTable
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer, table: InodeTable) {
    this.#table = table
    this.#words = new Int32Array(memory)
  }

  static create(): SharedArrayBuffer {
    return new SharedArrayBuffer((RING + CAPACITY) * Int32Array.BYTES_PER_ELEMENT)
  }

  /** Takes the descriptor of a slot that has none. Returns the one to close instead, or -1. */
  put(slot: number, fd: number): number {
    this.#table.set(slot, InodeWord.FD, fd + 1)
    return this.#enter(slot)
  }

  /** A slot whose descriptor is here was looked up again. Returns a descriptor to close, or -1. */
  renew(slot: number): number {
    this.leave(slot)
    return this.#enter(slot)
  }

  /** The descriptor of a slot is somebody else's from now on. */
  leave(slot: number): void {
    this.#table.dropFlags(slot, InodeFlag.FD_FRESH)
  }

  /** Takes the oldest away, to make room: the caller closes it. -1 where there is none that nobody uses. */
  evict(): number {
    const words = this.#words
    let fd = -1
    while (fd < 0 && words[TAIL] !== words[HEAD]) fd = this.#takeOldest()
    return fd
  }

  /** Takes away what has been here since the sweep before: the caller closes it. */
  sweep(): number[] {
    const words = this.#words
    const fds: number[] = []
    while (this.#age(words[MARK] as number) > 0) {
      const fd = this.#takeOldest()
      if (fd >= 0) fds.push(fd)
    }
    words[MARK] = words[HEAD] as number
    return fds
  }

  /** Has the next `put` resolve {@link next}, unless there is something to sweep: false. */
  rest(): boolean {
    if (this.#words[TAIL] !== this.#words[HEAD]) return false
    Atomics.store(this.#words, SWEPT, 0)
    return true
  }

  /** Resolves once there is something to sweep. */
  async next(): Promise<void> {
    await Atomics.waitAsync(this.#words, SWEPT, 0).value
  }

  /** Resolves {@link next}. */
  wake(): void {
    if (Atomics.exchange(this.#words, SWEPT, 1) === 0) Atomics.notify(this.#words, SWEPT)
  }

  #enter(slot: number): number {
    const words = this.#words
    const head = words[HEAD] as number
    const surplus = this.#age(head) === CAPACITY ? this.#takeOldest() : -1
    const position = head & (CAPACITY - 1)
    words[RING + position] = slot + 1
    words[HEAD] = head + 1
    this.#table.set(slot, InodeWord.RING, position)
    this.#table.addFlags(slot, InodeFlag.FD_FRESH)
    if (Atomics.load(words, SWEPT) === 0) this.wake()
    return surplus
  }

  /** Entries before a place. */
  #age(place: number): number {
    return (place - (this.#words[TAIL] as number)) | 0
  }

  /** Removes the oldest entry. Returns its descriptor; -1 where it has left, or is in use and goes with its last user. */
  #takeOldest(): number {
    const words = this.#words
    const table = this.#table
    const tail = words[TAIL] as number
    const position = tail & (CAPACITY - 1)
    const slot = (words[RING + position] as number) - 1
    words[TAIL] = tail + 1
    if (!table.has(slot, InodeFlag.FD_FRESH) || table.get(slot, InodeWord.RING) !== position) return -1
    this.leave(slot)
    if (table.get(slot, InodeWord.PINS) > 0) {
      table.addFlags(slot, InodeFlag.FD_TRANSIENT)
      return -1
    }
    const fd = table.get(slot, InodeWord.FD) - 1
    table.set(slot, InodeWord.FD, 0)
    table.dropFlags(slot, InodeFlag.FD_USED)
    return fd
  }
}
