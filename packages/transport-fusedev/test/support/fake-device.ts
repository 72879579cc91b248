import { FuseInHeader, FuseOutHeader } from '@fb/abi'
import { check, close, read, socketpair, write } from '@fb/sys'

/** Byte streams in place of `/dev/fuse`: what the server's end reads are requests, what it writes are replies. */
export class FakeDevice {
  /** The end for a channel, which closes it. */
  readonly fd: number
  readonly #kernel: number

  constructor() {
    const ends = new Int32Array(2)
    check(socketpair(ends), 'socketpair')
    this.fd = ends[0] as number
    this.#kernel = ends[1] as number
  }

  /** Sends a request of `opcode` with `body`. */
  request(unique: number, opcode: number, body = new Uint8Array(0), uid = 0): void {
    const message = new Uint8Array(FuseInHeader.size + body.length)
    const header = FuseInHeader.create()
    Object.assign(header, { len: message.length, opcode, uniqueLow: unique, uid })
    FuseInHeader.encode(new DataView(message.buffer), 0, header)
    message.set(body, FuseInHeader.size)
    check(write(this.#kernel, message, 0, message.length), 'write')
  }

  /** The next reply: its header, and what follows. */
  reply(): { unique: number; error: number; body: Uint8Array } {
    const header = new Uint8Array(FuseOutHeader.size)
    this.#fill(header)
    const view = new DataView(header.buffer)
    const { len, error, uniqueLow } = FuseOutHeader.decode(view, 0, FuseOutHeader.create())
    const body = new Uint8Array(len - FuseOutHeader.size)
    this.#fill(body)
    return { unique: uniqueLow, error, body }
  }

  close(): void {
    close(this.#kernel)
  }

  #fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      at += check(read(this.#kernel, bytes, at, bytes.length - at), 'read')
    }
  }
}
