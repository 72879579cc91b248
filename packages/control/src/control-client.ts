import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { z } from 'zod'
import { ControlError } from './control-error.js'
import { type ControlRequest, type ControlResults, controlReply } from './control-protocol.js'
import { LineSplitter } from './line-splitter.js'

/** Most bytes of an answer: the numbers of tens of thousands of mounts. */
const MAX_REPLY = 512 * 1024 * 1024

/** A connection to a control socket. One request at a time. */
export class ControlClient {
  readonly #socket: Socket
  readonly #lines = new LineSplitter(MAX_REPLY)
  readonly #chunks: AsyncIterator<Buffer>
  readonly #ready: (string | undefined)[] = []

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => {})
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  /** Connects. Throws {@link ControlError} where nobody listens (ENOENT, ECONNREFUSED) or one may not (EACCES). */
  static async connect(path: string): Promise<ControlClient> {
    const socket = connect(path)
    try {
      await once(socket, 'connect')
    } catch (error) {
      const { code = 'EIO' } = error as NodeJS.ErrnoException
      throw new ControlError(code, `nobody answers at ${path} (${code})`)
    }
    return new ControlClient(socket)
  }

  /** Asks, and waits for the answer. Throws {@link ControlError}: what the server refuses with, ECONNRESET where it ends, EPROTO where it is none. */
  async request<C extends ControlRequest['command']>(
    request: Extract<ControlRequest, { command: C }>,
  ): Promise<ControlResults[C]> {
    this.#socket.write(`${JSON.stringify(request)}\n`)
    const reply = parseReply(await this.#line())
    if (!reply.ok) throw new ControlError(reply.error.code, reply.error.message)
    return reply.result as ControlResults[C]
  }

  /** Ends the connection. */
  close(): void {
    this.#socket.destroy()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async #line(): Promise<string> {
    while (this.#ready.length === 0) {
      const next = await this.#chunks.next().catch(() => ({ done: true as const, value: undefined }))
      if (next.done === true) throw new ControlError('ECONNRESET', 'the daemon has closed the connection')
      this.#ready.push(...this.#lines.push(next.value))
    }
    const line = this.#ready.shift()
    if (line === undefined) throw new ControlError('EMSGSIZE', 'the answer is too long')
    return line
  }
}

function parseReply(line: string): z.infer<typeof controlReply> {
  try {
    return controlReply.parse(JSON.parse(line))
  } catch {
    throw new ControlError('EPROTO', 'what answers is no control socket')
  }
}
