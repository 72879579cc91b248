import { guestUnavailable } from '@fb/guest-vm'
import { hasProgram, missingForMount } from '@fb/testbed'
import { type ChurnReport, churn } from '@fb/tree-check'
import { expect, test } from 'vitest'

const MIB = 1024 * 1024
const SECONDS = Number(process.env['FB_CHURN_SECONDS'] ?? 15)
/** Compiled code, memory for requests that are answered later, and what V8 and the allocator keep for the next. */
const GROWN_ONCE = 64 * MIB
/** Less than `churn` allows: here the samples, which collect garbage, are close to each other. */
const MOST_GROWTH = 12 * MIB
const TIMEOUT_MS = SECONDS * 1000 + 300_000

const compiler = hasProgram('g++') ? undefined : 'not installed: g++'

/**
 * What `churn` throws at needs no mention here: a wrong answer, descriptors, lookups or open files that are left over
 * when the kernel has forgotten them, or the connection has ended, and memory that goes on growing.
 */
function check(report: ChurnReport, mounts: number): void {
  const { changes, workers, samples, grown, before, after, end } = report
  console.info(JSON.stringify({ changes, workers, grown, before, after, end, last: samples.at(-1) }))
  expect(workers).toHaveLength(4)
  for (const { rounds, checks } of workers) expect(checks).toBeGreaterThan(rounds)
  for (const count of Object.values(changes)) expect(count).toBeGreaterThan(0)
  expect(samples.length).toBeGreaterThanOrEqual(12)
  expect(grown.native).toBeLessThan(MOST_GROWTH)
  expect(after).toMatchObject({ mounts, leaving: 0, lookups: 0, handles: 0, backends: mounts })
  expect(after.heap - before.heap).toBeLessThan(16 * MIB)
  expect(after.anonymous - before.anonymous).toBeLessThan(GROWN_ONCE)
  expect(end).toMatchObject({ mounts: 0, leaving: 0, lookups: 0, handles: 0, backends: 0 })
}

test('a thousand directories come and go while four processes work', {
  timeout: TIMEOUT_MS,
}, async ({ skip }) => {
  const missing = missingForMount() ?? compiler
  if (missing !== undefined) return skip(missing)
  const report = await churn({ transport: 'fusedev', mounts: 1000, seconds: SECONDS, workers: 4, seed: 1 })
  check(report, 1000)
})

test('two hundred directories come and go while four processes work in a guest', {
  timeout: TIMEOUT_MS,
}, async ({ skip }) => {
  const missing = (await guestUnavailable()) ?? compiler
  if (missing !== undefined) return skip(missing)
  const report = await churn({ transport: 'virtiofs', mounts: 200, seconds: SECONDS, workers: 4, seed: 1 })
  check(report, 200)
  // Nothing else of FUSE is in that kernel: its root alone is left.
  expect([report.inodesBefore, report.inodesAfter]).toEqual([1, 1])
})
