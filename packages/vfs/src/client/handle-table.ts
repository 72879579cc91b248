import type { FileHandle, NodeId } from '@fb/api'
import type { HandleKind } from '../kit/backing.js'
import { ROOT, SHARE } from '../node-ids.js'
import { mountSums, sumBytes } from './mount-sums.js'
import { CELLS, RecordTable } from './record-table.js'

/** Cells of a record; the keys are the node and the handle. */
const MODE = 2
const COUNT = 3

/** A mode has the flags of open(2), which are 32 bits, whether it is a directory, the index of the mount (16 bits), ... */
const DIRECTORY = 2 ** 32
const MOUNT = 2 ** 33
const MOUNT_MASK = 2 ** 16 - 1
/** ... and whether the second key is a ticket: the handle is then in the place of the count, which is 1. */
const TICKETED = 2 ** 49

/**
 * Handles from here on have a ticket in their place at the root of the tree, where the index of the mount has to fit in
 * with them: half of what fits is for handles as they are.
 */
const FIRST_TICKET = SHARE / 2

const MAX_INT = 2 ** 31 - 1
const TO_UPPER = 2 ** -32

/** An open file or directory, or several that their back end does not tell apart. */
export interface OpenHandle {
  /** As the back end numbers it. */
  readonly node: NodeId
  /** Index of its mount. */
  readonly index: number
  /** The back end's handle. */
  readonly fh: FileHandle
  readonly kind: HandleKind
  /** Flags of open(2). */
  readonly flags: number
  /** How many there are. */
  readonly count: number
  /** What the client was told in place of the handle, where that is not the handle itself. */
  readonly ticket: number | undefined
}

/**
 * The files and directories that the client has open. A back end may give one handle again and again (0, if it needs none),
 * so those with the same node, handle, kind and flags are counted together. For every mount it is known how many are open.
 * Nodes and handles are as their back ends number them, and the index of the mount with them.
 */
export class HandleTable {
  readonly #records: RecordTable
  /** By index of the mount. */
  readonly #counts: Float64Array

  /** @param memory of `byteLength` bytes, to share it with other threads */
  constructor(memory?: SharedArrayBuffer) {
    const offset = sumBytes(1)
    this.#counts = mountSums(memory ?? new ArrayBuffer(offset), 0)
    this.#records = new RecordTable(hashOf, memory, offset)
  }

  /** Bytes to share for so many open files. Throws RangeError. */
  static byteLength(handles: number): number {
    return sumBytes(1) + RecordTable.byteLength(handles)
  }

  /** Files and directories of a mount that are open. */
  count(index: number): number {
    return this.#counts[index] as number
  }

  /**
   * Counts files (by default one) that have been opened. False where `limit` of the mount are open already, or where the
   * table is full.
   */
  add(
    node: NodeId,
    index: number,
    fh: FileHandle,
    kind: HandleKind,
    flags: number,
    limit: number,
    count = 1,
  ): boolean {
    const mode = modeOf(index, kind, flags)
    const keys = hash(node, fh, index)
    const records = this.#records
    records.lock()
    let slot = -1
    if ((this.#counts[index] as number) < limit) {
      slot = records.find(keys, node, fh)
      if (slot >= 0) slot = this.#alike(slot, node, fh, mode)
      if (slot < 0) slot = records.insert(slot, keys, node, fh)
    }
    if (slot >= 0) {
      const { cells } = records
      const at = slot * CELLS
      cells[at + MODE] = mode
      cells[at + COUNT] = (cells[at + COUNT] as number) + count
      this.#counts[index] = (this.#counts[index] as number) + count
    }
    records.unlock()
    return slot >= 0
  }

  /**
   * Counts one that has been opened at the root of the tree. The number that is to stand for it there, below 2^37: the handle
   * itself, or a ticket where that is too large. -1 as for `add`.
   */
  addTop(index: number, fh: FileHandle, kind: HandleKind, flags: number, limit: number): number {
    if (fh < FIRST_TICKET) return this.add(ROOT, index, fh, kind, flags, limit) ? fh : -1
    const records = this.#records
    records.lock()
    let ticket = -1
    if ((this.#counts[index] as number) < limit) {
      do ticket = FIRST_TICKET + Math.floor(Math.random() * FIRST_TICKET)
      while (records.find(hash(ROOT, ticket, index), ROOT, ticket) >= 0)
      if (!this.#insertTicket(index, ticket, fh, kind, flags)) ticket = -1
    }
    records.unlock()
    return ticket
  }

  /** Counts one with the ticket that the client has for it. False where the table is full, or there can be no such ticket. */
  addTicket(index: number, ticket: number, fh: FileHandle, kind: HandleKind, flags: number): boolean {
    const records = this.#records
    records.lock()
    const isPossible = ticket >= FIRST_TICKET && ticket < SHARE && this.#ticketAt(index, ticket) < 0
    const added = isPossible && this.#insertTicket(index, ticket, fh, kind, flags)
    records.unlock()
    return added
  }

  /** The handle that a number stands for that `addTop` gave; the number itself where it stands for nothing else. */
  behind(index: number, told: number): FileHandle {
    if (told < FIRST_TICKET) return told
    const records = this.#records
    records.lock()
    const slot = this.#ticketAt(index, told)
    const fh = slot < 0 ? told : (records.cells[slot * CELLS + COUNT] as number)
    records.unlock()
    return fh
  }

  /** Counts one that has been closed at the root of the tree. False where there is none with this number and kind. */
  removeTop(index: number, told: number, kind: HandleKind, flags: number): boolean {
    if (told < FIRST_TICKET) return this.remove(ROOT, index, told, kind, flags)
    const records = this.#records
    records.lock()
    const slot = this.#ticketAt(index, told)
    const isOpen =
      slot >= 0 && isSimilar(records.cells[slot * CELLS + MODE] as number, TICKETED + modeOf(index, kind, 0))
    if (isOpen) {
      records.remove(slot)
      this.#counts[index] = (this.#counts[index] as number) - 1
    }
    records.unlock()
    return isOpen
  }

  /**
   * Counts one that has been closed. False where there is none with this node, handle and kind. Of several it is the one with
   * these flags, or any: some flags change while a file is open (fcntl(2)).
   */
  remove(node: NodeId, index: number, fh: FileHandle, kind: HandleKind, flags: number): boolean {
    const mode = modeOf(index, kind, flags)
    const records = this.#records
    records.lock()
    let slot = records.find(hash(node, fh, index), node, fh)
    if (slot >= 0 && records.cells[slot * CELLS + MODE] !== mode) slot = this.#closest(slot, node, fh, mode)
    if (slot >= 0) {
      const at = slot * CELLS + COUNT
      const left = (records.cells[at] as number) - 1
      if (left > 0) records.cells[at] = left
      else records.remove(slot)
      this.#counts[index] = (this.#counts[index] as number) - 1
    }
    records.unlock()
    return slot >= 0
  }

  /** Whether a file with these keys is open: of a back end that does not tell its files apart, any. */
  isOpen(node: NodeId, index: number, fh: FileHandle): boolean {
    const records = this.#records
    records.lock()
    const isOpen =
      this.#closest(records.find(hash(node, fh, index), node, fh), node, fh, modeOf(index, 'file', 0)) >= 0
    records.unlock()
    return isOpen
  }

  /** All of them, by mount, node and handle. */
  entries(): OpenHandle[] {
    const { handles } = this.portion(0, Number.POSITIVE_INFINITY)
    return handles.sort(
      (a, b) =>
        a.index - b.index ||
        a.node - b.node ||
        a.fh - b.fh ||
        modeOf(0, a.kind, a.flags) - modeOf(0, b.kind, b.flags),
    )
  }

  /** Up to `count` of them, in no order: as `NodeTable.portion`. */
  portion(from: number, count: number): { handles: OpenHandle[]; next: number } {
    const handles: OpenHandle[] = []
    const records = this.#records
    records.lock()
    const { cells, slots } = records
    let slot = from
    for (; slot < slots && handles.length < count; slot += 1) {
      const at = slot * CELLS
      const node = cells[at] as number
      if (node === 0) continue
      const mode = cells[at + MODE] as number
      const rest = Math.floor(mode / DIRECTORY)
      const second = cells[at + 1] as number
      const last = cells[at + COUNT] as number
      const place = { node, index: (rest >>> 1) & MOUNT_MASK }
      const how = { kind: (rest & 1) === 0 ? 'file' : 'directory', flags: mode % DIRECTORY } as const
      if (mode < TICKETED) handles.push({ ...place, ...how, fh: second, count: last, ticket: undefined })
      else handles.push({ ...place, ...how, fh: last, count: 1, ticket: second })
    }
    records.unlock()
    return { handles, next: slot < slots ? slot : -1 }
  }

  /** Forgets all: the client is gone. */
  clear(): void {
    const records = this.#records
    records.lock()
    records.clear()
    this.#counts.fill(0)
    records.unlock()
  }

  #insertTicket(index: number, ticket: number, fh: FileHandle, kind: HandleKind, flags: number): boolean {
    const records = this.#records
    const keys = hash(ROOT, ticket, index)
    const slot = records.insert(records.find(keys, ROOT, ticket), keys, ROOT, ticket)
    if (slot < 0) return false
    records.cells[slot * CELLS + MODE] = TICKETED + modeOf(index, kind, flags)
    records.cells[slot * CELLS + COUNT] = fh
    this.#counts[index] = (this.#counts[index] as number) + 1
    return true
  }

  /** The record of a ticket, or a negative number. */
  #ticketAt(index: number, ticket: number): number {
    const records = this.#records
    let slot = records.find(hash(ROOT, ticket, index), ROOT, ticket)
    while (slot >= 0 && !isTicket(records.cells[slot * CELLS + MODE] as number, index)) {
      slot = records.next(slot, ROOT, ticket)
    }
    return slot
  }

  /** The record with a mode among those with the same keys, from one of them on; else as `next`. */
  #alike(from: number, node: NodeId, fh: FileHandle, mode: number): number {
    const records = this.#records
    let slot = from
    while (slot >= 0 && records.cells[slot * CELLS + MODE] !== mode) slot = records.next(slot, node, fh)
    return slot
  }

  /** The same; else the first one of the mount and kind, or -1. */
  #closest(from: number, node: NodeId, fh: FileHandle, mode: number): number {
    const records = this.#records
    const exact = this.#alike(from, node, fh, mode)
    if (exact >= 0) return exact
    let slot = from
    while (slot >= 0 && !isSimilar(records.cells[slot * CELLS + MODE] as number, mode)) {
      slot = records.next(slot, node, fh)
    }
    return Math.max(slot, -1)
  }
}

function modeOf(index: number, kind: HandleKind, flags: number): number {
  return index * MOUNT + (kind === 'file' ? flags : flags + DIRECTORY)
}

/** Whether a mode is that of a ticket of a mount. */
function isTicket(mode: number, index: number): boolean {
  return mode >= TICKETED && Math.floor((mode - TICKETED) / MOUNT) === index
}

/** Whether two modes are the same but for the flags. */
function isSimilar(a: number, b: number): boolean {
  return Math.floor(a / DIRECTORY) === Math.floor(b / DIRECTORY)
}

/** The upper bits of handles count too: some file systems count in them. */
function hash(node: NodeId, fh: FileHandle, index: number): number {
  const upper = fh > MAX_INT ? Math.imul(fh * TO_UPPER, 0x27d4eb2f) : 0
  return Math.imul(node ^ Math.imul(fh, 0x85ebca6b) ^ Math.imul(index, 0xc2b2ae35) ^ upper, 0x9e3779b1)
}

function hashOf(cells: Float64Array, at: number): number {
  const index = Math.floor((cells[at + MODE] as number) / MOUNT) & MOUNT_MASK
  return hash(cells[at] as number, cells[at + 1] as number, index)
}
