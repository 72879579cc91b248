import type { Clock } from '../src/index.js'

/** A clock that stands still until somebody sleeps, or `advance` is called. */
export class FakeClock implements Clock {
  /** How long each sleep was, in milliseconds. */
  readonly slept: number[] = []
  #now = 0

  now(): number {
    return this.#now
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    this.slept.push(milliseconds)
    signal.throwIfAborted()
    this.#now += milliseconds
  }
}
