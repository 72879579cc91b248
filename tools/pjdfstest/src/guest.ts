import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Guest, type GuestOptions } from '@fb/guest-vm'
import { waitFor } from '@fb/testbed'
import { FILE_TIMEOUT_MS, type FileRunner } from './suite.js'

const MIB = 768
/** Software emulation takes so many times as long. */
const SLOWER = 10

/** A virtual machine with a directory of this machine, over virtio-fs, in which the suite runs. */
export class GuestPlace {
  readonly #guest: Guest
  readonly #daemons: readonly ChildProcess[]
  readonly #sockets: string

  private constructor(guest: Guest, daemons: readonly ChildProcess[], sockets: string) {
    this.#guest = guest
    this.#daemons = daemons
    this.#sockets = sockets
  }

  /**
   * Serves `source` with further options of the daemon, and the suite beside it, and boots.
   * @throws GuestError the guest cannot be had
   */
  static async start(
    suite: string,
    source: string,
    { args, ...machine }: GuestOptions & { readonly args: readonly string[] },
  ): Promise<GuestPlace> {
    const sockets = mkdtempSync(join(tmpdir(), 'fb-pjdfstest-'))
    const [disk, tests] = ['disk', 'suite'].map((name) => join(sockets, name)) as [string, string]
    const daemons = [serve(source, disk, args), serve(suite, tests, ['--readonly'])]
    try {
      await waitFor('the daemons', () => existsSync(disk) && existsSync(tests))
      const mounts = [
        { tag: 'disk', socket: disk, at: '/disk' },
        { tag: 'suite', socket: tests, at: '/suite' },
      ]
      // What the suite makes names with, and the library that its own program needs.
      const programs = ['openssl', join(suite, 'pjdfstest')]
      const guest = await Guest.start({ ...machine, mounts, programs, memoryMiB: MIB })
      return new GuestPlace(guest, daemons, sockets)
    } catch (error) {
      await stop(daemons, sockets)
      throw error
    }
  }

  /** Runs a file in the guest: one at a time. */
  readonly run: FileRunner = async (file) => {
    const script = `set -e; d=$(mktemp -d /disk/pjd-XXXXXX); chmod 755 $d; cd $d
      sh /suite/tests/${file} 2> /dev/null || true; cd /; rm -rf $d`
    return (await this.#guest.run(script, SLOWER * FILE_TIMEOUT_MS)).output
  }

  /** Ends the guest and the daemons. */
  async end(): Promise<void> {
    await this.#guest.kill()
    await stop(this.#daemons, this.#sockets)
  }
}

function serve(directory: string, socket: string, args: readonly string[]): ChildProcess {
  const require = createRequire(import.meta.url)
  const main = join(dirname(require.resolve('@fb/virtiofsd/package.json')), 'dist/main.js')
  const options = ['--sandbox', 'none', '--log-level', 'warn', ...args]
  return spawn(process.execPath, [main, '--shared-dir', directory, '--socket-path', socket, ...options], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function stop(daemons: readonly ChildProcess[], sockets: string): Promise<void> {
  for (const daemon of daemons) {
    if (daemon.exitCode !== null || daemon.signalCode !== null) continue
    const ended = once(daemon, 'exit')
    daemon.kill('SIGTERM')
    await ended
  }
  rmSync(sockets, { recursive: true, force: true })
}
