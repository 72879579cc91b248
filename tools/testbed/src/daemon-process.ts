import { type ChildProcess, spawn } from 'node:child_process'
import { waitFor } from './wait.js'

/** A daemon that runs beside this process, from its entry point until it is stopped. */
export class DaemonProcess {
  readonly #child: ChildProcess
  readonly #name: string
  #output = ''

  private constructor(name: string, child: ChildProcess) {
    this.#name = name
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString()
      })
    }
  }

  /**
   * Starts a script of Node and waits for the line that says that it serves.
   *
   * Throws what it wrote where it ends before that.
   */
  static async start(script: string, args: readonly string[]): Promise<DaemonProcess> {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const daemon = new DaemonProcess(`${script} ${args.join(' ')}`, child)
    let serves = false
    child.stdout?.once('data', () => {
      serves = true
    })
    await waitFor(`a line of ${daemon.#name}`, () => {
      if (daemon.#ended) throw new Error(`${daemon.#name} ended: ${daemon.#output}`)
      return serves
    })
    return daemon
  }

  /** What it has written so far. */
  get output(): string {
    return this.#output
  }

  /** Asks it to end, and waits. Throws what it wrote where it ends with another code than 0. */
  async stop(): Promise<void> {
    if (!this.#ended) this.#child.kill('SIGTERM')
    await waitFor(`the end of ${this.#name}`, () => this.#ended)
    const { exitCode, signalCode } = this.#child
    if (exitCode !== 0) throw new Error(`${this.#name} ended with ${exitCode ?? signalCode}: ${this.#output}`)
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}
