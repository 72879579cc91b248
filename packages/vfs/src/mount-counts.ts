import { INDEX_COUNT } from './node-ids.js'

const COLUMNS = 2

/**
 * How many lookups and open files the client has in each mount, as columns of shared memory. When both are zero, nothing
 * refers to a mount any more.
 *
 * Every thread that serves the tree has a row of its own, which only it writes; what counts is the sum, because what one
 * thread has counted another may see given back. There is no contention and nothing to lock. A sum is right as soon as
 * what it depends on has happened before: a client gives back only what it was given.
 */
export class MountCounts {
  /** Memory of all rows. Pass it to the other threads; pages that are not touched cost nothing. */
  readonly buffer: SharedArrayBuffer
  /** Lookups that this thread has counted, by index; negative where others counted what was given back here. */
  readonly lookups: Float64Array
  /** Open files and directories, likewise. */
  readonly handles: Float64Array
  /** Number of rows. */
  readonly threads: number

  /** Throws RangeError for a thread that has no row. */
  constructor(buffer: SharedArrayBuffer = MountCounts.allocate(1), thread = 0) {
    this.threads = buffer.byteLength / MountCounts.rowSize
    if (!Number.isInteger(thread) || thread < 0 || thread >= this.threads) {
      throw new RangeError(`thread must be one of 0...${this.threads - 1}, not ${thread}`)
    }
    this.buffer = buffer
    this.lookups = MountCounts.#column(buffer, thread * COLUMNS)
    this.handles = MountCounts.#column(buffer, thread * COLUMNS + 1)
  }

  /** Memory for so many threads: 1 MiB each. */
  static allocate(threads: number): SharedArrayBuffer {
    return new SharedArrayBuffer(threads * MountCounts.rowSize)
  }

  static get rowSize(): number {
    return COLUMNS * INDEX_COUNT * Float64Array.BYTES_PER_ELEMENT
  }

  /** The client has one more lookup in a mount. */
  found(index: number): void {
    this.lookups[index] = (this.lookups[index] as number) + 1
  }

  /** It has given some back. */
  forgot(index: number, nlookup: number): void {
    this.lookups[index] = (this.lookups[index] as number) - nlookup
  }

  /** The client has one more file or directory open in a mount. */
  opened(index: number): void {
    this.handles[index] = (this.handles[index] as number) + 1
  }

  /** It has closed one. */
  closed(index: number): void {
    this.handles[index] = (this.handles[index] as number) - 1
  }

  /** Lookups that the client has in a mount. */
  totalLookups(index: number): number {
    return this.threads === 1 ? (this.lookups[index] as number) : this.#sum(0, index)
  }

  /** Files and directories that the client has open in a mount. */
  totalHandles(index: number): number {
    return this.threads === 1 ? (this.handles[index] as number) : this.#sum(1, index)
  }

  /** Makes the sums of a mount zero, where nobody else counts any more. */
  clear(index: number): void {
    this.lookups[index] = (this.lookups[index] as number) - this.totalLookups(index)
    this.handles[index] = (this.handles[index] as number) - this.totalHandles(index)
  }

  #sum(column: number, index: number): number {
    let total = 0
    for (let thread = 0; thread < this.threads; thread += 1) {
      total += MountCounts.#column(this.buffer, thread * COLUMNS + column)[index] as number
    }
    return total
  }

  static #column(buffer: SharedArrayBuffer, at: number): Float64Array {
    return new Float64Array(buffer, at * INDEX_COUNT * Float64Array.BYTES_PER_ELEMENT, INDEX_COUNT)
  }
}
