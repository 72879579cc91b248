import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DaemonCommand, RunningDaemon } from '../daemon.js'
import { family } from '../processes.js'
import type { Result } from '../result.js'

const FILE_BYTES = 64 * 1024 * 1024
/** Files of the directory that is listed. */
const FILES = 5000
const MICROSECONDS = 1_000_000

/** How the load is made. */
export interface LoadOptions {
  /** Its program, compiled. */
  readonly load: string
  readonly workloads: readonly string[]
  /** Requests in flight. */
  readonly depth: number
  readonly milliseconds: number
  /** Before that, not counted. */
  readonly warmup: number
  /** Microseconds between answers and the next requests. */
  readonly pause: number
  /** CPUs of daemon and load, as taskset(1) takes them. */
  readonly cpus: string
}

/** Starts a daemon for each workload and loads it. */
export async function measure(
  daemon: DaemonCommand,
  options: LoadOptions,
  disk: string,
): Promise<Map<string, Result>> {
  const base = mkdtempSync(join(tmpdir(), 'fb-socket-bench-'))
  const shared = join(disk, 'shared')
  populate(shared)
  try {
    const results = new Map<string, Result>()
    for (const workload of options.workloads) {
      results.set(workload, await one(daemon, options, workload, { shared, socket: join(base, workload) }))
    }
    return results
  } finally {
    rmSync(base, { recursive: true, force: true })
    rmSync(shared, { recursive: true, force: true })
  }
}

function populate(shared: string): void {
  mkdirSync(join(shared, 'many'), { recursive: true })
  for (const name of ['data', 'written']) writeFileSync(join(shared, name), Buffer.alloc(FILE_BYTES, name))
  for (let i = 0; i < FILES; i += 1) writeFileSync(join(shared, 'many', `file-${i}`), '')
}

async function one(
  daemon: DaemonCommand,
  { load, depth, milliseconds, warmup, pause, cpus }: LoadOptions,
  workload: string,
  { shared, socket }: { readonly shared: string; readonly socket: string },
): Promise<Result> {
  const pinned = { ...daemon, command: `taskset -c ${cpus} ${daemon.command}` }
  const running = await RunningDaemon.start(pinned, shared, socket)
  try {
    const numbers = [depth, milliseconds, warmup, pause].map(String)
    const args = ['-c', cpus, load, socket, workload, ...numbers, family(running.pid).join(',')]
    const output = execFileSync('taskset', args, { encoding: 'utf8' })
    const [requests = 0, seconds = 0, kicks = 0, calls = 0, cpu = 0] = output.trim().split(' ').map(Number)
    return {
      rate: requests / seconds,
      kicks: kicks / requests,
      calls: calls / requests,
      cpu: (cpu / requests) * MICROSECONDS,
    }
  } finally {
    await running.stop()
  }
}
