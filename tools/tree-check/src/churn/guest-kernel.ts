import { readFileSync } from 'node:fs'
import { Guest } from '@fb/guest-vm'
import { type Client, parseCounts, parseSlab, type WorkerCounts, workerArguments } from './client.js'
import { HOME, type Population } from './layout.js'

const WORKER = '/usr/local/bin/worker'
const AT = '/mnt'

/** A virtual machine, through virtio-fs. */
export class GuestKernel implements Client {
  readonly serving: { readonly transport: 'virtiofs'; readonly socketPath: string }
  readonly #worker: string
  #guest: Guest | undefined

  constructor(socketPath: string, worker: string) {
    this.serving = { transport: 'virtiofs', socketPath }
    this.#worker = worker
  }

  async connect(): Promise<void> {
    this.#guest = await Guest.start({
      mounts: [{ tag: 'tree', socket: this.serving.socketPath, at: AT, requestQueues: 2 }],
      cpus: 2,
      files: { [WORKER]: readFileSync(this.#worker) },
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

  /** Each mount that was entered is one of the guest too, and stays until its name is found to be gone. */
  async forget(): Promise<void> {
    await this.#running.check(`
      awk '$2 ~ "^${AT}/" { print $2 }' /proc/mounts | sort -r | while read -r path; do umount "$path"; done
      sync; echo 2 >/proc/sys/vm/drop_caches`)
  }

  async inodes(): Promise<number> {
    return parseSlab(await this.#running.check('cat /proc/slabinfo'))
  }

  async disconnect(): Promise<void> {
    await this.#guest?.kill()
  }

  get #running(): Guest {
    if (this.#guest === undefined) throw new Error('the guest has not been started')
    return this.#guest
  }
}
