import { FuseInHeader, FuseOutHeader, InitFlag, Opcode, parseExtensions } from '@fb/abi'
import type { ConnectionLimits, Negotiated } from './connection.js'
import { Errno } from './errno.js'
import type { CacheWindow, FileSystem } from './file-system.js'
import { type Logger, quietLogger } from './logger.js'
import type { Notifier } from './notifier.js'
import { Call } from './server/call.js'
import { Core } from './server/core.js'
import { type Handler, handlers } from './server/handlers.js'
import { init } from './server/init.js'
import { abortInFlight, interrupt } from './server/interrupt.js'
import type { TransportRequest } from './transport.js'

/** Options of a {@link Server}; every one has a default. */
export interface ServerOptions {
  /** Most bytes of one WRITE; READ is bounded by it too. Default 1 MiB, at least 4096. */
  maxWrite?: number
  /** Most bytes of readahead; the kernel's own limit by default. */
  maxReadahead?: number
  /** Most background requests in flight, default 64 (the kernel's own default is 12). */
  maxBackground?: number
  /** Default three quarters of `maxBackground`. */
  congestionThreshold?: number
  /** Granularity of the times that the file system keeps, in nanoseconds. Default 1. */
  timeGran?: number
  /** Seconds after which the kernel aborts the connection if a request is not answered (since 7.43). Default 0: never. */
  requestTimeout?: number
  /** log2 of the alignment of DAX mappings, where `cacheWindow` is given. */
  mapAlignment?: number
  logger?: Logger
  /** How to reach the kernel's caches; transports that can, give it. */
  notifier?: Notifier
  /** The DAX window, where the transport has one. */
  cacheWindow?: CacheWindow
  /** Size of a page of the client, default 4096. */
  pageSize?: number
  /**
   * Takes over a connection whose INIT has been answered elsewhere (another thread, a process before this
   * one): what was negotiated then. The file system's `join` is called, and not its `init`.
   */
  negotiated?: Negotiated
  /** Asked about an INTERRUPT for a request that this server does not have; true where somebody else takes it. */
  onForeignInterrupt?: (unique: bigint) => boolean
  /** Wraps each request, to see it and its reply (tracing). */
  observe?: (request: TransportRequest) => TransportRequest
}

const DEFAULT_MAX_WRITE = 1024 * 1024
const DEFAULT_MAX_BACKGROUND = 64
const DEFAULT_PAGE_SIZE = 4096
const MAX_U32 = 0xffff_ffff
/** Extension blocks are counted in units of 8 bytes (struct fuse_in_header). */
const EXTENSION_UNIT = 8

const header = FuseInHeader.create()

/**
 * Answers FUSE requests from a {@link FileSystem}. It takes bytes and gives bytes: transports feed it.
 *
 * Every request with a readable header gets exactly one reply, whatever its bytes are (none for FORGET,
 * BATCH_FORGET, NOTIFY_REPLY and an INTERRUPT that was taken): malformed bodies EINVAL, unknown operations
 * ENOSYS, requests before INIT EIO, numbers that no safe integer holds EOVERFLOW or EFBIG.
 */
export class Server {
  readonly #core: Core
  readonly #limits: ConnectionLimits
  readonly #pageSize: number
  readonly #onForeignInterrupt: ((unique: bigint) => boolean) | undefined
  readonly #observe: ((request: TransportRequest) => TransportRequest) | undefined
  #call = new Call()
  #destroyed: Promise<void> | undefined

  constructor(fs: FileSystem, options: ServerOptions = {}) {
    const maxBackground = options.maxBackground ?? DEFAULT_MAX_BACKGROUND
    this.#limits = {
      maxWrite: options.maxWrite ?? DEFAULT_MAX_WRITE,
      maxReadahead: options.maxReadahead ?? MAX_U32,
      maxBackground,
      congestionThreshold: options.congestionThreshold ?? Math.max(1, Math.floor((maxBackground * 3) / 4)),
      timeGran: options.timeGran ?? 1,
      requestTimeout: options.requestTimeout ?? 0,
      mapAlignment: options.mapAlignment ?? 0,
      maxStackDepth: 0,
    }
    this.#pageSize = options.pageSize ?? DEFAULT_PAGE_SIZE
    this.#onForeignInterrupt = options.onForeignInterrupt
    this.#observe = options.observe
    this.#core = new Core(fs, options.logger ?? quietLogger, options.notifier, options.cacheWindow)
    this.#core.negotiated = options.negotiated
    if (options.negotiated !== undefined) fs.join?.({ notifier: options.notifier })
  }

  /** What INIT settled; `undefined` before it and after DESTROY. */
  get negotiated(): Negotiated | undefined {
    return this.#core.negotiated
  }

  /** Requests whose answer comes later. */
  get pending(): number {
    return this.#core.inFlight.size
  }

  /**
   * Answers one request: before it returns, or later (then `request.retain` has been called).
   * Never throws for what a client or a file system does.
   */
  handle(transportRequest: TransportRequest): void {
    const request = this.#observe === undefined ? transportRequest : this.#observe(transportRequest)
    if (request.available < FuseInHeader.size) {
      this.#core.logger.warn({ length: request.length }, 'a request shorter than its header was dropped')
      request.drop()
      return
    }
    const call = this.#call
    call.begin(request)
    FuseInHeader.decode(request.view, 0, header)
    const handler = handlers[header.opcode]
    call.opcode = header.opcode
    call.unanswered = handler?.unanswered === true
    call.node = header.nodeid
    call.uniqueLow = header.uniqueLow
    call.uniqueHigh = header.uniqueHigh
    call.uid = header.uid
    call.gid = header.gid
    call.pid = header.pid
    call.at = FuseInHeader.size
    call.end = header.len
    try {
      if (this.#isUnanswerable(call)) this.#dropUnanswerable(call)
      else if (header.len !== request.length || isCutOff(request, header.opcode))
        this.#core.fail(call, Errno.EINVAL)
      else if (header.totalExtlen === 0 || this.#takeExtensions(call, header.totalExtlen))
        this.#dispatch(call, handler)
    } catch (error) {
      this.#core.refuse(call, error)
    }
    if (!call.answered) this.#call = new Call()
  }

  /**
   * Aborts the signal of a request in flight, for an INTERRUPT that another server of the connection was sent (see
   * `ServerOptions.onForeignInterrupt`). False where the request is not here, or no longer.
   */
  interrupt(unique: bigint): boolean {
    return abortInFlight(this.#core, unique)
  }

  /**
   * Ends the connection: signals abort, everything in flight is answered ECONNABORTED (to a client that
   * may no longer listen), then the file system's `destroy` runs. Idempotent. Rejects with what `destroy` failed with.
   */
  close(): Promise<void> {
    this.#core.abandon(Errno.ECONNABORTED)
    this.#destroyed ??= this.#destroy()
    return this.#destroyed
  }

  async #destroy(): Promise<void> {
    if (this.#core.negotiated === undefined) return
    this.#core.negotiated = undefined
    const outcome = await this.#core.fs.destroy?.()
    if (outcome instanceof Errno) throw outcome
  }

  #dispatch(call: Call, handler: Handler | undefined): void {
    const core = this.#core
    const { opcode } = call
    if (opcode === Opcode.INIT) {
      this.#destroyed = undefined
      init(core, call, { limits: this.#limits, pageSize: this.#pageSize })
      return
    }
    const known = handler !== undefined || opcode === Opcode.INTERRUPT || opcode === Opcode.DESTROY
    if (!known) return core.fail(call, Errno.ENOSYS)
    if (core.negotiated === undefined) return core.fail(call, Errno.EIO)
    if (handler === undefined) {
      if (opcode === Opcode.INTERRUPT) interrupt(core, call, this.#onForeignInterrupt)
      else this.#answerDestroy(call)
      return
    }
    if (!Number.isSafeInteger(call.node)) return core.fail(call, Errno.EOVERFLOW)
    handler.run(core, call)
  }

  #answerDestroy(call: Call): void {
    const core = this.#core
    core.abandon(Errno.ECONNABORTED)
    this.#destroyed = this.#destroy()
    core.settle(call, this.#destroyed, () => 0)
  }

  /** Whether the request wants an answer that the client has no room for, not even for its header. */
  #isUnanswerable({ request, opcode, unanswered }: Call): boolean {
    return request.replyCapacity < FuseOutHeader.size && !unanswered && opcode !== Opcode.INTERRUPT
  }

  #dropUnanswerable(call: Call): void {
    this.#core.logger.warn({ opcode: call.opcode }, 'a request without room for a reply was dropped')
    this.#core.drop(call)
  }

  /** Parses the extension blocks at the end of the body. False where the request was refused. */
  #takeExtensions(call: Call, units: number): boolean {
    const size = units * EXTENSION_UNIT
    const flags = this.#core.negotiated?.flags ?? 0n
    const allowed = (flags & (InitFlag.SECURITY_CTX | InitFlag.CREATE_SUPP_GROUP)) !== 0n
    const start = call.end - size
    if (!allowed || start < call.at || call.end > call.request.available) {
      this.#core.fail(call, Errno.EINVAL)
      return false
    }
    const { groups, securityContexts } = parseExtensions(call.request.view, start, call.end)
    if (groups !== undefined) call.groups = groups
    if (securityContexts !== undefined) call.securityContexts = securityContexts
    call.end = start
    return true
  }
}

/** Whether the transport could not take all of the request. Only the payload of WRITE may stay behind. */
function isCutOff({ available, length }: TransportRequest, opcode: number): boolean {
  return available < length && opcode !== Opcode.WRITE
}
