import { FuseInHeader, FuseOutHeader, FuseWriteIn, Opcode } from '@fb/abi'
import type { ReplyBuffer, TransportRequest } from '../transport.js'
import type { ContractViolation } from './contract-violation.js'
import { readAt, readAtLater, writeAt, writeAtLater } from './file-io.js'

const HEADER = FuseOutHeader.size
const WRITE_ARGUMENTS = FuseInHeader.size + FuseWriteIn.size

/**
 * What memory holds before anybody wrote it, and after a request has ended: a reply that shows it has leaked
 * stale bytes, and a name that turns into it was kept for longer than it was valid.
 */
export const POISON = 0xa5

/** How one request is carried; the channel has defaults. */
export interface MemoryRequestOptions {
  /** Bytes that the client can take as reply, header included. Default 1 MiB and a page. */
  replyCapacity?: number
  /**
   * Keep the payload of WRITE out of `bytes`, as a transport does that leaves it in the memory of a guest:
   * `available` is less than `length`. Default false.
   */
  payloadOutside?: boolean
}

/** What a request needs to know of its channel. */
export interface RequestHost {
  /** Whether the client is still there to take a reply. */
  readonly connected: boolean
  readonly reply: ReplyBuffer
  /** Keeps a violation where the channel throws it again, and returns it. */
  violated(message: string): ContractViolation
}

/** How a request ended, or that it has not. */
export type RequestState = 'open' | 'replied' | 'dropped' | 'lost'

/** One request over plain memory, which holds the server to the rules of {@link TransportRequest}. */
export class MemoryRequest implements TransportRequest {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly available: number
  readonly length: number
  readonly replyCapacity: number
  readonly reply: ReplyBuffer
  /** The reply, or `undefined` where there was none or nobody was there to take it. Never rejects. */
  readonly settled: Promise<Uint8Array | undefined>
  readonly #host: RequestHost
  readonly #message: Uint8Array
  #settle: (reply: Uint8Array | undefined) => void = () => {}
  #data: Uint8Array | undefined
  #answer: Uint8Array | undefined
  #retained = false
  #state: RequestState = 'open'

  /** @param message the request; copied, so that it may be reused. */
  constructor(host: RequestHost, message: Uint8Array, options: Required<MemoryRequestOptions>) {
    this.#host = host
    this.#message = message.slice()
    this.length = message.length
    this.available = options.payloadOutside ? inlineLength(message) : message.length
    this.bytes = this.#message.slice(0, this.available)
    this.view = new DataView(this.bytes.buffer)
    this.replyCapacity = options.replyCapacity
    this.reply = host.reply
    this.settled = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  /** How it ended: replied, dropped (no reply is due), or lost (replied to a client that is gone). */
  get state(): RequestState {
    return this.#state
  }

  /** The reply, once it has come and somebody was there to take it. */
  get answer(): Uint8Array | undefined {
    return this.#answer
  }

  /** Whether the server has said that the reply comes later. */
  get retained(): boolean {
    return this.#retained
  }

  send(length: number): boolean {
    if (length > this.reply.bytes.length) {
      throw this.#violated(`a reply of ${length} bytes is longer than the reply buffer`)
    }
    return this.#deliver(this.reply.bytes.subarray(HEADER, length))
  }

  sendWith(data: Uint8Array): boolean {
    return this.#deliver(data)
  }

  sendData(size: number): boolean {
    const data = this.#data ?? new Uint8Array(0)
    if (size > data.length) throw this.#violated(`${size} bytes of a data area of ${data.length} were sent`)
    return this.#deliver(data.subarray(0, size))
  }

  drop(): void {
    this.#end('dropped', undefined)
  }

  retain(): void {
    this.#retained = true
  }

  dataFromFd(fd: number, offset: number, size: number): number {
    return readAt(fd, this.#area(size), offset)
  }

  dataFromFdAsync(fd: number, offset: number, size: number): Promise<number> {
    return readAtLater(fd, this.#area(size), offset)
  }

  dataBuffer(size: number): Uint8Array {
    return this.#area(size).fill(0)
  }

  payloadToFd(
    start: number,
    size: number,
    fd: number,
    offset: number,
    flags: number,
    killPriv: boolean,
  ): number {
    return writeAt(fd, this.#payload(start, size), offset, flags, killPriv)
  }

  payloadToFdAsync(
    start: number,
    size: number,
    fd: number,
    offset: number,
    flags: number,
    killPriv: boolean,
  ): Promise<number> {
    return writeAtLater(fd, this.#payload(start, size), offset, flags, killPriv)
  }

  payloadBytes(start: number, size: number): Uint8Array {
    return this.#payload(start, size)
  }

  /** The payload, which is not in `bytes` where it is kept outside. */
  #payload(start: number, size: number): Uint8Array {
    if (start + size > this.length) {
      throw this.#violated(`a payload of ${size} bytes at ${start} is not in a request of ${this.length}`)
    }
    return this.#message.subarray(start, start + size)
  }

  /** The data area: poisoned until it is filled, and never more than the client can take. */
  #area(size: number): Uint8Array {
    if (HEADER + size > this.replyCapacity) {
      throw this.#violated(`a data area of ${size} bytes is more than the client can take`)
    }
    if (this.#data === undefined || this.#data.length < size) this.#data = new Uint8Array(size).fill(POISON)
    return this.#data.subarray(0, size)
  }

  #deliver(body: Uint8Array): boolean {
    const { view, bytes } = this.reply
    const length = HEADER + body.length
    const stated = view.getUint32(FuseOutHeader.offsets.len, true)
    if (stated !== length) throw this.#violated(`a reply of ${length} bytes says that it has ${stated}`)
    if (length > this.replyCapacity) {
      throw this.#violated(`a reply of ${length} bytes is more than the ${this.replyCapacity} that fit`)
    }
    const { connected } = this.#host
    const reply = new Uint8Array(length)
    reply.set(bytes.subarray(0, HEADER))
    reply.set(body, HEADER)
    this.#end(connected ? 'replied' : 'lost', connected ? reply : undefined)
    return connected
  }

  #end(state: RequestState, reply: Uint8Array | undefined): void {
    if (this.#state !== 'open') {
      throw this.#violated(`a request that was already ${this.#state} was ${state} as well`)
    }
    this.#state = state
    this.#answer = reply
    this.#settle(reply)
  }

  /** Ends a request that broke the rules, so that nobody waits for it. */
  #violated(message: string): ContractViolation {
    if (this.#state === 'open') this.#end('lost', undefined)
    return this.#host.violated(message)
  }

  /** Makes the request's memory unusable, as a transport does that reads the next request into it. */
  expire(): void {
    this.bytes.fill(POISON)
    this.#message.fill(POISON)
  }
}

/** Bytes of a request without the payload of WRITE. */
function inlineLength(message: Uint8Array): number {
  if (message.length <= WRITE_ARGUMENTS) return message.length
  const view = new DataView(message.buffer, message.byteOffset, message.length)
  return view.getUint32(FuseInHeader.offsets.opcode, true) === Opcode.WRITE ? WRITE_ARGUMENTS : message.length
}
