import { SharedLock } from './shared-lock.js'
import { sparseMemory } from './sparse-memory.js'

/** Words of one open file's record: 16 of 32 bits. What is not listed is reserved and 0. */
export const HandleWord = {
  /** Descriptor + 1, or 0. */
  FD: 0,
  /** Nodeid of the file. */
  NODE: 1,
  /** Upper part of the file handle number; grows whenever the record is used again. */
  GENERATION: 2,
  /** {@link HandleFlag} bits. */
  FLAGS: 3,
  /** open(2) flags that the descriptor was opened with. */
  OPEN_FLAGS: 4,
  /** Threads and promises that use the descriptor now. */
  USERS: 5,
  /** Index + 1 of the next free record. */
  NEXT: 6,
  /** Directories: lock around the position of the descriptor. */
  DIRECTORY_LOCK: 7,
  /** Directories: grows with every rewind, so that what another thread read before it is known to be old. */
  EPOCH: 8,
  /** Directories: cookie at which the descriptor stands. */
  POSITION_LOW: 9,
  POSITION_HIGH: 10,
} as const

/** Bits of {@link HandleWord.FLAGS}. */
export const HandleFlag = {
  LIVE: 1,
  /** Released by the kernel; the last user closes the descriptor. */
  CLOSING: 2,
  DIRECTORY: 4,
  /** The host refuses RWF_NOWAIT here. */
  NO_NOWAIT: 8,
  /** O_DIRECT was taken off the descriptor, because the data of requests is not aligned enough for the device. */
  NOT_DIRECT: 16,
  /** Data is in memory: reading never waits. */
  IN_MEMORY: 32,
  /** A lock is or was held by it: one of flock(2), or one of fcntl(2) that was first taken through it. */
  LOCKED: 64,
  /** LOCKED, and one of its descriptors was closed since: perhaps the last one, and its release is under way. */
  CLOSED_ONCE: 128,
} as const

/** Which open files `acquire` takes. */
export const HandleKind = { FILE: 0, DIRECTORY: 1, ANY: 2 } as const

const RECORD_WORDS = 16
const INDEX_BITS = 20
const INDEXES = 2 ** INDEX_BITS
/** File handle numbers are below 2^52: 20 bits of index, 32 of generation. */
const MAX_FH = 2 ** 52

/** Words of the control block. */
const LOCK = 0
const HIGH_WATER = 1
const FREE = 2
const COUNT = 3
const CONTROL_WORDS = 4

/** Most open files of one table. */
export const MAX_HANDLES = INDEXES

/** The memory of a {@link HandleTable}: plain data for another thread, or for a snapshot. */
export interface HandleTableData {
  /** Most open files. */
  readonly capacity: number
  readonly records: SharedArrayBuffer
  readonly control: SharedArrayBuffer
}

/**
 * The files and directories that the kernel has open, in shared memory.
 *
 * A file handle number is never given out twice and is checked against its node: a stale or invented one is refused
 * and never means another file. A descriptor that is in use when its file is released is closed by its last user.
 * Methods take the lock themselves and close nothing: what must be closed is returned.
 */
export class HandleTable {
  readonly capacity: number
  readonly #words: Int32Array
  readonly #control: Int32Array
  readonly #lock: SharedLock

  constructor(data: HandleTableData) {
    this.capacity = data.capacity
    this.#words = new Int32Array(data.records)
    this.#control = new Int32Array(data.control)
    this.#lock = new SharedLock(this.#control, LOCK)
  }

  /** Memory for at most `capacity` open files (1...{@link MAX_HANDLES}). */
  static create(capacity: number): HandleTableData {
    return {
      capacity,
      records: sparseMemory(capacity * RECORD_WORDS * Int32Array.BYTES_PER_ELEMENT),
      control: new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT),
    }
  }

  /** Open files, those that wait for their last user included. */
  get count(): number {
    return Atomics.load(this.#control, COUNT)
  }

  /** Whether no more fit. */
  get full(): boolean {
    return this.count >= this.capacity
  }

  /** Adds an open file with {@link HandleFlag} bits `flags`. Its file handle number, or -1 where the table is full. */
  add(fd: number, node: number, openFlags: number, flags: number): number {
    const control = this.#control
    this.#lock.lock()
    let index = (control[FREE] as number) - 1
    if (index >= 0) {
      control[FREE] = this.#get(index, HandleWord.NEXT)
    } else {
      index = control[HIGH_WATER] as number
      if (index >= this.capacity) {
        this.#lock.unlock()
        return -1
      }
      control[HIGH_WATER] = index + 1
    }
    control[COUNT] = (control[COUNT] as number) + 1
    const start = index * RECORD_WORDS
    const generation = (this.#get(index, HandleWord.GENERATION) + 1) | 0
    this.#words.fill(0, start, start + RECORD_WORDS)
    this.#set(index, HandleWord.GENERATION, generation)
    this.#set(index, HandleWord.FD, fd + 1)
    this.#set(index, HandleWord.NODE, node)
    this.#set(index, HandleWord.OPEN_FLAGS, openFlags)
    this.#set(index, HandleWord.FLAGS, HandleFlag.LIVE | flags)
    this.#lock.unlock()
    return (generation >>> 0) * INDEXES + index
  }

  /**
   * Begins a use of an open file of `node`: the index of its record, to be given to `release`. -1 where the
   * number is not that of an open file of this node and {@link HandleKind}. Takes any numbers.
   */
  acquire(fh: number, node: number, kind: number): number {
    this.#lock.lock()
    const index = this.#find(fh, node, kind)
    if (index >= 0) this.#set(index, HandleWord.USERS, this.#get(index, HandleWord.USERS) + 1)
    this.#lock.unlock()
    return index
  }

  /** Clears flags of every open file of `node`. Whether there were any. Looks at every record. */
  clearFlags(node: number, flags: number): boolean {
    let any = false
    this.#lock.lock()
    for (let index = (this.#control[HIGH_WATER] as number) - 1; index >= 0; index -= 1) {
      const current = this.#get(index, HandleWord.FLAGS)
      if (this.#get(index, HandleWord.NODE) !== node || (current & flags) === 0) continue
      any = true
      this.#set(index, HandleWord.FLAGS, current & ~flags)
    }
    this.#lock.unlock()
    return any
  }

  /** Begins a use of any file of `node` that is open. -1 where there is none. Looks at every record. */
  acquireAny(node: number): number {
    this.#lock.lock()
    let index = (this.#control[HIGH_WATER] as number) - 1
    while (
      index >= 0 &&
      !(this.#get(index, HandleWord.NODE) === node && this.#get(index, HandleWord.FLAGS) & HandleFlag.LIVE)
    ) {
      index -= 1
    }
    if (index >= 0) this.#set(index, HandleWord.USERS, this.#get(index, HandleWord.USERS) + 1)
    this.#lock.unlock()
    return index
  }

  /** Ends a use. The descriptor to close where it was the last one of a file that is released, else -1. */
  release(index: number): number {
    this.#lock.lock()
    const users = this.#get(index, HandleWord.USERS) - 1
    this.#set(index, HandleWord.USERS, users)
    const closing = users === 0 && (this.#get(index, HandleWord.FLAGS) & HandleFlag.CLOSING) !== 0
    const fd = closing ? this.#remove(index) : -1
    this.#lock.unlock()
    return fd
  }

  /**
   * Ends an open file: its number is no longer valid. Only for who has it acquired; `release` then returns the
   * descriptor to the last user. False where somebody else has ended it already.
   */
  end(index: number): boolean {
    this.#lock.lock()
    const flags = this.#get(index, HandleWord.FLAGS)
    const open = (flags & HandleFlag.LIVE) !== 0
    if (open) this.#set(index, HandleWord.FLAGS, (flags & ~HandleFlag.LIVE) | HandleFlag.CLOSING)
    this.#lock.unlock()
    return open
  }

  /** Records that were ever used: all open files are below. */
  get highWater(): number {
    return Atomics.load(this.#control, HIGH_WATER)
  }

  /** The highest generation that was given out. Looks at every record. */
  get lastGeneration(): number {
    let last = 0
    for (let index = 0; index < this.highWater; index += 1) last = Math.max(last, this.generation(index))
    return last
  }

  /** Upper part of the file handle number of a record. */
  generation(index: number): number {
    return this.#get(index, HandleWord.GENERATION) >>> 0
  }

  /** Nodeid of the file that is open in a record; 0 where none is. */
  node(index: number): number {
    return (this.#get(index, HandleWord.FLAGS) & HandleFlag.LIVE) === 0
      ? 0
      : this.#get(index, HandleWord.NODE)
  }

  /** Begins to take over the records of another table, which nobody else may use meanwhile. False where a file is open here. */
  beginRestore(): boolean {
    if (this.count > 0) return false
    this.#control[HIGH_WATER] = 0
    this.#control[FREE] = 0
    return true
  }

  /**
   * Takes an open file of the other table over, with the number that it has there. False where there is no such record here,
   * or it is taken; the descriptor is then still the caller's.
   */
  restore(
    index: number,
    generation: number,
    fd: number,
    node: number,
    openFlags: number,
    flags: number,
  ): boolean {
    const control = this.#control
    if (index >= this.capacity || (index < this.highWater && this.node(index) !== 0)) return false
    if (index >= this.highWater) control[HIGH_WATER] = index + 1
    control[COUNT] = (control[COUNT] as number) + 1
    const start = index * RECORD_WORDS
    this.#words.fill(0, start, start + RECORD_WORDS)
    this.#set(index, HandleWord.GENERATION, generation)
    this.#set(index, HandleWord.FD, fd + 1)
    this.#set(index, HandleWord.NODE, node)
    this.#set(index, HandleWord.OPEN_FLAGS, openFlags)
    this.#set(index, HandleWord.FLAGS, HandleFlag.LIVE | flags)
    return true
  }

  /**
   * Makes the records free that the other table did not use, at least `highWater` of them: their next numbers are higher
   * than its last one.
   */
  endRestore(highWater: number, lastGeneration: number): void {
    const control = this.#control
    control[HIGH_WATER] = Math.max(this.highWater, Math.min(highWater, this.capacity))
    for (let index = this.highWater - 1; index >= 0; index -= 1) {
      if (this.node(index) !== 0) continue
      this.#set(index, HandleWord.FLAGS, 0)
      this.#set(index, HandleWord.GENERATION, lastGeneration)
      this.#set(index, HandleWord.NEXT, control[FREE] as number)
      control[FREE] = index + 1
    }
  }

  /** Ends whatever file is open in a record: the descriptor to close, or -1 where there is none or its users will. */
  endAt(index: number): number {
    this.#lock.lock()
    let fd = -1
    const flags = this.#get(index, HandleWord.FLAGS)
    if ((flags & HandleFlag.LIVE) !== 0) {
      this.#set(index, HandleWord.FLAGS, (flags & ~HandleFlag.LIVE) | HandleFlag.CLOSING)
      if (this.#get(index, HandleWord.USERS) === 0) fd = this.#remove(index)
    }
    this.#lock.unlock()
    return fd
  }

  /** The descriptor of an acquired record. */
  fd(index: number): number {
    return this.#get(index, HandleWord.FD) - 1
  }

  /** open(2) flags of an acquired record. */
  openFlags(index: number): number {
    return this.#get(index, HandleWord.OPEN_FLAGS)
  }

  /** Whether an acquired record has any of `flags`. */
  has(index: number, flags: number): boolean {
    return (Atomics.load(this.#words, index * RECORD_WORDS + HandleWord.FLAGS) & flags) !== 0
  }

  /** Sets flags of an acquired record. */
  addFlags(index: number, flags: number): void {
    this.#lock.lock()
    this.#set(index, HandleWord.FLAGS, this.#get(index, HandleWord.FLAGS) | flags)
    this.#lock.unlock()
  }

  /** A word of an acquired directory; those of its position only under {@link HandleTable.directoryLock}. */
  get(index: number, word: number): number {
    return this.#get(index, word)
  }

  set(index: number, word: number, value: number): void {
    this.#set(index, word, value)
  }

  /** The lock around the position of an acquired directory. May be held across lseek(2) and getdents64(2). */
  directoryLock(index: number): SharedLock {
    return new SharedLock(this.#words, index * RECORD_WORDS + HandleWord.DIRECTORY_LOCK)
  }

  #find(fh: number, node: number, kind: number): number {
    if (!(fh >= 0 && fh < MAX_FH)) return -1
    const index = fh % INDEXES
    if (index >= (this.#control[HIGH_WATER] as number)) return -1
    const flags = this.#get(index, HandleWord.FLAGS)
    const directory = (flags & HandleFlag.DIRECTORY) !== 0
    return (flags & HandleFlag.LIVE) !== 0 &&
      (kind === HandleKind.ANY || directory === (kind === HandleKind.DIRECTORY)) &&
      this.#get(index, HandleWord.GENERATION) >>> 0 === Math.floor(fh / INDEXES) &&
      this.#get(index, HandleWord.NODE) === node
      ? index
      : -1
  }

  #remove(index: number): number {
    const control = this.#control
    const fd = this.#get(index, HandleWord.FD) - 1
    this.#set(index, HandleWord.FLAGS, 0)
    this.#set(index, HandleWord.FD, 0)
    this.#set(index, HandleWord.NODE, 0)
    this.#set(index, HandleWord.NEXT, control[FREE] as number)
    control[FREE] = index + 1
    control[COUNT] = (control[COUNT] as number) - 1
    return fd
  }

  #get(index: number, word: number): number {
    return this.#words[index * RECORD_WORDS + word] as number
  }

  #set(index: number, word: number, value: number): void {
    this.#words[index * RECORD_WORDS + word] = value
  }
}
