import { Opcode } from '@fb/abi'
import {
  type FileSystem,
  type Logger,
  type Negotiated,
  quietLogger,
  Server,
  type ServerOptions,
} from '@fb/api'
import type { FrontEnd, LogSetup, QueueSetup, StopReason, VhostUserDevice } from '@fb/vhost-user'
import { type GuestMemory, RingFeature } from '@fb/virtqueue'
import { configSpace } from './config-space.js'
import { checkWindowSize, DaxWindow } from './dax-window.js'
import { DeviceState } from './device-state/device-state.js'
import { DriverStatus } from './driver-status.js'
import { PRIORITY_QUEUE, QueueThread, type SetAside } from './queue-thread.js'
import type { VirtiofsRequest } from './virtiofs-request.js'
import type { VirtiofsWorkers } from './workers/worker-pool.js'
import { WorkerSessions } from './workers/worker-sessions.js'

/** Most descriptors of a queue. */
const MAX_QUEUE_SIZE = 1024
/** Most microseconds of polling. */
const MAX_POLL_US = 10_000

/** Options of a {@link VirtiofsDevice}. */
export interface VirtiofsDeviceOptions {
  /**
   * Makes what is served: called for each INIT, so that nothing of a guest that has gone is left to the next one. Each
   * file system has had its `destroy` before the next INIT reaches one, so it may be the same object again. What it
   * throws is the answer to INIT. With `migratable` also called for a guest that comes from elsewhere.
   */
  readonly createFileSystem: () => FileSystem
  /**
   * Offer DEVICE_STATE: a monitor can move a running guest to the device of another process, and back, with all that it has
   * open. The file systems must have `saveState` and `restoreState`, else that fails, and the guest goes on where it is.
   * What the guest has mapped into a DAX window cannot be moved. Default false.
   */
  readonly migratable?: boolean
  /** By this name the guest mounts it: 1 to 36 bytes of UTF-8. Monitors that have an option for it use theirs. Default `fs`. */
  readonly tag?: string
  /** Queues for requests beside the one for FORGET, 1 to 255: one per CPU of the guest is useful. Default 1. */
  readonly numRequestQueues?: number
  readonly logger?: Logger
  /** Limits of the connection and what wraps requests. */
  readonly server?: Pick<ServerOptions, 'maxWrite' | 'maxReadahead' | 'maxBackground' | 'observe'>
  /**
   * Threads that serve the request queues; without them everything runs on the event loop of this thread. With them the
   * file system of `createFileSystem` answers INIT, DESTROY and FORGET here, and those of the threads all else: they
   * must share what they know. `server.observe` sees only what is answered here.
   */
  readonly workers?: VirtiofsWorkers
  /**
   * Most microseconds, 0 to 10 000, for which a thread that has answered everything looks for the next request before it
   * asks for a kick: wake-ups are saved, and a CPU that nobody else wants is used meanwhile. It happens only while requests
   * come one at a time and sooner than that. The thread's event loop waits as long. Default 0: never.
   */
  readonly pollUs?: number
  /**
   * Bytes of the DAX window, a multiple of 4096; default none. Where the front end can show files to the guest (SHMEM and
   * BACKEND_SEND_FD), `setupmapping` and `removemapping` of the file system get it; elsewhere they are not called, and the
   * guest is answered EOPNOTSUPP.
   */
  readonly cacheWindowSize?: number
}

/**
 * The virtio-fs device (virtio 1.2, 5.11) of one guest at a time: takes FUSE requests from its queues, has a `Server`
 * answer them, and gives them back. FORGET and INTERRUPT, which have a queue of their own, overtake all others.
 *
 * A guest may reboot, or be replaced by another, without a word: each INIT begins with a new file system, and the one
 * before is destroyed.
 */
export class VirtiofsDevice implements VhostUserDevice {
  readonly features: bigint =
    (1n << BigInt(RingFeature.VERSION_1)) |
    (1n << BigInt(RingFeature.INDIRECT_DESC)) |
    (1n << BigInt(RingFeature.EVENT_IDX))
  readonly queueCount: number
  readonly maxQueueSize: number = MAX_QUEUE_SIZE
  readonly sharedMemory?: readonly number[]
  readonly saveState?: (fd: number, signal: AbortSignal) => Promise<void>
  readonly loadState?: (fd: number, signal: AbortSignal) => Promise<void>
  readonly #options: VirtiofsDeviceOptions
  readonly #logger: Logger
  readonly #config: Uint8Array
  readonly #status: DriverStatus
  readonly #window: DaxWindow
  /** The queues of this thread: all of them, or with workers the one for FORGET. */
  readonly #thread: QueueThread
  readonly #workers: WorkerSessions | undefined
  readonly #state: DeviceState
  /** What `createFileSystem` gave last. */
  #fs: FileSystem | undefined

  /** @throws RangeError for a tag, a number of queues or threads, or a window that no device can have */
  constructor(options: VirtiofsDeviceOptions) {
    this.#options = options
    this.#logger = options.logger ?? quietLogger
    const { tag = 'fs', numRequestQueues = 1, workers, cacheWindowSize, pollUs = 0 } = options
    if (!(pollUs >= 0 && pollUs <= MAX_POLL_US)) {
      throw new RangeError(`pollUs must be 0 to ${MAX_POLL_US}, not ${pollUs}`)
    }
    this.#config = configSpace(tag, numRequestQueues)
    this.queueCount = 1 + numRequestQueues
    this.#status = new DriverStatus(this.#logger)
    if (cacheWindowSize !== undefined) {
      checkWindowSize(cacheWindowSize)
      this.sharedMemory = [cacheWindowSize]
    }
    this.#window = new DaxWindow(cacheWindowSize ?? 0)
    // FORGET and INTERRUPT, all that is left here beside workers, are waited for by nobody.
    const ownPollUs = workers === undefined ? pollUs : 0
    this.#thread = new QueueThread(
      {
        control: (request) => this.#control(request),
        broken: (index, reason) => this.#broken(index, reason),
      },
      ownPollUs,
    )
    this.#thread.server = this.#serve({})
    if (workers !== undefined) {
      this.#workers = new WorkerSessions(workers, {
        pollUs,
        thread: this.#thread,
        window: this.#window,
        logger: this.#logger,
        beginServer: () => this.#beginServer(),
        continueServer: (fs, negotiated) => this.#continueServer(fs, negotiated),
        endServer: () => this.#endServer(),
        broken: (index, reason) => this.#broken(index, reason),
      })
    }
    this.#state = this.#makeState()
    if (options.migratable === true) {
      this.saveState = (fd, signal) => this.#state.save(fd, signal)
      this.loadState = (fd, signal) => this.#state.load(fd, signal)
    }
  }

  /** Requests of this thread whose answer comes later. */
  get pending(): number {
    return this.#thread.pending
  }

  queueExpected(index: number): void {
    if (this.#isElsewhere(index)) this.#workers?.pool.prepare(index)
  }

  async startQueue(setup: QueueSetup, memory: GuestMemory): Promise<void> {
    await this.#state.resume()
    if (this.#isElsewhere(setup.index)) await this.#workers?.pool.start(setup)
    else this.#thread.start(setup, memory)
  }

  async stopQueue(index: number, reason: StopReason): Promise<number> {
    const stopped = this.#stop(index, reason)
    if (reason !== 'base' && reason !== 'pause') {
      // Said below, once the session has ended: what is in flight is waited for.
      stopped.catch(() => {})
      await this.#endSession()
    }
    return stopped
  }

  async memoryChanged(memory: GuestMemory): Promise<void> {
    this.#thread.moveTo(memory)
    await this.#workers?.pool.moveTo(memory.regions)
  }

  async logChanged(index: number, log: LogSetup | undefined): Promise<void> {
    if (this.#isElsewhere(index)) await this.#workers?.pool.setLog(index, log)
    else this.#thread.setLog(index, log)
  }

  statusChanged(status: number): void {
    this.#status.change(status)
  }

  reset(): Promise<void> {
    return this.#endSession()
  }

  frontEndReachable(frontEnd: FrontEnd): void {
    this.#window.connect(frontEnd)
  }

  async disconnected(): Promise<void> {
    this.#window.connect(undefined)
    await this.#endSession()
  }

  getConfig(offset: number, size: number): Uint8Array | undefined {
    const end = offset + size
    return end <= this.#config.length ? this.#config.subarray(offset, end) : undefined
  }

  /** Ends the serving threads, where there are any. All queues must have stopped. */
  async close(): Promise<void> {
    await this.#workers?.pool.close()
  }

  #isElsewhere(index: number): boolean {
    return this.#workers !== undefined && index !== PRIORITY_QUEUE
  }

  #stop(index: number, reason: StopReason): Promise<number> {
    const { pool } = this.#workers ?? {}
    return pool !== undefined && this.#isElsewhere(index)
      ? pool.stop(index, reason)
      : this.#thread.stop(index, reason)
  }

  #control(request: VirtiofsRequest): boolean {
    if (this.#workers !== undefined) return this.#workers.control(request)
    if (request.opcode === Opcode.INIT) {
      void this.#endServer()
      this.#beginServer()
    }
    return false
  }

  #endSession(): Promise<void> {
    return this.#workers === undefined ? this.#endServer() : this.#workers.end()
  }

  #makeState(): DeviceState {
    const thread = this.#thread
    return new DeviceState({
      logger: this.#logger,
      session: () => {
        const { negotiated } = thread.server
        return this.#fs === undefined || negotiated === undefined ? undefined : { fs: this.#fs, negotiated }
      },
      aside: async () => [...thread.aside, ...((await this.#workers?.pool.aside()) ?? [])],
      obstacle: () => (this.#window.used ? 'the guest has files mapped into the DAX window' : undefined),
      createFileSystem: () => this.#options.createFileSystem(),
      end: () => this.#endSession(),
      continue: async ({ fs, negotiated }, aside) => {
        if (this.#workers === undefined) this.#continueServer(fs, negotiated)
        else await this.#workers.continue(fs, negotiated)
        const isElsewhere = ([index]: SetAside[number]): boolean => this.#isElsewhere(index)
        thread.putAside(aside.filter((each) => !isElsewhere(each)))
        this.#workers?.pool.putAside(aside.filter(isElsewhere))
      },
    })
  }

  #continueServer(fs: FileSystem, negotiated: Negotiated): void {
    this.#fs = fs
    this.#thread.server = this.#serve(fs, negotiated)
  }

  /** Nothing that an earlier kernel of the guest looked up or opened outlives INIT. */
  #beginServer(): void {
    try {
      this.#fs = this.#options.createFileSystem()
      this.#thread.server = this.#serve(this.#fs)
    } catch (error) {
      const init = () => {
        throw error
      }
      this.#thread.server = this.#serve({ init })
    }
  }

  async #endServer(): Promise<void> {
    const { server } = this.#thread
    this.#thread.server = this.#serve({})
    this.#thread.forgetSetAside()
    this.#state.forget()
    this.#fs = undefined
    const cleared = this.#window.clear()
    try {
      await server.close()
    } catch (error) {
      this.#logger.error({ err: error }, 'the file system failed to end')
    }
    await cleared
  }

  #serve(fs: FileSystem, negotiated?: Negotiated): Server {
    const window = this.#window.usable ? { cacheWindow: this.#window } : {}
    const settled = negotiated === undefined ? {} : { negotiated }
    return new Server(fs, { ...this.#options.server, ...window, ...settled, logger: this.#logger })
  }

  #broken(index: number, reason: string): void {
    this.#logger.error({ queue: index, reason }, 'the guest broke a queue')
  }
}
