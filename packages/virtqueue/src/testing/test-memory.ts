import { check, close, ftruncate, memfdCreate } from '@fb/sys'
import { GuestMemory } from '../guest-memory.js'
import type { GuestRegion } from '../region.js'

/** A region of {@link TestMemory}: where, and how large. */
export interface TestRegion {
  readonly guestAddress: number
  readonly size: number
}

/** User addresses are guest addresses moved by this, so that mixing them up shows. */
const USER_BASE = 0x7f00_0000_0000

/**
 * The memory of a guest that exists only for a test: anonymous files, and the guest's own view of them, from which a
 * {@link DriverQueue} works. What the device gets is {@link TestMemory.regions}.
 */
export class TestMemory {
  /** The table for the device. The descriptors are this object's. */
  readonly regions: readonly GuestRegion[]
  readonly #own: GuestMemory
  #next: number
  #end: number
  #closed = false

  /** @param regions - default: one region of 16 MiB at 0 */
  constructor(regions: readonly TestRegion[] = [{ guestAddress: 0, size: 16 * 1024 * 1024 }]) {
    this.regions = regions.map(({ guestAddress, size }) => {
      const fd = check(memfdCreate('guest', 0), 'memfd_create')
      check(ftruncate(fd, size), 'ftruncate')
      return { guestAddress, size, userAddress: USER_BASE + guestAddress, fd, offset: 0 }
    })
    this.#own = GuestMemory.map(this.regions)
    const [first] = this.regions
    this.#next = first?.guestAddress ?? 0
    this.#end = this.#next + (first?.size ?? 0)
  }

  /** A range of the first region that nobody has yet. Throws where there is none left. */
  allocate(length: number, alignment = 16): number {
    const address = Math.ceil(this.#next / alignment) * alignment
    if (address + length > this.#end) throw new Error('the test memory is used up')
    this.#next = address + length
    return address
  }

  /** The guest's own view of a range of one region. */
  bytes(address: number, length: number): Uint8Array<ArrayBuffer> {
    const span = this.#own.span(address, length)
    if (span === undefined) throw new Error(`no memory at ${address}`)
    return new Uint8Array(span.buffer, span.offset, length)
  }

  view(address: number, length: number): DataView<ArrayBuffer> {
    const span = this.#own.span(address, length)
    if (span === undefined) throw new Error(`no memory at ${address}`)
    return new DataView(span.buffer, span.offset, length)
  }

  /** The user address of a guest address. */
  userAddress(address: number): number {
    return USER_BASE + address
  }

  /** Ends the guest's view and closes the files. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#own.unmap()
    for (const { fd } of this.regions) close(fd)
  }
}
