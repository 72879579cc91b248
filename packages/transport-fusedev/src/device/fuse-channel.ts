import { FUSE_MIN_READ_BUFFER, FuseInHeader, FuseOutHeader, FuseWriteIn } from '@fb/abi'
import { Errno, type Logger, MIN_REPLY_BUFFER } from '@fb/api'
import {
  close,
  type FdWatcher,
  getfl,
  O_NONBLOCK,
  read,
  SysError,
  setfl,
  WATCH_READABLE,
  watchFd,
} from '@fb/sys'
import { admits, refuse } from './admission.js'
import { FusedevRequest, type RequestHost } from './fusedev-request.js'
import { allocateAligned, type Memory, MemoryPool } from './memory.js'

const EINTR = -Errno.EINTR.errno
const EAGAIN = -Errno.EAGAIN.errno
const ENOENT = -Errno.ENOENT.errno
/** The end of a connection: unmounted, or aborted. */
const ENODEV = -Errno.ENODEV.errno
const ECONNABORTED = -Errno.ECONNABORTED.errno

/** Where the payload of WRITE begins; it lies on a page boundary. */
const PAYLOAD = FuseInHeader.size + FuseWriteIn.size
/** Room for what may follow a payload, or be longer than one: names, extensions. */
const SLACK = 4096
/** READ may ask for whole pages of the client, which may be larger than ours. */
const LARGEST_PAGE = 64 * 1024
/** Pieces of memory that wait for the next requests that are answered later; a piece may hold 1 MiB of used pages. */
const POOLED = 32

/** What a {@link FuseChannel} is made from. */
export interface ChannelInit {
  /** Descriptor of the device. */
  readonly fd: number
  /** Whether closing the channel closes the descriptor. Default true. */
  readonly owned?: boolean
  /** Most bytes of one WRITE or READ that the connection was told. */
  readonly maxWrite: number
  /** With `allowRoot`: the user who may, besides root. */
  readonly owner?: number | undefined
  readonly logger: Logger
  /** No other descriptor shares its file status flags (it is a clone). */
  readonly exclusive?: boolean
  /** Called once, when the channel is closed; `ended`: because the connection has ended. */
  readonly onClose?: (channel: FuseChannel, ended: boolean) => void
}

/**
 * Reads requests from `/dev/fuse`, one read(2) each.
 *
 * `getRequest`, or `for await`, gives one after the other; each must be answered (a `Server` does), in any order. A
 * request may share its memory with the next one, so hand it to a `Server` before asking for that. Closes itself at
 * the end of the connection.
 */
export class FuseChannel implements RequestHost, AsyncIterable<FusedevRequest> {
  readonly exclusive: boolean
  /** The request that {@link receive} has read. */
  request: FusedevRequest
  /** Reply memory that requests share which are answered at once. */
  area: Memory
  /** Requests that are answered later, and other work whose end needs the event loop. */
  busy = 0
  /** Called when {@link busy} has come down to 0. */
  onIdle: (() => void) | undefined

  readonly #logger: Logger
  readonly #owned: boolean
  readonly #owner: number | undefined
  readonly #onClose: ChannelInit['onClose']
  readonly #refused = new Set<number>()
  #fd: number
  #capacity = 0
  #wake: (() => void) | undefined
  #requests: MemoryPool
  #areas: MemoryPool

  constructor(init: ChannelInit) {
    this.exclusive = init.exclusive ?? false
    this.#fd = init.fd
    this.#owned = init.owned ?? true
    this.#owner = init.owner
    this.#logger = init.logger
    this.#onClose = init.onClose
    const memory = this.#pools(init.maxWrite)
    this.#requests = memory.requests
    this.#areas = memory.areas
    this.request = new FusedevRequest(this, this.#requests.take())
    this.area = this.#areas.take()
  }

  /** Descriptor of the device; -1 once closed. */
  get fd(): number {
    return this.#fd
  }

  /** The next request; `undefined` once the connection has ended or the channel is closed. Throws SysError. */
  async getRequest(): Promise<FusedevRequest | undefined> {
    if (this.#fd >= 0) this.setBlocking(false)
    while (this.#fd >= 0) {
      const result = this.receive()
      if (result >= 0) return this.request
      if (isEnd(result)) this.#finish(true)
      else if (result === EAGAIN) await this.#readable()
      else if (result !== EINTR) throw new SysError(result, 'read /dev/fuse')
    }
    return undefined
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FusedevRequest, void, undefined> {
    for (;;) {
      const request = await this.getRequest()
      if (request === undefined) return
      yield request
    }
  }

  /** Leaves the device. Requests in flight can no longer be answered here. Idempotent. */
  close(): void {
    this.#finish(false)
  }

  /**
   * Makes room for what INIT has settled. A request that was read before keeps its memory.
   * @internal
   */
  resize(maxWrite: number): void {
    const memory = this.#pools(maxWrite)
    this.#requests = memory.requests
    this.#areas = memory.areas
    this.request = new FusedevRequest(this, this.#requests.take())
    this.area = this.#areas.take()
  }

  /**
   * Reads one request into {@link request}: its length, or a negative errno (EAGAIN, EINTR, what {@link isEnd} knows, or
   * a failure). Waits only where the descriptor blocks.
   * @internal
   */
  receive(): number {
    for (;;) {
      let request = this.request
      if (!request.reusable) {
        request = new FusedevRequest(this, this.#requests.take())
        this.request = request
      }
      const length = read(this.#fd, request.bytes, 0, this.#capacity)
      // ENOENT: the request was taken back while it was being read.
      if (length === ENOENT) continue
      if (length < 0) return length
      request.begin(length)
      if (this.#owner === undefined || admits(request, this.#owner)) return length
      refuse(request)
    }
  }

  /**
   * Whether a read waits. Changes every descriptor that shares the open file.
   * @internal
   */
  setBlocking(blocking: boolean): void {
    const flags = getfl(this.#fd)
    const wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK
    if (flags >= 0 && wanted !== flags) setfl(this.#fd, wanted)
  }

  /**
   * Counts work as {@link busy} until the returned function is called.
   * @internal
   */
  hold(): () => void {
    this.busy += 1
    return () => this.requestEnded()
  }

  /** @internal */
  takeArea(): Memory {
    return this.#areas.take()
  }

  /** @internal */
  releaseArea(): Memory {
    const { area } = this
    this.area = this.#areas.take()
    return area
  }

  /** @internal */
  requestRetained(): void {
    this.busy += 1
  }

  /** @internal */
  requestEnded(): void {
    this.busy -= 1
    if (this.busy === 0) this.onIdle?.()
  }

  /** @internal */
  requestRecycled(memory: Memory, area: Memory | undefined): void {
    if (memory.bytes.length === this.#capacity) this.#requests.give(memory)
    if (area !== undefined && area.bytes.length === this.area.bytes.length) this.#areas.give(area)
  }

  /** @internal */
  replyRefused(errno: number): void {
    if (isEnd(errno) || this.#refused.has(errno)) return
    this.#refused.add(errno)
    this.#logger.error(
      { errno: Errno.of(errno).code },
      'the kernel did not take a reply: the caller gets EIO',
    )
  }

  #pools(maxWrite: number): { requests: MemoryPool; areas: MemoryPool } {
    const data = Math.ceil(maxWrite / LARGEST_PAGE) * LARGEST_PAGE
    const capacity = Math.max(FUSE_MIN_READ_BUFFER, PAYLOAD + maxWrite + SLACK)
    const area = Math.max(MIN_REPLY_BUFFER, FuseOutHeader.size + data)
    this.#capacity = capacity
    return {
      requests: new MemoryPool(() => allocateAligned(capacity, PAYLOAD), POOLED),
      areas: new MemoryPool(() => allocateAligned(area, FuseOutHeader.size), POOLED),
    }
  }

  async #readable(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      let watcher: FdWatcher | undefined
      this.#wake = () => {
        watcher?.stop()
        this.#wake = undefined
        resolve()
      }
      try {
        watcher = watchFd(this.#fd, WATCH_READABLE, () => this.#wake?.())
      } catch (error) {
        reject(error)
      }
    })
  }

  #finish(ended: boolean): void {
    if (this.#fd < 0) return
    this.#wake?.()
    if (this.#owned) close(this.#fd)
    this.#fd = -1
    this.#onClose?.(this, ended)
  }
}

/** Whether the result of a read tells that the connection has ended. */
export function isEnd(result: number): boolean {
  return result === ENODEV || result === ECONNABORTED
}
