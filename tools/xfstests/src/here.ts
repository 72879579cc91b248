import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NAMESPACE_SCRIPT } from './namespace.js'
import type { Place } from './run-check.js'
import { withSuiteUsers } from './users.js'

const NAMES = ['test', 'scratch'] as const
const SIZE = '6G'

/** What is tested here. */
export interface HereOptions {
  readonly suite: string
  /** Arguments of `check`. */
  readonly args: readonly string[]
  /** Where the suite puts what it found. */
  readonly results: string
  /**
   * Shell text of the mount helper, which is called as mount(8) does: `NAME MOUNTPOINT -o OPTIONS`. What it serves is
   * `$BASE/NAME/source`. Without it the suite runs on the disk itself.
   */
  readonly helper?: string
  /** Further mount options, comma-separated. */
  readonly mountOptions: string
}

/** This machine: two ext4 in memory, and what serves directories of them. */
export class Here implements Place {
  readonly #options: HereOptions
  readonly #base = mkdtempSync('/dev/shm/fb-xfstests-')
  readonly #devices: readonly string[]
  #child: ChildProcess | undefined

  /** @throws Error no loop device, or no memory */
  constructor(options: HereOptions) {
    this.#options = options
    const base = this.#base
    chmodSync(base, 0o755)
    for (const name of [
      'upper',
      'work',
      'sbin',
      'suite',
      'results',
      ...NAMES,
      ...NAMES.map((name) => `fb-${name}`),
    ])
      mkdirSync(join(base, name))
    for (const file of ['passwd', 'group'] as const) writeFileSync(join(base, file), withSuiteUsers(file))
    if (options.helper !== undefined)
      writeFileSync(join(base, 'sbin/mount.fuse.fb'), options.helper, { mode: 0o755 })
    this.#devices = NAMES.map((name) => loopDevice(join(base, `${name}.ext4`)))
  }

  async run(done: readonly string[], onOutput: (text: string) => void): Promise<void> {
    const base = this.#base
    const leftOut = join(base, 'done')
    writeFileSync(leftOut, done.join('\n'))
    const flags = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private']
    const command = ['sh', '-c', NAMESPACE_SCRIPT, 'check', '-E', leftOut, ...this.#options.args]
    const child = spawn('unshare', [...flags, ...command], {
      env: { ...process.env, ...this.#environment() },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    child.stdout.setEncoding('utf8').on('data', onOutput)
    await once(child, 'close')
  }

  /** The first process of a process namespace takes all others with it, and they their mounts. */
  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  async close(): Promise<void> {
    for (const device of this.#devices) execFileSync('losetup', ['-d', device])
    rmSync(this.#base, { recursive: true, force: true })
  }

  #environment(): Record<string, string> {
    const { suite, results, helper, mountOptions } = this.#options
    const [test = '', scratch = ''] = this.#devices
    const base = this.#base
    const places = { TEST_DIR: join(base, 'test'), SCRATCH_MNT: join(base, 'scratch') }
    const paths = { SUITE: suite, RESULTS: results, BASE: base, RESULT_BASE: join(base, 'results') }
    const common = { ...paths, ...places }
    if (helper === undefined) return { ...common, FSTYP: 'ext4', TEST_DEV: test, SCRATCH_DEV: scratch }
    const options = `-o allow_other,suid,dev,default_permissions${mountOptions === '' ? '' : `,${mountOptions}`}`
    return {
      ...{ ...common, FB_test: test, FB_scratch: scratch },
      ...{ FSTYP: 'fuse', FUSE_SUBTYP: '.fb', TEST_DEV: 'fb-test', SCRATCH_DEV: 'fb-scratch' },
      ...{ MOUNT_OPTIONS: options, TEST_FS_MOUNT_OPTS: options },
    }
  }
}

function loopDevice(image: string): string {
  execFileSync('truncate', ['-s', SIZE, image])
  execFileSync('mkfs.ext4', ['-q', '-F', '-i', '8192', '-E', 'lazy_itable_init=0', image])
  return execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim()
}
