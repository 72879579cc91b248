import { Worker } from 'node:worker_threads'
import { wakeThread } from '@fb/sys'
import type { PassthroughShare } from '../share.js'
import { sparseMemory } from '../tables/sparse-memory.js'
import {
  DATA_BYTES,
  type FromHostThread,
  type HostAnswer,
  type HostCall,
  type HostThreadSetup,
} from './messages.js'

const SCRIPT = new URL('./host-thread.js', import.meta.url)
/** It lets go of what it needs for a call with the next one: room for more would only be memory that nobody uses. */
const LIMITS = { maxYoungGenerationSizeMb: 2 }
/** Between two attempts to interrupt a system call, at first and at most, in milliseconds. */
const FIRST_INTERRUPT_MS = 1
const LAST_INTERRUPT_MS = 256

/** The file system that a call is for. */
export interface HostFs {
  readonly id: number
  readonly share: PassthroughShare
}

/** A call on its way. */
export interface PendingCall {
  readonly id: number
  readonly fs: HostFs
  readonly call: HostCall
  /** Data of a WRITE. */
  readonly payload: Uint8Array | undefined
  /** It waits for something else than the host, and takes no thread meanwhile. */
  readonly onWaits?: () => void
  /** The answer; `data` is valid during the call and has what a READ has read. */
  readonly settle: (answer: HostAnswer, data: Uint8Array) => void
}

/** Who hears of a thread. */
export interface HostThreadHooks {
  /** It can take a call. */
  readonly onFree: () => void
  /** It has ended: what it was at is answered. */
  readonly onExit: () => void
}

/** A thread that makes the calls of file systems, one at a time, and those that wait besides. */
export class HostThreadHandle {
  readonly #worker: Worker
  readonly #data: Uint8Array
  readonly #hooks: HostThreadHooks
  readonly #attached = new Set<number>()
  readonly #waiting = new Map<number, PendingCall>()
  #current: PendingCall | undefined
  #thread = 0

  constructor(hooks: HostThreadHooks) {
    this.#hooks = hooks
    const data = sparseMemory(DATA_BYTES)
    this.#data = new Uint8Array(data)
    const workerData: HostThreadSetup = { data }
    this.#worker = new Worker(SCRIPT, { name: 'fb-host', workerData, resourceLimits: LIMITS })
    this.#worker.on('message', (message: FromHostThread) => this.#take(message))
    this.#worker.on('error', (error) => this.#fail({ defect: error }))
    this.#worker.once('exit', () => {
      this.#fail({ defect: new Error('a thread that makes calls to the host has ended') })
      hooks.onExit()
    })
    this.#worker.unref()
  }

  /** Whether it can take a call at once. */
  get isFree(): boolean {
    return this.#current === undefined
  }

  /** Calls that it has not answered. */
  get load(): number {
    return this.#waiting.size + (this.isFree ? 0 : 1)
  }

  /** Makes a call. The thread must be free. */
  run(pending: PendingCall): void {
    const { id, fs, call, payload } = pending
    this.#current = pending
    if (!this.#attached.has(fs.id)) {
      this.#attached.add(fs.id)
      this.#worker.postMessage({ kind: 'attach', fs: fs.id, share: fs.share })
    }
    if (payload !== undefined) this.#data.set(payload)
    this.#worker.postMessage({ kind: 'call', id, fs: fs.id, call })
  }

  /** Interrupts a call, if the thread has it. */
  interrupt(id: number): void {
    if (this.#waiting.has(id)) this.#worker.postMessage({ kind: 'interrupt', id })
    else this.#wake(id, FIRST_INTERRUPT_MS)
  }

  /** Forgets a file system. */
  detach(fs: number): void {
    if (this.#attached.delete(fs)) this.#worker.postMessage({ kind: 'detach', fs })
  }

  /** Ends the thread, which must be free and have nothing that waits. */
  end(): void {
    void this.#worker.terminate()
  }

  #wake(id: number, pause: number): void {
    if (this.#current?.id !== id) return
    if (this.#thread > 0) wakeThread(this.#thread)
    setTimeout(() => this.#wake(id, Math.min(2 * pause, LAST_INTERRUPT_MS)), pause).unref()
  }

  #take(message: FromHostThread): void {
    if (message.kind === 'ready') {
      this.#thread = message.thread
      return
    }
    const pending = this.#current?.id === message.id ? this.#current : this.#waiting.get(message.id)
    if (message.kind === 'waits') {
      if (pending !== undefined) this.#waiting.set(message.id, pending)
      pending?.onWaits?.()
    } else {
      this.#waiting.delete(message.id)
      pending?.settle(message.answer, this.#data)
    }
    if (this.#current?.id !== message.id) return
    this.#current = undefined
    this.#hooks.onFree()
  }

  #fail(answer: HostAnswer): void {
    const lost = [...this.#waiting.values(), ...(this.#current === undefined ? [] : [this.#current])]
    this.#waiting.clear()
    this.#current = undefined
    for (const pending of lost) pending.settle(answer, this.#data)
  }
}
