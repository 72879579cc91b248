import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ours } from '../daemon.js'
import { compileLoad, loadWorkloads } from './load.js'
import { measure } from './measure.js'

const directory = mkdtempSync(join(tmpdir(), 'fb-load-test-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('every load is answered by our daemon, several requests at a time', { timeout: 60_000 }, async () => {
  const load = compileLoad(directory)
  const workloads = loadWorkloads(load)
  const options = { load, workloads, depth: 4, milliseconds: 20, warmup: 20, pause: 0, cpus: '0,1' }
  const results = await measure(ours(0, 1, ''), options, directory)
  expect([...results.keys()]).toEqual(workloads)
  for (const [workload, { rate, calls }] of results) {
    expect(rate, workload).toBeGreaterThan(0)
    expect(calls, workload).toBeLessThanOrEqual(1)
  }
})
