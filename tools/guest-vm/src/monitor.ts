import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { GuestError } from './guest-error.js'

/** What the monitor sends for a command; events have neither member. */
interface Answer {
  readonly return?: unknown
  readonly error?: { readonly desc: string }
}

/** The monitor of a QEMU (QMP), at a Unix socket that it listens on. */
export class Monitor {
  readonly #socket: Socket
  readonly #lines: AsyncIterator<string>

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  }

  /** Connects, does what is to be done, and lets go. Rejects where nobody listens. */
  static async with<T>(path: string, action: (monitor: Monitor) => Promise<T>): Promise<T> {
    const socket = connect(path)
    try {
      await once(socket, 'connect')
      const monitor = new Monitor(socket)
      await monitor.execute('qmp_capabilities')
      return await action(monitor)
    } finally {
      socket.destroy()
    }
  }

  /**
   * Executes a command.
   * @returns what QEMU answers
   * @throws GuestError with what QEMU says against it
   */
  async execute(command: string, args: object = {}): Promise<unknown> {
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`)
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done === true) throw new GuestError(`QEMU has gone while it was asked to ${command}`)
      const answer = JSON.parse(value as string) as Answer
      if (answer.error !== undefined) throw new GuestError(`${command}: ${answer.error.desc}`)
      if ('return' in answer) return answer.return
    }
  }
}
