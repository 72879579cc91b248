import { FUSE_NAME_OFFSET, FUSE_NAME_OFFSET_DIRENTPLUS } from '@fb/abi'
import type { DirectorySink, Entry, ReadSink, WriteSource } from '@fb/api'
import { preadFlags, pwriteFlags } from '@fb/sys'
import type { HostEntry, SinkNumbers, SourceNumbers } from './messages.js'

const ALIGNMENT = 8

/** READ into the memory of this thread. */
export class ThreadSink implements ReadSink {
  readonly size: number
  readonly flags: number
  readonly lockOwner: bigint
  readonly #data: Uint8Array

  constructor(data: Uint8Array, size: number, { flags, lockOwner }: SinkNumbers) {
    this.#data = data
    this.size = size
    this.flags = flags
    this.lockOwner = lockOwner
  }

  fromFd(fd: number, offset: number, flags = 0): number {
    return preadFlags(fd, this.#data, 0, this.size, offset, flags)
  }

  async fromFdAsync(fd: number, offset: number): Promise<number> {
    return this.fromFd(fd, offset)
  }

  buffer(): Uint8Array {
    return this.#data.subarray(0, this.size).fill(0)
  }
}

/** WRITE from the memory of this thread. */
export class ThreadSource implements WriteSource {
  readonly size: number
  readonly flags: number
  readonly writeFlags: number
  readonly lockOwner: bigint
  readonly #data: Uint8Array

  constructor(data: Uint8Array, size: number, { flags, writeFlags, lockOwner }: SourceNumbers) {
    this.#data = data
    this.size = size
    this.flags = flags
    this.writeFlags = writeFlags
    this.lockOwner = lockOwner
  }

  toFd(fd: number, offset: number, flags = 0, killPriv = false): number {
    return pwriteFlags(fd, this.#data, 0, this.size, offset, flags, killPriv)
  }

  async toFdAsync(fd: number, offset: number, flags = 0, killPriv = false): Promise<number> {
    return this.toFd(fd, offset, flags, killPriv)
  }

  bytes(): Uint8Array {
    return this.#data.subarray(0, this.size)
  }
}

/** Keeps the entries of a directory for the sink of another thread. */
export class ThreadList implements DirectorySink {
  readonly entries: HostEntry[] = []
  remaining: number

  constructor(size: number) {
    this.remaining = size
  }

  add(name: Uint8Array, ino: number | bigint, type: number, cookie: bigint): boolean {
    if (!this.#take(FUSE_NAME_OFFSET, name)) return false
    this.entries.push({ kind: 'add', args: [name.slice(), ino, type, cookie] })
    return true
  }

  addPlus(name: Uint8Array, entry: Entry, cookie: bigint): boolean {
    if (!this.#take(FUSE_NAME_OFFSET_DIRENTPLUS, name)) return false
    this.entries.push({ kind: 'plus', args: [name.slice(), structuredClone(entry), cookie] })
    return true
  }

  #take(offset: number, name: Uint8Array): boolean {
    const bytes = Math.ceil((offset + name.length) / ALIGNMENT) * ALIGNMENT
    if (bytes > this.remaining) return false
    this.remaining -= bytes
    return true
  }
}
