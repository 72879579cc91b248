import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { root } from './root.mjs'
import { runTests } from './run-tests.mjs'
import { count } from './summary.mjs'

let project: string

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'fb-run-'))
  mkdirSync(join(project, 'node_modules'))
  symlinkSync(join(root, 'node_modules/vitest'), join(project, 'node_modules/vitest'))
  writeFileSync(join(project, 'vitest.config.mjs'), "export default { test: { name: 'sample' } }\n")
})
afterEach(() => {
  rmSync(project, { recursive: true })
})

function run(files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(project, name), `import { beforeAll, describe, test } from 'vitest'\n${text}\n`)
  }
  return runTests(['--root', project], 'ignore')
}

it('reports every outcome of a test, with the reason of a skip', async () => {
  const { result, succeeded } = await run({
    'a.test.mjs': `
      test('passes', () => {})
      test('fails', () => { throw new Error('no') })
      test('skips', ({ skip }) => skip('no root'))
      test.skip('skips, too', () => {})`,
    'b.test.mjs': `
      console.warn('skipped: no FUSE')
      describe.skip('group', () => test('one', () => {}))`,
  })
  expect(succeeded).toBe(false)
  expect(count(result, succeeded)).toEqual({ passed: 1, failed: 1, skipped: 3 })
  expect(result.files.flatMap((file) => file.skipped).sort((a, b) => a.name.localeCompare(b.name))).toEqual([
    { name: 'a.test.mjs > skips', reason: 'no root' },
    { name: 'a.test.mjs > skips, too', reason: 'no reason given' },
    { name: 'b.test.mjs > group > one', reason: 'no FUSE' },
  ])
})

it('counts a file that does not load and a hook that throws', async () => {
  const { result, succeeded } = await run({
    'a.test.mjs': "import './missing.mjs'",
    'b.test.mjs': "describe('g', () => { beforeAll(() => { throw new Error('x') }); test('one', () => {}) })",
    'c.test.mjs': "test('passes', () => {})",
  })
  expect(succeeded).toBe(false)
  expect(count(result, succeeded)).toMatchObject({ passed: 1, failed: 2 })
})

it('counts an error outside of every test', async () => {
  const { result, succeeded } = await run({
    'a.test.mjs': "test('passes', () => { setTimeout(() => { throw new Error('late') }) })",
    'b.test.mjs': "test('waits', () => new Promise((resolve) => setTimeout(resolve, 50)))",
  })
  expect(succeeded).toBe(false)
  expect(count(result, succeeded).failed).toBeGreaterThan(0)
})

it('has a failure when vitest does not get as far as a test', async () => {
  writeFileSync(join(project, 'vitest.config.mjs'), 'throw new Error("broken")')
  const { result, succeeded } = await run({})
  expect(count(result, succeeded)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})
