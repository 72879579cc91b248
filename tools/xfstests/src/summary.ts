import type { Outcome, TestResult } from './check-output.js'
import { EXPECTED_FAILURES, type ExpectedFailure } from './expected.js'

/** Counts outcomes and says what failed that is not expected to, and what passed that is. */
export function summary(
  results: readonly TestResult[],
  expected: readonly ExpectedFailure[] = EXPECTED_FAILURES,
): { readonly text: string; readonly isAsExpected: boolean } {
  const count = (outcome: Outcome): number => results.filter((result) => result.outcome === outcome).length
  const reasons = new Map(expected.map(({ test, reason }) => [test, reason]))
  const failures = results.filter(({ outcome }) => outcome === 'failed' || outcome === 'hung')
  const known = failures.filter(({ test }) => reasons.has(test))
  const unknown = failures.filter(({ test }) => !reasons.has(test))
  const better = results.filter(({ test, outcome }) => outcome === 'passed' && reasons.has(test))
  const counts = (['passed', 'failed', 'hung', 'not run'] as const).map(
    (outcome) => `${count(outcome)} ${outcome}`,
  )
  const lines = [
    counts.join(', '),
    ...known.map(({ test }) => `  ${test} fails as expected: ${reasons.get(test)}`),
    ...unknown.map(({ test, outcome }) => `  ${test} ${outcome}, which is not expected`),
    ...better.map(({ test }) => `  ${test} passes, which is not expected`),
  ]
  const isAsExpected = unknown.length === 0 && better.length === 0 && count('passed') > 0
  return { text: lines.join('\n'), isAsExpected }
}
