import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { GuestError } from './guest-error.js'

/** The most that one script may print. */
const MAX_OUTPUT = 256 * 1024 * 1024

/** Longer than any marker. */
const MAX_MARKER = 256

/** What the agent said when a script ended or the guest came up, and what was printed before. */
export interface Marker {
  readonly verb: 'READY' | 'DONE'
  readonly value: string
  readonly before: Buffer
}

interface Waiter {
  resolve(marker: Marker): void
  reject(error: Error): void
}

/** The host's side of the agent port: see the init script for what is said on it. */
export class Agent {
  /** Starts every marker of this guest. */
  readonly token: string
  readonly #pattern: RegExp
  readonly #server: Server
  #socket: Socket | undefined
  /** What came since the last marker. */
  #chunks: Buffer[] = []
  #length = 0
  /** The last bytes of it, where a marker may have begun. */
  #tail: Buffer = Buffer.alloc(0)
  readonly #markers: Marker[] = []
  #waiter: Waiter | undefined
  #failure: Error | undefined

  private constructor(server: Server, token: string) {
    this.token = token
    this.#pattern = new RegExp(`\\n${token} (READY|DONE) (.*)\\n`)
    this.#server = server
    server.on('connection', (socket) => this.#attach(socket))
  }

  /**
   * Listens on a Unix socket for QEMU.
   * @param token - that of a guest which is about to come from another QEMU
   */
  static async listen(path: string, token = randomBytes(12).toString('hex')): Promise<Agent> {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
    return new Agent(server, token)
  }

  /** The next marker. Only one wait at a time; rejects once {@link fail} was called. */
  next(): Promise<Marker> {
    const marker = this.#markers.shift()
    if (marker) return Promise.resolve(marker)
    if (this.#failure) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject }
    })
  }

  /** Sends a verb, with what belongs to it. */
  send(verb: 'RUN' | 'REBOOT' | 'POWEROFF', body: Uint8Array = new Uint8Array()): void {
    this.#socket?.write(Buffer.concat([Buffer.from(`${verb} ${body.length}\n`), body]))
  }

  /** Ends every wait, now and later, with this error; the first one counts. */
  fail(error: Error): void {
    this.#failure ??= error
    this.#waiter?.reject(this.#failure)
    this.#waiter = undefined
  }

  close(): void {
    this.#socket?.destroy()
    this.#server.close()
  }

  #attach(socket: Socket): void {
    this.#socket = socket
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
  }

  #receive(chunk: Buffer): void {
    const window = Buffer.concat([this.#tail, chunk])
    const found = this.#pattern.exec(window.toString('latin1'))
    if (found === null) {
      this.#chunks.push(chunk)
      this.#length += chunk.length
      this.#tail = window.subarray(-MAX_MARKER)
      if (this.#length > MAX_OUTPUT)
        this.fail(new GuestError(`a script printed more than ${MAX_OUTPUT} bytes`))
      return
    }
    const end = this.#length - this.#tail.length + found.index
    const before = Buffer.concat([...this.#chunks, chunk]).subarray(0, end)
    const rest = window.subarray(found.index + found[0].length)
    this.#chunks = []
    this.#length = 0
    this.#tail = Buffer.alloc(0)
    this.#deliver({ verb: found[1] as Marker['verb'], value: found[2] as string, before })
    if (rest.length > 0) this.#receive(rest)
  }

  #deliver(marker: Marker): void {
    const waiter = this.#waiter
    this.#waiter = undefined
    if (waiter) waiter.resolve(marker)
    else this.#markers.push(marker)
  }
}
