import type { WorkerOptions } from 'node:worker_threads'
import { write } from '@fb/sys'
import type { LogSetup, QueueSetup, StopReason } from '@fb/vhost-user'
import type { GuestRegion } from '@fb/virtqueue'
import type { SetAside } from '../queue-thread.js'
import { WorkerHandle } from './worker-handle.js'
import type { FromWorker, WorkerSession } from './worker-messages.js'

/** Threads that serve the request queues of a device. */
export interface VirtiofsWorkers {
  /** How many at most; one is started when a monitor has a queue that it serves. Queues are dealt out to them in turn. */
  readonly count: number
  /** Module that each of them runs; it calls `serveVirtiofsInWorker`. */
  readonly script: URL | string
  /**
   * What each thread gets for a session, asked for after `createFileSystem`: cloned, SharedArrayBuffers shared. Default
   * `undefined`.
   */
  readonly workerData?: () => unknown
  /** Options of the threads (`execArgv`, `resourceLimits`, `env` ...). */
  readonly workerOptions?: Omit<WorkerOptions, 'workerData' | 'transferList'>
}

/** Who hears of the threads. */
export interface PoolHooks {
  answer(question: FromWorker): unknown
  /** A thread ended without having been asked to. */
  failed(index: number, error: Error): void
}

interface Running {
  readonly worker: WorkerHandle
  readonly errorFd: number
}

/** A thread, and when it has the session that there was when it was started. */
interface Thread {
  readonly worker: WorkerHandle
  readonly ready: Promise<unknown>
}

const ONE = new Uint8Array(BigUint64Array.of(1n).buffer)

/** The threads of a device, started when they are needed and kept from one guest to the next. */
export class WorkerPool {
  readonly #options: VirtiofsWorkers
  readonly #pollUs: number
  readonly #hooks: PoolHooks
  readonly #threads: (Thread | undefined)[]
  readonly #queues = new Map<number, Running>()
  /** Requests to be handed out again, of queues that have not run here yet. */
  readonly #aside = new Map<number, readonly number[]>()
  #session: WorkerSession | undefined

  /** @throws RangeError the number of threads is not a whole one above 0 */
  constructor(options: VirtiofsWorkers, pollUs: number, hooks: PoolHooks) {
    const { count } = options
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(`workers must be a whole number of at least 1, not ${count}`)
    }
    this.#options = options
    this.#pollUs = pollUs
    this.#hooks = hooks
    this.#threads = new Array<Thread | undefined>(count).fill(undefined)
  }

  /** Starts the thread that serves a queue, which is then there when the queue starts. */
  prepare(index: number): void {
    // What fails now fails again when the thread is needed, and is told then.
    this.#workerOf(index).catch(() => {})
  }

  /** Begins to serve a queue. Rejects where its memory or rings cannot be used there. */
  async start(setup: QueueSetup): Promise<void> {
    const worker = await this.#workerOf(setup.index)
    const heads = this.#aside.get(setup.index)
    await worker.ask({ kind: 'start', setup, aside: heads === undefined ? [] : [[setup.index, heads]] })
    this.#aside.delete(setup.index)
    this.#queues.set(setup.index, { worker, errorFd: setup.errorFd })
  }

  /** Stops a queue: the index at which it goes on. Rejects where its thread has failed. */
  async stop(index: number, reason: StopReason): Promise<number> {
    const running = this.#queues.get(index)
    if (running === undefined) throw new Error(`queue ${index} does not run`)
    this.#queues.delete(index)
    return (await running.worker.ask({ kind: 'stop', index, reason })) as number
  }

  /** Moves every thread to another table of memory; the old one is mapped nowhere any more when this settles. */
  async moveTo(regions: readonly GuestRegion[]): Promise<void> {
    await Promise.all(this.#running().map((worker) => worker.ask({ kind: 'memory', regions })))
  }

  async setLog(index: number, log: LogSetup | undefined): Promise<void> {
    await this.#queues.get(index)?.worker.ask({ kind: 'log', index, log })
  }

  /** What was set aside in all threads. */
  async aside(): Promise<SetAside> {
    const asked = this.#running().map((worker) => worker.ask({ kind: 'aside' }) as Promise<SetAside>)
    return [...this.#aside, ...(await Promise.all(asked)).flat()]
  }

  /** Requests of queues that start later, which are to be handed out again. */
  putAside(aside: SetAside): void {
    for (const [index, heads] of aside) this.#aside.set(index, heads)
  }

  /** INIT was answered: the threads take over what it settled. Rejects where one of them cannot. */
  async begin(session: WorkerSession): Promise<void> {
    this.#session = session
    await Promise.all(this.#running().map((worker) => worker.ask({ kind: 'begin', session })))
  }

  /** Ends the session in all threads; what is in flight there is answered ECONNABORTED. What failed, if anything. */
  async end(): Promise<unknown[]> {
    this.#session = undefined
    this.#aside.clear()
    const ends = await Promise.allSettled(this.#running().map((worker) => worker.ask({ kind: 'end' })))
    return ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))
  }

  /** Aborts a request in flight. False where no thread has it. */
  async interrupt(unique: bigint): Promise<boolean> {
    const asked = this.#running().map((worker) =>
      worker.ask({ kind: 'interrupt', unique }).catch(() => false),
    )
    return (await Promise.all(asked)).includes(true)
  }

  /** Ends the threads. All queues must have stopped. */
  async close(): Promise<void> {
    const workers = this.#running()
    this.#threads.fill(undefined)
    await Promise.all(workers.map((worker) => worker.close()))
  }

  #running(): WorkerHandle[] {
    return this.#threads.flatMap((thread) => thread?.worker ?? [])
  }

  /** The thread that serves a queue. */
  async #workerOf(queue: number): Promise<WorkerHandle> {
    const index = (queue - 1) % this.#threads.length
    const thread = this.#threads[index] ?? this.#startThread(index)
    await thread.ready
    return thread.worker
  }

  #startThread(index: number): Thread {
    const { script, workerOptions = {} } = this.#options
    const worker: WorkerHandle = new WorkerHandle(
      { index, script, pollUs: this.#pollUs, options: workerOptions },
      {
        answer: (question) => this.#hooks.answer(question),
        failed: (error) => {
          this.#threads[index] = undefined
          // The front end is told that these queues stand still.
          for (const running of this.#queues.values()) {
            if (running.worker === worker) write(running.errorFd, ONE, 0, ONE.length)
          }
          this.#hooks.failed(index, error)
        },
      },
    )
    const session = this.#session
    const ready = session === undefined ? Promise.resolve() : worker.ask({ kind: 'begin', session })
    const thread = { worker, ready }
    this.#threads[index] = thread
    return thread
  }
}
