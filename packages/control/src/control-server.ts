import { once } from 'node:events'
import { lstatSync, type Stats, unlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Logger } from '@fb/api'
import { answerLine, refusal } from './answer-line.js'
import { ControlError } from './control-error.js'
import { MAX_LINE } from './control-protocol.js'
import type { ControlTarget } from './control-target.js'
import { LineSplitter } from './line-splitter.js'

/** Most clients at a time; each costs a descriptor. */
const MAX_CLIENTS = 64
/** Most bytes of `sun_path` with its NUL (unix(7)). */
const MAX_PATH = 108
/** Everything but reading and writing for the owner. */
const OWNER_ONLY = 0o177

/** Options of {@link ControlServer.listen}. */
export interface ControlServerOptions {
  /** Name of the Unix socket; only its owner can connect. Or the descriptor of one that somebody else has made to listen. */
  readonly path: string | number
  readonly target: ControlTarget
  readonly logger: Logger
}

/**
 * Takes requests for a {@link ControlTarget} at a Unix socket: lines of JSON, see `controlRequest`. Each client is answered
 * in the order of its requests; several clients do not wait for each other. A request that is wrong is answered with an
 * error, and the connection stays.
 */
export class ControlServer {
  readonly #server: Server
  readonly #target: ControlTarget
  readonly #logger: Logger
  readonly #clients = new Set<Socket>()

  private constructor({ target, logger }: ControlServerOptions) {
    this.#target = target
    this.#logger = logger
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#welcome(socket))
  }

  /**
   * Listens. A socket file that a killed process left behind is replaced; one that somebody listens at is not.
   * For a moment the umask of the process is one that keeps others out.
   * Throws {@link ControlError}: EADDRINUSE where somebody listens there, EEXIST where something else has the name,
   * ENAMETOOLONG, or what lstat(2) and bind(2) answer.
   */
  static async listen(options: ControlServerOptions): Promise<ControlServer> {
    const { path } = options
    const control = new ControlServer(options)
    if (typeof path === 'number') await control.#listenOn(path)
    else await control.#listenAt(path)
    control.#server.on('error', (err) => control.#logger.error({ err }, 'the control socket has failed'))
    return control
  }

  async #listenOn(fd: number): Promise<void> {
    const listening = once(this.#server, 'listening')
    this.#server.listen({ fd })
    try {
      await listening
    } catch (error) {
      throw cannotListen(`descriptor ${fd}`, error)
    }
  }

  async #listenAt(path: string): Promise<void> {
    if (Buffer.byteLength(path) >= MAX_PATH) {
      throw new ControlError('ENAMETOOLONG', `${path}: the name of a socket has less than ${MAX_PATH} bytes`)
    }
    await removeStale(path)
    const listening = once(this.#server, 'listening')
    const umask = process.umask(OWNER_ONLY)
    try {
      // Binds before it returns.
      this.#server.listen(path)
    } finally {
      process.umask(umask)
    }
    try {
      await listening
    } catch (error) {
      throw cannotListen(path, error)
    }
  }

  /** Ends every connection and removes the socket. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#clients) socket.destroy()
    await closed
  }

  #welcome(socket: Socket): void {
    socket.on('error', (err) => this.#logger.debug({ err }, 'a client of the control socket has gone'))
    if (this.#clients.size >= MAX_CLIENTS) {
      const error = new ControlError('EUSERS', `${MAX_CLIENTS} clients are connected already`)
      socket.end(`${refusal(error)}\n`, () => socket.destroy())
      return
    }
    this.#clients.add(socket)
    socket.once('close', () => this.#clients.delete(socket))
    this.#serve(socket).catch((err: unknown) => {
      this.#logger.debug({ err }, 'a client of the control socket has gone')
      socket.destroy()
    })
  }

  async #serve(socket: Socket): Promise<void> {
    const lines = new LineSplitter(MAX_LINE)
    // Reads on when what came before has been answered, and the answer taken.
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      for (const line of lines.push(chunk as Buffer)) await this.#answer(socket, line)
    }
    for (const line of lines.end()) await this.#answer(socket, line)
    socket.end()
  }

  async #answer(socket: Socket, line: string | undefined): Promise<void> {
    if (line !== undefined && line.trim() === '') return
    const answer =
      line === undefined
        ? refusal(new ControlError('EMSGSIZE', `a line has at most ${MAX_LINE} bytes`))
        : await answerLine(line, this.#target)
    if (socket.writable && !socket.write(`${answer}\n`)) await drained(socket)
  }
}

/** Resolves when the client has taken what was written, or has gone. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      socket.off('drain', end).off('close', end)
      resolve()
    }
    socket.on('drain', end).on('close', end)
  })
}

async function removeStale(path: string): Promise<void> {
  const found = statOf(path)
  if (found === undefined) return
  if (!found.isSocket()) throw new ControlError('EEXIST', `${path} is there already and is no socket`)
  if (await isListening(path)) throw new ControlError('EADDRINUSE', `somebody listens at ${path} already`)
  unlinkSync(path)
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw cannotListen(path, error)
  }
}

function cannotListen(path: string, error: unknown): ControlError {
  const { code = 'EIO', message } = error as NodeJS.ErrnoException
  return new ControlError(code, `cannot listen at ${path}: ${message}`)
}

async function isListening(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return false
    throw new ControlError('EADDRINUSE', `${path} is in use: ${(error as Error).message}`)
  } finally {
    socket.destroy()
  }
}
