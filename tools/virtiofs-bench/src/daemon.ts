import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { waitFor } from '@fb/testbed'

/** A daemon as it is started: `{directory}` and `{socket}` stand for what it is to share, and where. */
export interface DaemonCommand {
  readonly name: string
  readonly command: string
  /** Request queues of the guest; daemons that have one only must not be asked for more. */
  readonly queues: number
}

/** Ours, with so many serving threads and request queues, and further options. */
export function ours(threads: number, queues: number, args: string): DaemonCommand {
  const require = createRequire(import.meta.url)
  const main = join(dirname(require.resolve('@fb/virtiofsd/package.json')), 'dist/main.js')
  const options = `--sandbox none --log-level error --num-request-queues ${queues} --thread-pool-size ${threads} ${args}`
  const command = `${process.execPath} ${main} --shared-dir {directory} --socket-path {socket} ${options}`
  return { name: threads === 0 ? 'fb' : `fb, ${threads} threads`, command, queues }
}

/** A daemon that runs. */
export class RunningDaemon {
  readonly pid: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
    this.pid = child.pid ?? 0
  }

  /** Starts it and waits for its socket. @throws Error it ended instead */
  static async start(
    { name, command }: DaemonCommand,
    directory: string,
    socket: string,
  ): Promise<RunningDaemon> {
    const text = command.replaceAll('{directory}', directory).replaceAll('{socket}', socket)
    const child = spawn('sh', ['-c', `exec ${text}`], { stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-2000)
    })
    await waitFor(`${name} to listen`, () => {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${stderr.trim() || text}`)
      return existsSync(socket)
    })
    return new RunningDaemon(child)
  }

  /** Ends it, where it has not ended by itself. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }
}
