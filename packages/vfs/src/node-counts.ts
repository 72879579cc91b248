import type { NodeId } from '@fb/api'

const HEADER_WORDS = 2
const LOCK = 0
const SIZE = 1
const HEADER_BYTES = 8
const ENTRY_BYTES = 2 * Float64Array.BYTES_PER_ELEMENT
const LEAST_SLOTS = 16
/** Odd number near 2^32 divided by the golden ratio: spreads consecutive numbers (Knuth). */
const SPREAD = 0x9e3779b1 | 0
const HIGH = 2 ** 32

/**
 * Which nodes of one mount the client knows, and how many lookups it has on each: no more nodes than a limit. A hash
 * table (open addressing, linear probing) in shared memory behind a spin lock, so that several threads may share it.
 */
export class NodeCounts {
  /** Most nodes. */
  readonly limit: number
  /** Memory of the table. Pass it to the other threads, with the limit. */
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array
  /** Node of each slot; 0 where it is free. */
  readonly #nodes: Float64Array
  readonly #lookups: Float64Array
  readonly #mask: number

  /** Throws RangeError for a limit below 1 or above 2^26, or memory of another limit. */
  constructor(
    limit: number,
    buffer: SharedArrayBuffer = new SharedArrayBuffer(NodeCounts.byteLength(limit)),
  ) {
    if (buffer.byteLength !== NodeCounts.byteLength(limit)) {
      throw new RangeError(`the memory is not that of a table of ${limit} nodes`)
    }
    const slots = slotsFor(limit)
    this.limit = limit
    this.buffer = buffer
    this.#words = new Int32Array(buffer, 0, HEADER_WORDS)
    this.#nodes = new Float64Array(buffer, HEADER_BYTES, slots)
    this.#lookups = new Float64Array(buffer, HEADER_BYTES + slots * Float64Array.BYTES_PER_ELEMENT, slots)
    this.#mask = slots - 1
  }

  /** Bytes of a table. */
  static byteLength(limit: number): number {
    if (!Number.isInteger(limit) || limit < 1 || limit > 2 ** 26) {
      throw new RangeError(`a limit of nodes is a whole number of 1...2^26, not ${limit}`)
    }
    return HEADER_BYTES + slotsFor(limit) * ENTRY_BYTES
  }

  /** A table with what another one counted. */
  static of(limit: number, lookups: Iterable<readonly [node: NodeId, lookups: number]>): NodeCounts {
    const counts = new NodeCounts(limit)
    for (const [node, count] of lookups) {
      if (counts.add(node)) counts.subtract(node, 1 - count)
    }
    return counts
  }

  /** Nodes that the client knows. */
  get size(): number {
    return Atomics.load(this.#words, SIZE)
  }

  /** Counts a lookup. False where the node is new and there is no room for another. */
  add(node: NodeId): boolean {
    this.#lock()
    const slot = this.#find(node)
    const known = this.#nodes[slot] === node
    const taken = known || this.size < this.limit
    if (known) {
      this.#lookups[slot] = (this.#lookups[slot] as number) + 1
    } else if (taken) {
      this.#nodes[slot] = node
      this.#lookups[slot] = 1
      Atomics.add(this.#words, SIZE, 1)
    }
    this.#unlock()
    return taken
  }

  /** The client has dropped so many lookups of a node. */
  subtract(node: NodeId, nlookup: number): void {
    this.#lock()
    const slot = this.#find(node)
    if (this.#nodes[slot] === node) {
      const left = (this.#lookups[slot] as number) - nlookup
      this.#lookups[slot] = left
      if (left <= 0) this.#remove(slot)
    }
    this.#unlock()
  }

  /** Up to `count` nodes from slot `from` on, and the slot behind them (0 at the end): to go through them in portions. */
  some(from: number, count: number): { nodes: NodeId[]; next: number } {
    const nodes: NodeId[] = []
    this.#lock()
    let slot = from
    for (; slot <= this.#mask && nodes.length < count; slot += 1) {
      const node = this.#nodes[slot] as number
      if (node !== 0) nodes.push(node)
    }
    this.#unlock()
    return { nodes, next: slot > this.#mask ? 0 : slot }
  }

  /** Nodes and their lookups. */
  entries(): [node: NodeId, lookups: number][] {
    this.#lock()
    const list: [NodeId, number][] = []
    for (const [slot, node] of this.#nodes.entries()) {
      if (node !== 0) list.push([node, this.#lookups[slot] as number])
    }
    this.#unlock()
    return list
  }

  /** Forgets all nodes. */
  clear(): void {
    this.#lock()
    this.#nodes.fill(0)
    Atomics.store(this.#words, SIZE, 0)
    this.#unlock()
  }

  /** Slot of a node, or the free one where it would go. The table is never full: there are twice as many slots. */
  #find(node: NodeId): number {
    let slot = this.#home(node)
    while (this.#nodes[slot] !== 0 && this.#nodes[slot] !== node) slot = (slot + 1) & this.#mask
    return slot
  }

  #home(node: NodeId): number {
    const mixed = Math.imul((node | 0) ^ Math.floor(node / HIGH), SPREAD)
    return (mixed ^ (mixed >>> 15)) & this.#mask
  }

  /** Frees a slot, and moves up whatever would not be found any more. */
  #remove(slot: number): void {
    let hole = slot
    for (let at = (slot + 1) & this.#mask; this.#nodes[at] !== 0; at = (at + 1) & this.#mask) {
      const home = this.#home(this.#nodes[at] as number)
      if (((at - home) & this.#mask) < ((at - hole) & this.#mask)) continue
      this.#nodes[hole] = this.#nodes[at] as number
      this.#lookups[hole] = this.#lookups[at] as number
      hole = at
    }
    this.#nodes[hole] = 0
    Atomics.sub(this.#words, SIZE, 1)
  }

  #lock(): void {
    while (Atomics.compareExchange(this.#words, LOCK, 0, 1) !== 0);
  }

  #unlock(): void {
    Atomics.store(this.#words, LOCK, 0)
  }
}

function slotsFor(limit: number): number {
  return Math.max(LEAST_SLOTS, 2 ** Math.ceil(Math.log2(limit * 2)))
}
