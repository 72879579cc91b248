import { Opcode } from '@fb/abi'
import { MIN_REPLY_BUFFER, type ReplyBuffer, Server } from '@fb/api'
import { type LogSetup, LoopQueue, PollBudget, type QueueSetup, type StopReason } from '@fb/vhost-user'
import type { Chain, GuestMemory } from '@fb/virtqueue'
import { type RequestOwner, VirtiofsRequest } from './virtiofs-request.js'

/** The queue whose requests (FORGET, INTERRUPT) overtake those of the others (virtio 1.2, 5.11.2). */
export const PRIORITY_QUEUE = 0
/** Request objects that are kept for use again; each holds a buffer. */
const KEPT_REQUESTS = 16
/** Most requests that overtake one other: a guest that posts them without end must not stop the rest. */
const OVERTAKING = 16

/** Heads of requests that are to be handed out again, by queue. */
export type SetAside = readonly (readonly [queue: number, heads: readonly number[]])[]

/** What a {@link QueueThread} leaves to others. */
export interface QueueThreadHooks {
  /**
   * A request that may concern more than this thread (INIT, DESTROY, INTERRUPT).
   * @returns false where the server of this thread shall have it; otherwise it is answered with
   * {@link VirtiofsRequest.answer}, once
   */
  control(request: VirtiofsRequest): boolean
  /** The guest broke a queue: it stands still. */
  broken(index: number, reason: string): void
}

function isControl(opcode: number): boolean {
  return opcode === Opcode.INIT || opcode === Opcode.DESTROY || opcode === Opcode.INTERRUPT
}

/** The queues that one thread serves on its event loop, and the server that answers their requests. */
export class QueueThread implements RequestOwner {
  /** Answers what comes from now on. Without a file system it answers EIO. */
  server: Server
  readonly #hooks: QueueThreadHooks
  readonly #queues = new Map<number, LoopQueue>()
  readonly #polling: PollBudget | undefined
  readonly #reply: ReplyBuffer
  readonly #idle: VirtiofsRequest[] = []
  readonly #waiting = new Set<VirtiofsRequest>()
  #current: VirtiofsRequest
  #priority: LoopQueue | undefined
  /** Heads of requests that wait for a lock and were in a queue that has stopped, by its index: it may go on. */
  readonly #setAside = new Map<number, number[]>()

  /** @param pollMicroseconds - how long queues that have run dry are looked at before kicks are waited for */
  constructor(hooks: QueueThreadHooks, pollMicroseconds: number) {
    this.#hooks = hooks
    if (pollMicroseconds > 0) this.#polling = new PollBudget(pollMicroseconds / 1000)
    const bytes = new Uint8Array(MIN_REPLY_BUFFER)
    this.#reply = { bytes, view: new DataView(bytes.buffer) }
    this.#current = new VirtiofsRequest(this, this.#reply)
    this.server = new Server({})
  }

  /** Requests whose answer comes later. */
  get pending(): number {
    return this.#waiting.size
  }

  /** Queues that are served. */
  get size(): number {
    return this.#queues.size
  }

  /**
   * Begins to serve a queue.
   * @param memory - this thread's mapping of guest memory
   */
  start(setup: QueueSetup, memory: GuestMemory): void {
    const handlers = {
      onRequest: (chain: Chain, from: LoopQueue) => this.#take(chain, from),
      onBroken: (reason: string) => this.#hooks.broken(setup.index, reason),
      mayPoll: (queue: LoopQueue) => this.#mayPoll(queue),
    }
    const again = this.#setAside.get(setup.index)
    const queue = new LoopQueue(setup, memory, handlers, {
      ...(again === undefined ? {} : { again }),
      ...(this.#polling === undefined ? {} : { polling: this.#polling }),
    })
    this.#setAside.delete(setup.index)
    this.#queues.set(setup.index, queue)
    if (setup.index === PRIORITY_QUEUE) this.#priority = queue
  }

  /**
   * Takes no more requests of a queue and waits for those that are out. Where the queue may go on, a lock that somebody
   * else holds is not waited for: the request is set aside, and made again when the queue starts again. It cannot be
   * answered EINTR: a guest that has no signal to deliver would hand its programs ERESTARTSYS.
   * @returns the index at which the queue goes on
   */
  async stop(index: number, reason: StopReason): Promise<number> {
    const queue = this.#queues.get(index)
    if (queue === undefined) throw new Error(`queue ${index} does not run`)
    const stopped = queue.stop()
    if (reason === 'base' || reason === 'pause') this.#setWaitingAside(queue)
    const base = await stopped
    this.#queues.delete(index)
    if (queue === this.#priority) this.#priority = undefined
    return base
  }

  /** Moves every queue to another mapping of guest memory. */
  moveTo(memory: GuestMemory): void {
    for (const queue of this.#queues.values()) queue.moveTo(memory)
  }

  /** Marks what a queue writes there from now on. */
  setLog(index: number, log: LogSetup | undefined): void {
    this.#queues.get(index)?.setLog(log)
  }

  finished(request: VirtiofsRequest): void {
    this.#waiting.delete(request)
    if (request !== this.#current && this.#idle.length < KEPT_REQUESTS) this.#idle.push(request)
  }

  /** Not while a promise waits for the loop, or another queue for its turn. */
  #mayPoll(queue: LoopQueue): boolean {
    if (this.#waiting.size > 0) return false
    for (const other of this.#queues.values()) if (other !== queue && other.queue.posted) return false
    return true
  }

  #take(chain: Chain, queue: LoopQueue): void {
    if (queue !== this.#priority) this.#priority?.serveNow(OVERTAKING)
    const request = this.#current
    request.begin(chain, queue)
    // Whoever waits is known before its answer, which may come at once.
    this.#waiting.add(request)
    if (!isControl(request.opcode) || !this.#hooks.control(request)) this.server.handle(request)
    if (this.#waiting.has(request)) this.#current = this.#idle.pop() ?? new VirtiofsRequest(this, this.#reply)
  }

  /** Heads of requests that wait for a lock and are not in a queue that runs. */
  get aside(): SetAside {
    return [...this.#setAside]
  }

  /** Requests that wait for a lock, from a thread or process before this one. */
  putAside(aside: SetAside): void {
    for (const [index, heads] of aside) this.#setAside.set(index, [...heads])
  }

  /** What was set aside will not be asked for again: the session has ended. */
  forgetSetAside(): void {
    this.#setAside.clear()
  }

  setAside(request: VirtiofsRequest, head: number): void {
    const { index } = request.queue
    this.#setAside.set(index, [...(this.#setAside.get(index) ?? []), head])
    this.finished(request)
  }

  /** Ends what may wait for ever, so that the queue can stop: locks that somebody else holds. */
  #setWaitingAside(queue: LoopQueue): void {
    for (const request of this.#waiting) {
      if (request.queue !== queue || request.opcode !== Opcode.SETLKW) continue
      request.setAside()
      this.server.interrupt(request.unique)
    }
  }
}
