import { hasProgram, missingForMount } from '@fb/testbed'
import { churn } from '@fb/tree-check'
import { expect, test } from 'vitest'

const MIB = 1024 * 1024
const SECONDS = Number(process.env['FB_CHURN_SECONDS'] ?? 15)
/** Compiled code, memory for requests that are answered later, and what the allocator keeps for the next. */
const GROWN_ONCE = 400 * MIB

const missing = missingForMount() ?? (hasProgram('g++') ? undefined : 'not installed: g++')

test('a thousand directories come and go while four processes work', {
  timeout: SECONDS * 1000 + 300_000,
}, async ({ skip }) => {
  if (missing !== undefined) return skip(missing)
  // Throws at the first wrong answer, and where descriptors, lookups or open files are left over.
  const report = await churn({ transport: 'fusedev', mounts: 1000, seconds: SECONDS, workers: 4, seed: 1 })
  const { changes, workers, before, after } = report
  console.info(JSON.stringify({ changes, workers, before, after }))
  expect(workers).toHaveLength(4)
  for (const { rounds, checks } of workers) expect(checks).toBeGreaterThan(rounds)
  for (const count of Object.values(changes)) expect(count).toBeGreaterThan(0)
  expect(after).toMatchObject({ mounts: 1000, leaving: 0, lookups: 0, handles: 0, backends: 1000 })
  expect(after.heap - before.heap).toBeLessThan(16 * MIB)
  expect(after.anonymous - before.anonymous).toBeLessThan(GROWN_ONCE)
})
