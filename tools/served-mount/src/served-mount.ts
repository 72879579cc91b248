import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { mountType, run, waitFor } from '@fb/testbed'

const MOUNT_OPTIONS = 'allow_other,default_permissions,suid,dev'

/** How the directory is served. */
export interface ServedMountOptions {
  /** Further options of the daemon. */
  readonly args?: readonly string[]
  /** A tree with the directory at this path, such as `/a/b`, one back end above it and one below it. */
  readonly inside?: string
}

/** A mount of the daemon, run by a process of its own. */
export class ServedMount implements AsyncDisposable {
  /** Where the directory is seen. */
  readonly directory: string
  readonly #mountpoint: string
  readonly #daemon: ChildProcess

  private constructor(mountpoint: string, inside: string, daemon: ChildProcess) {
    this.#mountpoint = mountpoint
    this.directory = join(mountpoint, inside)
    this.#daemon = daemon
  }

  /**
   * Serves `source` at `mountpoint`, an empty directory, and waits until it is mounted. A tree makes two directories beside `source`.
   *
   * @throws Error the daemon ended; it has said why
   */
  static async start(
    source: string,
    mountpoint: string,
    { args = [], inside }: ServedMountOptions = {},
  ): Promise<ServedMount> {
    const places = inside === undefined ? [source, mountpoint] : tree(source, mountpoint, inside)
    const main = createRequire(import.meta.url).resolve('@fb/fusedev-daemon/package.json')
    const words = [join(dirname(main), 'dist/main.js'), '-o', MOUNT_OPTIONS, '--log-level', 'warn']
    const daemon = spawn(process.execPath, [...words, ...args, ...places], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const served = new ServedMount(mountpoint, inside ?? '', daemon)
    await waitFor('the mount', () => served.#hasEnded() || mountType(mountpoint) !== undefined)
    if (served.#hasEnded()) throw new Error('the daemon ended before it had mounted')
    return served
  }

  /** Unmounts, and waits for the end of the daemon. */
  async close(): Promise<void> {
    if (mountType(this.#mountpoint) !== undefined) await run('umount', [this.#mountpoint])
    await waitFor('the end of the daemon', () => this.#hasEnded())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #hasEnded(): boolean {
    return this.#daemon.exitCode !== null || this.#daemon.signalCode !== null
  }
}

function tree(source: string, mountpoint: string, inside: string): string[] {
  const [above, below] = ['above', 'below'].map((name) => `${source}-${name}`) as [string, string]
  for (const directory of [above, below]) mkdirSync(directory)
  const mounts = [`/=${above}`, `${inside}=${source}`, `${inside}/below=${below}`]
  return [...mounts.flatMap((mount) => ['--mount', mount]), mountpoint]
}
