import { InodeFlag, type InodeTable, InodeWord } from './inode-table.js'

/** Words of the control block. */
const COUNT = 0
const HAND = 1
const HELD = 2
const CONTROL_WORDS = 4

/** `put` found every cached descriptor in use. */
export const NO_ROOM = -1
/** `put` closed nothing. */
export const NO_VICTIM = -2

/** The memory of an {@link FdCache}: plain data for another thread. */
export interface FdCacheData {
  /** Most descriptors that are cached. */
  readonly capacity: number
  /** Most descriptors that are held until their inode is forgotten. */
  readonly maxHeld: number
  readonly ring: SharedArrayBuffer
  readonly control: SharedArrayBuffer
}

/**
 * Which inodes have an O_PATH descriptor, and which of them loses it when there are too many.
 *
 * Cached descriptors are in a ring that a hand goes round: who was used since it last came by is spared once, who is
 * in use is passed, the next one is replaced (CLOCK). A new one counts as not used, so that one walk over a large tree
 * does not push out what is needed again and again. Held descriptors are not in the ring; they are only counted.
 *
 * Every method must be called under the lock of the inode table, and closes nothing itself.
 */
export class FdCache {
  readonly capacity: number
  readonly maxHeld: number
  readonly #table: InodeTable
  readonly #ring: Int32Array
  readonly #control: Int32Array

  constructor(data: FdCacheData, table: InodeTable) {
    this.capacity = data.capacity
    this.maxHeld = data.maxHeld
    this.#table = table
    this.#ring = new Int32Array(data.ring)
    this.#control = new Int32Array(data.control)
  }

  static create(capacity: number, maxHeld: number): FdCacheData {
    return {
      capacity,
      maxHeld,
      ring: new SharedArrayBuffer(capacity * Int32Array.BYTES_PER_ELEMENT),
      control: new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT),
    }
  }

  /** Cached descriptors now. */
  get count(): number {
    return this.#control[COUNT] as number
  }

  /** Held descriptors now. */
  get held(): number {
    return this.#control[HELD] as number
  }

  /**
   * Caches `fd` for a slot that has none. Returns the descriptor to close instead of it, {@link NO_VICTIM} where there
   * was room, or {@link NO_ROOM} where everything is in use: the slot is then unchanged.
   */
  put(slot: number, fd: number): number {
    const table = this.#table
    const count = this.count
    let position = count
    let victim: number = NO_VICTIM
    if (count < this.capacity) {
      this.#control[COUNT] = count + 1
    } else {
      position = this.#findVictim()
      if (position < 0) return NO_ROOM
      victim = this.#strip((this.#ring[position] as number) - 1)
    }
    this.#ring[position] = slot + 1
    table.set(slot, InodeWord.FD, fd + 1)
    table.set(slot, InodeWord.RING, position)
    table.addFlags(slot, InodeFlag.FD_CACHED)
    return victim
  }

  /** Gives a slot without descriptor one that is kept until it is dropped. False where too many are held. */
  hold(slot: number, fd: number): boolean {
    if (this.held >= this.maxHeld) return false
    this.#control[HELD] = this.held + 1
    this.#table.set(slot, InodeWord.FD, fd + 1)
    this.#table.addFlags(slot, InodeFlag.FD_HELD)
    return true
  }

  /** Gives a slot without descriptor one for as long as it is in use: the last user drops it. */
  lend(slot: number, fd: number): void {
    this.#table.set(slot, InodeWord.FD, fd + 1)
    this.#table.addFlags(slot, InodeFlag.FD_TRANSIENT)
  }

  /** Makes sure that the descriptor of a slot is held. False where too many are. */
  keep(slot: number): boolean {
    const table = this.#table
    if (table.has(slot, InodeFlag.FD_HELD)) return true
    if (this.held >= this.maxHeld) return false
    if (table.has(slot, InodeFlag.FD_CACHED)) this.#leaveRing(slot)
    this.#control[HELD] = this.held + 1
    table.dropFlags(slot, InodeFlag.FD_TRANSIENT | InodeFlag.FD_FRESH)
    table.addFlags(slot, InodeFlag.FD_HELD)
    return true
  }

  /** Takes the descriptor of a slot away: the caller closes it. -1 where it has none. */
  drop(slot: number): number {
    const table = this.#table
    if (table.has(slot, InodeFlag.FD_CACHED)) this.#leaveRing(slot)
    else if (table.has(slot, InodeFlag.FD_HELD)) this.#control[HELD] = this.held - 1
    return this.#strip(slot)
  }

  /**
   * Takes a cached descriptor that nobody uses away from whoever has it, to make room for something else: the caller
   * closes it. -1 where there is none.
   */
  evict(): number {
    const position = this.#findVictim()
    return position < 0 ? -1 : this.drop((this.#ring[position] as number) - 1)
  }

  /** The position of the next one to be replaced; the hand ends behind it. -1 where all are in use. */
  #findVictim(): number {
    const table = this.#table
    const count = this.count
    let hand = this.#control[HAND] as number
    // Twice round: the first pass may only clear marks.
    for (let step = 2 * count; step > 0; step -= 1) {
      if (hand >= count) hand = 0
      const slot = (this.#ring[hand] as number) - 1
      const position = hand
      hand += 1
      if (table.get(slot, InodeWord.PINS) > 0) continue
      if (table.has(slot, InodeFlag.FD_USED)) {
        table.dropFlags(slot, InodeFlag.FD_USED)
        continue
      }
      this.#control[HAND] = hand
      return position
    }
    return -1
  }

  /** Closes the gap with the last one. */
  #leaveRing(slot: number): void {
    const table = this.#table
    const last = this.count - 1
    const position = table.get(slot, InodeWord.RING)
    const moved = this.#ring[last] as number
    this.#ring[position] = moved
    table.set(moved - 1, InodeWord.RING, position)
    this.#control[COUNT] = last
    table.set(slot, InodeWord.RING, 0)
    table.dropFlags(slot, InodeFlag.FD_CACHED)
  }

  #strip(slot: number): number {
    const table = this.#table
    const fd = table.get(slot, InodeWord.FD) - 1
    table.set(slot, InodeWord.FD, 0)
    table.dropFlags(
      slot,
      InodeFlag.FD_CACHED |
        InodeFlag.FD_HELD |
        InodeFlag.FD_TRANSIENT |
        InodeFlag.FD_USED |
        InodeFlag.FD_FRESH,
    )
    return fd
  }
}
