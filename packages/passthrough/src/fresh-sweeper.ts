import { close } from '@fb/sys'
import type { NodeTables } from './node-tables.js'

/** How long a descriptor of what was looked up is kept, at least; twice that at most. */
const SWEEP_MS = 1000

/**
 * Gives descriptors back that were kept for the call after a lookup, on the event loop of one thread; it rests while there
 * are none.
 */
export class FreshSweeper {
  readonly #tables: NodeTables
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(tables: NodeTables) {
    this.#tables = tables
    void this.#wait()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    // Lets go of what waits.
    this.#tables.fresh.wake()
  }

  async #wait(): Promise<void> {
    await this.#tables.fresh.next()
    if (!this.#stopped) this.#sweepLater()
  }

  #sweepLater(): void {
    this.#timer = setTimeout(() => this.#sweep(), SWEEP_MS).unref()
  }

  #sweep(): void {
    const { inodes, fresh } = this.#tables
    inodes.lock.lock()
    const fds = fresh.sweep()
    const rests = fresh.rest()
    inodes.lock.unlock()
    for (const fd of fds) close(fd)
    if (rests) void this.#wait()
    else this.#sweepLater()
  }
}
