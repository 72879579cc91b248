import { Opcode } from '@fb/abi'
import {
  type FileSystem,
  type Logger,
  MIN_REPLY_BUFFER,
  quietLogger,
  type ReplyBuffer,
  Server,
  type ServerOptions,
} from '@fb/api'
import {
  type LogSetup,
  LoopQueue,
  type QueueSetup,
  type StopReason,
  type VhostUserDevice,
} from '@fb/vhost-user'
import { type Chain, type GuestMemory, RingFeature } from '@fb/virtqueue'
import { configSpace } from './config-space.js'
import { type RequestOwner, VirtiofsRequest } from './virtiofs-request.js'

/** VIRTIO_F_VERSION_1: only the modern interface exists for this device. */
const VERSION_1 = 32
/** Request objects that are kept for use again; each holds a buffer. */
const KEPT_REQUESTS = 16
const MAX_QUEUE_SIZE = 1024

/** Options of a {@link VirtiofsDevice}. */
export interface VirtiofsDeviceOptions {
  /**
   * Makes what is served: called for each INIT, so that nothing of a guest that has gone is left to the next one. Each
   * file system has had its `destroy` before the next INIT reaches one, so it may be the same object again. What it
   * throws is the answer to INIT.
   */
  readonly createFileSystem: () => FileSystem
  /** By this name the guest mounts it: 1 to 36 bytes of UTF-8. Monitors that have an option for it use theirs. Default `fs`. */
  readonly tag?: string
  /** Queues for requests beside the one for FORGET, 1 to 255: one per CPU of the guest is useful. Default 1. */
  readonly numRequestQueues?: number
  readonly logger?: Logger
  /** Limits of the connection and what wraps requests. */
  readonly server?: Pick<ServerOptions, 'maxWrite' | 'maxReadahead' | 'maxBackground' | 'observe'>
}

/**
 * The virtio-fs device (virtio 1.2, 5.11) of one guest at a time: takes FUSE requests from its queues, has a `Server`
 * answer them, all on the event loop of the thread, and gives them back.
 *
 * A guest may reboot, or be replaced by another, without a word: each INIT begins with a new file system, and the one
 * before is destroyed. There is no DAX window: SETUPMAPPING and REMOVEMAPPING are answered EOPNOTSUPP.
 */
export class VirtiofsDevice implements VhostUserDevice, RequestOwner {
  readonly features: bigint =
    (1n << BigInt(VERSION_1)) |
    (1n << BigInt(RingFeature.INDIRECT_DESC)) |
    (1n << BigInt(RingFeature.EVENT_IDX))
  readonly queueCount: number
  readonly maxQueueSize: number = MAX_QUEUE_SIZE
  readonly #options: VirtiofsDeviceOptions
  readonly #logger: Logger
  readonly #config: Uint8Array
  readonly #queues = new Map<number, LoopQueue>()
  readonly #reply: ReplyBuffer
  readonly #idle: VirtiofsRequest[] = []
  readonly #waiting = new Set<VirtiofsRequest>()
  #current: VirtiofsRequest
  /** Without a file system it answers EIO to whatever comes before INIT. */
  #server: Server

  /** @throws RangeError for a tag or a number of queues that no device can have */
  constructor(options: VirtiofsDeviceOptions) {
    this.#options = options
    this.#logger = options.logger ?? quietLogger
    const { tag = 'fs', numRequestQueues = 1 } = options
    this.#config = configSpace(tag, numRequestQueues)
    this.queueCount = 1 + numRequestQueues
    const bytes = new Uint8Array(MIN_REPLY_BUFFER)
    this.#reply = { bytes, view: new DataView(bytes.buffer) }
    this.#current = new VirtiofsRequest(this, this.#reply)
    this.#server = this.#serve({})
  }

  /** Requests whose answer comes later. */
  get pending(): number {
    return this.#waiting.size
  }

  startQueue(setup: QueueSetup, memory: GuestMemory): void {
    const queue = new LoopQueue(setup, memory, {
      onRequest: (chain, from) => this.#take(chain, from),
      onBroken: (reason) => this.#logger.error({ queue: setup.index, reason }, 'the guest broke a queue'),
    })
    this.#queues.set(setup.index, queue)
  }

  async stopQueue(index: number, reason: StopReason): Promise<number> {
    const queue = this.#queues.get(index)
    if (queue === undefined) throw new Error(`queue ${index} does not run`)
    const stopped = queue.stop()
    if (reason === 'base' || reason === 'pause') this.#giveUpWaiting(queue)
    else await this.#endSession()
    const base = await stopped
    this.#queues.delete(index)
    return base
  }

  memoryChanged(memory: GuestMemory): void {
    for (const queue of this.#queues.values()) queue.moveTo(memory)
  }

  logChanged(index: number, log: LogSetup | undefined): void {
    this.#queues.get(index)?.setLog(log)
  }

  reset(): Promise<void> {
    return this.#endSession()
  }

  disconnected(): Promise<void> {
    return this.#endSession()
  }

  getConfig(offset: number, size: number): Uint8Array | undefined {
    const end = offset + size
    return end <= this.#config.length ? this.#config.subarray(offset, end) : undefined
  }

  finished(request: VirtiofsRequest): void {
    this.#waiting.delete(request)
    if (request !== this.#current && this.#idle.length < KEPT_REQUESTS) this.#idle.push(request)
  }

  #take(chain: Chain, queue: LoopQueue): void {
    const request = this.#current
    request.begin(chain, queue)
    if (request.opcode === Opcode.INIT) this.#beginSession()
    // Whoever waits is known before its answer, which may come at once.
    this.#waiting.add(request)
    this.#server.handle(request)
    if (this.#waiting.has(request)) this.#current = this.#idle.pop() ?? new VirtiofsRequest(this, this.#reply)
  }

  /** Nothing that an earlier kernel of the guest looked up or opened outlives INIT. */
  #beginSession(): void {
    void this.#endSession()
    try {
      this.#server = this.#serve(this.#options.createFileSystem())
    } catch (error) {
      const init = () => {
        throw error
      }
      this.#server = this.#serve({ init })
    }
  }

  async #endSession(): Promise<void> {
    const server = this.#server
    this.#server = this.#serve({})
    try {
      await server.close()
    } catch (error) {
      this.#logger.error({ err: error }, 'the file system failed to end')
    }
  }

  #serve(fs: FileSystem): Server {
    return new Server(fs, { ...this.#options.server, logger: this.#logger })
  }

  /** Ends what may wait for ever, so that the queue can stop: locks that somebody else holds. */
  #giveUpWaiting(queue: LoopQueue): void {
    for (const request of this.#waiting) {
      if (request.queue === queue && request.opcode === Opcode.SETLKW) this.#server.interrupt(request.unique)
    }
  }
}
