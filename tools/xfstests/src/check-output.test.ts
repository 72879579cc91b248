import { describe, expect, it } from 'vitest'
import { CheckOutput, type TestResult } from './check-output.js'

function read(...pieces: string[]): { results: TestResult[]; output: CheckOutput } {
  const results: TestResult[] = []
  const output = new CheckOutput((result) => results.push(result))
  for (const piece of pieces) output.feed(piece)
  return { results, output }
}

describe('CheckOutput', () => {
  it('tells passed, failed and not run', () => {
    const { results, output } = read(
      'FSTYP         -- fuse\n\ngeneric/001         6s\ngeneric/002 3s ...  2s\n',
      'generic/020        - output mismatch (see /r/020.out.bad)\n    --- a\n    +++ b\n',
      'generic/026        [not run] fuse does not define maximum ACL count\n',
      'generic/027        [expunged]\n',
      'generic/028         6s\n_check_dmesg: something found in dmesg (see /r/028.dmesg)\n\n',
      'Ran: generic/001\nPassed all 1 tests\n',
    )
    output.end()
    expect(results.map(({ test, outcome }) => `${test} ${outcome}`)).toEqual([
      'generic/001 passed',
      'generic/002 passed',
      'generic/020 failed',
      'generic/026 not run',
      'generic/028 failed',
    ])
    expect(results[2]?.detail).toBe('- output mismatch (see /r/020.out.bad)\n    --- a\n    +++ b')
    expect(results[3]?.detail).toBe('fuse does not define maximum ACL count')
  })

  it('names the test that runs, before its line is whole', () => {
    const { results, output } = read('generic/001 ')
    expect(output.running).toBe('generic/001')
    output.feed('        6s\ngeneric/478     ')
    expect(output.running).toBe('generic/478')
    expect(results).toEqual([{ test: 'generic/001', outcome: 'passed', detail: '' }])
  })

  it('calls a test without a result hung', () => {
    const { results, output } = read('generic/478 5s ...  ')
    output.end()
    expect(results).toEqual([{ test: 'generic/478', outcome: 'hung', detail: '' }])
  })
})
