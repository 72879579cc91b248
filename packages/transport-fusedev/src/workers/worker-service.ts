import type { WorkerOptions } from 'node:worker_threads'
import type { Logger, Negotiated, Notifier, Server } from '@fb/api'
import { check, close, dup, exitWithout } from '@fb/sys'
import type { FuseChannel } from '../device/fuse-channel.js'
import { cloneDevice } from '../device/fuse-device.js'
import { Activity } from '../serve/activity.js'
import { Dispatcher } from '../serve/dispatch.js'
import { EventLoop } from '../serve/event-loop.js'
import type { LoopControl } from '../serve/loop-control.js'
import type { Service } from '../serve/service.js'
import { StallWatch } from './stall-watch.js'
import { WorkerHandle } from './worker-handle.js'
import { type FromWorker, spaceOf, type ToWorker } from './worker-setup.js'

/** How long the end of the process waits for a thread that is busy, in milliseconds. */
const EXIT_WAIT_MS = 1000

/** Threads that may serve besides, by default: each costs about as much memory as the others. */
const SPARE_WORKERS = 30

/** A thread and its descriptor of the device. */
interface Serving {
  readonly worker: WorkerHandle
  readonly fd: number
}

/** Options of `FuseSession.serveWorkers`. */
export interface ServeWorkersOptions {
  /** How many threads. */
  readonly workers: number
  /**
   * Most threads besides these: they start when every thread is held up in a system call, and end when they are not needed
   * any more. A host that does not answer then holds up who asks for it, and nobody else. Default 30.
   */
  readonly spareWorkers?: number
  /** Module that each thread runs; it calls `serveInWorker`. */
  readonly script: URL | string
  /** Passed to each thread as `WorkerContext.data`: cloned, SharedArrayBuffers shared. */
  readonly workerData?: unknown
  /** CPUs to bind the threads to, in turn. Default: none. */
  readonly cpus?: readonly number[]
  /** See `BlockingOptions.spin`. Default 0. */
  readonly spin?: number
  /**
   * Gives each thread a device of its own (FUSE_DEV_IOC_CLONE), which spares locks. Default true; where `/dev/fuse`
   * cannot be opened the threads share one.
   */
  readonly clone?: boolean
  /** Options of the threads (`execArgv`, `resourceLimits`, `env` ...). */
  readonly workerOptions?: Omit<WorkerOptions, 'workerData'>
}

/** What a {@link WorkerService} needs of its session. */
export interface WorkerServiceInit {
  /** Descriptor of the device. */
  readonly fd: number
  /** For INIT, on this thread. */
  readonly channel: FuseChannel
  readonly server: Server
  readonly notifier: Notifier
  readonly owner: number | undefined
  readonly logger: Logger
  /** Called once every thread serves. */
  readonly onServing: (negotiated: Negotiated) => void
}

/**
 * Serves a connection in worker threads. This thread answers INIT, starts them with the result, and then only carries
 * messages between them: an INTERRUPT or the answer to a `retrieve` may be read by another thread than it is for.
 */
export class WorkerService implements Service {
  readonly ended: Promise<void>
  readonly #init: WorkerServiceInit
  readonly #options: ServeWorkersOptions
  readonly #workers = new Map<number, Serving>()
  readonly #activity = new Activity()
  #watch: StallWatch | undefined
  #loop: EventLoop | undefined
  /** Threads that shall serve, and those that may besides while others are held up. */
  readonly #wanted: number
  #most: number
  #closing = false
  #told = false
  #retiring = false
  #resolve: () => void = () => {}
  #reject: (error: unknown) => void = () => {}

  constructor(init: WorkerServiceInit, options: ServeWorkersOptions) {
    const { workers, spareWorkers = SPARE_WORKERS } = options
    if (!Number.isInteger(workers) || workers < 1) {
      throw new RangeError(`workers must be a whole number of at least 1, not ${workers}`)
    }
    if (!Number.isInteger(spareWorkers) || spareWorkers < 0) {
      throw new RangeError(`spareWorkers must be a whole number of at least 0, not ${spareWorkers}`)
    }
    this.#init = init
    this.#options = options
    this.#wanted = workers
    this.#most = workers + spareWorkers
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const dispatcher = new Dispatcher(init.channel, init.server, (negotiated) => {
      // Not here: INIT is still being handled, and the loop that handles it has to end first.
      queueMicrotask(() => void this.#start(negotiated).catch(this.#reject))
    })
    this.#loop = new EventLoop(init.channel, {
      dispatch: () => {
        dispatcher.dispatch()
        if (init.server.negotiated !== undefined) this.#loop?.stop()
      },
      onEnd: () => this.#resolve(),
      onError: (error) => this.#reject(dispatcher.explain(error)),
    })
    this.#loop.readSoon()
  }

  async close(): Promise<void> {
    this.#stopStarting()
    const stopping = [...this.#workers].map(async ([index, { worker, fd }]) => {
      if (!(await worker.stop())) return
      this.#workers.delete(index)
      close(fd)
    })
    await Promise.all(stopping)
    this.#init.channel.close()
    if (this.#workers.size === 0) await this.#init.server.close()
    else this.#leaveBehind()
  }

  stopNow(): void {
    this.#stopStarting()
    const threads = [...this.#workers.values()]
    for (const { worker } of threads) worker.control.requestStop()
    const start = performance.now()
    for (const { worker, fd } of threads) {
      const hasEnded = worker.control.stopNow(Math.max(0, start + EXIT_WAIT_MS - performance.now()))
      if (!hasEnded) exitWithout(worker.exited)
      close(fd)
    }
  }

  async #start(negotiated: Negotiated): Promise<void> {
    this.#loop?.stop()
    for (let count = 0; count < this.#wanted; count += 1) this.#startWorker(negotiated)
    await Promise.all([...this.#workers.values()].map(({ worker }) => worker.serving))
    if (this.#most > this.#wanted && !this.#closing) {
      this.#watch = new StallWatch(this.#activity, {
        controls: () => [...this.#workers.values()].map(({ worker }) => worker.control),
        wanted: this.#wanted,
        onStall: () => this.#addSpares(negotiated),
        onSurplus: (free) => void this.#retireOne(free),
      })
    }
    this.#init.onServing(negotiated)
  }

  #stopStarting(): void {
    this.#closing = true
    this.#loop?.stop()
    this.#watch?.stop()
  }

  #startWorker(negotiated: Negotiated): void {
    const { cpus, script, spin, workerOptions, workerData } = this.#options
    let index = 0
    while (this.#workers.has(index)) index += 1
    const { fd, exclusive } = this.#device()
    const cpu = cpus === undefined || cpus.length === 0 ? undefined : cpus[index % cpus.length]
    const { owner } = this.#init
    const activity = this.#activity.shared
    const setup = {
      ...{ index, fd, exclusive, negotiated, owner, activity },
      ...{ spin: spin ?? 0, cpu, data: workerData },
    }
    const worker = new WorkerHandle(
      { script, options: workerOptions ?? {}, setup },
      {
        onMessage: (from, message) => this.#route(from, message),
        onFailure: (error) => this.#failed(index, error),
      },
    )
    this.#workers.set(index, { worker, fd })
  }

  /** A thread that fails ends the session, unless it is a further one that could not start. */
  #failed(index: number, error: Error): void {
    const serving = this.#workers.get(index)
    if (serving === undefined || this.#watch === undefined || serving.worker.control.begun) {
      this.#reject(error)
      return
    }
    this.#workers.delete(index)
    close(serving.fd)
    this.#noMore(error)
  }

  #noMore(error: unknown): void {
    this.#most = this.#workers.size
    this.#init.logger.warn({ err: error }, 'no further thread can serve')
  }

  /** Twice as many as there are already: whatever holds up one call is likely to hold up more. */
  #addSpares(negotiated: Negotiated): void {
    const { size } = this.#workers
    const count = Math.min(this.#most - size, Math.max(1, size - this.#wanted))
    const threads = size + count
    if (count > 0) this.#init.logger.info({ threads }, 'calls to the host take long: more threads serve')
    else this.#tellOnce(size)
    try {
      for (let added = 0; added < count; added += 1) this.#startWorker(negotiated)
    } catch (error) {
      this.#noMore(error)
    }
  }

  #tellOnce(threads: number): void {
    if (this.#told) return
    this.#told = true
    this.#init.logger.warn({ threads }, 'the host does not answer: every thread that may serve waits for it')
  }

  async #retireOne(free: readonly LoopControl[]): Promise<void> {
    if (this.#retiring) return
    this.#retiring = true
    await this.#retireAnyOf(free)
    this.#retiring = false
  }

  async #retireAnyOf(free: readonly LoopControl[]): Promise<void> {
    for (const [index, { worker, fd }] of this.#workers) {
      if (!free.includes(worker.control) || !worker.control.begun) continue
      if (!(await worker.retire())) continue
      this.#workers.delete(index)
      close(fd)
      return
    }
  }

  /** The file system is not destroyed: a thread is in the middle of it, and its descriptors must not become others. */
  #leaveBehind(): void {
    this.#init.logger.warn({ threads: this.#workers.size }, 'threads that wait for the host are left behind')
    for (const { worker } of this.#workers.values()) {
      worker.leaveBehind()
      exitWithout(worker.exited)
    }
  }

  #device(): { fd: number; exclusive: boolean } {
    const { fd } = this.#init
    if (this.#options.clone ?? true) {
      try {
        return { fd: cloneDevice(fd), exclusive: true }
      } catch {
        // An unprivileged process that was handed its device may not open another.
      }
    }
    return { fd: check(dup(fd), 'dup'), exclusive: false }
  }

  #route(from: number, message: FromWorker): void {
    if (message.kind === 'ended') {
      // The others hear of it as well, or are held up: closing waits for them as long as makes sense.
      this.#resolve()
    } else if (message.kind === 'interrupt') {
      for (const { worker } of this.#workers.values()) {
        if (worker.index !== from && !worker.control.interrupt(message.unique)) worker.post(message)
      }
    } else if (message.kind === 'retrieved') {
      this.#routeData(message)
    }
  }

  #routeData(message: Extract<ToWorker, { kind: 'retrieved' }>): void {
    const space = spaceOf(message.unique)
    if (space === 0) this.#init.notifier.retrieved(message.unique, message.offset, message.bytes)
    else this.#workers.get(space - 1)?.worker.post(message)
  }
}
