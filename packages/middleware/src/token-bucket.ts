const MILLISECONDS = 1000

/**
 * A bucket that fills at a steady rate and may be overdrawn: who takes more than is there learns how long to wait, and
 * those who come after wait longer. That makes a queue without a list.
 */
export class TokenBucket {
  readonly #perMillisecond: number
  readonly #capacity: number
  #level: number
  #at: number

  /**
   * @param rate tokens per second
   * @param burst seconds' worth of tokens that it holds when full, as it is in the beginning
   * @param now milliseconds of a clock that only grows
   */
  constructor(rate: number, burst: number, now: number) {
    if (!(rate > 0 && burst > 0))
      throw new RangeError(`a rate and its burst are above 0, not ${rate} and ${burst}`)
    this.#perMillisecond = rate / MILLISECONDS
    this.#capacity = rate * burst
    this.#level = this.#capacity
    this.#at = now
  }

  /** Takes tokens. Milliseconds after which they are there, 0 for at once. */
  take(count: number, now: number): number {
    this.#level = Math.min(this.#capacity, this.#level + (now - this.#at) * this.#perMillisecond) - count
    this.#at = now
    return this.#level >= 0 ? 0 : -this.#level / this.#perMillisecond
  }

  /** Gives back tokens that were taken and not used. */
  refund(count: number): void {
    this.#level = Math.min(this.#capacity, this.#level + count)
  }
}
