import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { MountSpec, Question, Serving, Usage } from './server/protocol.js'

const PROGRAM = fileURLToPath(new URL('./server/main.js', import.meta.url))

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** A process that serves a tree of directories and changes it when it is asked to. */
export class TreeServer {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #waiting = new Map<number, Waiting>()
  #last = 0

  private constructor(serving: Serving, command: readonly string[]) {
    const [execPath, ...before] = [...command, process.execPath]
    this.#child = fork(PROGRAM, [JSON.stringify(serving)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execPath: execPath as string,
      execArgv: [...before, '--expose-gc'],
    })
    this.#ended = once(this.#child, 'exit').then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the server of the tree has ended'))
      this.#waiting.clear()
    })
  }

  /**
   * Starts a server with an empty tree and waits until it serves.
   * @param command words in front of the server's own, such as `taskset -c 0`
   */
  static async start(serving: Serving, command: readonly string[] = []): Promise<TreeServer> {
    const server = new TreeServer(serving, command)
    const first = await Promise.race([once(server.#child, 'message'), server.#ended])
    if (!Array.isArray(first)) throw new Error('the server of the tree did not start')
    server.#child.on('message', (answer: Answer) => server.#settle(answer))
    return server
  }

  /** Process id of the server. */
  get pid(): number {
    return this.#child.pid as number
  }

  /** Mounts directories, one after the other. Resolves when the client has been told. */
  async mount(...mounts: MountSpec[]): Promise<void> {
    await this.#ask({ ask: 'mount', mounts })
  }

  /** Takes away what is on top at a path. Resolves when the client has been told. */
  async umount(path: string, lazy = false): Promise<void> {
    await this.#ask({ ask: 'umount', path, lazy })
  }

  /** What it holds at the moment. */
  async usage(): Promise<Usage> {
    return (await this.#ask({ ask: 'usage' })) as Usage
  }

  /** Ends the server. What it has mounted is unmounted. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    await this.#ended
  }

  #ask(question: Question): Promise<unknown> {
    this.#last += 1
    const id = this.#last
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, question }, (error) => {
        if (error !== null) this.#settle({ id, error: error.message })
      })
    })
  }

  #settle({ id, result, error }: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(new Error(error))
  }
}
