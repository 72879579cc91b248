import { FuseOutHeader } from '@fb/abi'
import type { ReplyBuffer, TransportRequest } from '../transport.js'
import type { OutgoingReply } from './format-reply.js'

const HEADER = FuseOutHeader.size

/** Told how a request ends: `reply` is `undefined` where it was dropped. Called before the reply is sent. */
export type OnEnd = (reply: OutgoingReply | undefined) => (delivered: boolean) => void

/** Passes a request through and tells how it ends. */
export class TracedRequest implements TransportRequest {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly available: number
  readonly length: number
  readonly replyCapacity: number
  readonly reply: ReplyBuffer
  readonly callerProcess: TransportRequest['callerProcess']
  readonly #inner: TransportRequest
  readonly #onEnd: OnEnd

  constructor(inner: TransportRequest, onEnd: OnEnd) {
    this.bytes = inner.bytes
    this.view = inner.view
    this.available = inner.available
    this.length = inner.length
    this.replyCapacity = inner.replyCapacity
    this.reply = inner.reply
    this.callerProcess = inner.callerProcess
    this.#inner = inner
    this.#onEnd = onEnd
  }

  send(length: number): boolean {
    const { buffer, byteOffset } = this.reply.view
    const body = new DataView(buffer, byteOffset + HEADER, length - HEADER)
    return this.#end(body, length - HEADER, () => this.#inner.send(length))
  }

  sendWith(data: Uint8Array): boolean {
    const body = new DataView(data.buffer, data.byteOffset, data.length)
    return this.#end(body, data.length, () => this.#inner.sendWith(data))
  }

  sendData(size: number): boolean {
    return this.#end(undefined, size, () => this.#inner.sendData(size))
  }

  drop(): void {
    const done = this.#onEnd(undefined)
    this.#inner.drop()
    done(true)
  }

  retain(): void {
    this.#inner.retain()
  }

  dataFromFd(fd: number, offset: number, size: number, flags?: number): number {
    return this.#inner.dataFromFd(fd, offset, size, flags)
  }

  dataFromFdAsync(fd: number, offset: number, size: number): Promise<number> {
    return this.#inner.dataFromFdAsync(fd, offset, size)
  }

  dataBuffer(size: number): Uint8Array {
    return this.#inner.dataBuffer(size)
  }

  payloadToFd(
    start: number,
    size: number,
    fd: number,
    offset: number,
    flags: number,
    killPriv: boolean,
  ): number {
    return this.#inner.payloadToFd(start, size, fd, offset, flags, killPriv)
  }

  payloadToFdAsync(
    start: number,
    size: number,
    fd: number,
    offset: number,
    flags: number,
    killPriv: boolean,
  ): Promise<number> {
    return this.#inner.payloadToFdAsync(start, size, fd, offset, flags, killPriv)
  }

  payloadBytes(start: number, size: number): Uint8Array {
    return this.#inner.payloadBytes(start, size)
  }

  #end(body: DataView | undefined, size: number, send: () => boolean): boolean {
    const error = this.reply.view.getInt32(FuseOutHeader.offsets.error, true)
    const done = this.#onEnd({ error, size, body })
    const delivered = send()
    done(delivered)
    return delivered
  }
}
