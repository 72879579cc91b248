import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll } from 'vitest'
import { errnoNumber } from '../src/index.js'

/** A directory of its own for a test file, removed afterwards. On tmpfs when `under` says so. */
export function temporaryDirectory(under: string = tmpdir()): string {
  const directory = mkdtempSync(join(under, 'fb-sys-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** `-errno` of a name, as functions return it. */
export function minus(name: string): number {
  const number = errnoNumber(name)
  if (number === undefined) throw new Error(`no error number ${name}`)
  return -number
}

/** Runs `action` with a descriptor that Node opened, and closes it. */
export function withFd<T>(path: string, flags: string | number, action: (fd: number) => T): T {
  const fd = openSync(path, flags)
  try {
    return action(fd)
  } finally {
    closeSync(fd)
  }
}

/** How many descriptors this process has. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

/** The lines of this thread's credentials in /proc: ids, groups and capabilities. */
export function threadCredentials(): string {
  return readFileSync('/proc/thread-self/status', 'utf8')
    .split('\n')
    .filter((line) => /^(Uid|Gid|Groups|Cap\w+):/.test(line))
    .join('\n')
}

/** Whether this process has a capability in force, by its number. */
function hasCapability(number: number): boolean {
  const line = /^CapEff:\s*([0-9a-f]+)/m.exec(threadCredentials())
  return line?.[1] !== undefined && ((BigInt(`0x${line[1]}`) >> BigInt(number)) & 1n) === 1n
}

const CAP_SETUID = 7
const CAP_SYS_ADMIN = 21

/** For `describe.skipIf`: true, with the reason printed, when what a test needs is missing. */
export function lacks(what: 'root' | 'mount'): boolean {
  const present = process.getuid?.() === 0 && hasCapability(what === 'root' ? CAP_SETUID : CAP_SYS_ADMIN)
  if (!present)
    process.stderr.write(`skipped: this process may not ${what === 'root' ? 'change its user' : 'mount'}\n`)
  return !present
}

/** A worker of `test/workers` with all its messages in order, none lost between two looks. */
export class TestWorker {
  readonly worker: Worker
  /** Resolves with the exit code; rejects with what the worker threw. */
  readonly exited: Promise<number>
  readonly #messages: unknown[] = []
  #wanted: (() => void) | undefined

  constructor(name: string, workerData: unknown) {
    this.worker = new Worker(new URL(`./workers/${name}.mjs`, import.meta.url), { workerData })
    this.worker.on('message', (message) => {
      this.#messages.push(message)
      this.#wanted?.()
    })
    this.exited = new Promise((resolve, reject) => this.worker.once('exit', resolve).once('error', reject))
  }

  /** How many messages have come that nobody took. */
  get waiting(): number {
    return this.#messages.length
  }

  /** The next message. */
  async next(): Promise<unknown> {
    while (this.#messages.length === 0) {
      const come = new Promise<void>((resolve) => {
        this.#wanted = resolve
      })
      await Promise.race([
        come,
        this.exited.then(() => this.#messages.length > 0 || Promise.reject(Error('exited'))),
      ])
    }
    return this.#messages.shift()
  }
}
