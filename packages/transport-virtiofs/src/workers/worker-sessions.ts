import { FuseInHeader, FuseInterruptIn, FuseOutHeader, Opcode } from '@fb/abi'
import { Errno, type FileSystem, type Logger, type Negotiated } from '@fb/api'
import { type ControlMessage, ControlRequest, controlMessage, errorOf, refusal } from '../control-request.js'
import type { DaxWindow } from '../dax-window.js'
import type { QueueThread } from '../queue-thread.js'
import type { VirtiofsRequest } from '../virtiofs-request.js'
import type { FromWorker } from './worker-messages.js'
import { type VirtiofsWorkers, WorkerPool } from './worker-pool.js'

/** What sessions need of their device. */
export interface SessionHost {
  /** The queues of the main thread, and the server that answers what concerns all threads. */
  readonly thread: QueueThread
  readonly window: DaxWindow
  readonly logger: Logger
  /** See `VirtiofsDeviceOptions.pollUs`. */
  readonly pollUs: number
  /** Gives `thread` a server with a new file system. */
  beginServer(): void
  /** The same with one that goes on for another. */
  continueServer(fs: FileSystem, negotiated: Negotiated): void
  /** Ends that. Never rejects. */
  endServer(): Promise<void>
  broken(index: number, reason: string): void
}

/**
 * Sessions that several threads serve: INIT and DESTROY are answered by the main thread's server, one after the other,
 * and a guest has the answer to INIT when every thread has taken over what it settled.
 */
export class WorkerSessions {
  readonly pool: WorkerPool
  readonly #workers: VirtiofsWorkers
  readonly #host: SessionHost
  #last: Promise<unknown> = Promise.resolve()

  constructor(workers: VirtiofsWorkers, host: SessionHost) {
    this.#workers = workers
    this.#host = host
    this.pool = new WorkerPool(workers, host.pollUs, {
      answer: (question) => this.#answer(question),
      failed: (index, error) =>
        host.logger.error({ err: error, worker: index }, 'a serving thread failed: its queues stand still'),
    })
  }

  /** Takes a request of the main thread's queues that concerns all threads. */
  control(request: VirtiofsRequest): true {
    void this.#control(controlMessage(request)).then((reply) => request.answer(reply))
    return true
  }

  /** Ends the session. Never rejects. */
  end(): Promise<void> {
    return this.#inTurn(() => this.#end())
  }

  /** Goes on with a session of another process. Rejects where a thread cannot; there is none then. */
  continue(fs: FileSystem, negotiated: Negotiated): Promise<void> {
    return this.#inTurn(async () => {
      this.#host.continueServer(fs, negotiated)
      await this.#beginWorkers(negotiated)
    })
  }

  #answer(question: FromWorker): unknown {
    const host = this.#host
    switch (question.kind) {
      case 'control':
        return this.#control(question.message)
      case 'broken':
        return host.broken(question.index, question.reason)
      case 'map':
        return status(host.window.map(question.fd, question.request))
      case 'unmap':
        return status(host.window.unmap(question.ranges))
    }
  }

  /** The reply, or `undefined` for none. Never rejects. */
  async #control(message: ControlMessage): Promise<Uint8Array | undefined> {
    try {
      if (message.opcode === Opcode.INTERRUPT) return await this.#interrupt(message)
      return await this.#inTurn(() => this.#initOrDestroy(message))
    } catch (error) {
      this.#host.logger.error(
        { err: error, opcode: message.opcode },
        'a session could not begin or end: answered EIO',
      )
      return message.replyCapacity < FuseOutHeader.size ? undefined : refusal(message, Errno.EIO)
    }
  }

  async #initOrDestroy(message: ControlMessage): Promise<Uint8Array | undefined> {
    const { thread, beginServer } = this.#host
    // With DESTROY the file system of this thread ends last, as it does elsewhere.
    if (message.opcode === Opcode.DESTROY) await this.#endWorkers()
    else {
      await this.#end()
      beginServer()
    }
    const request = new ControlRequest(message)
    thread.server.handle(request)
    const reply = await request.answered
    const { negotiated } = thread.server
    if (message.opcode === Opcode.INIT && negotiated !== undefined) await this.#beginWorkers(negotiated)
    return reply
  }

  /** Has the threads take over what INIT settled; ends the session where one cannot. */
  async #beginWorkers(negotiated: Negotiated): Promise<void> {
    try {
      const data = this.#workers.workerData?.()
      await this.pool.begin({ negotiated, window: this.#host.window.usable, data })
    } catch (error) {
      await this.#end()
      throw error
    }
  }

  /** Here first, then in the threads; a request that nobody knows is answered EAGAIN, so that the guest asks again. */
  async #interrupt(message: ControlMessage): Promise<Uint8Array | undefined> {
    const request = new ControlRequest(message)
    this.#host.thread.server.handle(request)
    const reply = await request.answered
    if (reply === undefined || errorOf(reply) !== -Errno.EAGAIN.errno) return reply
    const at = FuseInHeader.size + FuseInterruptIn.offsets.unique
    const unique = request.view.getBigUint64(at, true)
    return (await this.pool.interrupt(unique)) ? undefined : reply
  }

  async #end(): Promise<void> {
    await this.#endWorkers()
    await this.#host.endServer()
  }

  async #endWorkers(): Promise<void> {
    for (const error of await this.pool.end()) {
      this.#host.logger.error({ err: error }, 'the file system failed to end')
    }
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#last.then(action)
    this.#last = done.catch(() => {})
    return done
  }
}

/** 0 or `-errno`: what a thread can be told. */
async function status(done: Promise<void>): Promise<number> {
  try {
    await done
    return 0
  } catch (error) {
    return -(error instanceof Errno ? error : Errno.EIO).errno
  }
}
