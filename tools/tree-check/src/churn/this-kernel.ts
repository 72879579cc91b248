import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, MS_NODEV, MS_NOSUID, MS_REMOUNT, mountAsync } from '@fb/sys'
import { attempt, run } from '@fb/testbed'
import {
  type Client,
  type Ending,
  parseCounts,
  parseSlab,
  type WorkerCounts,
  workerArguments,
} from './client.js'
import { HOME, type Population } from './layout.js'

/** This machine, through `/dev/fuse`. */
export class ThisKernel implements Client {
  readonly serving: { readonly transport: 'fusedev'; readonly mountpoint: string }
  readonly endings: readonly Ending[] = [
    { what: 'umount', busy: false, end: async () => void (await run('umount', [this.serving.mountpoint])) },
  ]
  readonly pause = 0
  readonly #worker: string

  constructor(mountpoint: string, worker: string) {
    this.serving = { transport: 'fusedev', mountpoint }
    this.#worker = worker
  }

  async connect(): Promise<void> {}

  work(workers: number, seconds: number, population: Population): Promise<WorkerCounts[]> {
    const root = join(this.serving.mountpoint, HOME)
    return Promise.all(
      Array.from({ length: workers }, async (_, at) => {
        const args = workerArguments(root, seconds, at + 1, population)
        const { stdout, stderr } = await attempt(this.#worker, args, { timeout: (seconds + 120) * 1000 })
        return parseCounts(stderr + stdout)
      }),
    )
  }

  /** Remounting drops the names of this one file system, where drop_caches would drop those of the machine. */
  async forget(): Promise<void> {
    const { mountpoint } = this.serving
    check(await mountAsync('none', mountpoint, 'fuse', MS_REMOUNT | MS_NOSUID | MS_NODEV, ''), 'remount')
  }

  async inodes(): Promise<number> {
    return parseSlab(readFileSync('/proc/slabinfo', 'utf8'))
  }

  async close(): Promise<void> {}
}
