import { getdents64, lseekBig, SEEK_SET } from '@fb/sys'
import { type HandleTable, HandleWord } from './tables/handle-table.js'

/** Most bytes read from the host at once: about a thousand entries. */
const BUFFER_BYTES = 32 * 1024
/** Lists that are remembered per thread. One more costs another reading, never an entry. */
const MAX_BUFFERS = 64
/** Unused ones that are kept for the next directory. */
const MAX_UNUSED = 8

/** Fields of `struct linux_dirent64` (getdents64(2)). */
const D_INO = 0
const D_OFF = 8
const D_RECLEN = 16
const D_TYPE = 18
const D_NAME = 19

/** Bytes of the entry with the longest name. */
const LARGEST_ENTRY = 280

/** Largest position that lseek(2) takes. */
const MAX_SEEK = 2n ** 63n - 1n

/**
 * A part of one open directory as the host listed it: the entries behind `cookie`, the first of which is at `at`.
 * Positions are the host's own (`d_off`), so they stay valid while names come and go.
 */
export class DirectoryBuffer {
  readonly bytes = new Uint8Array(BUFFER_BYTES)
  readonly #view = new DataView(this.bytes.buffer)
  #epoch = -1
  #start = 0n
  #length = 0
  #at = 0
  #cookie = 0n
  #first = BUFFER_BYTES

  /** Forgets what was read. */
  reset(): void {
    this.#epoch = -1
    this.#length = 0
    this.#at = 0
  }

  /**
   * Stands behind `cookie` (0: at the start, where the list is read anew). Returns 1 where an entry is there, 0 at the
   * end, or a negative errno. `index` is the acquired record of the open directory. No more than `size` bytes are read of
   * the start: who asks for little there may want no more.
   */
  seek(handles: HandleTable, index: number, cookie: bigint, size: number): number {
    this.#first = Math.min(BUFFER_BYTES, Math.max(size, LARGEST_ENTRY))
    if (cookie === 0n || this.#epoch !== handles.get(index, HandleWord.EPOCH) || !this.#find(cookie)) {
      return this.#read(handles, index, cookie)
    }
    return this.#at < this.#length ? 1 : this.#read(handles, index, cookie)
  }

  /** Goes on to the next entry. Results as of `seek`. */
  next(handles: HandleTable, index: number): number {
    this.#cookie = this.cookie
    this.#at += this.#view.getUint16(this.#at + D_RECLEN, true)
    return this.#at < this.#length ? 1 : this.#read(handles, index, this.#cookie)
  }

  /** Of the entry at hand: the position behind it. */
  get cookie(): bigint {
    return this.#view.getBigUint64(this.#at + D_OFF, true)
  }

  get inoLow(): number {
    return this.#view.getUint32(this.#at + D_INO, true)
  }

  get inoHigh(): number {
    return this.#view.getUint32(this.#at + D_INO + 4, true)
  }

  /** DT_* value. */
  get type(): number {
    return this.bytes[this.#at + D_TYPE] as number
  }

  /** The name: a view, valid until the buffer moves on. */
  get name(): Uint8Array {
    const start = this.#at + D_NAME
    return this.bytes.subarray(start, this.bytes.indexOf(0, start))
  }

  /** Stands behind `cookie` if that is within what was read. */
  #find(cookie: bigint): boolean {
    if (this.#cookie === cookie) return true
    let at = 0
    let before = this.#start
    while (at <= this.#length) {
      if (before === cookie) {
        this.#at = at
        this.#cookie = cookie
        return true
      }
      if (at === this.#length) return false
      before = this.#view.getBigUint64(at + D_OFF, true)
      at += this.#view.getUint16(at + D_RECLEN, true)
    }
    return false
  }

  /** Reads what is behind `cookie` on the host. */
  #read(handles: HandleTable, index: number, cookie: bigint): number {
    const lock = handles.directoryLock(index)
    lock.lock()
    const result = this.#readLocked(handles, index, cookie)
    lock.unlock()
    return result
  }

  #readLocked(handles: HandleTable, index: number, cookie: bigint): number {
    const fd = handles.fd(index)
    const epoch = handles.get(index, HandleWord.EPOCH)
    if (cookie === 0n) handles.set(index, HandleWord.EPOCH, (epoch + 1) | 0)
    this.#epoch = handles.get(index, HandleWord.EPOCH)
    // A descriptor that nobody has read from stands at the start; afterwards a rewind is always made, to see new names.
    const there = position(handles, index) === cookie && (cookie !== 0n || epoch === 0)
    let result = 1
    if (there) {
      result = this.#load(fd, cookie)
    } else if (cookie <= MAX_SEEK) {
      const moved = lseekBig(fd, cookie, SEEK_SET)
      result = moved < 0n ? Number(moved) : this.#load(fd, cookie)
    } else {
      result = this.#scan(fd, cookie)
    }
    setPosition(handles, index, this.#end())
    return result
  }

  /** Takes what getdents64(2) gives as the entries behind `cookie`. Results as of `seek`. */
  #load(fd: number, cookie: bigint): number {
    const length = getdents64(fd, this.bytes, 0, cookie === 0n ? this.#first : BUFFER_BYTES)
    this.#start = cookie
    this.#cookie = cookie
    this.#at = 0
    this.#length = Math.max(0, length)
    return Math.min(length, 1)
  }

  /** Reads from the start up to a position that lseek(2) cannot express: some network file systems have such. */
  #scan(fd: number, cookie: bigint): number {
    let result = Number(lseekBig(fd, 0, SEEK_SET))
    let start = 0n
    while (result >= 0) {
      result = this.#load(fd, start)
      if (result <= 0 || (this.#find(cookie) && this.#at < this.#length)) break
      start = this.#end()
    }
    return result
  }

  /** The position behind everything that was read. */
  #end(): bigint {
    let last = this.#start
    for (let at = 0; at < this.#length; at += this.#view.getUint16(at + D_RECLEN, true)) {
      last = this.#view.getBigUint64(at + D_OFF, true)
    }
    return last
  }
}

/** A list, and whose it is. */
interface Use {
  readonly owner: DirectoryBuffers
  readonly fh: number
  readonly buffer: DirectoryBuffer
}

/** The lists of this thread, of all file systems that it serves; what was used longest ago is first. */
const uses = new Set<Use>()
const unused: DirectoryBuffer[] = []

/**
 * The lists of a file system's open directories, by file handle. All file systems of a thread share the memory for them,
 * however many there are.
 */
export class DirectoryBuffers {
  readonly #uses = new Map<number, Use>()

  /** How many there are. */
  get count(): number {
    return this.#uses.size
  }

  /** The list of an open directory, the latest of all from now on. */
  of(fh: number): DirectoryBuffer {
    let use = this.#uses.get(fh)
    if (use === undefined) {
      use = { owner: this, fh, buffer: takeBuffer() }
      this.#uses.set(fh, use)
    } else {
      uses.delete(use)
    }
    uses.add(use)
    return use.buffer
  }

  /** Forgets the list of a directory that is closed. */
  drop(fh: number): void {
    const use = this.#uses.get(fh)
    if (use === undefined) return
    const buffer = this.#end(use)
    if (unused.length < MAX_UNUSED) unused.push(buffer)
  }

  /** Forgets all lists. */
  clear(): void {
    for (const fh of [...this.#uses.keys()]) this.drop(fh)
  }

  /** Takes the list that was used longest ago away from whoever has it. */
  static takeOldest(): DirectoryBuffer | undefined {
    const [oldest] = uses
    return oldest === undefined ? undefined : oldest.owner.#end(oldest)
  }

  #end(use: Use): DirectoryBuffer {
    this.#uses.delete(use.fh)
    uses.delete(use)
    use.buffer.reset()
    return use.buffer
  }
}

function takeBuffer(): DirectoryBuffer {
  const buffer = unused.pop() ?? (uses.size < MAX_BUFFERS ? undefined : DirectoryBuffers.takeOldest())
  return buffer ?? new DirectoryBuffer()
}

/** Where the descriptor of an open directory stands. Under its lock. */
function position(handles: HandleTable, index: number): bigint {
  const high = BigInt(handles.get(index, HandleWord.POSITION_HIGH) >>> 0)
  return (high << 32n) | BigInt(handles.get(index, HandleWord.POSITION_LOW) >>> 0)
}

function setPosition(handles: HandleTable, index: number, cookie: bigint): void {
  handles.set(index, HandleWord.POSITION_LOW, Number(BigInt.asIntN(32, cookie)))
  handles.set(index, HandleWord.POSITION_HIGH, Number(BigInt.asIntN(32, cookie >> 32n)))
}
