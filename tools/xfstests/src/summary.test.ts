import { describe, expect, it } from 'vitest'
import type { TestResult } from './check-output.js'
import { summary } from './summary.js'

const result = (test: string, outcome: TestResult['outcome']): TestResult => ({ test, outcome, detail: '' })
const expected = [{ test: 'generic/002', reason: 'no such call' }]

describe('summary', () => {
  it('takes what is expected for right, and gives the reason', () => {
    const { text, isAsExpected } = summary(
      [result('generic/001', 'passed'), result('generic/002', 'failed'), result('generic/003', 'not run')],
      expected,
    )
    expect(isAsExpected).toBe(true)
    expect(text).toContain('1 passed, 1 failed, 0 hung, 1 not run')
    expect(text).toContain('generic/002 fails as expected: no such call')
  })

  it('takes neither another failure nor a better result for right', () => {
    const passed = result('generic/001', 'passed')
    expect(summary([passed, result('generic/003', 'hung')], expected).isAsExpected).toBe(false)
    expect(summary([passed, result('generic/002', 'passed')], expected).isAsExpected).toBe(false)
  })

  it('does not take a run in which nothing passed for right', () => {
    expect(summary([result('generic/001', 'not run')], expected).isAsExpected).toBe(false)
    expect(summary([], expected).isAsExpected).toBe(false)
  })
})
