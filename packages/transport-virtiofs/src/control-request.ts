import { FuseOutHeader } from '@fb/abi'
import { Errno, MIN_REPLY_BUFFER, type ReplyBuffer, type TransportRequest } from '@fb/api'

/** Most bytes of a request that concerns all threads: INIT has 104, room for what may be added to it. */
const MOST_BYTES = 4096

/** A request that concerns all threads, as plain data: it goes from the thread that took it to the main one. */
export interface ControlMessage {
  readonly opcode: number
  /** The request, or its first 4096 bytes. */
  readonly bytes: Uint8Array
  /** Bytes that the guest sent. */
  readonly length: number
  /** Bytes that the guest can take as reply. */
  readonly replyCapacity: number
}

/** What has to be known of a request to make a message of it. */
type Source = Pick<TransportRequest, 'bytes' | 'available' | 'length' | 'replyCapacity'> & {
  readonly opcode: number
}

/** A copy of a request. */
export function controlMessage({ opcode, bytes, available, length, replyCapacity }: Source): ControlMessage {
  return { opcode, bytes: bytes.slice(0, Math.min(available, MOST_BYTES)), length, replyCapacity }
}

/** Negative errno in the header of a reply. */
export function errorOf(reply: Uint8Array): number {
  return new DataView(reply.buffer, reply.byteOffset).getInt32(FuseOutHeader.offsets.error, true)
}

/** A reply that says no to a request. */
export function refusal({ bytes }: ControlMessage, errno: Errno): Uint8Array {
  const reply = new Uint8Array(FuseOutHeader.size)
  const view = new DataView(reply.buffer)
  const [length, unique] = [FuseOutHeader.offsets.len, FuseOutHeader.offsets.uniqueLow]
  view.setUint32(length, reply.length, true)
  view.setInt32(FuseOutHeader.offsets.error, -errno.errno, true)
  // Both headers have the number of the request at the same place.
  reply.set(bytes.subarray(unique, unique + 8), unique)
  return reply
}

const scratch = new Uint8Array(MIN_REPLY_BUFFER)
const reply: ReplyBuffer = { bytes: scratch, view: new DataView(scratch.buffer) }

/** A {@link ControlMessage} on its way through a `Server`. It has no data and takes none. */
export class ControlRequest implements TransportRequest {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly available: number
  readonly length: number
  readonly replyCapacity: number
  readonly reply: ReplyBuffer = reply
  /** The reply; `undefined` where there is none. */
  readonly answered: Promise<Uint8Array | undefined>
  #resolve: (reply: Uint8Array | undefined) => void = () => {}

  constructor({ bytes, length, replyCapacity }: ControlMessage) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.available = bytes.length
    this.length = length
    this.replyCapacity = replyCapacity
    this.answered = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  send(length: number): boolean {
    this.#resolve(this.reply.bytes.slice(0, length))
    return true
  }

  sendWith(data: Uint8Array): boolean {
    return this.send(FuseOutHeader.size) && data.length === 0
  }

  sendData(size: number): boolean {
    return this.send(FuseOutHeader.size) && size === 0
  }

  drop(): void {
    this.#resolve(undefined)
  }

  retain(): void {}

  dataFromFd(): number {
    return -Errno.EOPNOTSUPP.errno
  }

  dataFromFdAsync(): Promise<number> {
    return Promise.resolve(this.dataFromFd())
  }

  dataBuffer(size: number): Uint8Array {
    return new Uint8Array(size)
  }

  payloadToFd(): number {
    return -Errno.EOPNOTSUPP.errno
  }

  payloadToFdAsync(): Promise<number> {
    return Promise.resolve(this.payloadToFd())
  }

  payloadBytes(): Uint8Array {
    return new Uint8Array(0)
  }
}
