import { Errno } from '@fb/api'
import {
  AT_EMPTY_PATH,
  close,
  nameToHandleAt,
  O_NOFOLLOW,
  O_PATH,
  openByHandleAt,
  type PathLike,
  statx,
} from '@fb/sys'
import { IDENTITY_MASK, type Stat } from './attributes.js'
import { closeIfAny, reopen } from './descriptors.js'
import { type ExportFormat, HandleBuffer } from './export-format.js'
import type { Mounts } from './mounts.js'
import type { NodeIds } from './node-ids.js'
import type { NodeTables } from './node-tables.js'
import { NO_ROOM, NO_VICTIM } from './tables/fd-cache.js'
import type { HandleTable } from './tables/handle-table.js'
import { InodeFlag, InodeWord } from './tables/inode-table.js'
import type { LockOwners } from './tables/lock-owners.js'

const ESTALE = -Errno.ESTALE.errno
const EMFILE = -Errno.EMFILE.errno
const ENFILE = -Errno.ENFILE.errno

const ROOT_SLOT = 0

/** What {@link Nodes} works with. */
export interface NodesInit {
  readonly tables: NodeTables
  readonly ids: NodeIds
  /** Where inodes of the source's file system can be found by number. */
  readonly exports: ExportFormat | undefined
  readonly mounts: Mounts
  readonly handles: HandleTable
  readonly owners: LockOwners
  readonly procFd: number
}

/**
 * The inodes that the kernel knows, by nodeid, and how each is reached: through an O_PATH descriptor that it has,
 * or by its file handle; never by a path.
 *
 * Several threads may use one set of tables at once. Whoever works with an inode's descriptor has the inode
 * acquired, and the descriptor then stays open.
 */
export class Nodes {
  readonly #tables: NodeTables
  readonly #ids: NodeIds
  readonly #exports: ExportFormat | undefined
  readonly #mounts: Mounts
  readonly #handles: HandleTable
  readonly #owners: LockOwners
  readonly #procFd: number
  readonly #handle = new HandleBuffer()
  readonly #made = new HandleBuffer()

  constructor({ tables, ids, exports, mounts, handles, owners, procFd }: NodesInit) {
    this.#tables = tables
    this.#ids = ids
    this.#exports = exports
    this.#mounts = mounts
    this.#handles = handles
    this.#owners = owners
    this.#procFd = procFd
  }

  /**
   * Begins a use of an inode. Returns an O_PATH descriptor of it, which stays open until `release(node)`, or a
   * negative errno (and then there is nothing to release): ESTALE for a node that is not known or is gone.
   */
  acquire(node: number): number {
    const { inodes } = this.#tables
    inodes.lock.lock()
    const slot = inodes.slotOf(node)
    if (slot < 0) {
      inodes.lock.unlock()
      return ESTALE
    }
    inodes.set(slot, InodeWord.PINS, inodes.get(slot, InodeWord.PINS) + 1)
    const fd = inodes.get(slot, InodeWord.FD) - 1
    if (fd >= 0) {
      const surplus = inodes.has(slot, InodeFlag.FD_FRESH) ? this.#adopt(slot, fd) : -1
      inodes.addFlags(slot, InodeFlag.FD_USED)
      inodes.lock.unlock()
      closeIfAny(surplus)
      return fd
    }
    const length = this.#copyHandle(slot, this.#handle)
    if (length === 0) {
      // Neither: it could not be found again when another process's state was taken over.
      inodes.lock.unlock()
      this.release(node)
      return ESTALE
    }
    const mount = inodes.get(slot, InodeWord.MOUNT)
    const generation = inodes.get(slot, InodeWord.GENERATION)
    inodes.lock.unlock()
    return this.#open(slot, mount, length, generation)
  }

  /** Copies the file handle of an inode: its length, or 0 where it has none. */
  copyHandle(node: number, out: Uint8Array): number {
    const { inodes } = this.#tables
    inodes.lock.lock()
    const length = this.#copyHandle(node - 1, this.#made)
    inodes.lock.unlock()
    out.set(this.#made.bytes.subarray(0, length))
    return length
  }

  /** Gives an inode that has none the file handle in `handle`; its nodeid has been chosen. Under the lock. */
  storeHandle(slot: number, handle: Uint8Array, length: number): void {
    this.#handle.bytes.set(handle.subarray(0, length))
    this.#store(slot, length)
  }

  /**
   * Opens the inode of the source's file system that has a number now, wherever it is on it. An O_PATH descriptor, or a negative
   * errno: ESTALE where there is none, or inodes cannot be found by number.
   */
  openNumber(ino: number): number {
    if (this.#exports === undefined) return ESTALE
    const root = this.acquire(ROOT_SLOT + 1)
    if (root < 0) return root
    const length = this.#handle.make(this.#exports, ino, 0)
    const mountFd = this.#mounts.fd(this.mount(ROOT_SLOT + 1))
    const fd = openByHandleAt(mountFd, this.#handle.bytes, length, O_PATH | O_NOFOLLOW)
    this.release(ROOT_SLOT + 1)
    return fd
  }

  /** Ends a use of an inode that `acquire` began. */
  release(node: number): void {
    const { inodes, cache } = this.#tables
    const slot = node - 1
    inodes.lock.lock()
    const pins = inodes.get(slot, InodeWord.PINS) - 1
    inodes.set(slot, InodeWord.PINS, pins)
    if (pins > 0) {
      inodes.lock.unlock()
    } else if (inodes.lookups(slot) === 0) {
      this.#remove(slot)
    } else {
      const fd = inodes.has(slot, InodeFlag.FD_TRANSIENT) ? cache.drop(slot) : -1
      inodes.lock.unlock()
      closeIfAny(fd)
    }
  }

  /** `st_mode` of an acquired inode when it was last looked up; the type in it is always right. */
  mode(node: number): number {
    return this.#tables.inodes.get(node - 1, InodeWord.MODE)
  }

  /** Generation of an acquired or just looked-up inode. */
  generation(node: number): number {
    return this.#tables.inodes.get(node - 1, InodeWord.GENERATION) >>> 0
  }

  /** Row in the mount table of an acquired inode. */
  mount(node: number): number {
    return this.#tables.inodes.get(node - 1, InodeWord.MOUNT)
  }

  /** Device of an acquired inode, in the kernel's 32-bit encoding. */
  device(node: number): number {
    return this.#tables.inodes.get(node - 1, InodeWord.DEVICE) >>> 0
  }

  /** Remembers that POSIX locks are taken on an inode: they are dropped when it is forgotten. */
  markLocked(node: number): void {
    this.addFlags(node, InodeFlag.LOCKED)
  }

  /** Whether a known inode has any of some {@link InodeFlag} bits. */
  has(node: number, flags: number): boolean {
    return this.#tables.inodes.has(node - 1, flags)
  }

  /** Sets {@link InodeFlag} bits of a known inode. */
  addFlags(node: number, flags: number): void {
    const { inodes } = this.#tables
    inodes.lock.lock()
    const slot = inodes.slotOf(node)
    if (slot >= 0) inodes.addFlags(slot, flags)
    inodes.lock.unlock()
  }

  /** Clears {@link InodeFlag} bits of a known inode; costs nothing where there are none. */
  dropFlags(node: number, flags: number): void {
    if (!this.has(node, flags)) return
    const { inodes } = this.#tables
    inodes.lock.lock()
    inodes.dropFlags(node - 1, flags)
    inodes.lock.unlock()
  }

  /** As `NameOpener.open`. Makes room among our descriptors where there is none. */
  openPath(dirfd: number, name: PathLike, flags: number): number {
    const { names } = this.#tables
    const fd = names.open(dirfd, name, flags)
    return fd === EMFILE && this.makeRoom() ? names.open(dirfd, name, flags) : fd
  }

  /** Closes one cached descriptor. False where there is none that is not in use. */
  makeRoom(): boolean {
    const { inodes, cache, fresh } = this.#tables
    inodes.lock.lock()
    let fd = fresh.evict()
    if (fd < 0) fd = cache.evict()
    inodes.lock.unlock()
    closeIfAny(fd)
    return fd >= 0
  }

  /**
   * Counts one lookup on the inode of an O_PATH descriptor, making it known where it is not. Takes the descriptor
   * in any case, and leaves its attributes in `stat`. With `hold`, it is kept until the inode is forgotten.
   * Returns the nodeid, or a negative errno (ENFILE: the table, or the descriptors for it, are used up).
   */
  intern(fd: number, stat: Stat, hold = false): number {
    const result = statx(fd, '', AT_EMPTY_PATH, IDENTITY_MASK, stat.bytes)
    if (result < 0) {
      close(fd)
      return result
    }
    const { inodes, mounts } = this.#tables
    inodes.lock.lock()
    let mount = mounts.use(stat.mountLow, stat.mountHigh)
    if (mount >= 0) {
      const slot = inodes.find(stat.inoLow, stat.inoHigh, stat.device, mount)
      // An inode that has a descriptor exists, so no other one can have its number.
      if (slot >= 0 && inodes.get(slot, InodeWord.FD) !== 0 && !hold) {
        mounts.release(mount)
        this.#countLookup(slot, stat)
        const surplus = this.#lookedUpAgain(slot)
        inodes.lock.unlock()
        close(fd)
        closeIfAny(surplus)
        return slot + 1
      }
    }
    inodes.lock.unlock()
    if (mount < 0) mount = this.#mounts.enter(fd, stat)
    if (mount >= 0) return this.#internOn(mount, fd, fd, stat, hold)
    close(fd)
    return mount
  }

  /**
   * As `intern`, for a file that was just made and opened: its descriptor `file` stays the caller's. An O_PATH one is
   * made only where the inode cannot do without.
   */
  internOpen(file: number, stat: Stat, hold: boolean): number {
    const result = statx(file, '', AT_EMPTY_PATH, IDENTITY_MASK, stat.bytes)
    if (result < 0) return result
    const { inodes, mounts } = this.#tables
    inodes.lock.lock()
    let mount = mounts.use(stat.mountLow, stat.mountHigh)
    inodes.lock.unlock()
    if (mount < 0) mount = this.#mounts.enter(file, stat)
    if (mount < 0) return mount
    if (!hold && this.#mounts.hasHandles(mount)) return this.#internOn(mount, file, -1, stat, false)
    const fd = reopen(this.#procFd, file, O_PATH)
    if (fd >= 0) return this.#internOn(mount, file, fd, stat, hold)
    this.#mounts.release(mount)
    return fd
  }

  /** Counts one more lookup on an acquired inode whose attributes are in `stat`. */
  addLookup(node: number, stat: Stat): void {
    const { inodes } = this.#tables
    inodes.lock.lock()
    this.#countLookup(node - 1, stat)
    inodes.lock.unlock()
  }

  /** Takes `count` lookups back; with the last one the inode is forgotten. More than there are count as all; the root stays. */
  forget(node: number, count: number): void {
    const { inodes } = this.#tables
    inodes.lock.lock()
    const slot = inodes.slotOf(node)
    if (slot <= ROOT_SLOT) {
      inodes.lock.unlock()
      return
    }
    const left = Math.max(0, inodes.lookups(slot) - count)
    inodes.setLookups(slot, left)
    if (left > 0 || inodes.get(slot, InodeWord.PINS) > 0) inodes.lock.unlock()
    else this.#remove(slot)
  }

  /** Forgets every inode but the root, whatever lookups the kernel holds: the connection has ended. */
  forgetAll(): void {
    for (let node = this.#tables.inodes.highWater; node > ROOT_SLOT + 1; node -= 1) {
      this.forget(node, Number.MAX_SAFE_INTEGER)
    }
  }

  /** Forgets the root: the end of the file system. */
  forgetRoot(): void {
    const { inodes } = this.#tables
    inodes.lock.lock()
    if (inodes.slotOf(ROOT_SLOT + 1) < 0) return inodes.lock.unlock()
    inodes.setLookups(ROOT_SLOT, 0)
    if (inodes.get(ROOT_SLOT, InodeWord.PINS) > 0) inodes.lock.unlock()
    else this.#remove(ROOT_SLOT)
  }

  /**
   * Counts a lookup on the inode that is open as `source` and has its attributes in `stat`. Takes the caller's use
   * of its mount and, where there is one (>= 0), the O_PATH descriptor `fd`.
   */
  #internOn(mount: number, source: number, fd: number, stat: Stat, hold: boolean): number {
    const { inodes, mounts } = this.#tables
    const { inoLow, inoHigh, device } = stat
    const named = this.#mounts.hasHandles(mount)
      ? nameToHandleAt(source, '', this.#handle.bytes, AT_EMPTY_PATH)
      : 0
    const length = Math.max(0, named)
    inodes.lock.lock()
    let slot = inodes.find(inoLow, inoHigh, device, mount)
    if (slot >= 0 && !this.#isSame(slot, length)) {
      // The number belongs to another inode now. The kernel may still hold the old one, of which nothing is left here.
      if (inodes.has(slot, InodeFlag.ID_NUMBER)) {
        // Under the same nodeid, and tells them apart by their generations.
        this.#freeHandle(slot)
        this.#store(slot, length)
      } else {
        inodes.unhash(slot)
        slot = -1
      }
    }
    let mountFd = -1
    let surplus = fd
    if (slot >= 0) {
      mounts.release(mount)
      surplus = this.#give(slot, fd, stat, hold)
    } else {
      slot = inodes.insert(inoLow, inoHigh, device, mount)
      if (slot >= 0) surplus = this.#equip(slot, fd, stat, length, hold)
      if (slot >= 0 && inodes.get(slot, InodeWord.FD) === 0 && !this.#hasHandle(slot)) {
        inodes.remove(slot)
        slot = -1
      }
      if (slot < 0) mountFd = mounts.release(mount)
    }
    if (slot >= 0) this.#countLookup(slot, stat)
    inodes.lock.unlock()
    closeIfAny(surplus)
    closeIfAny(mountFd)
    return slot < 0 ? ENFILE : slot + 1
  }

  /** Whether a known inode is the one with the same number whose handle was just read. Under the lock. */
  #isSame(slot: number, length: number): boolean {
    if (this.#tables.inodes.get(slot, InodeWord.FD) !== 0) return true
    return (
      length > 0 &&
      this.#copyHandle(slot, this.#made) === length &&
      this.#handle.equals(this.#made.bytes, length)
    )
  }

  #hasHandle(slot: number): boolean {
    const { inodes } = this.#tables
    return inodes.has(slot, InodeFlag.HANDLE_IMPLIED) || inodes.get(slot, InodeWord.HANDLE) !== 0
  }

  /** Copies the file handle of an inode: its length, or 0. Under the lock. */
  #copyHandle(slot: number, out: HandleBuffer): number {
    const { inodes, handleBytes } = this.#tables
    if (this.#exports !== undefined && inodes.has(slot, InodeFlag.HANDLE_IMPLIED)) {
      return out.make(this.#exports, this.#ids.id(slot + 1), inodes.get(slot, InodeWord.GENERATION))
    }
    const reference = inodes.get(slot, InodeWord.HANDLE)
    return reference === 0 ? 0 : handleBytes.copy(reference, out.bytes)
  }

  /** Gives an inode that has none the file handle that is in the buffer. Under the lock. */
  #store(slot: number, length: number): void {
    if (length === 0) return
    const { inodes, handleBytes } = this.#tables
    const format = this.#exports
    if (format !== undefined && inodes.has(slot, InodeFlag.ID_NUMBER)) {
      const generation = this.#handle.generation(format)
      inodes.set(slot, InodeWord.GENERATION, generation)
      const implied = this.#made.make(format, this.#ids.id(slot + 1), generation)
      if (implied === length && this.#handle.equals(this.#made.bytes, length)) {
        inodes.addFlags(slot, InodeFlag.HANDLE_IMPLIED)
        return
      }
    }
    inodes.set(slot, InodeWord.HANDLE, handleBytes.store(this.#handle.bytes, length))
  }

  /** Takes the file handle of an inode away. Under the lock. */
  #freeHandle(slot: number): void {
    const { inodes, handleBytes } = this.#tables
    const reference = inodes.get(slot, InodeWord.HANDLE)
    if (reference !== 0) handleBytes.free(reference)
    inodes.set(slot, InodeWord.HANDLE, 0)
    inodes.dropFlags(slot, InodeFlag.HANDLE_IMPLIED)
  }

  /** Gives a new inode its handle and descriptor. Returns the descriptor that is left over, or -1. Under the lock. */
  #equip(slot: number, fd: number, stat: Stat, length: number, hold: boolean): number {
    this.#ids.choose(slot)
    this.#store(slot, length)
    return this.#give(slot, fd, stat, hold || !this.#hasHandle(slot))
  }

  /**
   * Gives an inode a descriptor (if `fd` is one): cached, or held where it shall be or must be. Returns the one that
   * is left over (this or another), or -1. Under the lock.
   *
   * Only directories are cached before their first use: names are looked up in them next. Most other inodes are never
   * used after a lookup, and a descriptor would keep the space of a file that the host deletes: it is kept for a moment.
   */
  #give(slot: number, fd: number, stat: Stat, hold: boolean): number {
    const { inodes, cache, fresh } = this.#tables
    if (inodes.get(slot, InodeWord.FD) !== 0) {
      if (hold) cache.keep(slot)
      return fd
    }
    if (fd < 0) return -1
    if (hold && cache.hold(slot, fd)) return -1
    if (!this.#hasHandle(slot)) return fd
    if (!stat.isDirectory) return fresh.put(slot, fd)
    const victim = cache.put(slot, fd)
    if (victim === NO_VICTIM) return -1
    return victim === NO_ROOM ? fd : victim
  }

  /** Caches a descriptor that was kept for the call after a lookup, which this is. Returns one to close, or -1. Under the lock. */
  #adopt(slot: number, fd: number): number {
    const { cache, fresh } = this.#tables
    fresh.leave(slot)
    const victim = cache.put(slot, fd)
    if (victim === NO_ROOM) cache.lend(slot, fd)
    return victim
  }

  /** The call that follows shall find the descriptor that an inode has. Returns one to close, or -1. Under the lock. */
  #lookedUpAgain(slot: number): number {
    const { inodes, fresh } = this.#tables
    if (inodes.has(slot, InodeFlag.FD_FRESH)) return fresh.renew(slot)
    inodes.addFlags(slot, InodeFlag.FD_USED)
    return -1
  }

  #countLookup(slot: number, stat: Stat): void {
    const { inodes } = this.#tables
    inodes.setLookups(slot, inodes.lookups(slot) + 1)
    inodes.set(slot, InodeWord.MODE, stat.mode)
  }

  /** Opens the handle (in the scratch memory) of an inode that is pinned, and gives it the descriptor. */
  #open(slot: number, mount: number, length: number, generation: number): number {
    const mountFd = this.#mounts.fd(mount)
    const { bytes } = this.#handle
    let fd = openByHandleAt(mountFd, bytes, length, O_PATH | O_NOFOLLOW)
    if (fd === EMFILE && this.makeRoom()) fd = openByHandleAt(mountFd, bytes, length, O_PATH | O_NOFOLLOW)
    const hold = fd === ESTALE
    if (hold) fd = this.#openThroughHandle(slot + 1)
    if (fd < 0) {
      this.release(slot + 1)
      return fd
    }
    const { inodes, cache } = this.#tables
    inodes.lock.lock()
    let surplus = -1
    if (inodes.get(slot, InodeWord.GENERATION) !== generation) {
      // Meanwhile its number has become another inode's.
      inodes.lock.unlock()
      close(fd)
      this.release(slot + 1)
      return ESTALE
    }
    if (inodes.get(slot, InodeWord.FD) !== 0) {
      surplus = fd
    } else if (!hold || !cache.hold(slot, fd)) {
      surplus = cache.put(slot, fd)
      if (surplus === NO_ROOM) cache.lend(slot, fd)
    }
    const result = inodes.get(slot, InodeWord.FD) - 1
    inodes.lock.unlock()
    closeIfAny(surplus)
    return result
  }

  /** An O_PATH descriptor of an inode that has no name any more, from a file that is open. ESTALE where none is. */
  #openThroughHandle(node: number): number {
    const index = this.#handles.acquireAny(node)
    if (index < 0) return ESTALE
    const fd = reopen(this.#procFd, this.#handles.fd(index), O_PATH)
    closeIfAny(this.#handles.release(index))
    return fd
  }

  /** Removes an inode that nobody knows or uses. Called under the lock, which it lets go. */
  #remove(slot: number): void {
    const { inodes, cache, mounts } = this.#tables
    if (inodes.has(slot, InodeFlag.LOCKED)) {
      // The lock owners are known by nodeid, so they go before it can be used again.
      inodes.dropFlags(slot, InodeFlag.LOCKED)
      inodes.set(slot, InodeWord.PINS, 1)
      inodes.lock.unlock()
      this.#dropOwners(slot + 1)
      this.release(slot + 1)
      return
    }
    const fd = cache.drop(slot)
    this.#freeHandle(slot)
    this.#ids.drop(slot)
    const mountFd = mounts.release(inodes.get(slot, InodeWord.MOUNT))
    inodes.remove(slot)
    inodes.lock.unlock()
    closeIfAny(fd)
    closeIfAny(mountFd)
  }

  #dropOwners(node: number): void {
    for (let index = this.#owners.acquireAny(node); index >= 0; index = this.#owners.acquireAny(node)) {
      this.#owners.end(index)
      closeIfAny(this.#owners.release(index))
    }
  }
}
