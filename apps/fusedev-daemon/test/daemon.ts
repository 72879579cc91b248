import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { attempt, mountType, RamDisk, waitFor } from '@fb/testbed'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** The entry point, for tests that start it themselves. */
export const MAIN_JS: string = MAIN

/** A daemon in the foreground, and what it has written so far. */
export class Daemon {
  readonly child: ChildProcess
  readonly mountpoint: string
  stdout = ''
  stderr = ''

  /** @param redirection - where a shell lets its output go, instead of to this object */
  constructor(args: readonly string[], mountpoint: string, redirection = '') {
    this.mountpoint = mountpoint
    const command = ['-c', `exec "$@" ${redirection}`, 'bash', process.execPath, MAIN, ...args]
    this.child = spawn('bash', command, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString()
    })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString()
    })
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the daemon did not start')
    return this.child.pid
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  /** Waits for its line that says that it serves. */
  async ready(): Promise<this> {
    await waitFor(`the mount at ${this.mountpoint}`, () => {
      if (this.ended) throw new Error(`the daemon ended: ${this.stderr}${this.stdout}`)
      return this.stdout.includes('\n')
    })
    return this
  }

  /** Waits for its end and gives the exit code, or the name of the signal that ended it. */
  async exit(): Promise<number | string> {
    await waitFor('the end of the daemon', () => this.ended)
    return this.child.exitCode ?? this.child.signalCode ?? -1
  }

  /** Ends it and leaves nothing mounted, whatever state it is in. */
  async dispose(): Promise<void> {
    if (!this.ended) this.child.kill('SIGTERM')
    await waitFor('the end of the daemon', () => this.ended, 10_000).catch(() => this.child.kill('SIGKILL'))
    if (mountType(this.mountpoint) !== undefined) await attempt('umount', ['-l', this.mountpoint])
  }
}

/** An ext4 in memory with a directory that is served at a mount point beside it, and room for comparisons. */
export class ServedDisk {
  readonly disk: RamDisk
  /** The directory that is served. */
  readonly source: string
  /** Where it is served. */
  readonly mount: string
  /** A directory of the same disk that is not served. */
  readonly beside: string
  readonly #mountBase: string
  daemon: Daemon | undefined

  constructor(size: string) {
    this.disk = new RamDisk(size)
    this.source = join(this.disk.directory, 'source')
    this.beside = join(this.disk.directory, 'beside')
    this.#mountBase = mkdtempSync('/tmp/fb-mount-')
    this.mount = join(this.#mountBase, 'mnt')
    for (const directory of [this.source, this.beside, this.mount]) mkdirSync(directory)
  }

  /** Starts the daemon with further options. */
  async serve(...options: string[]): Promise<Daemon> {
    this.daemon = new Daemon([...options, this.source, this.mount], this.mount)
    return this.daemon.ready()
  }

  async close(): Promise<void> {
    await this.daemon?.dispose()
    this.disk.close()
    rmSync(this.#mountBase, { recursive: true, force: true })
  }
}
