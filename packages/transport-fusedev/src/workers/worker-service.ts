import type { WorkerOptions } from 'node:worker_threads'
import type { Negotiated, Notifier, Server } from '@fb/api'
import { check, close, dup } from '@fb/sys'
import type { FuseChannel } from '../device/fuse-channel.js'
import { cloneDevice } from '../device/fuse-device.js'
import { Dispatcher } from '../serve/dispatch.js'
import { EventLoop } from '../serve/event-loop.js'
import type { Service } from '../serve/service.js'
import { WorkerHandle } from './worker-handle.js'
import { type FromWorker, spaceOf, type ToWorker } from './worker-setup.js'

/** How long the end of the process waits for a thread that is busy, in milliseconds. */
const EXIT_WAIT_MS = 1000

/** Options of `FuseSession.serveWorkers`. */
export interface ServeWorkersOptions {
  /** How many threads. */
  readonly workers: number
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
  readonly #fds: number[] = []
  readonly #workers: WorkerHandle[] = []
  #loop: EventLoop | undefined
  #left: number
  #resolve: () => void = () => {}
  #reject: (error: unknown) => void = () => {}

  constructor(init: WorkerServiceInit, options: ServeWorkersOptions) {
    if (!Number.isInteger(options.workers) || options.workers < 1) {
      throw new RangeError(`workers must be a whole number of at least 1, not ${options.workers}`)
    }
    this.#init = init
    this.#options = options
    this.#left = options.workers
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
    this.#loop?.stop()
    await Promise.all(this.#workers.map((worker) => worker.stop()))
    for (const fd of this.#fds.splice(0)) close(fd)
    this.#init.channel.close()
    await this.#init.server.close()
  }

  stopNow(): void {
    this.#loop?.stop()
    for (const worker of this.#workers) worker.stopNow(EXIT_WAIT_MS)
    for (const fd of this.#fds.splice(0)) close(fd)
  }

  async #start(negotiated: Negotiated): Promise<void> {
    this.#loop?.stop()
    const { workers, cpus, script, spin, workerOptions, workerData } = this.#options
    for (let index = 0; index < workers; index += 1) {
      const { fd, exclusive } = this.#device()
      this.#fds.push(fd)
      const cpu = cpus === undefined || cpus.length === 0 ? undefined : cpus[index % cpus.length]
      const { owner } = this.#init
      const setup = { index, fd, exclusive, negotiated, owner, spin: spin ?? 0, cpu, data: workerData }
      const worker = new WorkerHandle(
        { script, options: workerOptions ?? {}, setup },
        {
          onMessage: (from, message) => this.#route(from, message),
          onFailure: (error) => this.#reject(error),
        },
      )
      this.#workers.push(worker)
    }
    await Promise.all(this.#workers.map((worker) => worker.serving))
    this.#init.onServing(negotiated)
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
      this.#left -= 1
      if (this.#left === 0) this.#resolve()
    } else if (message.kind === 'interrupt') {
      for (const worker of this.#workers) if (worker.index !== from) worker.post(message)
    } else if (message.kind === 'retrieved') {
      this.#routeData(message)
    }
  }

  #routeData(message: Extract<ToWorker, { kind: 'retrieved' }>): void {
    const space = spaceOf(message.unique)
    if (space === 0) this.#init.notifier.retrieved(message.unique, message.offset, message.bytes)
    else this.#workers[space - 1]?.post(message)
  }
}
