import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach } from 'vitest'

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const PROGRAM = fileURLToPath(new URL('../programs/daemon.mjs', import.meta.url))
const started: Daemon[] = []

/** A process that mounts and serves: see test/programs/daemon.mjs. */
export class Daemon {
  readonly child: ChildProcess
  readonly exited: Promise<Exit>
  readonly #lines: AsyncIterator<string>

  /** `prefix` is a command that runs the program: `unshare -m`, `setpriv` ... */
  constructor(paths: readonly string[], options: object = {}, prefix: readonly string[] = []) {
    const command = [...prefix, process.execPath, PROGRAM, ...paths, JSON.stringify(options)]
    const [file, ...args] = command as [string, ...string[]]
    this.child = spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'] })
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => resolve({ code, signal }))
    })
    const { stdout } = this.child
    if (stdout === null) throw new Error('the daemon has no stdout')
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
    started.push(this)
  }

  static async ready(...args: ConstructorParameters<typeof Daemon>): Promise<Daemon> {
    const daemon = new Daemon(...args)
    const first = await daemon.line()
    if (first !== 'ready') throw new Error(`the daemon said ${JSON.stringify(first)}`)
    return daemon
  }

  get pid(): number {
    return this.child.pid as number
  }

  /** Has it do something, without an answer. */
  tell(word: string): void {
    this.child.stdin?.write(`${word}\n`)
  }

  /** Has it do something, and gives the answer. */
  async ask(word: string): Promise<unknown> {
    this.tell(word)
    return this.line()
  }

  /** Its next line; `undefined` once it has ended. */
  async line(): Promise<unknown> {
    const { value, done } = await this.#lines.next()
    return done === true ? undefined : JSON.parse(value)
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }
}

afterEach(async () => {
  for (const daemon of started.splice(0)) {
    // What a prefix has started is not killed with it, and ends with its input.
    daemon.child.stdin?.end()
    daemon.kill('SIGKILL')
    await daemon.exited
  }
})
