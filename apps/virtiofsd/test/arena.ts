import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FuseReadIn, Opcode } from '@fb/abi'
import { RequestBody } from '@fb/api/testing'
import { manifest, RamDisk, shell } from '@fb/testbed'
import { RingClient } from '@fb/transport-virtiofs/testing'
import { expect } from 'vitest'
import { Daemon } from './daemon.js'
import { lookup, open } from './guest-calls.js'

/** What is in the file `kept`, and in `content`. */
export const CONTENT = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251)
/** Most that the shared directory can take: a hostile guest fills it. */
const DISK = '128M'
/** Request queues. */
export const QUEUES = 3

/**
 * A daemon that shares a directory with whoever attacks it, and what must not be reached beside that directory, on one
 * disk, so that nothing but the daemon keeps the two apart.
 */
export class Arena {
  readonly daemon: Daemon
  readonly socket: string
  readonly #disk = new RamDisk(DISK)
  #outside: readonly string[] = []
  readonly #shared: string

  private constructor(threads: number) {
    const base = this.#disk.directory
    this.#shared = join(base, 'shared')
    this.socket = join(base, 'socket')
    mkdirSync(this.#shared)
    mkdirSync(join(base, 'outside'))
    writeFileSync(join(base, 'outside/secret'), 'a secret')
    writeFileSync(join(base, 'secret'), 'a secret')
    this.#furnish()
    this.daemon = new Daemon(
      ...['--shared-dir', this.#shared, '--socket-path', this.socket, '--sandbox', 'none'],
      ...['--num-request-queues', String(QUEUES), '--thread-pool-size', String(threads)],
      ...['--posix-acl', '--log-level', 'error'],
    )
  }

  /** Starts a daemon whose request queues `threads` threads serve. */
  static async start(threads: number): Promise<Arena> {
    const arena = new Arena(threads)
    await arena.daemon.listening()
    arena.#outside = arena.#manifest()
    return arena
  }

  get pid(): number {
    return this.daemon.child.pid ?? 0
  }

  /** Names in the directory, and some that lead out of it. */
  readonly names: readonly string[] = [
    ...['file', 'content', 'directory', 'deep', 'out', 'etc', 'fifo', 'a', 'b'],
    ...['..', '../secret', '../outside/secret', 'out/secret', 'etc/passwd', '/etc/passwd', ''],
  ]

  /** A guest without a virtual machine. */
  connect(): Promise<RingClient> {
    return RingClient.connect(this.socket, QUEUES)
  }

  /** Throws where the daemon has ended, or something beside the directory is not as it was. */
  check(): void {
    const { exitCode, signalCode } = this.daemon.child
    if (exitCode !== null || signalCode !== null) {
      throw new Error(`the daemon has ended: ${exitCode ?? signalCode} ${this.daemon.stderr}`)
    }
    expect(this.#manifest()).toEqual(this.#outside)
  }

  /** A sound guest comes to a directory that is made anew, and is served. Throws where that is not so. */
  async serves(): Promise<void> {
    await this.#renew()
    const client = await this.connect()
    try {
      await client.init()
      const node = await lookup(client, 'kept')
      for (let queue = 1; queue <= QUEUES; queue += 1) {
        const fh = await open(client, node)
        const read = new RequestBody().struct(FuseReadIn, { fh, offset: 1000, size: 100_000 })
        const { error, body } = await client.call(Opcode.READ, node, read, { queue })
        expect(error).toBe(0)
        expect(Buffer.compare(body, CONTENT.subarray(1000, 101_000))).toBe(0)
      }
    } finally {
      client.close()
    }
  }

  /** Ends the daemon, which must still be there. */
  async close(): Promise<void> {
    const end = await this.daemon.stop()
    this.#disk.close()
    expect(end).toMatchObject({ code: 0, signal: null })
  }

  async #renew(): Promise<void> {
    // Guests may have made files that nobody can remove.
    await shell('chattr -R -f -ia . || true; find . -mindepth 1 -delete; chmod 755 .', { cwd: this.#shared })
    this.#furnish()
  }

  #furnish(): void {
    const at = (name: string) => join(this.#shared, name)
    mkdirSync(at('directory/deep'), { recursive: true })
    mkdirSync(at('empty'))
    for (const name of ['file', 'directory/file']) writeFileSync(at(name), 'text')
    for (const name of ['kept', 'content']) writeFileSync(at(name), CONTENT)
    execFileSync('mkfifo', [at('fifo')])
    symlinkSync('../outside', at('out'))
    symlinkSync('/etc', at('etc'))
  }

  /** What is beside the shared directory. The socket and the directory itself change. */
  #manifest(): string[] {
    const base = this.#disk.directory
    return [
      ...readdirSync(base).sort(),
      ...manifest(join(base, 'outside')),
      ...manifest(join(base, 'secret')),
    ]
  }
}
