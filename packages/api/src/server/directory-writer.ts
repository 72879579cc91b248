import { decodeDirentplus, encodeDirent, encodeDirentplus, FuseOutHeader } from '@fb/abi'
import type { DirectorySink } from '../directory-sink.js'
import type { Entry } from '../file-system.js'
import type { ReplyBuffer } from '../transport.js'
import { InvalidReplyError, NO_ENTRY, toEntryOut } from './reply.js'

const ENCODER = new TextEncoder()
const S_IFMT_SHIFT = 12
/** FUSE_NAME_MAX (fs/fuse/fuse_i.h): the kernel fails the whole list for a longer name, and for an empty one. */
const MAX_NAME = 1024

/**
 * Packs directory entries into a reply. It begins in the shared reply buffer; when the answer comes later
 * (`detach`), what is there moves to memory of its own, because other requests use the shared one meanwhile.
 */
export class DirectoryWriter implements DirectorySink {
  readonly #plus: boolean
  #buffer: ReplyBuffer
  #at: number = FuseOutHeader.size
  #end: number
  #own = false
  #refused = false

  /** Begins a reply of at most `size` bytes behind the header in `buffer`. */
  constructor(buffer: ReplyBuffer, size: number, plus: boolean) {
    this.#buffer = buffer
    this.#end = Math.min(FuseOutHeader.size + size, buffer.bytes.length)
    this.#plus = plus
  }

  get remaining(): number {
    return this.#end - this.#at
  }

  /** Bytes of the reply so far, header included. */
  get length(): number {
    return this.#at
  }

  /** The entries, where they are no longer in the shared buffer. */
  get detached(): Uint8Array | undefined {
    return this.#own ? this.#buffer.bytes.subarray(FuseOutHeader.size, this.#at) : undefined
  }

  /** Whether not even the first entry fitted. An empty list would say that the directory ends here. */
  get tooSmall(): boolean {
    return this.#refused && this.#at === FuseOutHeader.size
  }

  /** Ends the list: no entry fits from now on. */
  end(): void {
    this.#end = this.#at
  }

  /** Ends the list and gives the nodes in it that count as looked up, once. */
  takeNodes(): number[] {
    const nodes: number[] = []
    if (this.#plus) {
      for (const { entry } of decodeDirentplus(this.#buffer.view, FuseOutHeader.size, this.#at)) {
        if (entry.nodeid !== 0) nodes.push(entry.nodeid)
      }
    }
    this.#at = FuseOutHeader.size
    this.end()
    return nodes
  }

  /** Moves what was added so far out of the shared buffer. */
  detach(): void {
    if (this.#own) return
    const bytes = new Uint8Array(this.#end)
    bytes.set(this.#buffer.bytes.subarray(0, this.#at))
    this.#buffer = { bytes, view: new DataView(bytes.buffer) }
    this.#own = true
  }

  add(name: Uint8Array | string, ino: number | bigint, type: number, cookie: bigint): boolean {
    const bytes = nameBytes(name)
    const { view, bytes: into } = this.#buffer
    const next = this.#plus
      ? encodeDirentplus(view, into, this.#at, this.#end, ino, cookie, type, bytes, NO_ENTRY)
      : encodeDirent(view, into, this.#at, this.#end, ino, cookie, type, bytes)
    return this.#advance(next)
  }

  addPlus(name: Uint8Array | string, entry: Entry, cookie: bigint): boolean {
    const type = entry.attr.mode >>> S_IFMT_SHIFT
    if (!this.#plus) return this.add(name, entry.attr.ino, type, cookie)
    const bytes = nameBytes(name)
    const { view, bytes: into } = this.#buffer
    return this.#advance(
      encodeDirentplus(
        view,
        into,
        this.#at,
        this.#end,
        entry.attr.ino,
        cookie,
        type,
        bytes,
        toEntryOut(entry),
      ),
    )
  }

  #advance(next: number): boolean {
    if (next < 0) {
      this.#refused = true
      return false
    }
    this.#at = next
    return true
  }
}

function nameBytes(name: Uint8Array | string): Uint8Array {
  const bytes = typeof name === 'string' ? ENCODER.encode(name) : name
  if (bytes.length === 0 || bytes.length > MAX_NAME) {
    throw new InvalidReplyError(`a name in a list has 1...${MAX_NAME} bytes, not ${bytes.length}`)
  }
  return bytes
}
