/** Words before the records. */
const LOCK = 0
/** How far a hash is shifted to the right to give a slot: 32 minus the bits of a slot number. */
const SHIFT = 1
const SIZE = 2
/** A cache line, so that no record is in two. */
const HEADER_BYTES = 64
const HEADER_WORDS = HEADER_BYTES / Int32Array.BYTES_PER_ELEMENT

/** Cells of a record: two keys and two values. */
export const CELLS = 4

const LEAST_BITS = 4
/** It never shrinks below this, so that one which fills and empties again and again is left alone. */
const SMALL_BITS = 10
const MOST_BITS = 26
/** Where it grows, in quarters of the slots, and where it shrinks, in eighths. */
const FULL_QUARTERS = 3
const EMPTY_EIGHTHS = 1

const FREE = 0
const HELD = 1
const AWAITED = 2
/** How often a thread tries again before it sleeps, and how long at most: sections are short unless the table grows. */
const SPINS = 200
const SLEEP_MS = 1

/** Most records that memory shared between threads may be made for. */
export const MOST_RECORDS: number = (2 ** MOST_BITS * FULL_QUARTERS) / 4

type HashOf = (cells: Float64Array, at: number) => number

/**
 * Records of two keys and two values, all of them numbers, in one block of memory: a hash table (open addressing, linear
 * probing, no tombstones) that grows and shrinks with what is in it. Keys need not be unique. In shared memory it stays
 * within that memory, and is for threads that lock it around whatever they do with it; else `lock` costs nothing.
 *
 * A record is a slot: its cells begin at `slot * CELLS` of `cells`. The first key is never 0; the values are 0 when it is
 * made. Slot and cells are valid until the next record is made or removed.
 */
export class RecordTable {
  readonly #hashOf: HashOf
  readonly #words: Int32Array
  readonly #isShared: boolean
  #cells: Float64Array

  /**
   * @param hashOf the hash of the record whose cells begin at `at`: 32 bits, of which the upper ones are used first
   * @param memory to share with other threads: from `offset` to its end it is that of the table
   */
  constructor(hashOf: HashOf, memory?: SharedArrayBuffer, offset = 0) {
    this.#hashOf = hashOf
    this.#isShared = memory !== undefined
    if (memory === undefined) {
      this.#words = new Int32Array(HEADER_WORDS)
      this.#cells = new Float64Array(CELLS << LEAST_BITS)
    } else {
      this.#words = new Int32Array(memory, offset, HEADER_WORDS)
      this.#cells = new Float64Array(memory, offset + HEADER_BYTES)
    }
    // Memory that nobody has used so far is zero.
    Atomics.compareExchange(this.#words, SHIFT, 0, 32 - LEAST_BITS)
  }

  /** Bytes of memory for so many records (1...{@link MOST_RECORDS}); only what is used of it costs anything. */
  static byteLength(records: number): number {
    if (!Number.isInteger(records) || records < 1 || records > MOST_RECORDS) {
      throw new RangeError(`a table is for 1...${MOST_RECORDS} records, not ${records}`)
    }
    const bits = Math.max(LEAST_BITS, Math.ceil(Math.log2((records * 4) / FULL_QUARTERS)))
    return HEADER_BYTES + (CELLS << bits) * Float64Array.BYTES_PER_ELEMENT
  }

  /** Whether other threads may use it too. */
  get isShared(): boolean {
    return this.#isShared
  }

  /** Records in it. */
  get size(): number {
    return this.#words[SIZE] as number
  }

  /** Slots, free ones included: their first key is 0. */
  get slots(): number {
    return 1 << (32 - (this.#words[SHIFT] as number))
  }

  /** The records. */
  get cells(): Float64Array {
    return this.#cells
  }

  /** Waits until no other thread has it. */
  lock(): void {
    if (this.#isShared) this.#acquire()
  }

  /** Lets others have it. */
  unlock(): void {
    if (this.#isShared) this.#release()
  }

  /** A record with this hash and these keys; where there is none, the complement (`~`) of the slot that it would have. */
  find(hash: number, first: number, second: number): number {
    return this.#search(hash >>> (this.#words[SHIFT] as number), first, second)
  }

  /** The next record with the same keys as one; where there is none, as `find`. */
  next(slot: number, first: number, second: number): number {
    return this.#search((slot + 1) & (this.slots - 1), first, second)
  }

  /** Makes a record where `find` or `next` said that there is none (`missing`, as it was given). -1 where there is no room. */
  insert(missing: number, hash: number, first: number, second: number): number {
    const words = this.#words
    const size = words[SIZE] as number
    let slot = ~missing
    if (size * 4 >= this.slots * FULL_QUARTERS) {
      if (!this.#resize((words[SHIFT] as number) - 1)) return -1
      slot = this.#vacancy(hash)
    }
    words[SIZE] = size + 1
    const cells = this.#cells
    const at = slot * CELLS
    cells[at] = first
    cells[at + 1] = second
    return slot
  }

  /** Removes a record. */
  remove(slot: number): void {
    const cells = this.#cells
    const words = this.#words
    const mask = this.slots - 1
    const hole = cells[((slot + 1) & mask) * CELLS] === 0 ? slot : this.#moveUp(slot)
    const at = hole * CELLS
    cells[at] = 0
    cells[at + 1] = 0
    cells[at + 2] = 0
    cells[at + 3] = 0
    const size = (words[SIZE] as number) - 1
    words[SIZE] = size
    if (size * 8 < (mask + 1) * EMPTY_EIGHTHS && mask >> SMALL_BITS !== 0) {
      this.#resize((words[SHIFT] as number) + 1)
    }
  }

  /** Removes all records. */
  clear(): void {
    if (this.#isShared) this.#cells.fill(0, 0, this.slots * CELLS)
    else this.#cells = new Float64Array(CELLS << LEAST_BITS)
    this.#words[SHIFT] = 32 - LEAST_BITS
    this.#words[SIZE] = 0
  }

  #acquire(): void {
    const words = this.#words
    for (let spin = 0; spin < SPINS; spin += 1) {
      if (Atomics.compareExchange(words, LOCK, FREE, HELD) === FREE) return
    }
    while (Atomics.exchange(words, LOCK, AWAITED) !== FREE) Atomics.wait(words, LOCK, AWAITED, SLEEP_MS)
  }

  #release(): void {
    if (Atomics.exchange(this.#words, LOCK, FREE) === AWAITED) Atomics.notify(this.#words, LOCK, 1)
  }

  #search(from: number, first: number, second: number): number {
    const cells = this.#cells
    const mask = this.slots - 1
    let slot = from
    for (;;) {
      const key = cells[slot * CELLS] as number
      if (key === first && cells[slot * CELLS + 1] === second) return slot
      if (key === 0) return ~slot
      slot = (slot + 1) & mask
    }
  }

  /** The slot that a new record gets. */
  #vacancy(hash: number): number {
    const mask = this.slots - 1
    let slot = hash >>> (this.#words[SHIFT] as number)
    while (this.#cells[slot * CELLS] !== 0) slot = (slot + 1) & mask
    return slot
  }

  /** Moves records up that would not be found any more behind a free slot. The slot that is free instead. */
  #moveUp(slot: number): number {
    const cells = this.#cells
    const shift = this.#words[SHIFT] as number
    const mask = this.slots - 1
    let hole = slot
    for (let at = (slot + 1) & mask; cells[at * CELLS] !== 0; at = (at + 1) & mask) {
      const home = this.#hashOf(cells, at * CELLS) >>> shift
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      cells.copyWithin(hole * CELLS, at * CELLS, (at + 1) * CELLS)
      hole = at
    }
    return hole
  }

  /** Takes as many slots as a shift stands for. False where that is not possible. */
  #resize(shift: number): boolean {
    const bits = 32 - shift
    if (bits < LEAST_BITS || bits > MOST_BITS) return false
    if (this.#isShared && CELLS << bits > this.#cells.length) return false
    const end = this.slots * CELLS
    const old = this.#isShared ? this.#cells.slice(0, end) : this.#cells
    if (this.#isShared) this.#cells.fill(0, 0, end)
    else this.#cells = new Float64Array(CELLS << bits)
    this.#words[SHIFT] = shift
    const cells = this.#cells
    for (let at = 0; at < end; at += CELLS) {
      if (old[at] === 0) continue
      const to = this.#vacancy(this.#hashOf(old, at)) * CELLS
      for (let cell = 0; cell < CELLS; cell += 1) cells[to + cell] = old[at + cell] as number
    }
    return true
  }
}
