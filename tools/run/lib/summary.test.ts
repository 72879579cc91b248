import { expect, it } from 'vitest'
import { count, countsLine, details } from './summary.mjs'

const result = {
  files: [
    { project: 'b', passed: 2, failures: [], skipped: [{ name: 'b.test.ts > one', reason: 'needs root' }] },
    { project: 'a', passed: 1, failures: ['a.test.ts > two\nmore'], skipped: [] },
    { project: 'b', passed: 3, failures: ['b2.test.ts: does not load'], skipped: [] },
  ],
  errors: ['unhandled'],
}

it('counts tests, files that do not load and errors outside of tests', () => {
  expect(countsLine(count(result, false))).toBe('6 passed, 3 failed, 1 skipped')
})

it('has a failure when vitest says so, though no test failed', () => {
  expect(count({ files: [], errors: [] }, false)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  expect(count({ files: [], errors: [] }, true)).toEqual({ passed: 0, failed: 0, skipped: 0 })
})

it('tells why tests were skipped, what failed, and the counts of each project', () => {
  expect(details(result)).toEqual([
    '',
    'Skipped:',
    '  b.test.ts > one: needs root',
    '',
    'Failed:',
    '  a.test.ts > two',
    '  b2.test.ts: does not load',
    '  unhandled',
    '',
    'a: 1 passed, 1 failed, 0 skipped',
    'b: 5 passed, 1 failed, 1 skipped',
  ])
})
