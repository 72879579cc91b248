import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RamDisk } from '@fb/testbed'
import type { Case } from './cases/case.js'
import { compare, type Difference, type Outcomes } from './compare.js'
import { runOnDisk } from './places/disk.js'
import { type GuestSettings, runInGuest } from './places/guest.js'
import { type MountSettings, runInMount } from './places/mount.js'
import { compileWorker } from './worker.js'

/** What is compared with the disk. */
export type Place = { readonly mount: MountSettings } | { readonly guest: GuestSettings }

/** What came of a comparison. */
export interface Report {
  readonly differences: readonly Difference[]
  /** How often each errno was the result of a step on the disk: cases that all succeed would prove little. */
  readonly errors: Readonly<Record<string, number>>
}

/** Runs cases on an ext4 in memory and in a place that is served, and compares. Needs root, e2fsprogs and a compiler. */
export async function check(cases: readonly Case[], place: Place): Promise<Report> {
  const base = mkdtempSync(join(tmpdir(), 'fb-credentials-'))
  const ram = new RamDisk('2G')
  try {
    const [source, beside] = ['source', 'beside'].map((name) => join(ram.directory, name)) as [string, string]
    for (const directory of [source, beside]) {
      mkdirSync(directory)
      chmodSync(directory, 0o755)
    }
    const worker = compileWorker(base)
    if ('guest' in place) {
      const { disk, share } = await runInGuest(worker, source, cases, place.guest)
      return report(cases, disk, share)
    }
    const disk = runOnDisk(worker, beside, cases)
    return report(cases, disk, await runInMount(worker, source, cases, place.mount))
  } finally {
    ram.close()
    rmSync(base, { recursive: true })
  }
}

function report(cases: readonly Case[], disk: Outcomes, there: Outcomes): Report {
  const errors: Record<string, number> = {}
  for (const { results } of disk.seen.values()) {
    for (const [error] of results.matchAll(/\bE[A-Z]{2,}\b/g)) errors[error] = (errors[error] ?? 0) + 1
  }
  return { differences: compare(cases, disk, there), errors }
}
