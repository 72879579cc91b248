/** Beyond this a call that waits for the disk is given to another thread, in milliseconds: that costs some hundredths of it. */
const SLOW_MS = 1
/** Weight of the latest call. */
const LATEST = 0.25

/**
 * How long this thread's calls take that bring data to the disk. A thread that may wait makes them itself where they are
 * quick (memory, a disk with a safe cache); where they are not, whoever asks for something else would wait as well.
 */
export class FlushPace {
  #milliseconds = 0

  /** Whether they take so long that another thread had better wait. */
  get isSlow(): boolean {
    return this.#milliseconds > SLOW_MS
  }

  /** Makes a call on this thread. */
  time(call: () => number): number {
    const start = performance.now()
    const result = call()
    this.#took(performance.now() - start)
    return result
  }

  /** Waits for a call on another thread. */
  async timeLater(call: () => Promise<number>): Promise<number> {
    const start = performance.now()
    const result = await call()
    this.#took(performance.now() - start)
    return result
  }

  #took(milliseconds: number): void {
    this.#milliseconds += (milliseconds - this.#milliseconds) * LATEST
  }
}
