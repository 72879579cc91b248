import { FuseInHeader, FuseOutHeader } from '@fb/abi'
import { Errno, type ReplyBuffer, type TransportRequest } from '@fb/api'
import { preadAsync, preadFlags, pwriteFlags, pwriteFlagsAsync, write, writev2 } from '@fb/sys'
import { callerProcess } from './caller-process.js'
import type { Memory } from './memory.js'

const HEADER = FuseOutHeader.size
const UNIQUE_IN = FuseInHeader.offsets.uniqueLow
const UNIQUE_OUT = FuseOutHeader.offsets.uniqueLow
const ERROR_OUT = FuseOutHeader.offsets.error

const ENOENT = -Errno.ENOENT.errno
const ECANCELED = -Errno.ECANCELED.errno

/** What a request needs of the channel that it came from. */
export interface RequestHost {
  /** The device; negative once the channel is closed. */
  readonly fd: number
  /** Reply memory that requests share which are answered at once. */
  readonly area: Memory
  /**
   * Hands out reply memory for one request alone.
   * @internal
   */
  takeArea(): Memory
  /**
   * Gives the shared reply memory to a request and goes on with another.
   * @internal
   */
  releaseArea(): Memory
  /**
   * A request is answered later: the channel needs other memory for the next one.
   * @internal
   */
  requestRetained(): void
  /**
   * A retained request has been answered and nothing uses its memory any more.
   * @internal
   */
  requestRecycled(memory: Memory, area: Memory | undefined): void
  /**
   * A retained request has been answered.
   * @internal
   */
  requestEnded(): void
  /**
   * The kernel did not take a reply.
   * @internal
   */
  replyRefused(errno: number): void
}

/**
 * One request from `/dev/fuse`. Its payload (WRITE) and the data of its reply (READ) lie on page boundaries, so that
 * files opened with O_DIRECT take and give them; every reply is one write(2).
 *
 * A request that is answered before the next one is read shares its memory with that one. Once answered it takes part
 * in nothing any more: late calls do no harm.
 */
export class FusedevRequest implements TransportRequest {
  readonly #host: RequestHost
  readonly #memory: Memory
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly callerProcess = callerProcess
  length = 0
  #area: Memory | undefined
  #sharesArea = false
  #retained = false
  #ended = true
  #operations = 0

  constructor(host: RequestHost, memory: Memory) {
    this.#host = host
    this.#memory = memory
    this.bytes = memory.bytes
    this.view = memory.view
  }

  /** Starts with a request of `length` bytes that has been read into `bytes`. */
  begin(length: number): void {
    this.length = length
    this.#sharesArea = false
    this.#ended = false
  }

  /** Whether the memory may be used for the next request. */
  get reusable(): boolean {
    return this.#ended && !this.#retained && this.#operations === 0
  }

  get available(): number {
    return this.length
  }

  get replyCapacity(): number {
    return this.reply.bytes.length
  }

  get reply(): ReplyBuffer {
    return this.#area ?? this.#host.area
  }

  send(length: number): boolean {
    if (!this.#end()) return false
    return this.#sent(write(this.#host.fd, this.reply.bytes, 0, length), length)
  }

  sendWith(data: Uint8Array): boolean {
    if (!this.#end()) return false
    const { bytes } = this.reply
    const length = HEADER + data.length
    return this.#sent(writev2(this.#host.fd, bytes, 0, HEADER, data, 0, data.length), length)
  }

  sendData(size: number): boolean {
    return this.send(HEADER + size)
  }

  drop(): void {
    if (this.#end()) this.#release()
  }

  retain(): void {
    if (this.#retained || this.#ended) return
    this.#retained = true
    if (this.#sharesArea) this.#area = this.#host.releaseArea()
    this.#host.requestRetained()
  }

  dataFromFd(fd: number, offset: number, size: number, flags = 0): number {
    if (this.#ended) return ECANCELED
    return preadFlags(fd, this.#dataArea().bytes, HEADER, size, offset, flags)
  }

  async dataFromFdAsync(fd: number, offset: number, size: number): Promise<number> {
    if (this.#ended) return ECANCELED
    this.#area ??= this.#host.takeArea()
    // The reply is in this memory now, whatever a first attempt has left in the shared one.
    this.#sharesArea = false
    return this.#during(preadAsync(fd, this.#area.bytes, HEADER, size, offset))
  }

  dataBuffer(size: number): Uint8Array {
    if (this.#ended) return new Uint8Array(size)
    return this.#dataArea()
      .bytes.subarray(HEADER, HEADER + size)
      .fill(0)
  }

  payloadToFd(
    start: number,
    size: number,
    fd: number,
    offset: number,
    flags: number,
    killPriv: boolean,
  ): number {
    if (this.#ended) return ECANCELED
    return pwriteFlags(fd, this.bytes, start, size, offset, flags, killPriv)
  }

  async payloadToFdAsync(
    start: number,
    size: number,
    fd: number,
    offset: number,
    flags: number,
    killPriv: boolean,
  ): Promise<number> {
    if (this.#ended) return ECANCELED
    return this.#during(pwriteFlagsAsync(fd, this.bytes, start, size, offset, flags, killPriv))
  }

  payloadBytes(start: number, size: number): Uint8Array {
    return this.bytes.subarray(start, start + size)
  }

  /** Reply memory for data: the shared one while nobody else can come in between. */
  #dataArea(): Memory {
    if (this.#area !== undefined) return this.#area
    if (this.#retained) {
      this.#area = this.#host.takeArea()
      return this.#area
    }
    this.#sharesArea = true
    return this.#host.area
  }

  /** Keeps the memory from being reused while another thread reads or fills it. */
  async #during(operation: Promise<number>): Promise<number> {
    this.#operations += 1
    try {
      return await operation
    } finally {
      this.#operations -= 1
      if (this.#ended) this.#recycle()
    }
  }

  /** Ends the request once; false where it has ended before, or where the channel is closed. */
  #end(): boolean {
    if (this.#ended) return false
    this.#ended = true
    if (this.#host.fd >= 0) return true
    this.#release()
    return false
  }

  #sent(result: number, length: number): boolean {
    const taken = result === length
    if (!taken && result !== ENOENT) this.#refused(result, length)
    this.#release()
    return taken
  }

  /** The kernel drops a reply that it cannot read, and goes on waiting for one: it gets EIO. */
  #refused(errno: number, length: number): void {
    this.#host.replyRefused(errno)
    if (length === HEADER) return
    const { view, bytes } = this.reply
    view.setUint32(0, HEADER, true)
    view.setInt32(ERROR_OUT, -Errno.EIO.errno, true)
    view.setUint32(UNIQUE_OUT, this.view.getUint32(UNIQUE_IN, true), true)
    view.setUint32(UNIQUE_OUT + 4, this.view.getUint32(UNIQUE_IN + 4, true), true)
    write(this.#host.fd, bytes, 0, HEADER)
  }

  #release(): void {
    if (this.#retained) this.#host.requestEnded()
    this.#recycle()
  }

  /** Gives the memory back when it is not the channel's own any more and nothing works on it. */
  #recycle(): void {
    if (this.#operations > 0) return
    const area = this.#area
    if (this.#retained) this.#host.requestRecycled(this.#memory, area)
    this.#area = undefined
  }
}
