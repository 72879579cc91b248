import type { GuestMemory } from './guest-memory.js'
import { GuestMemoryError } from './region.js'
import { availableRingBytes, descriptorTableBytes, usedRingBytes } from './split-layout.js'

/** Where a split queue lies in guest memory: guest addresses in bytes. */
export interface RingAddresses {
  /** Descriptor table, at a multiple of 16. */
  readonly descriptors: number
  /** Available ring ("driver area"), at a multiple of 2. */
  readonly available: number
  /** Used ring ("device area"), at a multiple of 4. */
  readonly used: number
}

const [littleEndian] = new Uint8Array(Uint16Array.of(1).buffer)

interface Areas {
  /** Descriptor table in words of 32 bits, four per descriptor: address low, address high, length, flags and next. */
  readonly descriptors: Uint32Array
  /** Available ring in units of 16 bits: flags, index, entries, used_event. */
  readonly available: Uint16Array
  /** Used ring in units of 16 bits: flags, index, entries, avail_event. */
  readonly used: Uint16Array
  /** Entries of the used ring in words: head, length. */
  readonly usedEntries: Uint32Array
}

/**
 * Finds the three areas of a split queue in memory (virtio 1.2, 2.7 "Split Virtqueues").
 * @throws GuestMemoryError an area is not aligned, or not within memory in one run
 */
export function resolveRing(memory: GuestMemory, addresses: RingAddresses, size: number): Areas {
  if (littleEndian !== 1) throw new GuestMemoryError('rings are little-endian and this machine is not')
  const area = (name: keyof RingAddresses, alignment: number, length: number) => {
    const address = addresses[name]
    if (!Number.isSafeInteger(address) || address < 0 || address % alignment !== 0) {
      throw new GuestMemoryError(`the ${name} area at ${address} is not at a multiple of ${alignment}`)
    }
    const span = memory.span(address, length)
    if (span === undefined) {
      throw new GuestMemoryError(
        `the ${name} area at ${address}, ${length} bytes, is not within one memory region`,
      )
    }
    return span
  }
  const descriptors = area('descriptors', 16, descriptorTableBytes(size))
  const available = area('available', 2, availableRingBytes(size))
  const used = area('used', 4, usedRingBytes(size))
  return {
    descriptors: new Uint32Array(descriptors.buffer, descriptors.offset, 4 * size),
    available: new Uint16Array(available.buffer, available.offset, 3 + size),
    used: new Uint16Array(used.buffer, used.offset, 3 + 4 * size),
    usedEntries: new Uint32Array(used.buffer, used.offset + 4, 2 * size),
  }
}

export type RingAreas = Areas
