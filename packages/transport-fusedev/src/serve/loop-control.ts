/// <reference lib="es2024.sharedmemory" />
import { wakeThread } from '@fb/sys'

const COMMAND = 0
const STATE = 1
const THREAD = 2
const WORDS = 3

/** What a loop is asked to do. */
const NOTHING = 0
/** Let the event loop run once: there are messages. */
const ATTEND = 1
const STOP = 2

/** Where a loop is, once it has begun. */
const BLOCKING = 1
const ON_EVENT_LOOP = 2
const FINISHED = 3

/** Between two attempts to wake a thread that was about to block when the last one came. */
const RETRY_MS = 2

/**
 * How one thread is told to stop, or to look at its messages, while it waits in a read of the device: a few words of
 * shared memory, and a signal that makes the read return. Both threads make one over the same memory.
 *
 * A wake-up cannot get lost: it is repeated until the loop has answered.
 */
export class LoopControl {
  /** The memory to pass on. */
  readonly shared: SharedArrayBuffer
  readonly #words: Int32Array
  #onCommand: (() => void) | undefined
  #listening = false

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(WORDS * 4)) {
    this.shared = shared
    this.#words = new Int32Array(shared)
  }

  // The thread that commands.

  /** Asks the loop to end, and resolves when it has left the device alone. */
  async stop(): Promise<void> {
    this.#command(STOP)
    while (!this.finished) {
      this.#wake()
      await this.#changes()
    }
  }

  /** As {@link stop} on this thread, at most for `milliseconds`. Whether the loop has ended. */
  stopNow(milliseconds: number): boolean {
    this.#command(STOP)
    for (let waited = 0; !this.finished && waited < milliseconds; waited += RETRY_MS) {
      this.#wake()
      Atomics.wait(this.#words, STATE, this.#state, RETRY_MS)
    }
    return this.finished
  }

  /** Makes the thread's event loop run, so that it gets its messages. */
  async attend(): Promise<void> {
    if (Atomics.compareExchange(this.#words, COMMAND, NOTHING, ATTEND) !== NOTHING) return
    Atomics.notify(this.#words, COMMAND)
    while (Atomics.load(this.#words, COMMAND) === ATTEND && !this.finished) {
      this.#wake()
      await this.#changes()
    }
  }

  /** The loop has begun. */
  get begun(): boolean {
    return Atomics.load(this.#words, THREAD) !== 0
  }

  /** The loop has ended. */
  get finished(): boolean {
    return this.#state === FINISHED
  }

  // The thread that serves.

  /** @internal This thread serves from now on. */
  begin(thread: number): void {
    Atomics.store(this.#words, THREAD, thread)
  }

  /** @internal It waits in system calls. */
  enterBlocking(): void {
    Atomics.store(this.#words, STATE, BLOCKING)
  }

  /** @internal It waits on its event loop. */
  enterEventLoop(): void {
    Atomics.store(this.#words, STATE, ON_EVENT_LOOP)
  }

  /** It touches the device no more. The commanding thread may say so for one that has died. */
  finish(): void {
    Atomics.store(this.#words, STATE, FINISHED)
    Atomics.notify(this.#words, STATE)
  }

  /** @internal Whether anything is asked: looked at before each wait. */
  get commanded(): boolean {
    return Atomics.load(this.#words, COMMAND) !== NOTHING
  }

  /** @internal */
  get stopRequested(): boolean {
    return Atomics.load(this.#words, COMMAND) === STOP
  }

  /** @internal The event loop is about to run, so that what is asked after this will be asked again. */
  attended(): void {
    Atomics.compareExchange(this.#words, COMMAND, ATTEND, NOTHING)
    Atomics.notify(this.#words, STATE)
  }

  /**
   * Calls back when something is asked, for a thread on its event loop; `undefined` ends that.
   * @internal
   */
  onCommand(callback: (() => void) | undefined): void {
    this.#onCommand = callback
    if (callback === undefined || this.#listening) return
    this.#listening = true
    void this.#listen()
  }

  /** One wait at a time, however often callbacks come and go: a wait cannot be taken back. */
  async #listen(): Promise<void> {
    if (!this.commanded) await Atomics.waitAsync(this.#words, COMMAND, NOTHING).value
    this.#listening = false
    this.#onCommand?.()
  }

  get #state(): number {
    return Atomics.load(this.#words, STATE)
  }

  #command(command: number): void {
    Atomics.store(this.#words, COMMAND, command)
    Atomics.notify(this.#words, COMMAND)
  }

  #wake(): void {
    if (this.#state === BLOCKING) wakeThread(Atomics.load(this.#words, THREAD))
  }

  async #changes(): Promise<void> {
    await Atomics.waitAsync(this.#words, STATE, this.#state, RETRY_MS).value
  }
}
