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

/** The main thread's side of one serving thread. */
export class WorkerHandle {
  readonly index: number
  /** Resolves when the thread has ended. */
  readonly exited: Promise<void>
  /** Resolves when it serves; never, where it fails first. */
  readonly serving: Promise<void>
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #control = new LoopControl()
  #closed = false

  constructor({ script, options, setup }: WorkerScript, hooks: WorkerHooks) {
    const { index } = setup
    this.index = index
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    const complete: WorkerSetup = { ...setup, control: this.#control.shared, port: port2 }
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
        this.#control.finish()
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
    void this.#control.attend()
  }

  /** Ends serving, and then the thread. */
  async stop(): Promise<void> {
    // A script that has not come as far as serving would not notice.
    if (!this.#control.begun) this.#end()
    await this.#control.stop()
    await this.exited
  }

  /** Ends serving without the event loop. */
  stopNow(milliseconds: number): void {
    this.#control.stopNow(milliseconds)
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
