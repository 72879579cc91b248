import type { Attr, DirectorySink, Entry, ReadSink, WriteSource } from '@fb/api'
import { preadAsync, preadFlags, pwriteFlags, pwriteFlagsAsync } from '@fb/sys'

/** Takes what a READ gives, as a transport does. */
export class Sink implements ReadSink {
  readonly size: number
  readonly flags: number
  readonly lockOwner = 0n
  readonly bytes: Uint8Array
  /** How the file system asked for the data. */
  readonly calls: string[] = []

  constructor(size: number, flags = 0) {
    this.size = size
    this.flags = flags
    this.bytes = new Uint8Array(size)
  }

  fromFd(fd: number, offset: number, flags = 0): number {
    this.calls.push(flags === 0 ? 'sync' : 'nowait')
    return preadFlags(fd, this.bytes, 0, this.size, offset, flags)
  }

  fromFdAsync(fd: number, offset: number): Promise<number> {
    this.calls.push('async')
    return preadAsync(fd, this.bytes, 0, this.size, offset)
  }

  buffer(): Uint8Array {
    return this.bytes
  }

  text(count: number): string {
    return new TextDecoder().decode(this.bytes.subarray(0, count))
  }
}

/** Has what a WRITE brings, as a transport does. */
export class Source implements WriteSource {
  readonly size: number
  readonly flags: number
  readonly writeFlags: number
  readonly lockOwner = 0n
  readonly calls: string[] = []
  readonly #data: Uint8Array

  constructor(data: Uint8Array | string, flags = 0, writeFlags = 0) {
    this.#data = typeof data === 'string' ? new TextEncoder().encode(data) : data
    this.size = this.#data.length
    this.flags = flags
    this.writeFlags = writeFlags
  }

  toFd(fd: number, offset: number, flags = 0, killPriv = false): number {
    this.calls.push('sync')
    return pwriteFlags(fd, this.#data, 0, this.size, offset, flags, killPriv)
  }

  toFdAsync(fd: number, offset: number, flags = 0, killPriv = false): Promise<number> {
    this.calls.push('async')
    return pwriteFlagsAsync(fd, this.#data, 0, this.size, offset, flags, killPriv)
  }

  bytes(): Uint8Array {
    return this.#data
  }
}

/** One entry of a list. */
export interface Listed {
  readonly name: string
  readonly ino: number | bigint
  readonly type: number
  readonly cookie: bigint
  /** READDIRPLUS: nodeid and attributes; nodeid 0 where it was listed without. */
  readonly nodeid?: number
  readonly attr?: Attr
}

const HEADER = 24
const PLUS_HEADER = 152

/** Takes the entries of one READDIR or READDIRPLUS, as many as fit in `size` bytes. */
export class List implements DirectorySink {
  readonly entries: Listed[] = []
  remaining: number
  readonly #plus: boolean

  constructor(size: number, plus = false) {
    this.remaining = size
    this.#plus = plus
  }

  add(name: Uint8Array | string, ino: number | bigint, type: number, cookie: bigint): boolean {
    if (!this.#take(name)) return false
    this.entries.push({ name: text(name), ino, type, cookie, ...(this.#plus ? { nodeid: 0 } : {}) })
    return true
  }

  addPlus(name: Uint8Array | string, entry: Entry, cookie: bigint): boolean {
    if (!this.#take(name)) return false
    const { nodeid, attr } = entry
    this.entries.push({
      name: text(name),
      ino: attr.ino,
      type: attr.mode >>> 12,
      cookie,
      nodeid,
      attr: { ...attr },
    })
    return true
  }

  #take(name: Uint8Array | string): boolean {
    const size = ((this.#plus ? PLUS_HEADER : HEADER) + name.length + 7) & ~7
    if (size > this.remaining) return false
    this.remaining -= size
    return true
  }
}

function text(name: Uint8Array | string): string {
  return typeof name === 'string' ? name : Buffer.from(name).toString('latin1')
}
