import { sparseMemory } from './sparse-memory.js'

/** Words of one row. */
export const MountWord = {
  /** Mount id (STATX_MNT_ID_UNIQUE where the kernel has it). */
  ID_LOW: 0,
  ID_HIGH: 1,
  /** Descriptor + 1 that open_by_handle_at(2) takes for this mount, or 0: inodes on it need descriptors. */
  FD: 2,
  /** Inodes on it, and threads that are about to add one. 0: the row is free. */
  USERS: 3,
  /** 1 where data is in memory, so that reading never waits for a device. */
  IN_MEMORY: 4,
} as const

const ROW_WORDS = 8
/** Words of the control block. */
const HIGH_WATER = 0
const CONTROL_WORDS = 2

/** The memory of a {@link MountTable}: plain data for another thread. */
export interface MountTableData {
  readonly capacity: number
  readonly rows: SharedArrayBuffer
  readonly control: SharedArrayBuffer
}

/**
 * The mounts of the host that the tree reaches into, by mount id. A row lives as long as an inode on it does.
 *
 * Every method must be called under the lock of the inode table. Few rows are expected: they are searched in order.
 */
export class MountTable {
  readonly capacity: number
  readonly #rows: Int32Array
  readonly #control: Int32Array
  /** Where the last search ended; only a guess, which is checked. */
  #last = 0

  constructor(data: MountTableData) {
    this.capacity = data.capacity
    this.#rows = new Int32Array(data.rows)
    this.#control = new Int32Array(data.control)
  }

  static create(capacity: number): MountTableData {
    return {
      capacity,
      rows: sparseMemory(capacity * ROW_WORDS * Int32Array.BYTES_PER_ELEMENT),
      control: new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT),
    }
  }

  /** Rows that were ever used: all live ones are below. */
  get highWater(): number {
    return this.#control[HIGH_WATER] as number
  }

  get(index: number, word: number): number {
    return this.#rows[index * ROW_WORDS + word] as number
  }

  #set(index: number, word: number, value: number): void {
    this.#rows[index * ROW_WORDS + word] = value
  }

  /** The row of a mount, or -1. The caller is counted as a user of the row that is found. */
  use(idLow: number, idHigh: number): number {
    let index = this.#last
    if (!this.#is(index, idLow, idHigh)) {
      index = this.highWater - 1
      while (index >= 0 && !this.#is(index, idLow, idHigh)) index -= 1
      if (index < 0) return -1
      this.#last = index
    }
    this.addUser(index)
    return index
  }

  addUser(index: number): void {
    this.#set(index, MountWord.USERS, this.get(index, MountWord.USERS) + 1)
  }

  /** Takes a row for a mount, with the caller as its only user. -1 where all are taken. `fd` -1 for none. */
  insert(idLow: number, idHigh: number, fd: number, inMemory: boolean): number {
    let index = 0
    while (index < this.highWater && this.get(index, MountWord.USERS) > 0) index += 1
    if (index >= this.capacity) return -1
    if (index === this.highWater) this.#control[HIGH_WATER] = index + 1
    this.#set(index, MountWord.ID_LOW, idLow)
    this.#set(index, MountWord.ID_HIGH, idHigh)
    this.#set(index, MountWord.FD, fd + 1)
    this.#set(index, MountWord.IN_MEMORY, inMemory ? 1 : 0)
    this.#set(index, MountWord.USERS, 1)
    return index
  }

  /** Ends one use. With the last one the row is free; its descriptor is returned for the caller to close, else -1. */
  release(index: number): number {
    const users = this.get(index, MountWord.USERS) - 1
    this.#set(index, MountWord.USERS, users)
    if (users > 0) return -1
    const fd = this.get(index, MountWord.FD) - 1
    this.#set(index, MountWord.FD, 0)
    return fd
  }

  #is(index: number, idLow: number, idHigh: number): boolean {
    return (
      this.get(index, MountWord.USERS) > 0 &&
      this.get(index, MountWord.ID_LOW) === (idLow | 0) &&
      this.get(index, MountWord.ID_HIGH) === (idHigh | 0)
    )
  }
}
