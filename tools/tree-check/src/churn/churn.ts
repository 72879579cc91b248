import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mountType, run, waitFor } from '@fb/testbed'
import type { Usage } from '../server/protocol.js'
import { TreeServer } from '../tree-server.js'
import { type ChangeCounts, Changes } from './changes.js'
import { type Client, compileWorker, type WorkerCounts } from './client.js'
import { GuestKernel } from './guest-kernel.js'
import { makeLayout, population } from './layout.js'
import { ThisKernel } from './this-kernel.js'

/** How a tree is changed while processes work in it. */
export interface ChurnOptions {
  readonly transport: 'fusedev' | 'virtiofs'
  /** How many directories are mounted. */
  readonly mounts: number
  /** For how long they come and go. */
  readonly seconds: number
  /** Processes that work meanwhile. */
  readonly workers: number
  /** Chooses the changes. */
  readonly seed: number
}

/** What it came to. Nothing was wrong: that throws. */
export interface ChurnReport {
  readonly changes: ChangeCounts
  readonly workers: readonly WorkerCounts[]
  /** With everything mounted and nothing used: before and after. */
  readonly before: Usage
  readonly after: Usage
  /** Inodes of FUSE that the client's kernel held then. */
  readonly inodesBefore: number
  readonly inodesAfter: number
}

/**
 * Mounts directories, lets processes work in them, and mounts and unmounts most of them at random meanwhile. Throws at
 * the first answer that is wrong, and where lookups, open files, mounts or descriptors are left over.
 */
export async function churn(options: ChurnOptions): Promise<ChurnReport> {
  const base = mkdtempSync(join(tmpdir(), 'fb-churn-'))
  chmodSync(base, 0o755)
  try {
    return await churnIn(base, options)
  } finally {
    const mountpoint = join(base, 'mnt')
    if (mountType(mountpoint) !== undefined) await run('umount', ['-l', mountpoint])
    rmSync(base, { recursive: true, force: true })
  }
}

async function churnIn(base: string, options: ChurnOptions): Promise<ChurnReport> {
  const people = population(options.mounts)
  const layout = makeLayout(base, people)
  const client = makeClient(base, options.transport)
  const server = await TreeServer.start(client.serving)
  try {
    await server.mount(...layout.stable)
    const changes = new Changes(server, layout.slots, options.seed)
    await changes.mountAll()
    await client.connect()
    // What is made once, for the first use, is no leak.
    await client.work(options.workers, 1, people)
    const before = await idle(server, client)
    const inodesBefore = await client.inodes()

    const working = client.work(options.workers, options.seconds, people)
    let done = false
    const ended = working.finally(() => {
      done = true
    })
    ended.catch(() => {})
    while (!done) await changes.change()
    const workers = await working
    await changes.mountAll()
    const after = await idle(server, client)
    if (after.fds > before.fds) throw new Error(`descriptors: ${before.fds} before, ${after.fds} after`)
    return {
      changes: changes.counts,
      workers,
      before,
      after,
      inodesBefore,
      inodesAfter: await client.inodes(),
    }
  } finally {
    await client.disconnect()
    await server.close()
  }
}

function makeClient(base: string, transport: ChurnOptions['transport']): Client {
  const worker = compileWorker(base)
  if (transport === 'virtiofs') return new GuestKernel(join(base, 'socket'), worker)
  const mountpoint = join(base, 'mnt')
  mkdirSync(mountpoint)
  return new ThisKernel(mountpoint, worker)
}

/** What the server holds once the kernel has forgotten everything. Throws where something is left over. */
async function idle(server: TreeServer, client: Client): Promise<Usage> {
  let usage: Usage | undefined
  try {
    await waitFor('the kernel to forget', async () => {
      await client.forget()
      usage = await server.usage()
      return (
        usage.lookups === 0 && usage.handles === 0 && usage.leaving === 0 && usage.backends === usage.mounts
      )
    })
  } catch (error) {
    throw new Error(`left over: ${JSON.stringify(usage)}`, { cause: error })
  }
  return usage as Usage
}
