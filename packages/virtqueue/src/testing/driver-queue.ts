import {
  AVAILABLE_NO_INTERRUPT,
  availableRingBytes,
  DESCRIPTOR_BYTES,
  DescriptorFlag,
  descriptorTableBytes,
  USED_NO_NOTIFY,
  usedRingBytes,
} from '../split-layout.js'
import type { RingAddresses } from '../split-ring.js'
import type { TestMemory } from './test-memory.js'

/** A buffer of a request: a range of guest memory. */
export interface DriverBuffer {
  readonly address: number
  readonly length: number
}

/** A descriptor as the driver writes it, for requests that no sound driver makes. */
export interface RawDescriptor {
  readonly address: number | bigint
  readonly length: number
  readonly flags: number
  readonly next: number
}

/** What the device returned. */
export interface UsedElement {
  readonly head: number
  readonly length: number
}

interface Table {
  readonly address: number
  readonly view: DataView
}

export interface DriverQueueOptions {
  readonly indirect?: boolean
  readonly eventIndex?: boolean
}

/**
 * The driver side of a split virtqueue, for tests: posts requests, says whether to kick, takes what comes back. Every
 * area can be written byte by byte instead.
 */
export class DriverQueue {
  readonly size: number
  readonly addresses: RingAddresses
  readonly memory: TestMemory
  readonly #indirect: boolean
  readonly #eventIndex: boolean
  readonly #descriptors: DataView
  readonly #available: Uint16Array
  readonly #used: Uint16Array
  readonly #usedElements: Uint32Array
  readonly #free: number[] = []
  /** Descriptors that a request holds, by its head. */
  readonly #held = new Map<number, readonly number[]>()
  readonly #tables: Table[] = []
  #nextAvailable = 0
  #kicked = 0
  #nextUsed = 0

  constructor(memory: TestMemory, size: number, options: DriverQueueOptions = {}) {
    this.memory = memory
    this.size = size
    this.#indirect = options.indirect === true
    this.#eventIndex = options.eventIndex === true
    this.addresses = {
      descriptors: memory.allocate(descriptorTableBytes(size), 16),
      available: memory.allocate(availableRingBytes(size), 2),
      used: memory.allocate(usedRingBytes(size), 4),
    }
    this.#descriptors = memory.view(this.addresses.descriptors, descriptorTableBytes(size))
    const available = memory.bytes(this.addresses.available, availableRingBytes(size))
    this.#available = new Uint16Array(available.buffer, available.byteOffset, 3 + size)
    const used = memory.bytes(this.addresses.used, usedRingBytes(size))
    this.#used = new Uint16Array(used.buffer, used.byteOffset, 3 + 4 * size)
    this.#usedElements = new Uint32Array(used.buffer, used.byteOffset + 4, 2 * size)
    this.reset()
  }

  /** Begins anew, as a driver that has reset the device: no request is out, the indexes are 0. */
  reset(): void {
    this.#available.fill(0)
    this.#used.fill(0)
    this.#held.clear()
    this.#free.length = 0
    for (let index = this.size - 1; index >= 0; index -= 1) this.#free.push(index)
    this.#nextAvailable = 0
    this.#kicked = 0
    this.#nextUsed = 0
  }

  /** Descriptors that no request holds. */
  get free(): number {
    return this.#free.length
  }

  /** Index of the available ring. */
  get availableIndex(): number {
    return this.#nextAvailable
  }

  /**
   * Posts a request, without a kick.
   * @returns its head; -1 where there are not enough descriptors
   */
  add(readable: readonly DriverBuffer[], writable: readonly DriverBuffer[]): number {
    const buffers = readable.length + writable.length
    const needed = this.#indirect ? 1 : buffers
    if (needed > this.#free.length || buffers === 0) return -1
    const own = Array.from({ length: needed }, () => this.#free.pop() as number)
    const head = own[0] as number
    const table = this.#indirect ? this.#table(head) : undefined
    for (let index = 0; index < buffers; index += 1) {
      const isWritable = index >= readable.length
      const { address, length } = (
        isWritable ? writable[index - readable.length] : readable[index]
      ) as DriverBuffer
      const flags = (isWritable ? DescriptorFlag.WRITE : 0) | (index + 1 < buffers ? DescriptorFlag.NEXT : 0)
      if (table === undefined) {
        this.describe(own[index] as number, { address, length, flags, next: own[index + 1] ?? 0 })
      } else {
        writeDescriptor(table.view, index, { address, length, flags, next: index + 1 })
      }
    }
    if (table !== undefined) {
      const length = buffers * DESCRIPTOR_BYTES
      this.describe(head, { address: table.address, length, flags: DescriptorFlag.INDIRECT, next: 0 })
    }
    this.#held.set(head, own)
    this.post(head)
    return head
  }

  /** Writes one descriptor of the table, sound or not. */
  describe(index: number, descriptor: RawDescriptor): void {
    writeDescriptor(this.#descriptors, index, descriptor)
  }

  /** Makes a head available, sound or not. */
  post(head: number): void {
    this.#available[2 + (this.#nextAvailable % this.size)] = head
    this.#nextAvailable = (this.#nextAvailable + 1) & 0xffff
    Atomics.store(this.#available, 1, this.#nextAvailable)
  }

  /** Writes the index of the available ring, sound or not. */
  setAvailableIndex(index: number): void {
    this.#nextAvailable = index & 0xffff
    Atomics.store(this.#available, 1, this.#nextAvailable)
  }

  /** Whether the device wants a kick for what was posted since this was last asked. */
  shouldKick(): boolean {
    const now = this.#nextAvailable
    const before = this.#kicked
    this.#kicked = now
    if (now === before) return false
    if (!this.#eventIndex) return (Atomics.load(this.#used, 0) & USED_NO_NOTIFY) === 0
    const event = Atomics.load(this.#used, 2 + 4 * this.size)
    return ((now - event - 1) & 0xffff) < ((now - before) & 0xffff)
  }

  /** The device shall call for the next request that it returns, or need not call at all. */
  wantCalls(wanted: boolean): void {
    if (this.#eventIndex) {
      Atomics.store(this.#available, 2 + this.size, wanted ? this.#nextUsed : (this.#nextUsed - 1) & 0xffff)
    } else {
      Atomics.store(this.#available, 0, wanted ? 0 : AVAILABLE_NO_INTERRUPT)
    }
  }

  /** The next request that the device returned; `undefined` where there is none. */
  take(): UsedElement | undefined {
    if (Atomics.load(this.#used, 1) === this.#nextUsed) return undefined
    const at = 2 * (this.#nextUsed % this.size)
    this.#nextUsed = (this.#nextUsed + 1) & 0xffff
    const head = this.#usedElements[at] as number
    const length = this.#usedElements[at + 1] as number
    const own = this.#held.get(head)
    if (own !== undefined) {
      this.#held.delete(head)
      for (let index = own.length - 1; index >= 0; index -= 1) this.#free.push(own[index] as number)
    }
    return { head, length }
  }

  /** Index of the used ring, as the device wrote it. */
  get usedIndex(): number {
    return Atomics.load(this.#used, 1)
  }

  #table(head: number): Table {
    const known = this.#tables[head]
    if (known !== undefined) return known
    const address = this.memory.allocate(descriptorTableBytes(this.size), 16)
    const table = { address, view: this.memory.view(address, descriptorTableBytes(this.size)) }
    this.#tables[head] = table
    return table
  }
}

/** Writes a descriptor into a table. */
export function writeDescriptor(table: DataView, index: number, descriptor: RawDescriptor): void {
  const at = index * DESCRIPTOR_BYTES
  const { address } = descriptor
  if (typeof address === 'bigint') {
    table.setBigUint64(at, BigInt.asUintN(64, address), true)
  } else {
    table.setUint32(at, address, true)
    table.setUint32(at + 4, address / 2 ** 32, true)
  }
  table.setUint32(at + 8, descriptor.length, true)
  table.setUint16(at + 12, descriptor.flags, true)
  table.setUint16(at + 14, descriptor.next, true)
}
