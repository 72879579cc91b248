import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Guest, GuestError, type KernelVersion } from '@fb/guest-vm'
import { RamDisk, waitFor } from '@fb/testbed'
import type { Place } from './run-check.js'
import { withSuiteUsers } from './users.js'

const MIB = 1024
/** Milliseconds that the daemons may take to start. */
const START_MS = 120_000
/** A guest that runs a whole group is ended by the limit of a test, not by this. */
const ALL_TESTS_MS = 24 * 3600 * 1000

/** What is tested in a guest. */
export interface GuestPlaceOptions {
  readonly suite: string
  /** Arguments of `check`. */
  readonly args: readonly string[]
  /** Where the suite puts what it found. */
  readonly results: string
  readonly kernel: KernelVersion
  readonly daemonArgs: readonly string[]
}

/**
 * A virtual machine that has this machine's programs, read only, beneath a layer in memory, and the tested directory over
 * virtio-fs.
 */
export class GuestPlace implements Place {
  readonly #options: GuestPlaceOptions
  readonly #disk = new RamDisk('6G')
  #guest: Guest | undefined

  constructor(options: GuestPlaceOptions) {
    this.#options = options
    for (const name of ['source', 'lists']) mkdirSync(join(this.#disk.directory, name))
  }

  /** @throws GuestError the guest cannot be had */
  /** @throws GuestError the guest cannot be had */
  async run(done: readonly string[], onOutput: (text: string) => void): Promise<void> {
    const { results, daemonArgs, kernel } = this.#options
    const sockets = mkdtempSync(join(tmpdir(), 'fb-xfstests-'))
    const [source, lists] = ['source', 'lists'].map((name) => join(this.#disk.directory, name)) as [
      string,
      string,
    ]
    writeFileSync(join(lists, 'done'), done.join('\n'))
    for (const file of ['passwd', 'group'] as const) writeFileSync(join(lists, file), withSuiteUsers(file))
    const shares = [
      { tag: 'fb-test', source, args: daemonArgs },
      { tag: 'fb-machine', source: '/', args: ['--readonly', '--cache', 'always'] },
      { tag: 'fb-lists', source: lists, args: ['--readonly'] },
      { tag: 'fb-results', source: results, args: [] },
    ]
    const daemons = shares.map(({ tag, source, args }) => serve(source, join(sockets, tag), args))
    try {
      const mounts = shares.map(({ tag }) => ({ tag, socket: join(sockets, tag), at: false as const }))
      await waitFor('the daemons', () => mounts.every(({ socket }) => existsSync(socket)), START_MS)
      const guest = await Guest.start({ kernel, mounts, memoryMiB: MIB, modules: ['overlay'] })
      this.#guest = guest
      await this.#check(guest, onOutput)
    } finally {
      await this.#guest?.kill()
      this.#guest = undefined
      await stop(daemons)
      rmSync(sockets, { recursive: true, force: true })
    }
  }

  kill(): void {
    void this.#guest?.kill()
  }

  async close(): Promise<void> {
    this.#disk.close()
  }

  async #check(guest: Guest, onOutput: (text: string) => void): Promise<void> {
    const { suite, args } = this.#options
    const quoted = args.map((word) => `'${word}'`).join(' ')
    try {
      const script = `export SUITE='${suite}'\n${GUEST_SCRIPT}\nchroot $R sh -c '${CHECK}' check -E /run/fb-lists/done ${quoted}`
      await guest.run(script, ALL_TESTS_MS, (bytes) => onOutput(bytes.toString()))
    } catch (error) {
      // A guest that was killed for a test that hangs.
      if (!(error instanceof GuestError)) throw error
    }
  }
}

/** Makes a root directory of this machine's, writable and forgotten at the end. */
const GUEST_SCRIPT = `
set -eu
R=/fb-root
mkdir -p /fb-machine /fb-layer $R
mount -t virtiofs fb-machine /fb-machine
mount -t tmpfs tmpfs /fb-layer
mkdir /fb-layer/upper /fb-layer/work
mount -t overlay -o lowerdir=/fb-machine,upperdir=/fb-layer/upper,workdir=/fb-layer/work fb-root $R
for d in proc sys dev; do mount --bind /$d $R/$d; done
for d in run tmp; do mount -t tmpfs tmpfs $R/$d; done
mkdir -p $R/run/fb-lists $R/run/fb-results $R/run/fb-test
mount -t virtiofs -o ro fb-lists $R/run/fb-lists
mount -t virtiofs fb-results $R/run/fb-results
cat $R/run/fb-lists/passwd > $R/etc/passwd
cat $R/run/fb-lists/group > $R/etc/group
`

const CHECK = `
cd "$SUITE"
export FSTYP=virtiofs TEST_DEV=fb-test TEST_DIR=/run/fb-test RESULT_BASE=/run/fb-results
exec ./check "$@" 2> /run/fb-results/errors`

function serve(directory: string, socket: string, args: readonly string[]): ChildProcess {
  const require = createRequire(import.meta.url)
  const main = join(dirname(require.resolve('@fb/virtiofsd/package.json')), 'dist/main.js')
  const options = ['--sandbox', 'none', '--log-level', 'warn', ...args]
  return spawn(process.execPath, [main, '--shared-dir', directory, '--socket-path', socket, ...options], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function stop(daemons: readonly ChildProcess[]): Promise<void> {
  for (const daemon of daemons) {
    if (daemon.exitCode !== null || daemon.signalCode !== null) continue
    const ended = once(daemon, 'exit')
    daemon.kill('SIGTERM')
    await ended
  }
}
