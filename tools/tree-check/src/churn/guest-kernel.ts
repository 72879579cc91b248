import { readFileSync } from 'node:fs'
import { Guest, type GuestOptions } from '@fb/guest-vm'
import {
  type Client,
  type Ending,
  parseCounts,
  parseSlab,
  type WorkerCounts,
  workerArguments,
} from './client.js'
import { HOME, type Population } from './layout.js'

const WORKER = '/usr/local/bin/worker'
const TAG = 'tree'
const AT = '/mnt'
/** Unmounts what the kernel has mounted inside: what is deepest first. */
const UNMOUNT_INSIDE = `awk '$2 ~ "^${AT}/" { print $2 }' /proc/mounts | sort -r | while read -r path; do umount "$path"; done`

/** Which virtual machine it is, and what it is told of the tree. */
export interface GuestSettings extends Pick<GuestOptions, 'kernel' | 'qemu'> {
  /** Announce each mount as a mount of the guest. */
  readonly submounts: boolean
}

/** A virtual machine, through virtio-fs. */
export class GuestKernel implements Client {
  readonly serving: {
    readonly transport: 'virtiofs'
    readonly socketPath: string
    readonly submounts: boolean
  }
  readonly endings: readonly Ending[] = [
    {
      what: 'umount in the guest',
      busy: false,
      end: async () => void (await this.#running.check(`${UNMOUNT_INSIDE}; umount ${AT}`)),
      again: async () => void (await this.#running.check(`mount -t virtiofs ${TAG} ${AT}`)),
    },
    { what: 'kill of the virtual machine', busy: true, end: () => this.close() },
  ]
  readonly pause = 5
  readonly #worker: string
  readonly #settings: GuestSettings
  #guest: Guest | undefined

  constructor(socketPath: string, worker: string, settings: GuestSettings) {
    this.serving = { transport: 'virtiofs', socketPath, submounts: settings.submounts }
    this.#worker = worker
    this.#settings = settings
  }

  async connect(): Promise<void> {
    const { kernel, qemu } = this.#settings
    this.#guest = await Guest.start({
      mounts: [{ tag: TAG, socket: this.serving.socketPath, at: AT, requestQueues: 2 }],
      cpus: 2,
      files: { [WORKER]: readFileSync(this.#worker) },
      // A kernel that has lost its way must not be waited for.
      kernelArgs: ['oops=panic'],
      ...(kernel === undefined ? {} : { kernel }),
      ...(qemu === undefined ? {} : { qemu }),
    })
  }

  async work(workers: number, seconds: number, population: Population): Promise<WorkerCounts[]> {
    const lines = Array.from({ length: workers }, (_, at) => {
      const args = workerArguments(`${AT}/${HOME}`, seconds, at + 1, population)
      return `${WORKER} ${args.join(' ')} >/tmp/counts.${at} 2>&1 &`
    })
    const script = `${lines.join('\n')}\nwait\ntail -n 1 -q /tmp/counts.*`
    const output = await this.#running.check(script, (seconds + 120) * 1000)
    return output.trim().split('\n').map(parseCounts)
  }

  async forget(): Promise<void> {
    await this.#running.check(`${UNMOUNT_INSIDE}; sync; echo 2 >/proc/sys/vm/drop_caches`)
  }

  /** Those of the tree alone: nothing else of FUSE is mounted there. */
  async inodes(): Promise<number> {
    const shrink = 'echo 1 >/sys/kernel/slab/fuse_inode/shrink'
    return parseSlab(await this.#running.check(`${shrink}; cat /proc/slabinfo`))
  }

  async close(): Promise<void> {
    await this.#guest?.kill()
  }

  get #running(): Guest {
    if (this.#guest === undefined) throw new Error('the guest has not been started')
    return this.#guest
  }
}
