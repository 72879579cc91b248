import { Errno, StateError } from '@fb/api'
import {
  AT_EMPTY_PATH,
  close,
  nameToHandleAt,
  O_NOFOLLOW,
  O_PATH,
  openByHandleAt,
  S_IFMT,
  statx,
} from '@fb/sys'
import { IDENTITY_MASK, Stat } from '../attributes.js'
import { closeIfAny } from '../descriptors.js'
import type { Host } from '../host.js'
import { MAX_HANDLE_BYTES } from '../tables/handle-arena.js'
import { InodeWord } from '../tables/inode-table.js'
import type { Losses } from './losses.js'
import { openBeneath } from './open-beneath.js'
import type { PieceReader } from './piece-reader.js'
import { Location, MAX_PATH } from './record.js'

const ESTALE = -Errno.ESTALE.errno
const ENFILE = -Errno.ENFILE.errno
const ROOT_SLOT = 0
const NOTHING = new Uint8Array(0)
/** Bytes of the header of `struct file_handle`, the first four of which say how many follow it. */
const HANDLE_HEADER = 8

/** What the state says of an inode, but for where it is. */
interface SavedNode {
  readonly slot: number
  readonly id: number
  readonly generation: number
  readonly lookups: number
  readonly mode: number
}

/** Finds the inodes of a state again, and gives them the numbers that they had. */
export class NodeRestorer {
  /** How many there were, those that are lost included. */
  count = 0
  readonly #host: Host
  readonly #root: number
  readonly #losses: Losses
  readonly #stat = new Stat()
  readonly #handle = new Uint8Array(MAX_HANDLE_BYTES)
  /** Rows of our mount table, each with one use, by rows of the other one's. */
  readonly #mounts = new Map<number, number>()

  /** @param root - descriptor of the root, which the caller has acquired */
  constructor(host: Host, root: number, losses: Losses) {
    this.#host = host
    this.#root = root
    this.#losses = losses
  }

  /** Gives back what was only needed to find inodes. */
  end(): void {
    for (const row of this.#mounts.values()) this.#host.mounts.release(row)
    this.#mounts.clear()
  }

  /** Takes a mount that file handles refer to. */
  mount(record: PieceReader): void {
    const row = record.u32()
    const path = pathOf(record)
    if (this.#mounts.has(row)) throw new StateError(`the state has mount ${row} twice`)
    this.#requireHandles()
    const fd = openBeneath(this.#root, path)
    let own = fd < 0 ? fd : statx(fd, '', AT_EMPTY_PATH, IDENTITY_MASK, this.#stat.bytes)
    if (own >= 0) own = this.#rowOf(fd)
    closeIfAny(fd)
    if (own < 0) throw new StateError(`the mount at '${shown(path)}' cannot be used: ${Errno.of(own).code}`)
    this.#mounts.set(row, own)
    if (!this.#host.mounts.hasHandles(own)) {
      throw new StateError(
        `there are no file handles here at '${shown(path)}', by which the state names inodes`,
      )
    }
  }

  /** Takes an inode. */
  node(record: PieceReader): void {
    const slot = record.u32()
    const id = record.safe()
    const generation = record.u32()
    const lookups = record.safe()
    const saved: SavedNode = { slot, id, generation, lookups, mode: record.u32() }
    this.count += 1
    if (lookups === 0) throw new StateError(`the state has node ${slot + 1}, which nobody knows`)
    const location = record.u8()
    if (location === Location.PATH) return this.#byPath(saved, pathOf(record), record.bytes(MAX_HANDLE_BYTES))
    if (location === Location.HANDLE)
      return this.#byHandle(saved, record.u32(), record.bytes(MAX_HANDLE_BYTES))
    if (location !== Location.NONE)
      throw new StateError(`the state has an inode at a place of kind ${location}`)
    const errno = record.u32()
    if (errno === 0) this.#placeLost(saved)
    else this.#lose(saved, 'the other side has not found it', errno)
  }

  #byPath(saved: SavedNode, path: Uint8Array, check: Uint8Array): void {
    if (saved.slot === ROOT_SLOT) return this.#restoreRoot(saved, path, check)
    const fd = openBeneath(this.#root, path)
    const placed = fd < 0 ? fd : this.#place(saved, fd, check)
    if (placed < 0) this.#lose(saved, `'${shown(path)}'`, -placed)
  }

  #byHandle(saved: SavedNode, row: number, handle: Uint8Array): void {
    this.#requireHandles()
    const own = this.#mounts.get(row)
    if (own === undefined) throw new StateError(`the state has an inode of mount ${row}, and no such mount`)
    const isSound =
      handle.length >= HANDLE_HEADER &&
      new DataView(handle.buffer, handle.byteOffset).getUint32(0, true) === handle.length - HANDLE_HEADER
    if (!isSound) throw new StateError('the state has a file handle that is none')
    const fd = openByHandleAt(this.#host.mounts.fd(own), handle, handle.length, O_PATH | O_NOFOLLOW)
    const placed = fd < 0 ? fd : this.#place(saved, fd, NOTHING)
    if (placed < 0) this.#lose(saved, 'its file handle', -placed)
  }

  /** The root is there; only what the client knows of it is taken over. */
  #restoreRoot({ slot, generation, lookups }: SavedNode, path: Uint8Array, check: Uint8Array): void {
    const { inodes } = this.#host.tables
    if (path.length > 0 || this.count > 1) throw new StateError('the state has no root at its beginning')
    if (check.length > 0 && !this.#isHandle(this.#root, check)) {
      throw new StateError('the source is another one than that of the state: its file handle differs')
    }
    inodes.lock.lock()
    inodes.set(slot, InodeWord.GENERATION, generation)
    inodes.setLookups(slot, lookups)
    inodes.lock.unlock()
  }

  /**
   * Enters an inode that was found. Takes the O_PATH descriptor. 0 or a negative errno: ESTALE where it is another one than
   * it was, ENFILE where there is no room for its descriptor.
   */
  #place(saved: SavedNode, fd: number, check: Uint8Array): number {
    const stat = this.#stat
    let result = statx(fd, '', AT_EMPTY_PATH, IDENTITY_MASK, stat.bytes)
    if (result >= 0 && ((stat.mode ^ saved.mode) & S_IFMT) !== 0) result = ESTALE
    if (result >= 0 && check.length > 0 && !this.#isHandle(fd, check)) result = ESTALE
    if (result >= 0) result = this.#rowOf(fd)
    if (result < 0) {
      close(fd)
      return result
    }
    return this.#enter(saved, fd, result)
  }

  #enter(saved: SavedNode, fd: number, row: number): number {
    const { tables, mounts, nodes, ids } = this.#host
    const { inodes, cache } = tables
    const stat = this.#stat
    const length = Math.max(
      0,
      mounts.hasHandles(row) ? nameToHandleAt(fd, '', this.#handle, AT_EMPTY_PATH) : 0,
    )
    inodes.lock.lock()
    let isNew = true
    // One without a name cannot be opened by its handle once nobody has it.
    const hold = length === 0 || stat.nlink === 0
    const fits = !hold || cache.held < cache.maxHeld
    const taken = fits && inodes.restore(saved.slot, saved.generation)
    if (taken) {
      inodes.identify(saved.slot, stat.inoLow, stat.inoHigh, stat.device, row)
      inodes.hash(saved.slot)
      inodes.setLookups(saved.slot, saved.lookups)
      inodes.set(saved.slot, InodeWord.MODE, stat.mode)
      isNew = ids.restore(saved.slot, saved.id, saved.generation, this.#handle)
      nodes.storeHandle(saved.slot, this.#handle, length)
      if (hold) cache.hold(saved.slot, fd)
    }
    inodes.lock.unlock()
    if (!taken) mounts.release(row)
    if (!taken || !hold) close(fd)
    if (!fits) return ENFILE
    this.#checkTaken(saved, taken, isNew)
    return 0
  }

  #lose(saved: SavedNode, what: string, errno: number): void {
    this.#losses.add(`node ${saved.slot + 1}, ${what}`, errno)
    this.#placeLost(saved)
  }

  /** Enters an inode that is not there: the client is answered ESTALE, until it has forgotten it. */
  #placeLost(saved: SavedNode): void {
    const { tables, ids } = this.#host
    const { inodes, mounts } = tables
    let isNew = true
    if (saved.slot === ROOT_SLOT) throw new StateError('the state has no root')
    inodes.lock.lock()
    const taken = inodes.restore(saved.slot, saved.generation)
    if (taken) {
      const row = inodes.get(ROOT_SLOT, InodeWord.MOUNT)
      mounts.addUser(row)
      inodes.identify(saved.slot, 0, 0, 0, row)
      isNew = ids.restore(saved.slot, saved.id, saved.generation, NOTHING)
      inodes.setLookups(saved.slot, saved.lookups)
      inodes.set(saved.slot, InodeWord.MODE, saved.mode)
    }
    inodes.lock.unlock()
    this.#checkTaken(saved, taken, isNew)
  }

  #checkTaken({ slot, id }: SavedNode, taken: boolean, isNew: boolean): void {
    if (taken && isNew) return
    if (taken) throw new StateError(`the state has nodeid ${id} twice`)
    const { capacity } = this.#host.tables.inodes
    throw new StateError(
      slot < capacity
        ? `the state has node ${slot + 1} twice`
        : `the state has node ${slot + 1}, and only ${capacity} inodes may be known here`,
    )
  }

  /** The row of the mount of an inode, whose attributes are in `stat`, with one use for the caller; or a negative errno. */
  #rowOf(fd: number): number {
    const { tables, mounts } = this.#host
    const stat = this.#stat
    tables.inodes.lock.lock()
    const row = tables.mounts.use(stat.mountLow, stat.mountHigh)
    tables.inodes.lock.unlock()
    return row < 0 ? mounts.enter(fd, stat) : row
  }

  #isHandle(fd: number, handle: Uint8Array): boolean {
    const length = nameToHandleAt(fd, '', this.#handle, AT_EMPTY_PATH)
    return length === handle.length && Buffer.compare(this.#handle.subarray(0, length), handle) === 0
  }

  #requireHandles(): void {
    if (this.#host.options.migrationMode === 'file-handles') return
    throw new StateError('the state names inodes by file handle, and the migration mode here is find-paths')
  }
}

/** A path that a system call takes. */
function pathOf(record: PieceReader): Uint8Array {
  const path = record.bytes(MAX_PATH)
  if (path.includes(0)) throw new StateError('the state has a path with NUL in it')
  return path
}

function shown(path: Uint8Array): string {
  return Buffer.from(path).toString()
}
