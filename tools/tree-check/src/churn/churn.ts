import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mountType, run, waitFor } from '@fb/testbed'
import type { Usage } from '../server/protocol.js'
import { TreeServer } from '../tree-server.js'
import { type ChangeCounts, Changes } from './changes.js'
import { type Client, compileWorker, type Ending, type WorkerCounts } from './client.js'
import { GuestKernel, type GuestSettings } from './guest-kernel.js'
import { type Layout, makeLayout, type Population, population } from './layout.js'
import { type Growth, growth, MOST_GROWTH, SAMPLES, type Sample } from './samples.js'
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
  /** The virtual machine, with `virtiofs`. */
  readonly guest?: GuestSettings
}

/** What it came to. Nothing was wrong: that throws. */
export interface ChurnReport {
  readonly changes: ChangeCounts
  readonly workers: readonly WorkerCounts[]
  /** While they came and went. */
  readonly samples: readonly Sample[]
  readonly grown: Growth
  /** With everything mounted and nothing used: before and after. */
  readonly before: Usage
  readonly after: Usage
  /** Inodes of FUSE that the client's kernel held then. */
  readonly inodesBefore: number
  readonly inodesAfter: number
  /** When nothing was mounted yet, and when nothing was any more and the connection had ended. */
  readonly start: Usage
  readonly end: Usage
}

/** How long programs work where that is only to leave something behind. */
const A_WHILE_SECONDS = 1
/** How long programs would work that are interrupted. */
const LONG_SECONDS = 600

/**
 * Mounts directories, lets processes work in them, and mounts and unmounts most of them at random meanwhile. Throws at
 * the first answer that is wrong, where lookups, open files, mounts or descriptors are left over, once the client has
 * forgotten them or its connection has ended, and where the memory of the server goes on growing.
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
  const client = makeClient(base, options)
  const server = await TreeServer.start(client.serving)
  try {
    const start = await server.usage()
    await server.mount(...layout.stable)
    const changes = new Changes(server, layout.slots, options.seed)
    await changes.mountAll()
    await client.connect()
    // What is made once, for the first use, is no leak.
    await client.work(options.workers, A_WHILE_SECONDS, people)
    const before = await idle(server, client)
    const inodesBefore = await client.inodes()

    const { workers, samples } = await changeWhileWorking(server, changes, client, options)
    const grown = growth(samples)
    if (grown.heap > MOST_GROWTH.heap || grown.native > MOST_GROWTH.native)
      throw new Error(`memory goes on growing: ${JSON.stringify(samples)}`)
    await changes.mountAll()
    const after = await idle(server, client)
    const inodesAfter = await client.inodes()
    if (after.fds > before.fds) throw new Error(`descriptors: ${before.fds} before, ${after.fds} after`)

    for (const ending of client.endings) await endConnection(ending, server, client, options.workers, people)
    await unmountAll(server, changes, layout)
    const end = await server.usage()
    if (end.fds > start.fds || end.backends > 0) throw new Error(`left over: ${JSON.stringify(end)}`)
    const counts = { changes: changes.counts, workers, samples, grown }
    return { ...counts, before, after, inodesBefore, inodesAfter, start, end }
  } finally {
    await client.close()
    await server.close()
  }
}

function makeClient(base: string, { transport, guest }: ChurnOptions): Client {
  const worker = compileWorker(base)
  if (transport === 'virtiofs')
    return new GuestKernel(join(base, 'socket'), worker, guest ?? { submounts: false })
  const mountpoint = join(base, 'mnt')
  mkdirSync(mountpoint)
  return new ThisKernel(mountpoint, worker)
}

async function changeWhileWorking(
  server: TreeServer,
  changes: Changes,
  client: Client,
  { workers, seconds, mounts }: ChurnOptions,
): Promise<Pick<ChurnReport, 'workers' | 'samples'>> {
  const begun = Date.now()
  const samples: Sample[] = []
  const sample = async (): Promise<void> => {
    const usage = await server.usage()
    samples.push({ seconds: (Date.now() - begun) / 1000, changes: changes.total, usage })
  }
  const working = client.work(workers, seconds, population(mounts))
  let done = false
  const ended = working.finally(() => {
    done = true
  })
  ended.catch(() => {})
  while (!done) {
    await changes.change()
    if (client.pause > 0) await sleep(client.pause)
    if (Date.now() - begun > ((samples.length + 1) * seconds * 1000) / SAMPLES) await sample()
  }
  const counts = await working
  await sample()
  return { workers: counts, samples }
}

/** What the server holds once the kernel has forgotten everything. Throws where something is left over. */
async function idle(server: TreeServer, client: Client): Promise<Usage> {
  return usageWhen('the kernel to forget', server, isUnused, () => client.forget())
}

/** Ends the connection while its kernel knows a lot. Throws where the server does not forget that. */
async function endConnection(
  { what, busy, end, again }: Ending,
  server: TreeServer,
  client: Client,
  workers: number,
  people: Population,
): Promise<void> {
  const working = client.work(workers, busy ? LONG_SECONDS : A_WHILE_SECONDS, people)
  if (busy) working.catch(() => {})
  else await working
  const isUsed = ({ lookups, handles }: Usage): boolean => lookups > 0 && (!busy || handles > 0)
  await usageWhen('programs to use the tree', server, isUsed)
  await end()
  await usageWhen(`the end of the connection by ${what}`, server, isUnused)
  await again?.()
}

async function unmountAll(server: TreeServer, changes: Changes, { stable }: Layout): Promise<void> {
  await changes.unmountAll()
  for (const { path } of [...stable].reverse()) await server.umount(path)
}

function isUnused({ lookups, handles, leaving, backends, mounts }: Usage): boolean {
  return lookups === 0 && handles === 0 && leaving === 0 && backends === mounts
}

async function usageWhen(
  what: string,
  server: TreeServer,
  condition: (usage: Usage) => boolean,
  before: () => Promise<void> = async () => {},
): Promise<Usage> {
  let usage: Usage | undefined
  try {
    await waitFor(what, async () => {
      await before()
      usage = await server.usage()
      return condition(usage)
    })
  } catch (error) {
    throw new Error(`waited for ${what}: ${JSON.stringify(usage)}`, { cause: error })
  }
  return usage as Usage
}
