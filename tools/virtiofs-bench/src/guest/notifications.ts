import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** What the kernel saw processes do. */
export interface Notifications {
  /** Reads of 8 bytes: a kick that a daemon took from its eventfd. */
  readonly kicks: number
  /** Writes of 8 bytes: a call to an eventfd. */
  readonly calls: number
}

const EVENTS = ['syscalls:sys_enter_read', 'syscalls:sys_enter_write']

/**
 * Counts notifications of a daemon in the kernel, with perf(1): eventfds are read and written 8 bytes at a time by
 * every daemon alike, and by hardly anything else that they do. Needs root.
 */
export class NotificationCounter {
  readonly #perf: ChildProcess
  #output = ''

  private constructor(pids: readonly number[]) {
    const events = EVENTS.flatMap((event) => ['-e', event, '--filter', 'count == 8'])
    this.#perf = spawn('perf', ['stat', '-x', ';', ...events, '-p', pids.join(',')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#perf.stderr?.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString()
    })
  }

  /** Begins. perf(1) is given a moment to attach: what comes meanwhile is not counted. */
  static async start(pids: readonly number[]): Promise<NotificationCounter> {
    const counter = new NotificationCounter(pids)
    await new Promise((resolve) => setTimeout(resolve, 500))
    return counter
  }

  /** Ends. @throws Error perf(1) could not count */
  async stop(): Promise<Notifications> {
    const ended = once(this.#perf, 'close')
    this.#perf.kill('SIGINT')
    await ended
    const [kicks, calls] = EVENTS.map((event) => count(this.#output, event))
    if (kicks === undefined || calls === undefined) throw new Error(`perf stat: ${this.#output.trim()}`)
    return { kicks, calls }
  }
}

/** The number that `perf stat -x ';'` gives for an event; `undefined` where it could not count. */
export function count(output: string, event: string): number | undefined {
  for (const line of output.split('\n')) {
    const [value, , name] = line.split(';')
    if (name === event && /^\d+$/.test(value ?? '')) return Number(value)
  }
  return undefined
}
