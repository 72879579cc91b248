/** What one test file of the suite said (Test Anything Protocol). */
export interface TapResult {
  readonly passed: number
  /** Lines of the checks that failed, as they were printed; checks marked TODO are known not to hold. */
  readonly failures: readonly string[]
}

/** Counts the checks in a test file's output. A plan that is not fulfilled counts as one more failure. */
export function parseTap(output: string): TapResult {
  let planned: number | undefined
  let passed = 0
  let known = 0
  const failures: string[] = []
  for (const line of output.split('\n')) {
    const plan = /^1\.\.(\d+)/.exec(line)
    if (plan !== null) planned = Number(plan[1])
    if (/^ok\b/.test(line)) passed += 1
    else if (/^not ok\b/.test(line)) {
      if (/# *TODO/i.test(line)) known += 1
      else failures.push(line)
    }
  }
  const seen = passed + known + failures.length
  if (planned === undefined) failures.push('the test printed no plan')
  else if (seen !== planned) failures.push(`${planned} checks were planned, ${seen} were made`)
  return { passed, failures }
}
