import { setTimeout as delay } from 'node:timers/promises'
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
  type WorkerOptions,
} from 'node:worker_threads'
import { LoopControl } from '../serve/loop-control.js'
import { type FromWorker, SETUP_KEY, type ToWorker, type WorkerSetup } from './worker-setup.js'

/** Who hears of a thread. */
export interface WorkerHooks {
  readonly onMessage: (from: number, message: FromWorker) => void
  /** The thread has failed, or has ended before it should. */
  readonly onFailure: (error: Error) => void
}

/** What a thread runs, and with what. */
export interface WorkerScript {
  readonly script: URL | string
  readonly options: WorkerOptions
  readonly setup: Omit<WorkerSetup, 'control' | 'port'>
}

/** Most that a thread is waited for whose connection has ended, in milliseconds. */
const STOP_MS = 3000

/** The main thread's side of one serving thread. */
export class WorkerHandle {
  readonly index: number
  /** Resolves when the thread has ended. */
  readonly exited: Promise<void>
  /** Resolves when it serves; never, where it fails first. */
  readonly serving: Promise<void>
  /** How its loop is told what to do. */
  readonly control = new LoopControl()
  readonly #worker: Worker
  readonly #port: MessagePort
  #closed = false
  #hasExited = false

  constructor({ script, options, setup }: WorkerScript, hooks: WorkerHooks) {
    const { index } = setup
    this.index = index
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    const complete: WorkerSetup = { ...setup, control: this.control.shared, port: port2 }
    this.#worker = new Worker(script, {
      name: `fuse-${index}`,
      ...options,
      workerData: { [SETUP_KEY]: complete },
      transferList: [port2, ...(options.transferList ?? [])],
    })
    let serves: () => void = () => {}
    this.serving = new Promise((resolve) => {
      serves = resolve
    })
    const take = (message: FromWorker): void => {
      if (message.kind === 'serving') serves()
      else if (message.kind === 'closed') this.#end()
      else hooks.onMessage(index, message)
    }
    port1.on('message', take)
    this.#worker.once('error', (error) => hooks.onFailure(asError(error)))
    this.exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.control.finish()
        this.#hasExited = true
        // The last messages may come after the news that the thread has ended.
        for (let rest = receiveMessageOnPort(port1); rest !== undefined; rest = receiveMessageOnPort(port1)) {
          take(rest.message as FromWorker)
        }
        port1.close()
        if (!this.#closed) {
          hooks.onFailure(new Error(`serving thread ${index} ended with code ${code} before the mount did`))
        }
        resolve()
      })
    })
  }

  /** Sends a message, and sees to it that the thread takes it although it waits in a read. */
  post(message: ToWorker): void {
    this.#port.postMessage(message)
    void this.control.attend()
  }

  /** Ends serving, and then the thread. Resolves when it has ended, or to false where it does not in time. */
  async stop(): Promise<boolean> {
    // A script that has not come as far as serving would not notice.
    if (!this.control.begun) this.#end()
    const stopped = this.control.stop().then(() => this.exited)
    const patience = new AbortController()
    const late = delay(STOP_MS, undefined, { signal: patience.signal }).catch(() => {})
    await Promise.race([stopped, late])
    patience.abort()
    return this.#hasExited
  }

  /** Ends the thread while others go on, if nothing is pending there. Whether it has ended. */
  async retire(): Promise<boolean> {
    if (!(await this.control.retire())) return false
    await this.exited
    return true
  }

  /** The thread does not end: nobody waits for it any more, neither here nor when the process ends. */
  leaveBehind(): void {
    this.#closed = true
    this.control.giveUp()
    this.#worker.unref()
    this.#port.unref()
  }

  /** The server is closed; what else the script may have started does not keep the thread. */
  #end(): void {
    this.#closed = true
    void this.#worker.terminate()
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(`a serving thread threw ${String(error)}`)
}
