import { close, type FdWatcher, read, WATCH_READABLE, watchFd, write } from '@fb/sys'
import type { DriverBuffer, DriverQueue, UsedElement } from '@fb/virtqueue/testing'

const ONE = new Uint8Array(BigUint64Array.of(1n).buffer)

/** A queue that a {@link TestFrontEnd} has started: the driver in it, and its notifications. Owns three eventfds. */
export class TestQueue {
  readonly driver: DriverQueue
  readonly kickFd: number
  readonly callFd: number
  readonly errorFd: number
  readonly #value = new Uint8Array(8)
  #watcher: FdWatcher | undefined
  #closed = false

  constructor(driver: DriverQueue, kickFd: number, callFd: number, errorFd: number) {
    this.driver = driver
    this.kickFd = kickFd
    this.callFd = callFd
    this.errorFd = errorFd
  }

  /** Tells the device that something was posted, whether it wants to know or not. */
  kick(): void {
    write(this.kickFd, ONE, 0, ONE.length)
  }

  /** Posts a request and kicks where the device wants it. Its head, or -1. */
  post(readable: readonly DriverBuffer[], writable: readonly DriverBuffer[]): number {
    const head = this.driver.add(readable, writable)
    if (this.driver.shouldKick()) this.kick()
    return head
  }

  /** The next request that comes back, waiting for a call if there is none. */
  async take(): Promise<UsedElement> {
    for (;;) {
      this.driver.wantCalls(true)
      const used = this.driver.take()
      if (used !== undefined) return used
      await this.#readable(this.callFd)
    }
  }

  /** Until the device reports that the queue is broken. */
  error(): Promise<void> {
    return this.#readable(this.errorFd)
  }

  /** Whether the device has called since this was last asked. */
  called(): boolean {
    return read(this.callFd, this.#value, 0, this.#value.length) > 0
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#watcher?.stop()
    for (const fd of [this.kickFd, this.callFd, this.errorFd]) close(fd)
  }

  #readable(fd: number): Promise<void> {
    return new Promise((resolve) => {
      this.#watcher = watchFd(fd, WATCH_READABLE, () => {
        this.#watcher?.stop()
        this.#watcher = undefined
        read(fd, this.#value, 0, this.#value.length)
        resolve()
      })
    })
  }
}
