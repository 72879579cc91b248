import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { attempt } from '@fb/testbed'
import { parseTap } from './tap.js'

/** Milliseconds that a file may take. */
export const FILE_TIMEOUT_MS = 300_000

/** Result of the whole suite in one place. */
export interface SuiteResult {
  readonly passed: number
  /** Failed checks by test file, such as `chmod/12.t`. */
  readonly failures: ReadonlyMap<string, readonly string[]>
}

/** Test files of the suite, as `rename/09.t`, sorted; only those whose name begins with `prefix`. */
export function testFiles(suite: string, prefix: string): string[] {
  return readdirSync(join(suite, 'tests'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.t') && name.startsWith(prefix))
    .sort()
}

/** Runs one test file in a directory of its own and gives what it prints. */
export type FileRunner = (file: string) => Promise<string>

/** Runs test files, `jobs` at a time. */
export async function runSuite(
  files: readonly string[],
  jobs: number,
  runFile: FileRunner,
): Promise<SuiteResult> {
  const queue = [...files]
  const failures = new Map<string, readonly string[]>()
  let passed = 0
  const worker = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const result = parseTap(await runFile(file))
      passed += result.passed
      if (result.failures.length > 0) failures.set(file, result.failures)
    }
  }
  await Promise.all(Array.from({ length: jobs }, worker))
  return { passed, failures }
}

/** Runs files on this machine, below `place`. */
export function runHere(suite: string, place: string): FileRunner {
  return async (file) => {
    const directory = mkdtempSync(join(place, 'pjd-'))
    // The tests become other users and must still reach it.
    chmodSync(directory, 0o755)
    const { stdout } = await attempt('sh', [join(suite, 'tests', file)], {
      cwd: directory,
      timeout: FILE_TIMEOUT_MS,
    })
    rmSync(directory, { recursive: true, force: true })
    return stdout
  }
}
