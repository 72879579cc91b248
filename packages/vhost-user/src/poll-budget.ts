/** Milliseconds of the first attempt; each that would have been a little longer doubles it. */
const FIRST_MS = 0.02
/** After so many requests that were found by polling, one kick is waited for: it tells how many come at a time. */
const PROBE_AFTER = 64
/** Waits without polling once several requests came at a time. */
const REST = 256
/** The same once somebody else wanted the CPU. */
const SHORT_REST = 16

/**
 * How long a queue that has run dry looks for the next request before it asks for a kick. A kick costs a wake-up, on
 * another CPU often more than the request itself; but looking costs that CPU meanwhile. So it is done only while requests
 * come one at a time and soon: for as long as the last ones took to come, up to a limit, and not at all where they come
 * later, or several with one kick, or where somebody else wants the CPU.
 *
 * Belongs to one thread, whose queues share it. All times are milliseconds of one clock.
 */
export class PollBudget {
  readonly #most: number
  #budget = 0
  #found = 0
  #rest = 0
  #since = 0

  /** @param most - milliseconds */
  constructor(most: number) {
    this.#most = most
  }

  /** A queue has run dry: how long to look; 0 where a kick is to be waited for at once. */
  take(now: number): number {
    this.#since = now
    if (this.#rest > 0) {
      this.#rest -= 1
      return 0
    }
    if (this.#found < PROBE_AFTER) return this.#budget
    this.#found = 0
    return 0
  }

  /** A request was found by looking. */
  found(): void {
    this.#found += 1
  }

  /** A kick ended the wait, and brought so many requests. */
  kicked(now: number, requests: number): void {
    const waited = now - this.#since
    if (requests === 0) return
    if (requests > 1) this.#give(REST)
    else if (waited > this.#most) this.#budget = 0
    else if (waited > this.#budget) this.#budget = Math.min(this.#most, Math.max(FIRST_MS, 2 * this.#budget))
  }

  /** Somebody else wanted the CPU meanwhile: no looking for a while. */
  preempted(): void {
    this.#give(SHORT_REST)
  }

  #give(waits: number): void {
    this.#budget = 0
    this.#rest = waits
  }
}
