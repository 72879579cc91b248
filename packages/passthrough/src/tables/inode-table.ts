import { SharedLock } from './shared-lock.js'
import { discardFrom, sparseMemory, unreservedMemory } from './sparse-memory.js'

/**
 * Words of one inode's record: 16 of 32 bits, one cache line. Two words that belong together are `_LOW` and `_HIGH`.
 * What is not listed is reserved and 0.
 */
export const InodeWord = {
  /** Identity: host inode number, device (kernel's 32-bit encoding), index in the mount table. */
  INO_LOW: 0,
  INO_HIGH: 1,
  DEVICE: 2,
  MOUNT: 3,
  /** Lookups that the kernel holds. 0 with pins: forgotten, to be freed by the last user. */
  LOOKUPS_LOW: 4,
  LOOKUPS_HIGH: 5,
  /** Of the nodeid: grows whenever the slot is used again, unless {@link InodeFlag.ID_NUMBER} is set. */
  GENERATION: 6,
  /** `st_mode` when it was last seen; the type bits never change. */
  MODE: 7,
  /** {@link InodeFlag} bits. */
  FLAGS: 8,
  /** O_PATH descriptor + 1, or 0. */
  FD: 9,
  /** Threads and promises that use the record or its descriptor now. */
  PINS: 10,
  /** Reference of the file handle in the arena, or 0. */
  HANDLE: 11,
  /** Slot + 1 of the next inode of the same bucket, or of the free list. */
  NEXT: 12,
  /** Position in the ring of cached descriptors, where FD_CACHED is set. */
  RING: 13,
  /** Nodeid, where {@link InodeFlag.ID_FOREIGN} is set. */
  ID_LOW: 14,
  ID_HIGH: 15,
} as const

/** Bits of {@link InodeWord.FLAGS}. */
export const InodeFlag = {
  /** The slot holds an inode. */
  LIVE: 1,
  /** The identity leads here: a lookup finds it. Off once another inode got the same number. */
  HASHED: 2,
  /** The descriptor is in the ring and may be closed whenever nobody uses it. */
  FD_CACHED: 4,
  /** The descriptor stays until the inode is forgotten. */
  FD_HELD: 8,
  /** The descriptor goes when its last user has finished. */
  FD_TRANSIENT: 16,
  /** The descriptor was used since the ring last passed. */
  FD_USED: 32,
  /** Some owner has or had a POSIX lock on it. */
  LOCKED: 64,
  /** Somebody set the modification time since a write, an fsync or a close: pages that come later were changed before. */
  MTIME_SET: 128,
  /** The nodeid is the inode number, and the generation the host's. */
  ID_NUMBER: 256,
  /** The nodeid is that of the slot, in a range of its own. */
  ID_SLOT: 512,
  /** The nodeid is the one that another process gave the inode. */
  ID_FOREIGN: 1024,
  /** The file handle follows from number and generation. */
  HANDLE_IMPLIED: 2048,
  /** The descriptor is kept for the call that follows a lookup; RING is its place. */
  FD_FRESH: 4096,
} as const

const RECORD_WORDS = 16
const RECORD_SHIFT = 4
const ALL_BITS = 0xffff_ffff
const TWO_32 = 0x1_0000_0000

/** Words of the control block. */
const LOCK = 0
const HIGH_WATER = 1
const FREE = 2
const COUNT = 3
const GENERATION_BASE = 4
/** Buckets in use. */
const BUCKETS = 5
/** With so many inodes left, memory is next given back. */
const TRIM_AT = 6
const CONTROL_WORDS = 8

/** Memory is given back when one in so many slots is live, and whenever half of those have gone. */
const TRIM_PART = 8
/** Below this it is not worth it: 1 MiB. */
const TRIM_LEAST = 16_384

/** Buckets of an empty table: a page of memory. */
const FIRST_BUCKETS = 1024
/** Inodes for each bucket beyond those. */
const INODES_PER_BUCKET = 2

/** Most inodes of one table: nodeids and references are 32-bit words. */
export const MAX_INODES = 1 << 25

/** The memory of an {@link InodeTable}: plain data for another thread, or for a snapshot. */
export interface InodeTableData {
  readonly capacity: number
  readonly records: SharedArrayBuffer
  readonly buckets: SharedArrayBuffer
  readonly control: SharedArrayBuffer
}

/**
 * The inodes that the kernel knows, as records in shared memory, found by slot (nodeid - 1) or by identity.
 *
 * 64 bytes an inode and 2 of buckets. Both fill up from the front, and what is behind costs nothing: slots are used
 * again before new ones, and the buckets grow with the number of inodes, one at a time (linear hashing), so that the
 * inodes of a small tree are not scattered over the memory of a large one. Every method must be called while `lock` is
 * held. Nothing here makes a system call: what must be closed is returned to the caller.
 */
export class InodeTable {
  readonly lock: SharedLock
  readonly capacity: number
  readonly #records: Int32Array
  readonly #buckets: Int32Array
  readonly #control: Int32Array

  constructor(data: InodeTableData) {
    this.capacity = data.capacity
    this.#records = new Int32Array(data.records)
    this.#buckets = new Int32Array(data.buckets)
    this.#control = new Int32Array(data.control)
    this.lock = new SharedLock(this.#control, LOCK)
  }

  /**
   * Memory for at most `capacity` inodes (1...{@link MAX_INODES}). `generation` is the first one given out: a number
   * that grows from one run to the next keeps old file handles of NFS clients from meaning another file.
   */
  static create(capacity: number, generation: number): InodeTableData {
    const control = new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT)
    const words = new Int32Array(control)
    words[GENERATION_BASE] = generation
    words[BUCKETS] = FIRST_BUCKETS
    const buckets = Math.max(FIRST_BUCKETS, Math.ceil(capacity / INODES_PER_BUCKET))
    return {
      capacity,
      records: unreservedMemory(capacity * RECORD_WORDS * Int32Array.BYTES_PER_ELEMENT),
      buckets: sparseMemory(buckets * Int32Array.BYTES_PER_ELEMENT),
      control,
    }
  }

  /** Inodes in the table. */
  get count(): number {
    return this.#control[COUNT] as number
  }

  /** Slots that were ever used: all live ones are below. */
  get highWater(): number {
    return this.#control[HIGH_WATER] as number
  }

  /** Buckets in use: enough for the most inodes that there have been at a time. */
  get buckets(): number {
    return this.#control[BUCKETS] as number
  }

  get(slot: number, word: number): number {
    return this.#records[(slot << RECORD_SHIFT) + word] as number
  }

  set(slot: number, word: number, value: number): void {
    this.#records[(slot << RECORD_SHIFT) + word] = value
  }

  has(slot: number, flags: number): boolean {
    return (this.get(slot, InodeWord.FLAGS) & flags) !== 0
  }

  addFlags(slot: number, flags: number): void {
    this.set(slot, InodeWord.FLAGS, this.get(slot, InodeWord.FLAGS) | flags)
  }

  dropFlags(slot: number, flags: number): void {
    this.set(slot, InodeWord.FLAGS, this.get(slot, InodeWord.FLAGS) & ~flags)
  }

  /** The slot of a nodeid, or -1 where it names no live inode. Takes any number. */
  slotOf(nodeid: number): number {
    const slot = nodeid - 1
    if (!(slot >= 0 && slot < this.highWater) || !Number.isInteger(slot)) return -1
    return this.has(slot, InodeFlag.LIVE) ? slot : -1
  }

  /** The slot of an identity, or -1. Words are compared as 32 bits, whatever their sign. */
  find(inoLow: number, inoHigh: number, device: number, mount: number): number {
    const low = inoLow | 0
    const high = inoHigh | 0
    const dev = device | 0
    let slot = (this.#buckets[this.#bucket(low, high, dev, mount)] as number) - 1
    while (slot >= 0) {
      if (
        this.get(slot, InodeWord.INO_LOW) === low &&
        this.get(slot, InodeWord.INO_HIGH) === high &&
        this.get(slot, InodeWord.DEVICE) === dev &&
        this.get(slot, InodeWord.MOUNT) === mount
      ) {
        return slot
      }
      slot = this.get(slot, InodeWord.NEXT) - 1
    }
    return -1
  }

  /** Takes a slot for an identity and makes it findable. -1 where the table is full. */
  insert(inoLow: number, inoHigh: number, device: number, mount: number): number {
    const slot = this.#allocate()
    if (slot < 0) return -1
    this.identify(slot, inoLow, inoHigh, device, mount)
    this.#hash(slot)
    return slot
  }

  /** Gives a slot that cannot be found by its identity another one. */
  identify(slot: number, inoLow: number, inoHigh: number, device: number, mount: number): void {
    this.set(slot, InodeWord.INO_LOW, inoLow)
    this.set(slot, InodeWord.INO_HIGH, inoHigh)
    this.set(slot, InodeWord.DEVICE, device)
    this.set(slot, InodeWord.MOUNT, mount)
  }

  /** Makes a slot findable by its identity, unless another one is. */
  hash(slot: number): void {
    const taken = this.find(
      this.get(slot, InodeWord.INO_LOW),
      this.get(slot, InodeWord.INO_HIGH),
      this.get(slot, InodeWord.DEVICE),
      this.get(slot, InodeWord.MOUNT),
    )
    if (taken < 0) this.#hash(slot)
  }

  /** The highest generation that was given out. Looks at every slot. */
  get lastGeneration(): number {
    let last = (this.#control[GENERATION_BASE] as number) >>> 0
    for (let slot = 0; slot < this.highWater; slot += 1) {
      last = Math.max(last, this.get(slot, InodeWord.GENERATION) >>> 0)
    }
    return last
  }

  /** Begins to take over the slots of another table. False where there is more here than the first inode. */
  beginRestore(): boolean {
    if (this.count !== 1 || !this.has(0, InodeFlag.LIVE)) return false
    this.#control[HIGH_WATER] = 1
    this.#control[FREE] = 0
    return true
  }

  /**
   * Takes a slot of the other table for an inode that no identity leads to. False where there is no such slot here, or it is
   * taken.
   */
  restore(slot: number, generation: number): boolean {
    const control = this.#control
    if (slot >= this.capacity || (slot < this.highWater && this.has(slot, InodeFlag.LIVE))) return false
    if (slot >= this.highWater) control[HIGH_WATER] = slot + 1
    control[COUNT] = (control[COUNT] as number) + 1
    const start = slot << RECORD_SHIFT
    this.#records.fill(0, start, start + RECORD_WORDS)
    this.set(slot, InodeWord.GENERATION, generation)
    this.set(slot, InodeWord.FLAGS, InodeFlag.LIVE)
    return true
  }

  /**
   * Makes the slots free that the other table did not use. Whatever is given out from now on has a higher generation than
   * its last one.
   */
  endRestore(lastGeneration: number): void {
    const control = this.#control
    control[GENERATION_BASE] = Math.max(lastGeneration + 1, (control[GENERATION_BASE] as number) >>> 0)
    for (let slot = this.highWater - 1; slot > 0; slot -= 1) {
      if (this.has(slot, InodeFlag.LIVE)) continue
      this.set(slot, InodeWord.GENERATION, lastGeneration)
      this.set(slot, InodeWord.NEXT, control[FREE] as number)
      control[FREE] = slot + 1
    }
  }

  #hash(slot: number): void {
    this.addFlags(slot, InodeFlag.LIVE | InodeFlag.HASHED)
    if (this.count > this.buckets * INODES_PER_BUCKET) this.#addBucket()
    this.#enter(this.#bucketOf(slot), slot)
  }

  /** Makes an inode unfindable by its identity; its nodeid keeps working. */
  unhash(slot: number): void {
    if (!this.has(slot, InodeFlag.HASHED)) return
    this.dropFlags(slot, InodeFlag.HASHED)
    const bucket = this.#bucketOf(slot)
    const next = this.get(slot, InodeWord.NEXT)
    let previous = (this.#buckets[bucket] as number) - 1
    if (previous === slot) {
      this.#buckets[bucket] = next
      return
    }
    while (this.get(previous, InodeWord.NEXT) !== slot + 1) previous = this.get(previous, InodeWord.NEXT) - 1
    this.set(previous, InodeWord.NEXT, next)
  }

  /** Gives a slot back. Its descriptor and handle must be gone. The next user of it gets another generation. */
  remove(slot: number): void {
    this.unhash(slot)
    const control = this.#control
    // The host's generation says nothing of this slot.
    if (this.has(slot, InodeFlag.ID_NUMBER)) {
      this.set(slot, InodeWord.GENERATION, control[GENERATION_BASE] as number)
    }
    this.set(slot, InodeWord.FLAGS, 0)
    this.set(slot, InodeWord.NEXT, control[FREE] as number)
    control[FREE] = slot + 1
    control[COUNT] = (control[COUNT] as number) - 1
    if (this.count <= (control[TRIM_AT] as number)) this.#trim()
  }

  /**
   * Gives back the memory behind the last live slot, when most slots have become free: a client that walked through a large tree
   * has forgotten it. Looks at every slot, once for each time that their number has halved.
   */
  #trim(): void {
    const control = this.#control
    control[TRIM_AT] = this.count >> 1
    if (this.highWater < TRIM_LEAST) return
    let last = this.highWater - 1
    let generation = (control[GENERATION_BASE] as number) >>> 0
    for (; last > 0 && !this.has(last, InodeFlag.LIVE); last -= 1) {
      generation = Math.max(generation, this.get(last, InodeWord.GENERATION) >>> 0)
    }
    // What is used again behind it begins with a generation that none of it has had.
    control[GENERATION_BASE] = generation + 1
    control[HIGH_WATER] = last + 1
    control[FREE] = 0
    for (let slot = last; slot > 0; slot -= 1) {
      if (this.has(slot, InodeFlag.LIVE)) continue
      this.set(slot, InodeWord.NEXT, control[FREE] as number)
      control[FREE] = slot + 1
    }
    discardFrom(this.#records, (last + 1) << RECORD_SHIFT)
  }

  /** Lookups that the kernel holds on an inode. */
  lookups(slot: number): number {
    return (
      (this.get(slot, InodeWord.LOOKUPS_HIGH) >>> 0) * TWO_32 + (this.get(slot, InodeWord.LOOKUPS_LOW) >>> 0)
    )
  }

  setLookups(slot: number, count: number): void {
    this.set(slot, InodeWord.LOOKUPS_LOW, count)
    this.set(slot, InodeWord.LOOKUPS_HIGH, Math.floor(count / TWO_32))
  }

  #allocate(): number {
    const control = this.#control
    let slot = (control[FREE] as number) - 1
    let generation: number
    if (slot >= 0) {
      control[FREE] = this.get(slot, InodeWord.NEXT)
      generation = (this.get(slot, InodeWord.GENERATION) + 1) | 0
    } else {
      slot = control[HIGH_WATER] as number
      if (slot >= this.capacity) return -1
      control[HIGH_WATER] = slot + 1
      control[TRIM_AT] = Math.floor(slot / TRIM_PART)
      generation = control[GENERATION_BASE] as number
    }
    control[COUNT] = (control[COUNT] as number) + 1
    const start = slot << RECORD_SHIFT
    this.#records.fill(0, start, start + RECORD_WORDS)
    this.set(slot, InodeWord.GENERATION, generation)
    return slot
  }

  #enter(bucket: number, slot: number): void {
    this.set(slot, InodeWord.NEXT, this.#buckets[bucket] as number)
    this.#buckets[bucket] = slot + 1
  }

  /** Adds one bucket, and divides among it and the one whose inodes it shares those of that one. */
  #addBucket(): void {
    const added = this.buckets
    // Without its highest bit: where `#bucket` has sent the hashes that it will send here.
    const divided = added & (ALL_BITS >>> (Math.clz32(added) + 1))
    let slot = (this.#buckets[divided] as number) - 1
    this.#buckets[divided] = 0
    this.#control[BUCKETS] = added + 1
    while (slot >= 0) {
      const next = this.get(slot, InodeWord.NEXT) - 1
      this.#enter(this.#bucketOf(slot), slot)
      slot = next
    }
  }

  #bucketOf(slot: number): number {
    return this.#bucket(
      this.get(slot, InodeWord.INO_LOW),
      this.get(slot, InodeWord.INO_HIGH),
      this.get(slot, InodeWord.DEVICE),
      this.get(slot, InodeWord.MOUNT),
    )
  }

  #bucket(inoLow: number, inoHigh: number, device: number, mount: number): number {
    let hash = Math.imul(inoLow ^ Math.imul(inoHigh, 0x27d4eb2f), 0x9e3779b1)
    hash = Math.imul(hash ^ (hash >>> 15) ^ device, 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13) ^ mount, 0xc2b2ae35)
    hash ^= hash >>> 16
    // As many bits as the highest bucket has; one fewer for a bucket that does not exist yet.
    const { buckets } = this
    const mask = ALL_BITS >>> Math.clz32(buckets - 1)
    const bucket = hash & mask
    return bucket < buckets ? bucket : bucket & (mask >>> 1)
  }
}
