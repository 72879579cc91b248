import { SharedLock } from './shared-lock.js'
import { sparseMemory } from './sparse-memory.js'

/** Words of one owner's record, of 32 bits. */
export const OwnerWord = {
  /** Nodeid of the file, 0 where the record is free. */
  NODE: 0,
  OWNER_LOW: 1,
  OWNER_HIGH: 2,
  /** Descriptor + 1 whose open file description has the locks. */
  FD: 3,
  /** Threads and promises that use the descriptor now. */
  USERS: 4,
  /** Process that asked last. */
  PID: 5,
  /** Index + 1 of the next record of the same bucket, or of the free list. */
  NEXT: 6,
  /** 1: let go by the kernel; the last user closes the descriptor. */
  CLOSING: 7,
  /** Index + 1 of the open file through which the first lock was taken, or 0. */
  HANDLE: 8,
} as const

const RECORD_WORDS = 9

/** Words of the control block. */
const LOCK = 0
const HIGH_WATER = 1
const FREE = 2
const COUNT = 3
const CONTROL_WORDS = 4

/** The memory of a {@link LockOwners} table: plain data for another thread. */
export interface LockOwnersData {
  /** Most pairs of file and owner. */
  readonly capacity: number
  readonly records: SharedArrayBuffer
  readonly buckets: SharedArrayBuffer
  readonly control: SharedArrayBuffer
}

/** A pair of file and lock owner. */
export interface LockOwner {
  readonly node: number
  readonly owner: bigint
  /** Process that asked last. */
  readonly pid: number
  /** Its open file description has the locks. */
  readonly fd: number
  /** Index of the open file through which the first lock was taken; -1 where that is not known. */
  readonly handle: number
}

/**
 * Who holds POSIX locks: for each pair of file and lock owner one descriptor, whose OFD locks (fcntl(2)) stand
 * for the owner's. In shared memory; methods take the lock themselves and close nothing.
 */
export class LockOwners {
  readonly capacity: number
  readonly #words: Int32Array
  readonly #buckets: Int32Array
  readonly #control: Int32Array
  readonly #lock: SharedLock

  constructor(data: LockOwnersData) {
    this.capacity = data.capacity
    this.#words = new Int32Array(data.records)
    this.#buckets = new Int32Array(data.buckets)
    this.#control = new Int32Array(data.control)
    this.#lock = new SharedLock(this.#control, LOCK)
  }

  static create(capacity: number): LockOwnersData {
    const buckets = 2 ** Math.ceil(Math.log2(Math.max(2, capacity)))
    return {
      capacity,
      records: sparseMemory(capacity * RECORD_WORDS * Int32Array.BYTES_PER_ELEMENT),
      buckets: new SharedArrayBuffer(buckets * Int32Array.BYTES_PER_ELEMENT),
      control: new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT),
    }
  }

  /** Pairs in the table. 0 is the common case, in which nothing else needs to be asked. */
  get count(): number {
    return Atomics.load(this.#control, COUNT)
  }

  /** Begins a use of the pair's descriptor: the index of its record, to be given to `release`; -1 where there is none. */
  acquire(node: number, owner: bigint): number {
    if (this.count === 0) return -1
    const low = lowWord(owner)
    const high = highWord(owner)
    this.#lock.lock()
    const index = this.#find(node, low, high)
    if (index >= 0) this.#addUser(index)
    this.#lock.unlock()
    return index
  }

  /**
   * Adds a pair with its descriptor and begins a use of it. Where another thread was faster, its record is
   * used and `fd` is the caller's to close: compare with `fd(index)`. -1 where the table is full.
   *
   * @param handle - index of the open file through which the lock is taken; -1 where that is not known
   */
  add(node: number, owner: bigint, fd: number, handle: number): number {
    const low = lowWord(owner)
    const high = highWord(owner)
    const control = this.#control
    this.#lock.lock()
    let index = this.#find(node, low, high)
    if (index < 0) {
      index = this.#allocate()
      if (index >= 0) {
        control[COUNT] = (control[COUNT] as number) + 1
        this.#set(index, OwnerWord.NODE, node)
        this.#set(index, OwnerWord.OWNER_LOW, low)
        this.#set(index, OwnerWord.OWNER_HIGH, high)
        this.#set(index, OwnerWord.FD, fd + 1)
        this.#set(index, OwnerWord.HANDLE, handle + 1)
        const bucket = this.#bucket(node, low, high)
        this.#set(index, OwnerWord.NEXT, this.#buckets[bucket] as number)
        this.#buckets[bucket] = index + 1
      }
    }
    if (index >= 0) this.#addUser(index)
    this.#lock.unlock()
    return index
  }

  /** Ends a use. The descriptor to close where it was the last one of a pair that is let go, else -1. */
  release(index: number): number {
    this.#lock.lock()
    const users = this.#get(index, OwnerWord.USERS) - 1
    this.#set(index, OwnerWord.USERS, users)
    const last = users === 0 && this.#get(index, OwnerWord.CLOSING) === 1
    const fd = last ? this.#free(index) : -1
    this.#lock.unlock()
    return fd
  }

  /** Makes an acquired pair unfindable: the next lock of the owner starts anew. Its last `release` closes. */
  end(index: number): void {
    this.#lock.lock()
    if (this.#get(index, OwnerWord.CLOSING) === 0) {
      this.#set(index, OwnerWord.CLOSING, 1)
      this.#unlink(index)
    }
    this.#lock.unlock()
  }

  /** Begins a use of any pair of `node` (of every file where it is 0). -1 where there is none. Looks at every record. */
  acquireAny(node: number): number {
    return this.#acquireWhere((index) => this.#isOf(index, node))
  }

  /** As `acquireAny`, of a pair whose first lock was taken through an open file. */
  acquireOfHandle(handle: number): number {
    return this.#acquireWhere(
      (index) => this.#get(index, OwnerWord.HANDLE) === handle + 1 && this.#isOf(index, 0),
    )
  }

  #acquireWhere(matches: (index: number) => boolean): number {
    if (this.count === 0) return -1
    this.#lock.lock()
    let index = (this.#control[HIGH_WATER] as number) - 1
    while (index >= 0 && !matches(index)) index -= 1
    if (index >= 0) this.#addUser(index)
    this.#lock.unlock()
    return index
  }

  /** The process of the one owner of `node` other than `owner`; 0 where there are several or none. */
  otherPid(node: number, owner: bigint): number {
    const low = lowWord(owner)
    const high = highWord(owner)
    let found = 0
    let pid = 0
    this.#lock.lock()
    for (let index = (this.#control[HIGH_WATER] as number) - 1; index >= 0; index -= 1) {
      if (!this.#isOf(index, node) || this.#is(index, node, low, high)) continue
      found += 1
      pid = this.#get(index, OwnerWord.PID)
    }
    this.#lock.unlock()
    return found === 1 ? pid : 0
  }

  /** Records that were ever used: all pairs are below. */
  get highWater(): number {
    return Atomics.load(this.#control, HIGH_WATER)
  }

  /** The pair in a record; `undefined` where there is none. */
  at(index: number): LockOwner | undefined {
    this.#lock.lock()
    const owner = this.#isOf(index, 0)
      ? {
          node: this.#get(index, OwnerWord.NODE),
          owner: ownerOf(this.#get(index, OwnerWord.OWNER_LOW), this.#get(index, OwnerWord.OWNER_HIGH)),
          pid: this.#get(index, OwnerWord.PID),
          fd: this.#get(index, OwnerWord.FD) - 1,
          handle: this.#get(index, OwnerWord.HANDLE) - 1,
        }
      : undefined
    this.#lock.unlock()
    return owner
  }

  /** The descriptor of an acquired record. */
  fd(index: number): number {
    return this.#get(index, OwnerWord.FD) - 1
  }

  /** Remembers which process asked last, for an acquired record. */
  setPid(index: number, pid: number): void {
    this.#set(index, OwnerWord.PID, pid)
  }

  #allocate(): number {
    const control = this.#control
    const free = (control[FREE] as number) - 1
    if (free >= 0) {
      control[FREE] = this.#get(free, OwnerWord.NEXT)
      return free
    }
    const index = control[HIGH_WATER] as number
    if (index >= this.capacity) return -1
    control[HIGH_WATER] = index + 1
    return index
  }

  #free(index: number): number {
    const control = this.#control
    const fd = this.#get(index, OwnerWord.FD) - 1
    const start = index * RECORD_WORDS
    this.#words.fill(0, start, start + RECORD_WORDS)
    this.#set(index, OwnerWord.NEXT, control[FREE] as number)
    control[FREE] = index + 1
    control[COUNT] = (control[COUNT] as number) - 1
    return fd
  }

  #find(node: number, low: number, high: number): number {
    let index = (this.#buckets[this.#bucket(node, low, high)] as number) - 1
    while (index >= 0 && !this.#is(index, node, low, high)) index = this.#get(index, OwnerWord.NEXT) - 1
    return index
  }

  #unlink(index: number): void {
    const bucket = this.#bucket(
      this.#get(index, OwnerWord.NODE),
      this.#get(index, OwnerWord.OWNER_LOW),
      this.#get(index, OwnerWord.OWNER_HIGH),
    )
    const next = this.#get(index, OwnerWord.NEXT)
    let previous = (this.#buckets[bucket] as number) - 1
    if (previous === index) {
      this.#buckets[bucket] = next
      return
    }
    while (this.#get(previous, OwnerWord.NEXT) !== index + 1)
      previous = this.#get(previous, OwnerWord.NEXT) - 1
    this.#set(previous, OwnerWord.NEXT, next)
  }

  #is(index: number, node: number, low: number, high: number): boolean {
    return (
      this.#get(index, OwnerWord.NODE) === node &&
      this.#get(index, OwnerWord.OWNER_LOW) === low &&
      this.#get(index, OwnerWord.OWNER_HIGH) === high
    )
  }

  #isOf(index: number, node: number): boolean {
    const of = this.#get(index, OwnerWord.NODE)
    return of !== 0 && (node === 0 || of === node) && this.#get(index, OwnerWord.CLOSING) === 0
  }

  #addUser(index: number): void {
    this.#set(index, OwnerWord.USERS, this.#get(index, OwnerWord.USERS) + 1)
  }

  #bucket(node: number, low: number, high: number): number {
    let hash = Math.imul(low ^ Math.imul(high, 0x27d4eb2f), 0x9e3779b1)
    hash = Math.imul(hash ^ (hash >>> 15) ^ node, 0x85ebca6b)
    return (hash ^ (hash >>> 16)) & (this.#buckets.length - 1)
  }

  #get(index: number, word: number): number {
    return this.#words[index * RECORD_WORDS + word] as number
  }

  #set(index: number, word: number, value: number): void {
    this.#words[index * RECORD_WORDS + word] = value
  }
}

function ownerOf(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

function lowWord(owner: bigint): number {
  return Number(BigInt.asIntN(32, owner))
}

function highWord(owner: bigint): number {
  return Number(BigInt.asIntN(32, owner >> 32n))
}
