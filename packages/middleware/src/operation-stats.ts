import type { Errno } from '@fb/api'

/** What was measured of one operation. */
export class OperationStats {
  /** Operations that have ended, well or not. */
  count = 0
  /** Operations that have not ended yet. */
  inFlight = 0
  /** Bytes that READ gave and WRITE took. */
  bytes = 0
  /** Milliseconds that all of them took together. */
  milliseconds = 0
  /** How many failed, by what they were answered; `undefined` stands for an exception that is no errno. */
  readonly errors = new Map<Errno | undefined, number>()
  /** How many took no longer than each bound, not counting those of the bound before; the last is for the rest. */
  readonly buckets: number[]
  readonly #bounds: readonly number[]

  /** @param bounds upper bounds of the buckets in milliseconds, ascending */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.buckets = new Array<number>(bounds.length + 1).fill(0)
  }

  /** Counts one that took so long. */
  took(milliseconds: number): void {
    this.count += 1
    this.milliseconds += milliseconds
    let at = 0
    while (at < this.#bounds.length && milliseconds > (this.#bounds[at] as number)) at += 1
    this.buckets[at] = (this.buckets[at] as number) + 1
  }

  /** Counts one that failed. */
  failed(errno: Errno | undefined): void {
    this.errors.set(errno, (this.errors.get(errno) ?? 0) + 1)
  }
}
