import {
  errnoName,
  guestFaults,
  guestRegionBroken,
  guestRegionId,
  mapGuestRegion,
  unmapGuestRegion,
} from '@fb/sys'
import type { Chain } from './chain.js'
import { checkRegions, GuestMemoryError, type GuestRegion } from './region.js'

/** Most bytes of guest memory that one buffer answers for, so that every index into it is a small integer. */
const WINDOW_BYTES = 2 ** 30
/** A buffer reaches this far into the next one: no ring or table of descriptors is longer, so none is cut in two. */
const OVERLAP_BYTES = 2 ** 20

/** A run of guest memory within one buffer. */
export interface Span {
  readonly buffer: ArrayBuffer
  /** Of the first byte in the buffer. */
  readonly offset: number
}

interface Window {
  readonly start: number
  readonly end: number
  readonly buffer: ArrayBuffer
}

function mapWindows(regions: readonly GuestRegion[], windows: Window[]): void {
  regions.forEach((region, index) => {
    for (let at = 0; at < region.size; at += WINDOW_BYTES) {
      const own = Math.min(WINDOW_BYTES, region.size - at)
      const length = Math.min(own + OVERLAP_BYTES, region.size - at)
      const buffer = mapGuestRegion(region.fd, length, region.offset + at)
      if (typeof buffer === 'number') {
        throw new GuestMemoryError(`cannot be mapped: ${errnoName(buffer)}`, index, buffer)
      }
      const start = region.guestAddress + at
      windows.push({ start, end: start + own, buffer })
    }
  })
}

/**
 * The memory of a guest, mapped for this thread: addresses are checked against it and turned into segments.
 *
 * Neither the guest nor the process that shares the memory is trusted. Bytes may change at any time; what was
 * truncated reads as zeroes and makes the memory {@link GuestMemory.broken}. Addresses are guest physical addresses in
 * bytes, below 2^53: anything else is outside.
 */
export class GuestMemory {
  /** The table that it was made of. The descriptors in it stay their owner's. */
  readonly regions: readonly GuestRegion[]
  readonly #starts: Float64Array
  readonly #ends: Float64Array
  readonly #ids: Float64Array
  readonly #words: Uint32Array[]
  readonly #buffers: ArrayBuffer[]
  #last = 0
  #faults = guestFaults()
  #broken = false
  #mapped = true

  private constructor(regions: readonly GuestRegion[], windows: readonly Window[]) {
    this.regions = regions
    this.#starts = Float64Array.from(windows, (window) => window.start)
    this.#ends = Float64Array.from(windows, (window) => window.end)
    this.#ids = Float64Array.from(windows, (window) => guestRegionId(window.buffer))
    this.#buffers = windows.map((window) => window.buffer)
    this.#words = this.#buffers.map((buffer) => new Uint32Array(buffer))
  }

  /**
   * Maps a table of regions; an empty one is memory without any address. The descriptors may be closed afterwards.
   * @throws GuestMemoryError the table is not sound, or a region cannot be mapped; nothing stays mapped then
   */
  static map(regions: readonly GuestRegion[]): GuestMemory {
    checkRegions(regions)
    const windows: Window[] = []
    try {
      mapWindows(regions, windows)
    } catch (error) {
      for (const { buffer } of windows) unmapGuestRegion(buffer)
      throw error
    }
    windows.sort((a, b) => a.start - b.start)
    return new GuestMemory([...regions], windows)
  }

  /** Ends the mapping: every view is detached, segments are refused. Transfers in flight end first. Idempotent. */
  unmap(): void {
    if (!this.#mapped) return
    this.#mapped = false
    this.#starts.fill(0)
    this.#ends.fill(0)
    for (const buffer of this.#buffers) unmapGuestRegion(buffer)
  }

  /** Whether some of the memory went away under the mapping: the guest cannot be served any more. */
  get broken(): boolean {
    const faults = guestFaults()
    if (faults !== this.#faults) {
      this.#faults = faults
      for (const id of this.#ids) if (guestRegionBroken(id) !== 0) this.#broken = true
    }
    return this.#broken
  }

  /**
   * Appends the range `[address, address + length)` to the segments of a chain: one segment, or several where the
   * range crosses from one mapping into the next.
   * @returns false where a byte of it is not memory, or there are too many segments; some may be appended then
   */
  append(chain: Chain, address: number, length: number): boolean {
    const last = this.#last
    const start = this.#starts[last] as number
    if (address >= start && address + length <= (this.#ends[last] as number)) {
      return chain.append(this.#ids[last] as number, address - start, length, address)
    }
    return this.#appendAcross(chain, address, length)
  }

  #appendAcross(chain: Chain, address: number, length: number): boolean {
    let at = address
    let left = length
    let window = this.#find(at)
    while (window >= 0) {
      const end = this.#ends[window] as number
      const start = this.#starts[window] as number
      const take = Math.min(left, end - at)
      if (!chain.append(this.#ids[window] as number, at - start, take, at)) return false
      left -= take
      if (left === 0) return true
      at = end
      window = this.#starts[window + 1] === end ? window + 1 : -1
    }
    return false
  }

  /** The range as one run in one buffer; `undefined` where it is not, or is longer than a ring can be. */
  span(address: number, length: number): Span | undefined {
    const window = this.#find(address)
    const buffer = this.#buffers[window]
    if (window < 0 || buffer === undefined || length > OVERLAP_BYTES) return undefined
    const offset = address - (this.#starts[window] as number)
    return offset + length <= buffer.byteLength ? { buffer, offset } : undefined
  }

  /**
   * The words (32 bits each, in the order of this machine) of the buffer that holds the range; the first is at
   * `wordIndex`. For ranges that begin at a multiple of 4.
   * @returns `undefined` where the range is not one run in one buffer
   */
  words(address: number, length: number): Uint32Array | undefined {
    const window = this.#find(address)
    if (window < 0) return undefined
    const words = this.#words[window] as Uint32Array
    return address - (this.#starts[window] as number) + length <= words.byteLength ? words : undefined
  }

  /** Where an address that {@link GuestMemory.words} was just asked about is in those words. */
  wordIndex(address: number): number {
    return (address - (this.#starts[this.#last] as number)) >>> 2
  }

  /** The guest address of a range given by a user address, -1 where no region holds all of it; of several, the first. */
  addressOfUser(userAddress: number, length: number): number {
    for (const region of this.regions) {
      const offset = userAddress - region.userAddress
      if (offset >= 0 && offset + length <= region.size) return region.guestAddress + offset
    }
    return -1
  }

  /** The window that holds an address, -1 where none does. */
  #find(address: number): number {
    const starts = this.#starts
    const ends = this.#ends
    const last = this.#last
    if (address >= (starts[last] as number) && address < (ends[last] as number)) return last
    let low = 0
    let high = starts.length - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      if (address < (starts[middle] as number)) {
        high = middle - 1
      } else if (address >= (ends[middle] as number)) {
        low = middle + 1
      } else {
        this.#last = middle
        return middle
      }
    }
    return -1
  }
}
