import { setImmediate as nextTurn } from 'node:timers/promises'
import { FUSE_ROOT_ID } from '@fb/abi'
import { Errno, StateError } from '@fb/api'
import { AT_EMPTY_PATH, DT_DIR, DT_UNKNOWN, nameToHandleAt, statx } from '@fb/sys'
import { IDENTITY_MASK, Stat } from '../attributes.js'
import type { Host } from '../host.js'
import { MAX_HANDLE_BYTES } from '../tables/handle-arena.js'
import { InodeFlag, InodeWord } from '../tables/inode-table.js'
import { MountWord } from '../tables/mount-table.js'
import { NodePaths } from './node-paths.js'
import type { PieceWriter } from './piece-writer.js'
import { Location, RecordKind } from './record.js'
import { SlotSet } from './slot-set.js'
import { TreeWalk } from './tree-walk.js'

/** Names that a walk comes by before the event loop gets a turn. */
const TURN = 4096
const NOTHING = new Uint8Array(0)

/** Writes down the inodes that the client knows, and how each is found again. */
export class NodeSaver {
  /** How many were written. */
  count = 0
  readonly #host: Host
  readonly #root: number
  readonly #out: PieceWriter
  readonly #paths: NodePaths
  readonly #stat = new Stat()
  readonly #handle = new Uint8Array(MAX_HANDLE_BYTES)
  /** Rows of mounts that were looked at, and whether a path leads to them, which has been written then. */
  readonly #mounts = new Map<number, boolean>()
  /** Nodes that the client has open. */
  readonly #open = new Set<number>()
  /** Inodes for which the kernel has no path. */
  readonly #pathless: SlotSet

  /** @param root - descriptor of the root, which the caller has acquired */
  constructor(host: Host, root: number, out: PieceWriter) {
    const { handles, tables, procFd } = host
    this.#host = host
    this.#root = root
    this.#out = out
    this.#paths = new NodePaths(procFd, root)
    this.#pathless = new SlotSet(tables.inodes.highWater)
    for (let index = 0; index < handles.highWater; index += 1) this.#open.add(handles.node(index))
  }

  /** Writes an inode, unless it must be looked for. Throws a StateError for one that cannot be left behind. */
  save(slot: number): void {
    const { nodes, options, tables } = this.#host
    const { inodes } = tables
    if (!inodes.has(slot, InodeFlag.LIVE)) return
    if (options.migrationMode === 'file-handles' && this.#saveByHandle(slot)) return
    const fd = nodes.acquire(slot + 1)
    if (fd < 0) return this.#lose(slot, Errno.of(fd), Errno.of(fd) === Errno.ESTALE)
    try {
      const path = slot + 1 === FUSE_ROOT_ID ? NOTHING : this.#paths.of(fd)
      if (path !== undefined && this.#leadsTo(slot, path)) this.#saveByPath(slot, path, fd)
      else if (this.#isRemoved(fd)) this.#lose(slot, Errno.ENOENT, true)
      else this.#pathless.add(slot, inodes.get(slot, InodeWord.INO_LOW))
    } finally {
      nodes.release(slot + 1)
    }
  }

  /** Looks through the whole tree for the inodes that must be looked for. Yields after each that it has written. */
  async *search(): AsyncGenerator<void, void, void> {
    const pathless = this.#pathless
    if (pathless.size === 0) return
    let seen = 0
    for (const { path, type, inoLow } of new TreeWalk(this.#root).entries()) {
      seen += 1
      if (seen % TURN === 0) await nextTurn()
      // What is mounted over a directory has another number than the list says.
      if (type !== DT_DIR && type !== DT_UNKNOWN && !pathless.mayHave(inoLow)) continue
      if (!this.#saveFound(path)) continue
      yield
      if (pathless.size === 0) return
    }
    for (const slot of pathless) {
      this.#lose(slot, Errno.ENOENT, false)
      yield
    }
  }

  /** False where the inode has no handle, or no path leads to its mount. */
  #saveByHandle(slot: number): boolean {
    const { nodes, tables } = this.#host
    const row = tables.inodes.get(slot, InodeWord.MOUNT)
    const length = nodes.copyHandle(slot + 1, this.#handle)
    if (slot + 1 === FUSE_ROOT_ID || length === 0 || !this.#saveMount(row)) return false
    this.#begin(slot)
    this.#out.u8(Location.HANDLE)
    this.#out.u32(row)
    this.#out.bytes(this.#handle.subarray(0, length))
    return true
  }

  #saveByPath(slot: number, path: Uint8Array, fd: number): void {
    this.#begin(slot)
    this.#out.u8(Location.PATH)
    this.#out.bytes(path)
    this.#out.bytes(this.#host.options.migrationVerifyHandles ? this.#handleOf(fd) : NOTHING)
  }

  /** Writes a path to a mount, once. False where there is none. */
  #saveMount(row: number): boolean {
    const known = this.#mounts.get(row)
    if (known !== undefined) return known
    const { nodes, mounts } = this.#host
    const path = row === nodes.mount(FUSE_ROOT_ID) ? NOTHING : this.#paths.of(mounts.fd(row))
    const leads = path !== undefined && this.#paths.stat(path, this.#stat) >= 0 && this.#isOn(row, this.#stat)
    this.#mounts.set(row, leads)
    if (!leads) return false
    this.#out.u8(RecordKind.MOUNT)
    this.#out.u32(row)
    this.#out.bytes(path)
    return true
  }

  /** Writes what a walk has found, where it was looked for. */
  #saveFound(path: Uint8Array): boolean {
    const { tables, nodes, mounts } = this.#host
    const { inodes } = tables
    const stat = this.#stat
    if (this.#paths.stat(path, stat) < 0) return false
    inodes.lock.lock()
    const row = tables.mounts.use(stat.mountLow, stat.mountHigh)
    const slot = row < 0 ? -1 : inodes.find(stat.inoLow, stat.inoHigh, stat.device, row)
    inodes.lock.unlock()
    if (row >= 0) mounts.release(row)
    if (slot < 0 || !this.#pathless.has(slot)) return false
    const fd = nodes.acquire(slot + 1)
    if (fd < 0) return false
    this.#pathless.delete(slot)
    try {
      this.#saveByPath(slot, path, fd)
    } finally {
      nodes.release(slot + 1)
    }
    return true
  }

  /**
   * An inode that cannot be found again. Nothing is lost by one that is `gone` from the host and that nobody has open: who
   * asks for it gets the same answer as before.
   */
  #lose(slot: number, errno: Errno, gone: boolean): void {
    const node = slot + 1
    const isOpen = this.#open.has(node)
    const isLoss = isOpen || !gone
    if (isLoss && this.#host.options.migrationOnError === 'abort') {
      const what = `node ${node}${isOpen ? `, which is open (${this.#nameOf(node)}),` : ''}`
      const why = gone
        ? 'has no name any more: only a file handle leads to it'
        : `cannot be found below the source: ${errno.code}`
      throw new StateError(`${what} ${why}`)
    }
    this.#begin(slot)
    this.#out.u8(Location.NONE)
    this.#out.u32(isLoss ? errno.errno : 0)
  }

  #nameOf(node: number): string {
    const { handles } = this.#host
    const index = handles.acquireAny(node)
    if (index < 0) return ''
    const name = this.#paths.text(handles.fd(index))
    this.#host.releaseHandle(index)
    return name
  }

  #begin(slot: number): void {
    const { inodes } = this.#host.tables
    this.count += 1
    this.#out.u8(RecordKind.NODE)
    this.#out.u32(slot)
    this.#out.u64(BigInt(this.#host.ids.id(slot + 1)))
    this.#out.u32(inodes.get(slot, InodeWord.GENERATION))
    this.#out.u64(inodes.lookups(slot))
    this.#out.u32(inodes.get(slot, InodeWord.MODE))
  }

  #handleOf(fd: number): Uint8Array {
    const length = nameToHandleAt(fd, '', this.#handle, AT_EMPTY_PATH)
    if (length < 0) throw new StateError(`there is no file handle to verify: ${Errno.of(length).code}`)
    return this.#handle.subarray(0, length)
  }

  #isRemoved(fd: number): boolean {
    return statx(fd, '', AT_EMPTY_PATH, IDENTITY_MASK, this.#stat.bytes) >= 0 && this.#stat.nlink === 0
  }

  #leadsTo(slot: number, path: Uint8Array): boolean {
    const { inodes } = this.#host.tables
    const stat = this.#stat
    return (
      this.#paths.stat(path, stat) >= 0 &&
      inodes.get(slot, InodeWord.INO_LOW) === (stat.inoLow | 0) &&
      inodes.get(slot, InodeWord.INO_HIGH) === (stat.inoHigh | 0) &&
      inodes.get(slot, InodeWord.DEVICE) === (stat.device | 0) &&
      this.#isOn(inodes.get(slot, InodeWord.MOUNT), stat)
    )
  }

  #isOn(row: number, { mountLow, mountHigh }: Stat): boolean {
    const { mounts } = this.#host.tables
    return (
      mounts.get(row, MountWord.ID_LOW) === (mountLow | 0) &&
      mounts.get(row, MountWord.ID_HIGH) === (mountHigh | 0)
    )
  }
}
