import { unreservedMemory } from './sparse-memory.js'

/** Sizes of blocks in bytes: ext4 needs 16, tmpfs, xfs and btrfs 20 to 28, the longest handle of Linux 136. */
const BLOCK_SIZES = [16, 24, 32, 64, 136] as const
/** Longest `struct file_handle`: its header and MAX_HANDLE_SZ bytes (include/linux/exportfs.h). */
export const MAX_HANDLE_BYTES = 136
/** Bytes of the header of `struct file_handle`: the length of what follows, and the type. */
const HEADER_BYTES = 8
const UNIT = 8

/** Words of the control block: the first unit never used, then the free list of each block size. */
const NEXT_UNIT = 0
const FREE_LISTS = 1
const CONTROL_WORDS = FREE_LISTS + BLOCK_SIZES.length

/** The memory of a {@link HandleArena}: plain data for another thread, or for a snapshot. */
export interface HandleArenaData {
  readonly blocks: SharedArrayBuffer
  readonly control: SharedArrayBuffer
}

/**
 * File handles (`struct file_handle`, open_by_handle_at(2)) in shared memory, in blocks of few sizes.
 *
 * A handle is named by a positive reference, which stays valid until it is freed. Memory that was never used costs
 * nothing; what was freed is used again for handles of the same size class. Every method must be called under the lock
 * of the table that the references are in.
 */
export class HandleArena {
  readonly #bytes: Uint8Array
  readonly #words: Int32Array
  readonly #control: Int32Array

  constructor(data: HandleArenaData) {
    this.#bytes = new Uint8Array(data.blocks)
    this.#words = new Int32Array(data.blocks)
    this.#control = new Int32Array(data.control)
  }

  /** Memory for at most `bytes` bytes of handles, rounded up to 8. */
  static create(bytes: number): HandleArenaData {
    const control = new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT)
    // Reference 0 means "none", so the first unit stays unused.
    new Int32Array(control)[NEXT_UNIT] = 1
    return { blocks: unreservedMemory(Math.ceil(bytes / UNIT) * UNIT + UNIT), control }
  }

  /** Keeps a copy of `handle[0, length)`. The reference, or 0 where the arena is full. */
  store(handle: Uint8Array, length: number): number {
    const index = classOf(length)
    const reference = this.#take(index)
    if (reference === 0) return 0
    this.#bytes.set(handle.subarray(0, length), reference * UNIT)
    return reference
  }

  /** Lets a handle go. */
  free(reference: number): void {
    const index = classOf(this.length(reference))
    const at = reference * 2
    this.#words[at] = this.#control[FREE_LISTS + index] as number
    this.#control[FREE_LISTS + index] = reference
  }

  /** Bytes of a handle, header included. */
  length(reference: number): number {
    return HEADER_BYTES + (this.#words[reference * 2] as number)
  }

  /** Copies a handle to the start of `out` (at least `MAX_HANDLE_BYTES` long) and returns its length. */
  copy(reference: number, out: Uint8Array): number {
    const length = this.length(reference)
    const at = reference * UNIT
    for (let index = 0; index < length; index += 1) out[index] = this.#bytes[at + index] as number
    return length
  }

  /** Whether a handle is `handle[0, length)`. */
  equals(reference: number, handle: Uint8Array, length: number): boolean {
    if (this.length(reference) !== length) return false
    const at = reference * UNIT
    for (let index = 0; index < length; index += 1) {
      if (this.#bytes[at + index] !== handle[index]) return false
    }
    return true
  }

  #take(index: number): number {
    const free = this.#control[FREE_LISTS + index] as number
    if (free !== 0) {
      this.#control[FREE_LISTS + index] = this.#words[free * 2] as number
      return free
    }
    const units = (BLOCK_SIZES[index] as number) / UNIT
    const reference = this.#control[NEXT_UNIT] as number
    if ((reference + units) * UNIT > this.#bytes.length) return 0
    this.#control[NEXT_UNIT] = reference + units
    return reference
  }
}

/** The size class of a handle of `length` bytes. */
function classOf(length: number): number {
  for (let index = 0; index < BLOCK_SIZES.length; index += 1) {
    if (length <= (BLOCK_SIZES[index] as number)) return index
  }
  throw new RangeError(`a file handle has at most ${MAX_HANDLE_BYTES} bytes, not ${length}`)
}
