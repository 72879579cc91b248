/** How a test ended. */
export type Outcome = 'passed' | 'failed' | 'not run' | 'hung'

/** What the suite said of one test. */
export interface TestResult {
  /** As `generic/001`. */
  readonly test: string
  readonly outcome: Outcome
  /** Why it was not run, or the beginning of what differs. */
  readonly detail: string
}

/** A test's name, and what follows it on its line: the seconds of the last run, the result. */
const TEST_LINE = /^([a-z][\w-]*\/\d{3,})(?:\s+(.*))?$/
const TIME_ONLY = /^(?:\d+s \.\.\.\s+)?\d+s$/
const LEFT_OUT = '[expunged]'
const NOT_RUN = '[not run]'

/** Reads what `check` prints while it runs. It names a test when it begins and adds the result when it ends. */
export class CheckOutput {
  readonly #onResult: (result: TestResult) => void
  #rest = ''
  #lines: string[] = []

  constructor(onResult: (result: TestResult) => void) {
    this.#onResult = onResult
  }

  /** The test that runs now. */
  get running(): string | undefined {
    const begun = TEST_LINE.exec(this.#rest)
    return begun?.[1] ?? (this.#lines[0] === undefined ? undefined : TEST_LINE.exec(this.#lines[0])?.[1])
  }

  /** Takes more of the output. */
  feed(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#line(line)
    if (/^[a-z][\w-]*\/\d+\s/.test(this.#rest)) this.#finish()
  }

  /** The output ended: a test whose result never came has `hung`. */
  end(): void {
    if (this.#rest !== '') this.#line(this.#rest)
    this.#rest = ''
    this.#finish()
  }

  #line(line: string): void {
    if (TEST_LINE.test(line)) {
      this.#finish()
      this.#lines = [line]
    } else if (/^(Ran|Failures|Passed all|Failed \d+ of|Interrupted!)/.test(line)) this.#finish()
    else if (this.#lines.length > 0) this.#lines.push(line)
  }

  #finish(): void {
    const [first, ...more] = this.#lines
    this.#lines = []
    const [, test, result = ''] = first === undefined ? [] : (TEST_LINE.exec(first) ?? [])
    if (test === undefined || result.includes(LEFT_OUT)) return
    const detail = [result, ...more].join('\n').trim()
    this.#onResult({ test, ...outcomeOf(result.trim(), more.join('').trim(), detail) })
  }
}

function outcomeOf(result: string, more: string, detail: string): { outcome: Outcome; detail: string } {
  const notRun = result.indexOf(NOT_RUN)
  if (notRun >= 0) return { outcome: 'not run', detail: detail.slice(notRun + NOT_RUN.length).trim() }
  if (TIME_ONLY.test(result) && more === '') return { outcome: 'passed', detail: '' }
  if (/^(\d+s \.\.\.)?$/.test(result) && more === '') return { outcome: 'hung', detail: '' }
  return { outcome: 'failed', detail }
}
