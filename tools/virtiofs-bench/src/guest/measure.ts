import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Guest, type KernelVersion } from '@fb/guest-vm'
import { type DaemonCommand, RunningDaemon } from '../daemon.js'
import { cpuSeconds, family } from '../processes.js'
import type { Result } from '../result.js'
import { NotificationCounter } from './notifications.js'
import { DATA_BYTES, type Workload } from './workloads.js'

const SCRIPT_MS = 300_000
const MICROSECONDS = 1_000_000

/** The guest that is used. */
export interface GuestShape {
  readonly kernel: KernelVersion
  readonly cpus: number
  /** `system`, `10` or a path. */
  readonly qemu: string
}

/** How a workload is called when it is done for the second time. */
export function again(name: string): string {
  return `${name}, again`
}

/**
 * Starts a daemon and a guest, and has the guest do every workload, and then every one again: the daemon is new to each of
 * them at first.
 * @param disk - a directory with room for the data, which is removed afterwards
 */
export async function measure(
  daemon: DaemonCommand,
  workloads: readonly Workload[],
  shape: GuestShape,
  disk: string,
): Promise<Map<string, Result>> {
  const base = mkdtempSync(join(tmpdir(), 'fb-guest-bench-'))
  const shared = join(disk, 'shared')
  mkdirSync(shared)
  writeFileSync(join(shared, 'data'), Buffer.alloc(DATA_BYTES, 'data'))
  const socket = join(base, 'socket')
  try {
    const running = await RunningDaemon.start(daemon, shared, socket)
    const mounts = [{ tag: 'share', socket, at: '/mnt', requestQueues: daemon.queues }]
    const guest = await Guest.start({ ...shape, mounts, memoryMiB: 1024, programs: ['fio'] })
    try {
      const results = new Map<string, Result>()
      for (const called of [(name: string) => name, again]) {
        for (const workload of workloads) {
          results.set(called(workload.name), await one(guest, running.pid, workload))
        }
      }
      return results
    } finally {
      await guest.kill()
      await running.stop()
    }
  } finally {
    rmSync(base, { recursive: true, force: true })
    rmSync(shared, { recursive: true, force: true })
  }
}

async function one(guest: Guest, pid: number, { before, script }: Workload): Promise<Result> {
  if (before !== undefined) await guest.check(before)
  const pids = family(pid)
  const counter = await NotificationCounter.start(pids)
  const cpu = cpuSeconds(pids)
  const began = process.hrtime.bigint()
  const operations = Number(await guest.check(script, SCRIPT_MS))
  const seconds = Number(process.hrtime.bigint() - began) / 1e9
  const used = cpuSeconds(pids) - cpu
  const { kicks, calls } = await counter.stop()
  return {
    rate: operations / seconds,
    kicks: kicks / operations,
    calls: calls / operations,
    cpu: (used / operations) * MICROSECONDS,
  }
}
