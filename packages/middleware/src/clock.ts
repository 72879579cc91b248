import { setTimeout } from 'node:timers/promises'

/** Where a layer has its time from, so that a test can be its own clock. */
export interface Clock {
  /** Milliseconds that only grow, with fractions. */
  now(): number
  /** Resolves after so many milliseconds; rejects where `signal` is aborted first. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
}

/** The clock and the timers of the process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => setTimeout(milliseconds, undefined, { signal }),
}
