import { workerData } from 'node:worker_threads'
import { type CacheWindow, Errno, Server, type ServerOptions } from '@fb/api'
import { GuestMemory, type GuestRegion } from '@fb/virtqueue'
import { controlMessage, refusal } from '../control-request.js'
import { QueueThread } from '../queue-thread.js'
import type { VirtiofsRequest } from '../virtiofs-request.js'
import { PortPeer } from './port-peer.js'
import {
  type FromWorker,
  SETUP_KEY,
  type ToWorker,
  type WorkerSession,
  type WorkerSetup,
} from './worker-messages.js'

/** What a serving thread makes the server of a session from. */
export interface VirtiofsWorkerContext {
  /** Position among the threads, from 0. */
  readonly index: number
  /** What `VirtiofsWorkers.workerData` returned for this session. */
  readonly data: unknown
  /** To be given to the `Server`: what INIT settled, and the DAX window where there is one. */
  readonly serverOptions: Pick<ServerOptions, 'negotiated' | 'cacheWindow'>
}

/**
 * Serves queues in a thread that a `VirtiofsDevice` with `workers` has started: call it once, in the script. `create`
 * makes the thread's server for each session, whose file system shares what it must with the other threads' (in a
 * SharedArrayBuffer). What it throws is the guest's answer to INIT: EIO, and the reason in the log.
 *
 * @example
 * serveVirtiofsInWorker(({ serverOptions }) => new Server(new MyFileSystem(), serverOptions))
 */
export function serveVirtiofsInWorker(
  create: (context: VirtiofsWorkerContext) => Server | Promise<Server>,
): void {
  const setup = (workerData as { [SETUP_KEY]?: WorkerSetup } | null)?.[SETUP_KEY]
  if (setup === undefined) {
    throw new Error('serveVirtiofsInWorker must be called in a thread that a VirtiofsDevice has started')
  }
  new WorkerLoop(setup, create).listen()
}

/** The worker's side of a `WorkerHandle`. */
class WorkerLoop {
  readonly #setup: WorkerSetup
  readonly #create: (context: VirtiofsWorkerContext) => Server | Promise<Server>
  readonly #thread: QueueThread
  #peer: PortPeer<ToWorker, FromWorker> | undefined
  /** Sessions begin and end one after the other. */
  #last: Promise<unknown> = Promise.resolve()
  /** Mapped while a queue is served. */
  #memory: GuestMemory | undefined

  constructor(setup: WorkerSetup, create: (context: VirtiofsWorkerContext) => Server | Promise<Server>) {
    this.#setup = setup
    this.#create = create
    this.#thread = new QueueThread(
      {
        control: (request) => this.#control(request),
        broken: (index, reason) => void this.#ask({ kind: 'broken', index, reason }),
      },
      setup.pollUs,
    )
  }

  listen(): void {
    this.#peer = new PortPeer(this.#setup.port, (question) => this.#answer(question))
  }

  #ask(question: FromWorker): Promise<unknown> {
    return this.#peer?.ask(question) ?? Promise.reject(new Error('the thread does not listen yet'))
  }

  #answer(question: ToWorker): unknown {
    const thread = this.#thread
    switch (question.kind) {
      case 'start':
        this.#memory ??= GuestMemory.map(question.setup.regions)
        thread.putAside(question.aside)
        return thread.start(question.setup, this.#memory)
      case 'stop':
        return this.#stop(question)
      case 'memory':
        return this.#moveTo(question.regions)
      case 'aside':
        return thread.aside
      case 'log':
        return thread.setLog(question.index, question.log)
      case 'begin':
        return this.#inTurn(() => this.#begin(question.session))
      case 'end':
        return this.#inTurn(() => this.#end())
      case 'interrupt':
        return thread.server.interrupt(question.unique)
    }
  }

  async #stop({ index, reason }: Extract<ToWorker, { kind: 'stop' }>): Promise<number> {
    const base = await this.#thread.stop(index, reason)
    if (this.#thread.size === 0) {
      this.#memory?.unmap()
      this.#memory = undefined
    }
    return base
  }

  /** The old mapping ends before the answer: the descriptors behind it may be closed then. */
  #moveTo(regions: readonly GuestRegion[]): void {
    if (this.#memory === undefined) return
    const old = this.#memory
    this.#memory = GuestMemory.map(regions)
    this.#thread.moveTo(this.#memory)
    old.unmap()
  }

  async #begin({ negotiated, window, data }: WorkerSession): Promise<void> {
    const { index } = this.#setup
    const serverOptions = window ? { negotiated, cacheWindow: this.#window() } : { negotiated }
    this.#thread.server = await this.#create({ index, data, serverOptions })
  }

  async #end(): Promise<void> {
    const { server } = this.#thread
    this.#thread.server = new Server({})
    this.#thread.forgetSetAside()
    await server.close()
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const done = this.#last.then(action)
    this.#last = done.catch(() => {})
    return done
  }

  #control(request: VirtiofsRequest): boolean {
    const message = controlMessage(request)
    this.#ask({ kind: 'control', message }).then(
      (reply) => request.answer(reply as Uint8Array | undefined),
      () => request.answer(refusal(message, Errno.EIO)),
    )
    return true
  }

  #window(): CacheWindow {
    const outcome = async (answer: Promise<unknown>): Promise<void> => {
      const status = (await answer) as number
      if (status < 0) throw Errno.of(-status)
    }
    return {
      map: (fd, request) => outcome(this.#ask({ kind: 'map', fd, request: { ...request } })),
      unmap: (ranges) => outcome(this.#ask({ kind: 'unmap', ranges: ranges.map((range) => ({ ...range })) })),
    }
  }
}
