import { Chain } from './chain.js'
import type { GuestMemory } from './guest-memory.js'
import { DESCRIPTOR_BYTES, DescriptorFlag } from './split-layout.js'

/** Words of 32 bits per descriptor. */
const WORDS = 4
/** A chain may be cut at borders of mappings so many times more than it has descriptors. */
const EXTRA_SEGMENTS = 1024
/** Most bytes of a chain (virtio 1.2, 2.7.5). */
const MAX_CHAIN_BYTES = 2 ** 32
/** Addresses whose upper word reaches this are not below 2^53. */
const HIGH_WORD_END = 2 ** 21

/**
 * Follows the descriptors of a request into a {@link Chain} (virtio 1.2, 2.7.4 to 2.7.5.3).
 *
 * The guest may change descriptors meanwhile: each word is read once, judged, and only the copy is used. Whatever they
 * say, as many steps are taken as the queue has descriptors, and no more memory is taken than that needs.
 */
export class DescriptorReader {
  readonly #size: number
  readonly #indirect: boolean
  readonly #tableChain = new Chain()
  #copy = new Uint32Array(0)

  /**
   * @param size - descriptors of the queue, which is the most that a chain may have
   * @param indirect - whether tables of their own were negotiated
   */
  constructor(size: number, indirect: boolean) {
    this.#size = size
    this.#indirect = indirect
  }

  /**
   * Reads the chain that begins at descriptor `head`, which must be below the size of the queue.
   * @returns why the request is broken; `undefined` where it is sound
   */
  read(descriptors: Uint32Array, memory: GuestMemory, head: number, chain: Chain): string | undefined {
    let table = descriptors
    let base = 0
    let entries = this.#size
    let index = head
    let writable = false
    let readableLength = 0
    let totalLength = 0
    chain.reset(head, this.#size + EXTRA_SEGMENTS)
    for (let step = 0; step < this.#size; step += 1) {
      const at = base + index * WORDS
      const addressLow = table[at] as number
      const addressHigh = table[at + 1] as number
      const length = table[at + 2] as number
      const flagsAndNext = table[at + 3] as number
      if (addressHigh >= HIGH_WORD_END) return 'an address is not below 2^53'
      const address = addressHigh * 0x1_0000_0000 + addressLow

      if ((flagsAndNext & DescriptorFlag.INDIRECT) !== 0) {
        if (table !== descriptors) return 'a table of descriptors refers to another'
        const reason = this.#tableError(length, flagsAndNext)
        if (reason !== undefined) return reason
        const words = (address & 3) === 0 ? memory.words(address, length) : undefined
        if (words !== undefined) {
          table = words
          base = memory.wordIndex(address)
        } else {
          const copy = this.#copyTable(memory, address, length)
          if (copy === undefined) return 'a table of descriptors is outside guest memory'
          table = copy
          base = 0
        }
        entries = length / DESCRIPTOR_BYTES
        index = 0
        // The descriptor that names the table is not part of the chain's length.
        step -= 1
        continue
      }

      if (length > 0) {
        if ((flagsAndNext & DescriptorFlag.WRITE) !== 0) {
          if (!writable) chain.readable = chain.count
          writable = true
        } else {
          if (writable) return 'a readable buffer follows a writable one'
          readableLength += length
        }
        totalLength += length
        if (totalLength > MAX_CHAIN_BYTES) return 'the buffers exceed 2^32 bytes'
        if (!memory.append(chain, address, length)) return 'a buffer is outside guest memory'
      }
      if ((flagsAndNext & DescriptorFlag.NEXT) === 0) {
        if (!writable) chain.readable = chain.count
        chain.readableLength = readableLength
        chain.writableLength = totalLength - readableLength
        return undefined
      }
      index = flagsAndNext >>> 16
      if (index >= entries) return 'the next descriptor is out of range'
    }
    return 'the chain is longer than the queue, or a loop'
  }

  #tableError(length: number, flags: number): string | undefined {
    if (!this.#indirect) return 'a table of descriptors was not negotiated'
    if ((flags & DescriptorFlag.NEXT) !== 0) return 'a descriptor follows a table of descriptors'
    if (length === 0 || length % DESCRIPTOR_BYTES !== 0)
      return 'the length of a table of descriptors is not a multiple of 16'
    if (length > this.#size * DESCRIPTOR_BYTES) return 'a table of descriptors is longer than the queue'
    return undefined
  }

  /** A table that no run of words shows: at an odd address, or across two regions. */
  #copyTable(memory: GuestMemory, address: number, length: number): Uint32Array | undefined {
    const chain = this.#tableChain
    chain.reset(0, EXTRA_SEGMENTS)
    if (!memory.append(chain, address, length)) return undefined
    chain.readable = chain.count
    if (this.#copy.byteLength < length) this.#copy = new Uint32Array(length / 4)
    const bytes = new Uint8Array(this.#copy.buffer)
    return chain.read(0, bytes, 0, length) === length ? this.#copy : undefined
  }
}
