import { CheckOutput, type TestResult } from './check-output.js'

/** Where the suite runs. */
export interface Place {
  /**
   * Starts `check` and settles when it has ended, or when {@link kill} has ended it.
   *
   * @param done - tests to leave out
   */
  run(done: readonly string[], onOutput: (text: string) => void): Promise<void>
  /** Ends everything that {@link run} started, what hangs in the kernel as well. It can run again. */
  kill(): void
  /** Leaves nothing of it. */
  close(): Promise<void>
}

/**
 * Runs the suite to its end. A test that takes longer than `limitMs` milliseconds counts as hung: the place is killed,
 * and the suite goes on with the tests after it.
 *
 * @param stop - ends the run
 * @throws Error `check` hangs outside of a test, or the reason of `stop`
 */
export async function runCheck(
  place: Place,
  limitMs: number,
  stop: AbortSignal,
  onResult: (result: TestResult) => void,
): Promise<TestResult[]> {
  const results: TestResult[] = []
  stop.addEventListener('abort', () => place.kill())
  for (let hung = true; hung; ) {
    hung = await runUntilOneHangs(place, limitMs, results, onResult)
    stop.throwIfAborted()
  }
  return results
}

/** Whether a test hung: those after it have not run. */
async function runUntilOneHangs(
  place: Place,
  limitMs: number,
  results: TestResult[],
  onResult: (result: TestResult) => void,
): Promise<boolean> {
  const output = new CheckOutput((result) => {
    results.push(result)
    onResult(result)
  })
  let isKilled = false
  let running: string | undefined
  const kill = (): void => {
    isKilled = true
    place.kill()
  }
  let timer = setTimeout(kill, limitMs)
  const watch = (text: string): void => {
    output.feed(text)
    if (output.running === running) return
    running = output.running
    clearTimeout(timer)
    timer = setTimeout(kill, limitMs)
  }
  const done = results.map(({ test }) => test)
  try {
    await place.run(done, watch)
  } finally {
    clearTimeout(timer)
  }
  output.end()
  if (isKilled && results.length === done.length) throw new Error('the suite hangs outside of a test')
  return isKilled
}
