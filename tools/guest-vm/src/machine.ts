import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { Qemu } from './assets/qemu.js'

/** How much of the console is kept: its end. */
const MAX_CONSOLE = 1024 * 1024

const SETPRIV = '/usr/bin/setpriv'

/** A running QEMU and what it prints. It dies with this process, however this one ends. */
export class Machine {
  /** Settles when QEMU has ended, with how it ended: `exit code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  #console = ''

  constructor(qemu: Qemu, args: readonly string[]) {
    const tied = existsSync(SETPRIV)
    const command = tied ? [SETPRIV, '--pdeathsig', 'KILL', qemu.program] : [qemu.program]
    this.#child = spawn(command[0] as string, [...command.slice(1), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...qemu.env },
    })
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#append(text))
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => this.#append(text))
    const kill = () => this.kill()
    process.on('exit', kill)
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message))
      this.#child.once('close', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`))
    })
    void this.ended.then(() => process.off('exit', kill))
  }

  /** The process id, undefined when QEMU could not be started. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /** The end of what the kernel's console and QEMU itself printed. */
  get console(): string {
    return this.#console
  }

  /** Calls back once the console says that the kernel has given up. */
  onPanic(callback: (line: string) => void): void {
    this.#child.stdout.on('data', () => {
      const line = /(Kernel panic[^\r\n]*)[\r\n]/.exec(this.#console)?.[1]
      if (line !== undefined) callback(line)
    })
  }

  kill(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL')
  }

  #append(text: string): void {
    this.#console = (this.#console + text).slice(-MAX_CONSOLE)
  }
}
