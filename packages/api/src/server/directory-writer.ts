import { encodeDirent, encodeDirentplus, FuseOutHeader } from '@fb/abi'
import type { DirectorySink } from '../directory-sink.js'
import type { Entry } from '../file-system.js'
import type { ReplyBuffer } from '../transport.js'
import { NO_ENTRY, toEntryOut } from './reply.js'

const ENCODER = new TextEncoder()
const S_IFMT_SHIFT = 12

/**
 * Packs directory entries into a reply. It begins in the shared reply buffer; when the answer comes later
 * (`detach`), what is there moves to memory of its own, because other requests use the shared one meanwhile.
 */
export class DirectoryWriter implements DirectorySink {
  #buffer!: ReplyBuffer
  #at = 0
  #end = 0
  #plus = false
  #own = false

  /** Begins a reply of at most `size` bytes behind the header in `buffer`. */
  begin(buffer: ReplyBuffer, size: number, plus: boolean): this {
    this.#buffer = buffer
    this.#at = FuseOutHeader.size
    this.#end = Math.min(FuseOutHeader.size + size, buffer.bytes.length)
    this.#plus = plus
    this.#own = false
    return this
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

  /** Where the encoded entries are, to walk over them. */
  get encoded(): { view: DataView; start: number; end: number } {
    return { view: this.#buffer.view, start: FuseOutHeader.size, end: this.#at }
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
    const bytes = typeof name === 'string' ? ENCODER.encode(name) : name
    const { view, bytes: into } = this.#buffer
    const next = this.#plus
      ? encodeDirentplus(view, into, this.#at, this.#end, ino, cookie, type, bytes, NO_ENTRY)
      : encodeDirent(view, into, this.#at, this.#end, ino, cookie, type, bytes)
    return this.#advance(next)
  }

  addPlus(name: Uint8Array | string, entry: Entry, cookie: bigint): boolean {
    const type = entry.attr.mode >>> S_IFMT_SHIFT
    if (!this.#plus) return this.add(name, entry.attr.ino, type, cookie)
    const bytes = typeof name === 'string' ? ENCODER.encode(name) : name
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
    if (next < 0) return false
    this.#at = next
    return true
  }
}
