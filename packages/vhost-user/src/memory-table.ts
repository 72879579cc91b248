import { GuestMemory, GuestMemoryError, type GuestRegion, MAX_REGIONS } from '@fb/virtqueue'
import { ProtocolViolation, Refusal } from './errors.js'
import { type Message, safeNumber } from './message.js'
import type { OwnedFd } from './owned-fd.js'
import { Request, requestName } from './protocol.js'
import { REGION_BYTES, TABLE_HEADER_BYTES, TABLE_REGIONS } from './rules.js'

interface Entry {
  readonly region: GuestRegion
  readonly fd: OwnedFd
}

type Place = Omit<GuestRegion, 'fd'>

/** The memory that a front end has shared: the regions, their descriptors, and this thread's mapping of them. */
export class MemoryTable {
  readonly memory: GuestMemory
  readonly #entries: readonly Entry[]

  private constructor(memory: GuestMemory, entries: readonly Entry[]) {
    this.memory = memory
    this.#entries = entries
  }

  /** No memory. */
  static empty(): MemoryTable {
    return new MemoryTable(GuestMemory.map([]), [])
  }

  get regions(): readonly GuestRegion[] {
    return this.memory.regions
  }

  /** Whether there is any memory. */
  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  /** SET_MEM_TABLE: a table of what the message says. Takes its descriptors, unless it throws. */
  static of(message: Message): MemoryTable {
    const name = requestName(Request.SET_MEM_TABLE)
    const { payload, fds } = message
    const count = payload.getUint32(0, true)
    if (count > TABLE_REGIONS) throw new ProtocolViolation(name, `${count} regions`)
    if (payload.byteLength !== TABLE_HEADER_BYTES + count * REGION_BYTES) {
      throw new ProtocolViolation(name, `${payload.byteLength} bytes for ${count} regions`)
    }
    if (fds.length !== count)
      throw new ProtocolViolation(name, `${fds.length} descriptors for ${count} regions`)
    const entries = Array.from({ length: count }, (_, i) =>
      entry(place(name, payload, TABLE_HEADER_BYTES + i * REGION_BYTES), message, i),
    )
    return new MemoryTable(map(name, entries), taken(message, entries))
  }

  /**
   * ADD_MEM_REG: this table and one region more. Takes the descriptor, unless it throws. Takes over from this table, which
   * must be unmapped and not closed.
   */
  with(message: Message): MemoryTable {
    const name = requestName(Request.ADD_MEM_REG)
    if (this.#entries.length === MAX_REGIONS)
      throw new Refusal(name, `there are ${MAX_REGIONS} regions already`)
    const entries = [...this.#entries, entry(place(name, message.payload, 8), message, 0)]
    return new MemoryTable(map(name, entries), taken(message, entries))
  }

  /**
   * REM_MEM_REG: this table without one region, which is told by its addresses and size. Takes over from this table,
   * which must be unmapped and not closed.
   * @returns the new table, and the descriptor to close once this one is unmapped
   */
  without(message: Message): { table: MemoryTable; removed: OwnedFd } {
    const name = requestName(Request.REM_MEM_REG)
    const wanted = place(name, message.payload, 8)
    const found = this.#entries.find(
      ({ region }) =>
        region.guestAddress === wanted.guestAddress &&
        region.size === wanted.size &&
        region.userAddress === wanted.userAddress,
    )
    if (found === undefined) throw new Refusal(name, 'there is no such region')
    const entries = this.#entries.filter((one) => one !== found)
    return { table: new MemoryTable(map(name, entries), entries), removed: found.fd }
  }

  /** Ends the mapping; the descriptors live on in the table that took over from this one. */
  unmap(): void {
    this.memory.unmap()
  }

  /** Ends the mapping and closes the descriptors. */
  close(): void {
    this.memory.unmap()
    for (const { fd } of this.#entries) fd.close()
  }
}

function map(name: string, entries: readonly Entry[]): GuestMemory {
  try {
    return GuestMemory.map(entries.map(({ region }) => region))
  } catch (error) {
    if (!(error instanceof GuestMemoryError)) throw error
    // What does not fit together is the front end's mistake; what the kernel refuses may be a limit of ours.
    throw error.errno === undefined
      ? new ProtocolViolation(name, error.message)
      : new Refusal(name, error.message)
  }
}

function entry(at: Place, message: Message, index: number): Entry {
  const fd = message.fds[index]
  if (fd === undefined) throw new Error(`descriptor ${index} was taken before`)
  return { region: { ...at, fd: fd.fd }, fd }
}

/** The descriptors that entries have from a message are theirs from now on. */
function taken(message: Message, entries: readonly Entry[]): readonly Entry[] {
  for (const { fd } of entries) {
    const index = message.fds.indexOf(fd)
    if (index >= 0) message.fds[index] = undefined
  }
  return entries
}

/** "Memory region description": guest address, size, user address, mmap offset. */
function place(name: string, payload: DataView, at: number): Place {
  return {
    guestAddress: safeNumber(name, 'the guest address', payload, at),
    size: safeNumber(name, 'the size', payload, at + 8),
    userAddress: safeNumber(name, 'the user address', payload, at + 16),
    offset: safeNumber(name, 'the mmap offset', payload, at + 24),
  }
}
