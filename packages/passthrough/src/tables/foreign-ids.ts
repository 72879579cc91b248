import { SharedLock } from './shared-lock.js'
import { sparseMemory } from './sparse-memory.js'

/** Words of a record: nodeid (low and high), node. A node of 0 is an empty place, {@link GONE} one that was used. */
const WORDS = 4
const NODE = 2
const GONE = -1

/** Words of the control block. */
const LOCK = 0
const COUNT = 1
const CONTROL_WORDS = 2

/** The memory of {@link ForeignIds}: plain data for another thread. */
export interface ForeignIdsData {
  /** A power of two. */
  readonly places: number
  readonly records: SharedArrayBuffer
  readonly control: SharedArrayBuffer
}

/**
 * Nodeids that a client was given by another process on another host, where the inodes had other numbers: it goes on using them
 * here. A hash table in shared memory, which fills when a state is restored and only empties afterwards.
 */
export class ForeignIds {
  readonly #mask: number
  readonly #words: Int32Array
  readonly #control: Int32Array
  readonly #lock: SharedLock

  constructor(data: ForeignIdsData) {
    this.#mask = data.places - 1
    this.#words = new Int32Array(data.records)
    this.#control = new Int32Array(data.control)
    this.#lock = new SharedLock(this.#control, LOCK)
  }

  /** Memory for at most `capacity` nodeids; untouched it costs nothing. */
  static create(capacity: number): ForeignIdsData {
    const places = 2 ** Math.ceil(Math.log2(Math.max(2, capacity * 2)))
    return {
      places,
      records: sparseMemory(places * WORDS * Int32Array.BYTES_PER_ELEMENT),
      control: new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT),
    }
  }

  /** Nodeids in the table. */
  get count(): number {
    return Atomics.load(this.#control, COUNT)
  }

  /** The node of a nodeid, or 0. */
  find(id: number): number {
    if (this.count === 0) return 0
    this.#lock.lock()
    const place = this.#place(id)
    const node = place < 0 ? 0 : (this.#words[place + NODE] as number)
    this.#lock.unlock()
    return node
  }

  /** Adds a nodeid. False where it is there already. */
  add(id: number, node: number): boolean {
    this.#lock.lock()
    const isNew = this.#place(id) < 0
    if (isNew) {
      let at = this.#start(id)
      while ((this.#words[at * WORDS + NODE] as number) > 0) at = (at + 1) & this.#mask
      this.#words.set([id, Math.floor(id / 2 ** 32), node], at * WORDS)
      Atomics.add(this.#control, COUNT, 1)
    }
    this.#lock.unlock()
    return isNew
  }

  /** Takes a nodeid out. */
  delete(id: number): void {
    this.#lock.lock()
    const place = this.#place(id)
    if (place >= 0) {
      this.#words[place + NODE] = GONE
      Atomics.sub(this.#control, COUNT, 1)
    }
    this.#lock.unlock()
  }

  /** Index of the first word of a nodeid's record, or -1. */
  #place(id: number): number {
    const low = id | 0
    const high = Math.floor(id / 2 ** 32)
    for (let at = this.#start(id); ; at = (at + 1) & this.#mask) {
      const first = at * WORDS
      const node = this.#words[first + NODE] as number
      if (node === 0) return -1
      if (node !== GONE && this.#words[first] === low && this.#words[first + 1] === high) return first
    }
  }

  #start(id: number): number {
    const hash = Math.imul((id | 0) ^ Math.imul(Math.floor(id / 2 ** 32), 0x27d4eb2f), 0x9e3779b1)
    return (hash ^ (hash >>> 15)) & this.#mask
  }
}
