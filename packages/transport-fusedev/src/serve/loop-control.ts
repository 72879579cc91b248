/// <reference lib="es2024.sharedmemory" />
import { wakeThread } from '@fb/sys'

const COMMAND = 0
const STATE = 1
const THREAD = 2
/** Requests that it has begun to answer. */
const SERIAL = 3
/** Number of the last one. */
const UNIQUE_LOW = 4
const UNIQUE_HIGH = 5
const WORDS = 6

/** What a loop is asked to do. */
const NOTHING = 0
/** Let the event loop run once: there are messages. */
const ATTEND = 1
const STOP = 2
/** End, if nothing is pending: this thread is one too many. */
const RETIRE = 3

/** Where a loop is, once it has begun. */
const BLOCKING = 1
const ON_EVENT_LOOP = 2
const FINISHED = 3
/** In the middle of a request. */
const HANDLING = 4

/** Between two attempts to wake a thread that was about to block when the last one came. */
const RETRY_MS = 2
/** Between two looks at a thread that is in the middle of a request. */
const HANDLING_MS = 10
/** Between two attempts to interrupt a system call, at first and at most. */
const FIRST_INTERRUPT_MS = 1
const LAST_INTERRUPT_MS = 256

const LOW_BITS = 0xffff_ffffn

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
  #givenUp = false

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(WORDS * 4)) {
    this.shared = shared
    this.#words = new Int32Array(shared)
  }

  // The thread that commands.

  /** Asks the loop to end, and resolves when it has left the device alone. */
  async stop(): Promise<void> {
    this.#command(STOP)
    while (!this.finished && !this.#givenUp) {
      this.#wake()
      await this.#changes()
    }
  }

  /** Ends the wait of {@link stop} for a thread that does not come back from a system call. */
  giveUp(): void {
    this.#givenUp = true
  }

  /** As {@link stop}, without waiting for it. */
  requestStop(): void {
    this.#command(STOP)
    this.#wake()
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

  /** Asks the loop to end unless something is pending. Whether it has ended. */
  async retire(): Promise<boolean> {
    if (Atomics.compareExchange(this.#words, COMMAND, NOTHING, RETIRE) !== NOTHING) return false
    Atomics.notify(this.#words, COMMAND)
    while (Atomics.load(this.#words, COMMAND) === RETIRE && !this.finished) {
      this.#wake()
      await this.#changes()
    }
    return this.finished
  }

  /**
   * Interrupts the system call in which the thread answers a request, until it has given the answer. A call that the
   * kernel does not interrupt goes on. Whether the thread was at that request.
   */
  interrupt(unique: bigint): boolean {
    if (!this.#isAt(unique)) return false
    void this.#interrupt(unique)
    return true
  }

  /** Number of the request in the middle of which the thread is, counted from its first; `undefined` between two. */
  get request(): number | undefined {
    return this.#state === HANDLING ? Atomics.load(this.#words, SERIAL) : undefined
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

  /** @internal It answers a request (two halves of its unique number) from now on, in system calls that may take long. */
  enterRequest(uniqueLow: number, uniqueHigh: number): void {
    const words = this.#words
    words[UNIQUE_LOW] = uniqueLow
    words[UNIQUE_HIGH] = uniqueHigh
    words[SERIAL] = (words[SERIAL] as number) + 1
    Atomics.store(words, STATE, HANDLING)
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

  /** @internal */
  get retireRequested(): boolean {
    return Atomics.load(this.#words, COMMAND) === RETIRE
  }

  /** @internal The event loop is about to run, so that what is asked after this will be asked again. */
  attended(): void {
    this.#done(ATTEND)
  }

  /** @internal It does not retire: something is pending. */
  declineToRetire(): void {
    this.#done(RETIRE)
  }

  #done(command: number): void {
    Atomics.compareExchange(this.#words, COMMAND, command, NOTHING)
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

  /** Only while it waits for the device: in the middle of a request the signal would interrupt that. */
  #wake(): void {
    if (this.#state === BLOCKING) wakeThread(Atomics.load(this.#words, THREAD))
  }

  async #interrupt(unique: bigint): Promise<void> {
    for (let pause = FIRST_INTERRUPT_MS; this.#isAt(unique); pause = Math.min(2 * pause, LAST_INTERRUPT_MS)) {
      wakeThread(Atomics.load(this.#words, THREAD))
      await this.#changes(pause)
    }
  }

  #isAt(unique: bigint): boolean {
    return (
      this.#state === HANDLING &&
      this.#words[UNIQUE_LOW] === (Number(unique & LOW_BITS) | 0) &&
      this.#words[UNIQUE_HIGH] === (Number(unique >> 32n) | 0)
    )
  }

  async #changes(milliseconds?: number): Promise<void> {
    const state = this.#state
    const most = milliseconds ?? (state === HANDLING ? HANDLING_MS : RETRY_MS)
    await Atomics.waitAsync(this.#words, STATE, state, most).value
  }
}
