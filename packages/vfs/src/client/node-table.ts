import type { NodeId } from '@fb/api'
import { ROOT } from '../node-ids.js'
import { mountSums, sumBytes } from './mount-sums.js'
import { CELLS, RecordTable } from './record-table.js'

/** Cells of a record; the first is the node. */
const INDEX = 1
const LOOKUPS = 2
const GENERATION = 3

/** Most slots that are looked at to find some nodes of one mount. */
const SCAN = 2 ** 14

/** A node that the client knows. */
export interface KnownNode {
  /** As its back end numbers it. */
  readonly node: NodeId
  /** Index of its mount. */
  readonly index: number
  readonly generation: number
  /** Lookups that the client has on it. */
  readonly lookups: number
}

/**
 * The nodes that the client knows, and how many lookups it has on each: all but the root of the tree, which is never
 * forgotten. For every mount it is known how many there are: with none left, nothing refers to the mount. Nodes are as their
 * back ends number them, and the index of the mount with them.
 */
export class NodeTable {
  readonly #records: RecordTable
  /** By index of the mount: lookups, and nodes other than its root. */
  readonly #lookups: Float64Array
  readonly #nodes: Float64Array

  /** @param memory of `byteLength` bytes, to share it with other threads */
  constructor(memory?: SharedArrayBuffer) {
    const offset = sumBytes(2)
    const sums = memory ?? new ArrayBuffer(offset)
    this.#lookups = mountSums(sums, 0)
    this.#nodes = mountSums(sums, 1)
    this.#records = new RecordTable(hashOf, memory, offset)
  }

  /** Bytes to share for so many nodes. Throws RangeError. */
  static byteLength(nodes: number): number {
    return sumBytes(2) + RecordTable.byteLength(nodes)
  }

  /** Lookups that the client has in a mount. */
  lookups(index: number): number {
    return this.#lookups[index] as number
  }

  /** Nodes of a mount that the client knows, besides its root. */
  nodes(index: number): number {
    return this.#nodes[index] as number
  }

  /**
   * Counts lookups (by default one). False where the node is new and the client knows `limit` nodes of the mount already, or
   * where the table is full.
   */
  add(node: NodeId, index: number, generation: number, limit: number, nlookup = 1): boolean {
    const records = this.#records
    records.lock()
    let slot = records.find(hash(node, index), node, index)
    if (slot < 0) slot = this.#insert(slot, node, index, limit)
    if (slot >= 0) {
      const { cells } = records
      const at = slot * CELLS
      cells[at + LOOKUPS] = (cells[at + LOOKUPS] as number) + nlookup
      cells[at + GENERATION] = generation
      this.#lookups[index] = (this.#lookups[index] as number) + nlookup
    }
    records.unlock()
    return slot >= 0
  }

  /** Takes back up to so many lookups. How many there were: 0 for a node that is not known. */
  take(node: NodeId, index: number, nlookup: number): number {
    const records = this.#records
    records.lock()
    const slot = records.find(hash(node, index), node, index)
    let taken = 0
    if (slot >= 0) {
      const { cells } = records
      const at = slot * CELLS
      const left = (cells[at + LOOKUPS] as number) - nlookup
      if (left > 0) {
        taken = nlookup
        cells[at + LOOKUPS] = left
      } else {
        taken = nlookup + left
        records.remove(slot)
        if (node !== ROOT) this.#nodes[index] = (this.#nodes[index] as number) - 1
      }
      this.#lookups[index] = (this.#lookups[index] as number) - taken
    }
    records.unlock()
    return taken
  }

  /**
   * Up to `count` nodes of a mount besides its root, and where to go on looking for others: to go through them in portions.
   * @param from where the last portion ended, or 0
   */
  some(index: number, from: number, count: number): { nodes: NodeId[]; next: number } {
    const nodes: NodeId[] = []
    const records = this.#records
    records.lock()
    const { cells, slots } = records
    let slot = from % slots
    for (let left = Math.min(SCAN, slots); left > 0 && nodes.length < count; left -= 1) {
      const node = cells[slot * CELLS] as number
      if (node > ROOT && cells[slot * CELLS + INDEX] === index) nodes.push(node)
      slot = (slot + 1) % slots
    }
    records.unlock()
    return { nodes, next: slot }
  }

  /** All of them, by mount and node. */
  entries(): KnownNode[] {
    const { nodes } = this.portion(0, Number.POSITIVE_INFINITY)
    return nodes.sort((a, b) => a.index - b.index || a.node - b.node)
  }

  /**
   * Up to `count` of them, in no order, and where the others are: -1 at the end. All portions are all of them if nothing
   * changes in between.
   * @param from where the last portion ended, or 0
   */
  portion(from: number, count: number): { nodes: KnownNode[]; next: number } {
    const nodes: KnownNode[] = []
    const records = this.#records
    records.lock()
    const { cells, slots } = records
    let slot = from
    for (; slot < slots && nodes.length < count; slot += 1) {
      const at = slot * CELLS
      const node = cells[at] as number
      if (node === 0) continue
      nodes.push({
        ...{ node, index: cells[at + INDEX] as number },
        ...{ generation: cells[at + GENERATION] as number, lookups: cells[at + LOOKUPS] as number },
      })
    }
    records.unlock()
    return { nodes, next: slot < slots ? slot : -1 }
  }

  /** Forgets all: the client is gone. */
  clear(): void {
    const records = this.#records
    records.lock()
    records.clear()
    this.#lookups.fill(0)
    this.#nodes.fill(0)
    records.unlock()
  }

  /** Makes the record of a node that is not known. -1 where that may not be. */
  #insert(missing: number, node: NodeId, index: number, limit: number): number {
    const others = this.#nodes[index] as number
    if (node !== ROOT && others >= limit) return -1
    const slot = this.#records.insert(missing, hash(node, index), node, index)
    if (slot >= 0 && node !== ROOT) this.#nodes[index] = others + 1
    return slot
  }
}

/** 2^32 divided by the golden ratio: nodes with consecutive numbers are far apart, and none has the slot of another. */
function hash(node: NodeId, index: number): number {
  return Math.imul(node ^ Math.imul(index, 0x85ebca6b), 0x9e3779b1)
}

function hashOf(cells: Float64Array, at: number): number {
  return hash(cells[at] as number, cells[at + INDEX] as number)
}
