import { Errno } from '@fb/api'
import { exitWithout } from '@fb/sys'
import { type HostFs, HostThreadHandle, type PendingCall } from './host-thread-handle.js'

/** Most threads, and most that wait for one file system: what is asked of it beyond that waits in a queue. */
const MOST_THREADS = 64
const MOST_PER_FS = 16
/** Threads that stay when nothing is asked, and how long the others do, in milliseconds. */
const KEPT_THREADS = 1
const IDLE_MS = 10_000

/**
 * The threads that make calls to hosts which may not answer, for all file systems of this thread. They start when they are
 * needed; one file system whose host is dead does not take them all.
 */
export class HostThreads {
  readonly #threads = new Set<HostThreadHandle>()
  /** Calls that wait for a thread, oldest first. */
  #queue: PendingCall[] = []
  /** Calls in threads, by file system. */
  readonly #running = new Map<number, number>()
  readonly #holders = new Map<number, HostThreadHandle>()
  #idle: NodeJS.Timeout | undefined

  /** Makes a call, or has it wait. */
  submit(pending: PendingCall): void {
    this.#queue.push(pending)
    this.#next()
  }

  /** Interrupts a call that was submitted: one that no thread has taken is answered EINTR. */
  interrupt(id: number): void {
    const holder = this.#holders.get(id)
    if (holder !== undefined) {
      holder.interrupt(id)
      return
    }
    const waiting = this.#queue.find((pending) => pending.id === id)
    if (waiting === undefined) return
    this.#queue = this.#queue.filter((pending) => pending !== waiting)
    waiting.settle({ errno: Errno.EINTR.errno }, new Uint8Array(0))
  }

  /** Forgets a file system. True where none of its calls is in a thread. */
  detach(fs: HostFs): boolean {
    this.#queue = this.#queue.filter((pending) => {
      if (pending.fs !== fs) return true
      pending.settle({ errno: Errno.ECONNABORTED.errno }, new Uint8Array(0))
      return false
    })
    for (const thread of this.#threads) thread.detach(fs.id)
    return (this.#running.get(fs.id) ?? 0) === 0
  }

  #next(): void {
    for (const pending of [...this.#queue]) {
      if ((this.#running.get(pending.fs.id) ?? 0) >= MOST_PER_FS) continue
      const thread = this.#freeThread()
      if (thread === undefined) return
      this.#queue.splice(this.#queue.indexOf(pending), 1)
      this.#run(thread, pending)
    }
  }

  #run(thread: HostThreadHandle, pending: PendingCall): void {
    const { id, fs, settle } = pending
    this.#count(fs, 1)
    this.#holders.set(id, thread)
    let isCounted = true
    const discount = (): void => {
      if (isCounted) this.#count(fs, -1)
      isCounted = false
    }
    const settled = new Promise<void>((resolve) => {
      thread.run({
        ...pending,
        onWaits: discount,
        settle: (answer, data) => {
          this.#holders.delete(id)
          discount()
          resolve()
          settle(answer, data)
        },
      })
    })
    exitWithout(settled)
  }

  #count(fs: HostFs, by: number): void {
    const count = (this.#running.get(fs.id) ?? 0) + by
    if (count > 0) this.#running.set(fs.id, count)
    else this.#running.delete(fs.id)
  }

  /** One that is free, best one that has nothing else; a new one where there is none. */
  #freeThread(): HostThreadHandle | undefined {
    let free: HostThreadHandle | undefined
    for (const thread of this.#threads) {
      if (thread.isFree && (free === undefined || thread.load < free.load)) free = thread
    }
    return free ?? (this.#threads.size < MOST_THREADS ? this.#start() : undefined)
  }

  #start(): HostThreadHandle {
    const thread: HostThreadHandle = new HostThreadHandle({
      onFree: () => {
        this.#next()
        this.#shedLater()
      },
      onExit: () => this.#threads.delete(thread),
    })
    this.#threads.add(thread)
    return thread
  }

  #shedLater(): void {
    this.#idle?.refresh()
    this.#idle ??= setTimeout(() => this.#shed(), IDLE_MS).unref()
  }

  #shed(): void {
    const unused = [...this.#threads].filter((thread) => thread.load === 0)
    for (const thread of unused.slice(KEPT_THREADS)) {
      this.#threads.delete(thread)
      thread.end()
    }
  }
}
