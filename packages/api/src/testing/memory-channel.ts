import { FuseOutHeader } from '@fb/abi'
import { MIN_REPLY_BUFFER, type ReplyBuffer, type TransportRequest } from '../transport.js'
import { ContractViolation } from './contract-violation.js'
import { MemoryRequest, type MemoryRequestOptions, POISON, type RequestHost } from './memory-request.js'

const DEFAULT_REPLY_CAPACITY = FuseOutHeader.size + 1024 * 1024 + 4096

/** What a channel feeds: a `Server`, or something that wraps one. */
export interface RequestHandler {
  handle(request: TransportRequest): void
}

/**
 * A transport over plain memory: give it the bytes of a request and get the bytes of the reply. It needs no
 * kernel and no root, and it is stricter than a kernel: every breach of the rules of {@link TransportRequest} is
 * thrown as a {@link ContractViolation}, memory that nobody wrote is poisoned, and so is a request once it has ended.
 */
export class MemoryChannel implements RequestHost {
  /** Set to false to play a client that is gone: replies are lost, `send` returns false. */
  connected = true
  readonly reply: ReplyBuffer
  /** Every violation so far; `submit` throws the first of them, also when it happened later. */
  readonly violations: ContractViolation[] = []
  readonly #handler: RequestHandler
  readonly #defaults: Required<MemoryRequestOptions>

  constructor(handler: RequestHandler, options: MemoryRequestOptions = {}) {
    this.#handler = handler
    this.#defaults = { replyCapacity: DEFAULT_REPLY_CAPACITY, payloadOutside: false, ...options }
    const bytes = new Uint8Array(MIN_REPLY_BUFFER).fill(POISON)
    this.reply = { bytes, view: new DataView(bytes.buffer) }
  }

  /**
   * Hands one request to the server. When this returns it has been answered or is retained.
   * Throws {@link ContractViolation}, also for one of an earlier request.
   */
  submit(message: Uint8Array, options: MemoryRequestOptions = {}): MemoryRequest {
    const request = new MemoryRequest(this, message, { ...this.#defaults, ...options })
    this.reply.bytes.fill(POISON)
    this.#handler.handle(request)
    if (request.state === 'open' && !request.retained) {
      this.violated('a request was neither answered nor retained')
    }
    this.check()
    if (request.state !== 'open') request.expire()
    else void request.settled.then(() => request.expire())
    return request
  }

  /** Throws the first {@link ContractViolation} where there was one. */
  check(): void {
    const [first] = this.violations
    if (first !== undefined) throw first
  }

  violated(message: string): ContractViolation {
    const violation = new ContractViolation(message)
    this.violations.push(violation)
    return violation
  }
}
