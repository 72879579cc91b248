import { Errno, type SendNotification } from '@fb/api'
import { pwriteAsync } from '@fb/sys'

const ENOTCONN = -Errno.ENOTCONN.errno

/**
 * Writes notifications to the device, one after the other, on a thread of the addon. Never on this thread: the kernel
 * takes locks that a request may hold which this thread has yet to answer. One at a time, so that however many of them
 * wait, they take one thread from those that such answers may need.
 */
export class NotificationQueue {
  readonly #fd: number
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(fd: number) {
    this.#fd = fd
  }

  /** For a `Notifier`. */
  readonly send: SendNotification = (head, data) => {
    const message = data === undefined ? head : join(head, data)
    const result = this.#last.then(() => this.#write(message))
    this.#last = result
    return result
  }

  /** Sends nothing more, and resolves when the descriptor is no longer used. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#last
  }

  async #write(message: Uint8Array): Promise<number> {
    // The position means nothing to the device.
    return this.#closed ? ENOTCONN : pwriteAsync(this.#fd, message, 0, message.length, 0)
  }
}

function join(head: Uint8Array, data: Uint8Array): Uint8Array {
  const message = new Uint8Array(head.length + data.length)
  message.set(head)
  message.set(data, head.length)
  return message
}
