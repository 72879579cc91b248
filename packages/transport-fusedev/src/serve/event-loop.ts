import { Errno } from '@fb/api'
import { type FdWatcher, SysError, WATCH_READABLE, watchFd } from '@fb/sys'
import { type FuseChannel, isEnd } from '../device/fuse-channel.js'

const EINTR = -Errno.EINTR.errno
const EAGAIN = -Errno.EAGAIN.errno

/** Requests that are answered before timers and other descriptors get their turn. */
const PER_TURN = 128

/** Who answers requests, and who is told how serving goes. */
export interface LoopHooks {
  /** Answers `channel.request`. */
  readonly dispatch: () => void
  /** The connection has ended. Nothing is called after it. */
  readonly onEnd: () => void
  /** Serving cannot go on. Nothing is called after it. */
  readonly onError: (error: unknown) => void
}

/**
 * Serves a channel on this thread's event loop: whenever the device has requests they are read until there are no more,
 * and what is answered at once is answered in the same turn. Keeps the event loop alive until the connection ends.
 */
export class EventLoop {
  readonly #channel: FuseChannel
  readonly #hooks: LoopHooks
  #watcher: FdWatcher | undefined

  constructor(channel: FuseChannel, hooks: LoopHooks) {
    this.#channel = channel
    this.#hooks = hooks
    channel.setBlocking(false)
    this.#watcher = watchFd(channel.fd, WATCH_READABLE, () => this.#turn())
  }

  /** Stops serving; the channel stays open. Idempotent. */
  stop(): void {
    this.#watcher?.stop()
    this.#watcher = undefined
  }

  /**
   * Reads once at the next turn, whether or not the device has requests: a read that can never succeed is noticed then,
   * and not when somebody first waits for an answer.
   */
  readSoon(): void {
    setImmediate(() => this.#turn())
  }

  #turn(): void {
    try {
      for (let count = 0; count < PER_TURN && this.#watcher !== undefined; count += 1) {
        const result = this.#channel.receive()
        if (result >= 0) this.#hooks.dispatch()
        else if (result === EAGAIN) return
        else if (isEnd(result)) return this.#end()
        else if (result !== EINTR) throw new SysError(result, 'read /dev/fuse')
      }
    } catch (error) {
      this.stop()
      this.#hooks.onError(error)
    }
  }

  #end(): void {
    this.stop()
    this.#hooks.onEnd()
  }
}
