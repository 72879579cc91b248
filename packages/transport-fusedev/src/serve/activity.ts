/// <reference lib="es2024.sharedmemory" />
const WATCHED = 0
const WORDS = 1

/**
 * Tells a thread that sleeps while nothing happens that something does: one word of memory that serving threads look at
 * with each request.
 */
export class Activity {
  /** The memory to pass on. */
  readonly shared: SharedArrayBuffer
  readonly #words: Int32Array

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(WORDS * 4)) {
    this.shared = shared
    this.#words = new Int32Array(shared)
  }

  /** A request is being answered. Wakes whoever waits in {@link next}. */
  note(): void {
    if (Atomics.load(this.#words, WATCHED) !== 0) return
    if (Atomics.exchange(this.#words, WATCHED, 1) === 0) Atomics.notify(this.#words, WATCHED)
  }

  /**
   * Has the next {@link note} resolve {@link next}. Look again afterwards at what is going on: a thread that began before
   * may not have noted it.
   */
  rest(): void {
    Atomics.store(this.#words, WATCHED, 0)
  }

  /** Resolves at once while not at rest, else at the next {@link note}. */
  async next(): Promise<void> {
    await Atomics.waitAsync(this.#words, WATCHED, 0).value
  }
}
