import { RamDisk } from '@fb/testbed'
import type { DaemonCommand } from './daemon.js'
import type { Result } from './result.js'
import { renderTable } from './table.js'

/** What is compared, and how. */
export interface Comparison {
  readonly daemons: readonly DaemonCommand[]
  readonly workloads: readonly string[]
  readonly rounds: number
  /** Measures every workload of one daemon, which shares a directory on `disk`. */
  measure(daemon: DaemonCommand, disk: string): Promise<ReadonlyMap<string, Result>>
}

/** Has every daemon do everything once per round, on an ext4 in memory, and prints the medians as a Markdown table. */
export async function compare({ daemons, workloads, rounds, measure }: Comparison): Promise<void> {
  const results = new Map(
    workloads.map((name) => [name, new Map(daemons.map((daemon) => [daemon.name, [] as Result[]]))]),
  )
  const disk = new RamDisk('2G')
  try {
    for (let round = 1; round <= rounds; round += 1) {
      for (const daemon of daemons) {
        console.error(`round ${round}: ${daemon.name}`)
        for (const [name, result] of await measure(daemon, disk.directory)) {
          results.get(name)?.get(daemon.name)?.push(result)
        }
      }
    }
  } finally {
    disk.close()
  }
  console.log(renderTable(results))
}
