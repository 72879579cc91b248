import { MessageChannel, type MessagePort, Worker, type WorkerOptions } from 'node:worker_threads'
import { PortPeer } from './port-peer.js'
import { type FromWorker, SETUP_KEY, type ToWorker, type WorkerSetup } from './worker-messages.js'

/** What a thread runs. */
export interface WorkerScript {
  readonly index: number
  readonly script: URL | string
  /** See `VirtiofsDeviceOptions.pollUs`. */
  readonly pollUs: number
  readonly options: WorkerOptions
}

/** Who hears of a thread. */
export interface WorkerHooks {
  answer(question: FromWorker): unknown
  /** The thread ended without having been asked to: questions to it are rejected. */
  failed(error: Error): void
}

/** The main thread's side of one serving thread. It keeps the process only while a question is open. */
export class WorkerHandle {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #peer: PortPeer<FromWorker, ToWorker>
  #open = 0
  #ended = false

  constructor({ index, script, pollUs, options }: WorkerScript, hooks: WorkerHooks) {
    const { port1, port2 } = new MessageChannel()
    const setup: WorkerSetup = { index, pollUs, port: port2 }
    this.#worker = new Worker(script, {
      name: `virtiofs-${index}`,
      ...options,
      workerData: { [SETUP_KEY]: setup },
      transferList: [port2],
    })
    this.#port = port1
    this.#peer = new PortPeer(port1, (question) => hooks.answer(question))
    const fail = (error: Error): void => {
      if (this.#ended) return
      this.#ended = true
      this.#peer.fail(error)
      hooks.failed(error)
    }
    this.#worker.once('error', (error) => fail(error instanceof Error ? error : new Error(String(error))))
    this.#worker.once('exit', (code) => fail(new Error(`serving thread ${index} ended with code ${code}`)))
    this.#worker.unref()
    port1.unref()
  }

  /** Rejects with what the thread rejects with, or when it ends. */
  async ask(question: ToWorker): Promise<unknown> {
    this.#open += 1
    this.#port.ref()
    try {
      return await this.#peer.ask(question)
    } finally {
      this.#open -= 1
      if (this.#open === 0) this.#port.unref()
    }
  }

  /** Ends the thread, whatever it does. Its queues must have stopped. */
  async close(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.#peer.fail(new Error('the serving thread was ended'))
    await this.#worker.terminate()
  }
}
