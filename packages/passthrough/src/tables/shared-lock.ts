/** How often a thread tries again before it sleeps: critical sections are a few hundred nanoseconds. */
const SPINS = 200
/** Longest sleep in milliseconds before the word is looked at again, should a wake-up ever be missed. */
const SLEEP_MS = 50

const FREE = 0
const HELD = 1
const HELD_AND_AWAITED = 2

/**
 * A mutual exclusion lock in one word of shared memory, for all threads that have the memory.
 *
 * Not reentrant. Hold it for table updates only: never across a system call, a callback or an `await`. A thread that
 * ends while it holds the lock leaves it held for ever, so threads that share tables must be asked to end.
 */
export class SharedLock {
  readonly #words: Int32Array
  readonly #index: number

  /** The lock in `words[index]`; 0 there means free. */
  constructor(words: Int32Array, index: number) {
    this.#words = words
    this.#index = index
  }

  /** Takes the lock, waiting for it. */
  lock(): void {
    for (let spin = 0; spin < SPINS; spin += 1) {
      if (Atomics.compareExchange(this.#words, this.#index, FREE, HELD) === FREE) return
    }
    while (Atomics.exchange(this.#words, this.#index, HELD_AND_AWAITED) !== FREE) {
      Atomics.wait(this.#words, this.#index, HELD_AND_AWAITED, SLEEP_MS)
    }
  }

  /** Lets the lock go. Only for the thread that holds it. */
  unlock(): void {
    if (Atomics.exchange(this.#words, this.#index, FREE) === HELD_AND_AWAITED) {
      Atomics.notify(this.#words, this.#index, 1)
    }
  }
}
