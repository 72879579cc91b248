import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { attempt, mountType, waitFor } from '@fb/testbed'

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))

/** A directory that is served as a source that hangs; see {@link HangingFs} of this package for what hangs. */
export class SlowHost {
  readonly mountpoint: string
  readonly #child: ChildProcess
  #stdout = ''
  #frozen = false

  private constructor(mountpoint: string, child: ChildProcess) {
    this.mountpoint = mountpoint
    this.#child = child
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString()
    })
  }

  /** Serves `directory` at `mountpoint`, an existing directory, with further options of the program. */
  static async start(directory: string, mountpoint: string, ...options: string[]): Promise<SlowHost> {
    const child = spawn(process.execPath, [MAIN, ...options, directory, mountpoint], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const host = new SlowHost(mountpoint, child)
    await host.said('serves')
    return host
  }

  /** How often it has said a line: `hangs OPERATION`, `interrupted OPERATION`. */
  count(line: string): number {
    return this.#stdout.split('\n').filter((each) => each === line).length
  }

  /** Waits until it has said a line so many times. */
  said(line: string, times = 1): Promise<void> {
    return waitFor(`${times} times "${line}" of ${this.mountpoint}`, () => {
      if (this.#hasEnded) throw new Error(`the slow host ended: ${this.#stdout}`)
      return this.count(line) >= times
    })
  }

  /** Lets everything go on that hangs, and hang no more. */
  release(): void {
    this.#child.kill('SIGUSR2')
  }

  /** It takes no request any more: whatever is asked hangs, and can be killed. */
  freeze(): void {
    this.#frozen = true
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#frozen = false
    this.#child.kill('SIGCONT')
  }

  /** Ends it; what hangs fails. */
  async close(): Promise<void> {
    if (this.#frozen) this.thaw()
    if (!this.#hasEnded) {
      const ended = once(this.#child, 'exit')
      this.#child.kill('SIGKILL')
      await ended
    }
    if (mountType(this.mountpoint) !== undefined) await attempt('umount', ['-l', this.mountpoint])
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}
