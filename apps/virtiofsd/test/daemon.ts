import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

/** The entry point, for tests that start it themselves. */
export const MAIN_JS: string = fileURLToPath(new URL('../dist/main.js', import.meta.url))

const cleanups: (() => unknown)[] = []
afterAll(async () => {
  for (const end of cleanups.splice(0).reverse()) await end()
})

/** A directory that lives as long as the test file. */
export function directory(parent: string = tmpdir()): string {
  const path = mkdtempSync(join(parent, 'fb-virtiofsd-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** How a process ended, and what it wrote. */
export interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** A process that becomes the daemon. */
export class Program {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  stdout = ''
  stderr = ''

  constructor(program: string, args: readonly string[]) {
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString()
    })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString()
    })
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      const { stdout, stderr } = this
      return { code, signal, stdout, stderr }
    })
    cleanups.push(() => this.stop('SIGKILL'))
  }

  /** Waits for the line that says that it listens. */
  async listening(): Promise<this> {
    while (!this.stdout.includes('\n')) {
      const some = this.child.stdout === null ? this.ended : once(this.child.stdout, 'data')
      const end = await Promise.race([some.then(() => undefined), this.ended])
      if (end !== undefined) throw new Error(`the daemon ended with ${end.code}: ${end.stderr}`)
    }
    return this
  }

  /** Sends a signal and waits for the end. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal)
    return this.ended
  }
}

/** The daemon as a process. */
export class Daemon extends Program {
  constructor(...args: string[]) {
    super(process.execPath, [MAIN_JS, ...args])
  }
}
