import { type FdWatcher, read, schedYield, WATCH_READABLE, watchFd, write } from '@fb/sys'
import type { Chain, GuestMemory, Virtqueue } from '@fb/virtqueue'
import type { LogSetup, QueueSetup } from './device.js'
import { type OpenQueue, openQueue } from './open-queue.js'
import type { PollBudget } from './poll-budget.js'

const EAGAIN = -11
const EINTR = -4
const ONE = new Uint8Array(BigUint64Array.of(1n).buffer)
/** Requests handed out before the loop gets another turn. */
const TURN = 256
/**
 * Answers after which the driver is called though more requests wait: it takes them on its own CPU meanwhile. Fewer would
 * make it wait less, and cost more interrupts.
 */
const ANSWERS_PER_CALL = 8
/** Kicks in a row without a request, after which the driver is looked at once per pause only. */
const IDLE_KICKS = 64
/** Milliseconds between looks at a queue that is polled, or whose kicks are not worth waking up for. */
const PAUSE_MS = 1

/** Milliseconds of polling after which the loop gets a turn, however often requests are found. */
const POLLING_TURN_MS = 5
/** Milliseconds between two looks from which on somebody else has had the CPU meanwhile. */
const PREEMPTED_MS = 0.5

/** What a {@link LoopQueue} serves. */
export interface LoopQueueHandlers {
  /**
   * A request: give it back with {@link LoopQueue.complete}, now or later, exactly once. Must not throw: what it throws
   * breaks the queue.
   */
  onRequest(chain: Chain, queue: LoopQueue): void
  /** The queue is of no use any more. Called once. */
  onBroken?(reason: string, queue: LoopQueue): void
  /** False where the loop of this thread has other things to do than to look for requests of this queue. Default true. */
  mayPoll?(queue: LoopQueue): boolean
}

/** How a {@link LoopQueue} goes on and waits. */
export interface LoopQueueOptions {
  /** What {@link LoopQueue.withdraw} returned before the queue last stopped; handed out once more. */
  readonly again?: readonly number[]
  /** The thread's; without it the queue always waits for kicks. */
  readonly polling?: PollBudget
}

/**
 * One queue, served by the event loop of this thread: requests are handed out when the driver kicks, and the driver is
 * called for those that have been completed.
 *
 * However often it is kicked, and however many requests there are, the loop gets its turns: at most 256 requests per
 * turn, and kicks that bring nothing are soon looked at once per millisecond only.
 */
export class LoopQueue {
  readonly index: number
  readonly queue: Virtqueue
  readonly #open: OpenQueue
  readonly #setup: QueueSetup
  readonly #handlers: LoopQueueHandlers
  readonly #polling: PollBudget | undefined
  readonly #value = new Uint8Array(8)
  #watcher: FdWatcher | undefined
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined
  #idleKicks = 0
  #draining = false
  /** Answers that the driver has not been called for. */
  #uncalled = 0
  #stopping: ((base: number) => void) | undefined
  #ended = false

  /**
   * Begins to serve; requests that wait already are handed out in a later turn of the loop.
   * @throws GuestMemoryError the rings are not in memory
   * @throws SysError `kickFd` cannot be waited for
   */
  constructor(
    setup: QueueSetup,
    memory: GuestMemory,
    handlers: LoopQueueHandlers,
    { again, polling }: LoopQueueOptions = {},
  ) {
    this.index = setup.index
    this.#setup = setup
    this.#handlers = handlers
    this.#polling = polling
    this.#open = openQueue(setup, memory, again)
    this.queue = this.#open.queue
    try {
      this.#watch()
    } catch (error) {
      this.#open.close()
      throw error
    }
    // Requests may have been posted, and answers published without a call, before this process took over.
    this.#signal(setup.callFd)
    this.#schedule()
  }

  /** Gives a request back, with as many bytes as were written into it. */
  complete(chain: Chain, usedLength: number): void {
    this.queue.push(chain, usedLength)
    this.#uncalled += 1
    if (!this.#draining || this.#uncalled >= ANSWERS_PER_CALL) this.#call()
    this.#endIfIdle()
  }

  /**
   * Takes a request out of a queue that stops, without an answer: the guest waits on until the queue goes on.
   * @returns its head, for the queue that goes on
   */
  withdraw(chain: Chain): number {
    const head = this.queue.withdraw(chain)
    this.#endIfIdle()
    return head
  }

  /**
   * Takes no more requests and waits for those that are out.
   * @returns the index at which the queue goes on
   */
  stop(): Promise<number> {
    // Nobody after us would find them in the available ring.
    while (this.queue.recovered > 0 && this.queue.broken === undefined) this.#drain()
    this.#quiet()
    return new Promise((resolve) => {
      this.#stopping = resolve
      this.#endIfIdle()
    })
  }

  /**
   * Hands out what was posted already, ahead of its kick, so that it overtakes what other queues brought. Costs one look
   * at the ring where there is nothing.
   * @param most - requests to hand out now; the others are handed out in a later turn of the loop
   */
  serveNow(most: number): void {
    if (this.queue.posted) this.#drain(most)
  }

  /** Goes on in another mapping of guest memory. */
  moveTo(memory: GuestMemory): void {
    this.queue.moveTo(memory)
    this.#checkBroken()
  }

  /** Marks written pages there from now on. */
  setLog(log: LogSetup | undefined): void {
    this.#open.setLog(log)
  }

  #watch(): void {
    const { kickFd } = this.#setup
    if (kickFd === undefined) {
      this.#timer = setTimeout(() => this.#onPause(), PAUSE_MS)
    } else {
      this.#watcher = watchFd(kickFd, WATCH_READABLE, (events) => this.#onKick(kickFd, events))
    }
  }

  #onKick(kickFd: number, events: number): void {
    const result = events < 0 ? events : read(kickFd, this.#value, 0, this.#value.length)
    if (result === EAGAIN || result === EINTR) return
    if (result <= 0) {
      this.#break(`the kick descriptor is gone (${result})`)
      return
    }
    const { counters } = this.queue
    counters.kicks += 1
    const { batches } = counters
    this.#polling?.kicked(performance.now(), this.queue.waiting)
    this.#drain()
    this.#idleKicks = counters.batches === batches ? this.#idleKicks + 1 : 0
    if (this.#idleKicks < IDLE_KICKS || this.#watcher === undefined) return
    this.#watcher.stop()
    this.#watcher = undefined
    this.#timer = setTimeout(() => this.#onPause(), PAUSE_MS)
  }

  #onPause(): void {
    this.#timer = undefined
    this.#idleKicks = 0
    this.#drain()
    if (this.#ended || this.#stopping !== undefined || this.queue.broken !== undefined) return
    this.#watch()
  }

  #schedule(): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined
      this.#drain()
    })
  }

  #drain(most = TURN): void {
    if (this.#draining || this.#ended || this.#stopping !== undefined) return
    this.#draining = true
    try {
      this.queue.disableNotifications()
      let left = most
      const begun = this.#polling === undefined ? 0 : performance.now()
      do {
        for (; left > 0 && this.#stopping === undefined; left -= 1) {
          const chain = this.queue.pop()
          if (chain === undefined) break
          this.#handlers.onRequest(chain, this)
        }
      } while (left > 0 && (this.#poll(begun) || this.queue.enableNotifications()))
      if (left === 0) this.#schedule()
    } catch (error) {
      this.#break(error instanceof Error ? error.message : String(error))
    } finally {
      this.#draining = false
    }
    this.#call()
    this.#checkBroken()
    this.#endIfIdle()
  }

  /** Looks for the next request for a while, before a kick is asked for. True where there is one. */
  #poll(begun: number): boolean {
    if (this.#polling === undefined || this.#stopping !== undefined) return false
    const dry = performance.now()
    const budget = this.#polling.take(dry)
    if (budget === 0) return false
    // The driver may have nothing to send before it has been answered.
    this.#call()
    let now = dry
    while (this.#handlers.mayPoll?.(this) !== false) {
      if (this.queue.posted) {
        this.#polling.found()
        return true
      }
      schedYield()
      const before = now
      now = performance.now()
      if (now - before > PREEMPTED_MS) {
        this.#polling.preempted()
        return false
      }
      if (now - dry > budget) return false
      if (now - begun > POLLING_TURN_MS) {
        this.#schedule()
        return false
      }
    }
    return false
  }

  #call(): void {
    this.#uncalled = 0
    if (this.#ended || !this.queue.shouldCall()) return
    this.queue.counters.calls += 1
    this.#signal(this.#setup.callFd)
  }

  #signal(fd: number): void {
    // A full counter is a call that is pending already; a front end that closed its end wants none.
    write(fd, ONE, 0, ONE.length)
  }

  #checkBroken(): void {
    if (this.queue.broken !== undefined) this.#break(this.queue.broken)
  }

  #broken = false

  #break(reason: string): void {
    if (this.#broken) return
    this.#broken = true
    this.#quiet()
    this.queue.stop()
    if (!this.#ended) this.#signal(this.#setup.errorFd)
    this.#handlers.onBroken?.(reason, this)
  }

  /** No more kicks, pauses or turns. */
  #quiet(): void {
    this.#watcher?.stop()
    this.#watcher = undefined
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    if (this.#immediate !== undefined) clearImmediate(this.#immediate)
    this.#timer = undefined
    this.#immediate = undefined
  }

  #endIfIdle(): void {
    if (this.#stopping === undefined || this.#ended || this.#draining || this.queue.inFlight > 0) return
    this.#ended = true
    this.#open.close()
    this.#stopping(this.queue.base)
  }
}
