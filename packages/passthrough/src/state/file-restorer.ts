import { Errno, StateError } from '@fb/api'
import {
  close,
  F_RDLCK,
  F_WRLCK,
  O_ACCMODE,
  O_APPEND,
  O_DIRECT,
  O_DSYNC,
  O_NOATIME,
  O_RDONLY,
  O_SYNC,
} from '@fb/sys'
import { closeIfAny } from '../descriptors.js'
import type { Host } from '../host.js'
import { DIRECTORY_FLAGS, openDirectory } from '../ops/directories.js'
import { openForLocks } from '../ops/locks.js'
import { fileFlags, openFile, typeError } from '../ops/open.js'
import { HandleFlag } from '../tables/handle-table.js'
import type { Losses } from './losses.js'
import type { PieceReader } from './piece-reader.js'
import { take } from './save-locks.js'

const EROFS = -Errno.EROFS.errno
const EINVAL = -Errno.EINVAL.errno
const EPERM = -Errno.EPERM.errno
const ENOLCK = -Errno.ENOLCK.errno
/** The end of the longest file, which no lock goes beyond. */
const LONGEST_FILE = 2n ** 63n - 1n
/** Flags that an open file may have: none makes, empties or follows anything. */
const KEPT = O_ACCMODE | O_APPEND | O_SYNC | O_DSYNC | O_DIRECT | O_NOATIME

/** Opens the files and takes the locks of a state again. */
export class FileRestorer {
  /** How many files and locks there were, those that are lost included. */
  files = 0
  locks = 0
  readonly #host: Host
  readonly #losses: Losses

  constructor(host: Host, losses: Losses) {
    this.#host = host
    this.#losses = losses
  }

  /** Opens a file or a directory, and gives it the number that it had. */
  file(record: PieceReader): void {
    const index = record.u32()
    const generation = record.u32()
    const node = this.#nodeOf(record)
    let flags = record.u32() & KEPT
    const isDirectory = record.u8() === 1
    this.files += 1
    let fd = isDirectory ? this.#openDirectory(node) : this.#open(node, flags)
    if (fd === EINVAL && (flags & O_DIRECT) !== 0) {
      // Another file system may not have direct I/O, which nobody can tell from the data.
      flags &= ~O_DIRECT
      fd = this.#open(node, flags)
    }
    if (fd === EPERM && !isDirectory) {
      // It may only be appended to by now (chattr +a).
      flags |= O_APPEND
      fd = this.#open(node, flags)
    }
    if (fd < 0) return this.#losses.add(`an open file of node ${node}`, -fd)
    const { handles } = this.#host
    const taken = isDirectory
      ? handles.restore(index, generation, fd, node, DIRECTORY_FLAGS, HandleFlag.DIRECTORY)
      : handles.restore(index, generation, fd, node, flags, fileFlags(this.#host, node))
    if (taken) return
    close(fd)
    throw new StateError(
      index < handles.capacity
        ? `the state has open file ${index} twice`
        : `the state has open file ${index}, and only ${handles.capacity} may be open here`,
    )
  }

  /** Takes a POSIX lock for its owner. */
  posixLock(record: PieceReader): void {
    const { owners, nodes } = this.#host
    const node = this.#nodeOf(record)
    const owner = record.u64()
    const handle = this.#handleOf(record, node)
    const pid = record.u32()
    const type = lockType(record)
    const [start, length] = [record.u64(), record.u64()]
    if (start > LONGEST_FILE || length > LONGEST_FILE - start + 1n) {
      throw new StateError(`the state has a lock of ${length} bytes from ${start} on`)
    }
    this.locks += 1
    const pair = this.#pair(node, owner, handle, type)
    let result = pair
    if (pair >= 0) {
      owners.setPid(pair, pid)
      nodes.markLocked(node)
      result = take({ flock: false, fd: owners.fd(pair), type, start, length })
      closeIfAny(owners.release(pair))
    }
    if (result < 0) this.#losses.add(`a lock on node ${node}`, -result)
  }

  /** Takes the lock of an open file. */
  flock(record: PieceReader): void {
    const { handles } = this.#host
    const index = record.u32()
    const type = lockType(record)
    this.locks += 1
    if (index >= handles.highWater || handles.node(index) === 0) {
      return this.#losses.add(`the lock of open file ${index}`, Errno.EBADF)
    }
    const result = take({ flock: true, fd: handles.fd(index), type, start: 0n, length: 0n })
    if (result < 0) this.#losses.add(`the lock of an open file of node ${handles.node(index)}`, -result)
  }

  #nodeOf(record: PieceReader): number {
    const node = record.u32()
    if (this.#host.tables.inodes.slotOf(node) < 0) {
      throw new StateError(`the state has a file or lock of node ${node}, and no such node`)
    }
    return node
  }

  /** The open file through which a lock was taken: it goes when that is released. -1 where it is lost, or was not known. */
  #handleOf(record: PieceReader, node: number): number {
    const { handles } = this.#host
    const index = record.u32()
    return index < handles.highWater && handles.node(index) === node ? index : -1
  }

  #openDirectory(node: number): number {
    const { nodes } = this.#host
    const path = nodes.acquire(node)
    if (path < 0) return path
    const fd = openDirectory(this.#host, path)
    nodes.release(node)
    return fd
  }

  #open(node: number, flags: number): number {
    const { nodes, options } = this.#host
    if (options.readOnly && (flags & O_ACCMODE) !== O_RDONLY) return EROFS
    const path = nodes.acquire(node)
    if (path < 0) return path
    const type = typeError(nodes.mode(node))
    const fd = type < 0 ? type : openFile(this.#host, path, flags)
    nodes.release(node)
    return fd
  }

  /** The record of a lock owner, acquired; or a negative errno. */
  #pair(node: number, owner: bigint, handle: number, type: number): number {
    const { owners, nodes, handles } = this.#host
    const known = owners.acquire(node, owner)
    if (known >= 0) return known
    const path = nodes.acquire(node)
    if (path < 0) return path
    const wrongType = typeError(nodes.mode(node))
    const fd = wrongType < 0 ? wrongType : openForLocks(this.#host, path, type)
    nodes.release(node)
    if (fd < 0) return fd
    const pair = owners.add(node, owner, fd, handle)
    if (pair >= 0 && handle >= 0) handles.addFlags(handle, HandleFlag.LOCKED)
    if (pair >= 0) return pair
    close(fd)
    return ENOLCK
  }
}

function lockType(record: PieceReader): number {
  const type = record.u8()
  if (type !== F_RDLCK && type !== F_WRLCK) throw new StateError(`the state has a lock of type ${type}`)
  return type
}
