import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { GuestError } from './guest-error.js'

/** The most that one script may print. */
const MAX_OUTPUT = 256 * 1024 * 1024

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
  /** Is told what a script prints as it comes, all of it before the marker. */
  onOutput: ((bytes: Buffer) => void) | undefined
  readonly #start: string
  readonly #pattern: RegExp
  readonly #server: Server
  #socket: Socket | undefined
  /** What was printed since the last marker. */
  #chunks: Buffer[] = []
  #length = 0
  /** What came behind it: a marker may have begun. */
  #held: Buffer = Buffer.alloc(0)
  readonly #markers: Marker[] = []
  #waiter: Waiter | undefined
  #failure: Error | undefined

  private constructor(server: Server, token: string) {
    this.token = token
    this.#start = `\n${token} `
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
    const bytes = Buffer.concat([this.#held, chunk])
    const text = bytes.toString('latin1')
    const found = this.#pattern.exec(text)
    const end = found?.index ?? this.#mayBegin(text)
    this.#print(bytes.subarray(0, end))
    this.#held = bytes.subarray(end + (found?.[0].length ?? 0))
    if (found === null) {
      if (this.#length + this.#held.length > MAX_OUTPUT)
        this.fail(new GuestError(`a script printed more than ${MAX_OUTPUT} bytes`))
      return
    }
    const before = Buffer.concat(this.#chunks)
    this.#chunks = []
    this.#length = 0
    this.#deliver({ verb: found[1] as Marker['verb'], value: found[2] as string, before })
    if (this.#held.length > 0) this.#receive(Buffer.alloc(0))
  }

  /** Where in a text without a marker one may begin. */
  #mayBegin(text: string): number {
    const at = text.lastIndexOf('\n')
    if (at < 0) return text.length
    const end = text.slice(at)
    return end.startsWith(this.#start) || this.#start.startsWith(end) ? at : text.length
  }

  #print(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#chunks.push(bytes)
    this.#length += bytes.length
    this.onOutput?.(bytes)
  }

  #deliver(marker: Marker): void {
    const waiter = this.#waiter
    this.#waiter = undefined
    if (waiter) waiter.resolve(marker)
    else this.#markers.push(marker)
  }
}
