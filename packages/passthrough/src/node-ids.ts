import { FUSE_ROOT_ID } from '@fb/abi'
import type { NodeId } from '@fb/api'
import type { ExportFormat } from './export-format.js'
import type { ForeignIds } from './tables/foreign-ids.js'
import { InodeFlag, type InodeTable, InodeWord } from './tables/inode-table.js'

/** Nodeids from here on are those of slots, where other nodeids are inode numbers. Below half of what a tree has room for. */
const SLOTS = 2 ** 36
const TWO_32 = 2 ** 32
const ROOT_SLOT = 0

/** What {@link NodeIds} works with. */
export interface NodeIdsInit {
  readonly inodes: InodeTable
  readonly foreign: ForeignIds
  /** Where inodes of the source's file system can be found by number. */
  readonly exports: ExportFormat | undefined
  /** Device of the root, in the kernel's 32-bit encoding. */
  readonly rootDevice: number
}

/**
 * The nodeids of the wire. Inside, a node is the number of its slot (plus one). What the client is told is the inode number,
 * wherever the inode can be found again by that number alone: then a file handle that the client's kernel made of it (NFS,
 * name_to_handle_at(2)) leads back to the inode when the client has forgotten it, and in another process as well. The generation
 * that goes with it is the host's. Any other inode has the number of its slot, and is known as long as the slot.
 */
export class NodeIds {
  readonly #inodes: InodeTable
  readonly #foreign: ForeignIds
  readonly #exports: ExportFormat | undefined
  readonly #rootDevice: number

  constructor({ inodes, foreign, exports, rootDevice }: NodeIdsInit) {
    this.#inodes = inodes
    this.#foreign = foreign
    this.#exports = exports
    this.#rootDevice = rootDevice
  }

  /** The node of a nodeid that the client sends; 0 where none is known. Takes any number. */
  node(id: NodeId): number {
    if (this.#foreign.count > 0) {
      const node = this.#foreign.find(id)
      if (node > 0) return node
    }
    if (id > SLOTS) return this.#inodes.has(id - SLOTS - 1, InodeFlag.ID_SLOT) ? id - SLOTS : 0
    if (this.#exports === undefined || id === FUSE_ROOT_ID) return id
    return this.#withNumber(id)
  }

  /** The nodeid of a node that is acquired, or was just looked up. */
  id(node: number): NodeId {
    const inodes = this.#inodes
    const slot = node - 1
    if (inodes.has(slot, InodeFlag.ID_NUMBER)) {
      const high = inodes.get(slot, InodeWord.INO_HIGH) >>> 0
      return high * TWO_32 + (inodes.get(slot, InodeWord.INO_LOW) >>> 0)
    }
    if (inodes.has(slot, InodeFlag.ID_FOREIGN)) {
      return (inodes.get(slot, InodeWord.ID_HIGH) >>> 0) * TWO_32 + (inodes.get(slot, InodeWord.ID_LOW) >>> 0)
    }
    return inodes.has(slot, InodeFlag.ID_SLOT) ? SLOTS + node : node
  }

  /** Chooses the nodeid of an inode that has just been entered. Under the lock of the table. */
  choose(slot: number): void {
    const inodes = this.#inodes
    if (slot === ROOT_SLOT) return
    if (this.#exports === undefined) {
      if (this.#foreign.find(slot + 1) !== 0) inodes.addFlags(slot, InodeFlag.ID_SLOT)
      return
    }
    const high = inodes.get(slot, InodeWord.INO_HIGH) >>> 0
    const ino = high * TWO_32 + (inodes.get(slot, InodeWord.INO_LOW) >>> 0)
    const isNumbered =
      ino > FUSE_ROOT_ID &&
      ino < SLOTS &&
      inodes.get(slot, InodeWord.DEVICE) === (this.#rootDevice | 0) &&
      inodes.get(slot, InodeWord.MOUNT) === inodes.get(ROOT_SLOT, InodeWord.MOUNT) &&
      this.#foreign.find(ino) === 0
    inodes.addFlags(slot, isNumbered ? InodeFlag.ID_NUMBER : InodeFlag.ID_SLOT)
  }

  /**
   * Gives an inode that has just been entered the nodeid that a client has for it, whichever it would have here. False where
   * another one has it. Under the lock.
   *
   * @param handle - its file handle, where it has one
   */
  restore(slot: number, id: NodeId, generation: number, handle: Uint8Array): boolean {
    this.choose(slot)
    return (this.id(slot + 1) === id && this.#hasGeneration(slot, generation, handle)) || this.#keep(slot, id)
  }

  /** Whether an inode is told from earlier ones with its number by a generation. */
  #hasGeneration(slot: number, generation: number, handle: Uint8Array): boolean {
    if (this.#exports === undefined || !this.#inodes.has(slot, InodeFlag.ID_NUMBER)) return true
    const view = new DataView(handle.buffer, handle.byteOffset, handle.byteLength)
    return view.getUint32(this.#exports.generationAt, true) === generation
  }

  #keep(slot: number, id: NodeId): boolean {
    const inodes = this.#inodes
    if (id <= FUSE_ROOT_ID || !this.#foreign.add(id, slot + 1)) return false
    inodes.dropFlags(slot, InodeFlag.ID_NUMBER | InodeFlag.ID_SLOT)
    inodes.addFlags(slot, InodeFlag.ID_FOREIGN)
    inodes.set(slot, InodeWord.ID_LOW, id)
    inodes.set(slot, InodeWord.ID_HIGH, Math.floor(id / TWO_32))
    return true
  }

  /** An inode is forgotten. Under the lock. */
  drop(slot: number): void {
    if (this.#inodes.has(slot, InodeFlag.ID_FOREIGN)) this.#foreign.delete(this.id(slot + 1))
  }

  #withNumber(ino: number): number {
    const inodes = this.#inodes
    inodes.lock.lock()
    const mount = inodes.get(ROOT_SLOT, InodeWord.MOUNT)
    const slot = inodes.find(ino, Math.floor(ino / TWO_32), this.#rootDevice, mount)
    const node = slot > ROOT_SLOT && inodes.has(slot, InodeFlag.ID_NUMBER) ? slot + 1 : 0
    inodes.lock.unlock()
    return node
  }
}
