/** @typedef {{ files: import('./result-reporter.mjs').FileResult[], errors: string[] }} TestResult */
/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Adds up a result. A run that vitest itself calls failed has at least one failure, whatever it wrote.
 *
 * @param {TestResult} result
 * @param {boolean} succeeded whether vitest ended with exit code 0
 * @returns {Counts}
 */
export function count(result, succeeded) {
  const counts = { passed: 0, failed: result.errors.length, skipped: 0 }
  for (const file of result.files) {
    counts.passed += file.passed
    counts.failed += file.failures.length
    counts.skipped += file.skipped.length
  }
  if (!succeeded && counts.failed === 0) counts.failed = 1
  return counts
}

/**
 * The line that every run ends with.
 *
 * @param {Counts} counts
 */
export function countsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/**
 * What precedes that line: what was skipped and why, what failed, and the counts of each project.
 *
 * @param {TestResult} result
 * @returns {string[]}
 */
export function details(result) {
  const lines = []
  const skipped = result.files.flatMap((file) => file.skipped)
  if (skipped.length > 0) {
    lines.push('', 'Skipped:', ...skipped.map(({ name, reason }) => `  ${name}: ${reason}`))
  }
  const failures = [...result.files.flatMap((file) => file.failures), ...result.errors]
  if (failures.length > 0) lines.push('', 'Failed:', ...failures.map((text) => `  ${firstLine(text)}`))
  lines.push('')
  for (const name of [...new Set(result.files.map((file) => file.project))].sort()) {
    const files = result.files.filter((file) => file.project === name)
    lines.push(`${name}: ${countsLine(count({ files, errors: [] }, true))}`)
  }
  return lines
}

/** @param {string} text */
const firstLine = (text) => text.split('\n', 1)[0] ?? ''
