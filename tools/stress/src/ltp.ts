import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { attempt } from '@fb/testbed'

/** A line of a list of tests. */
export interface LtpTest {
  readonly name: string
  /** Shell text. */
  readonly command: string
}

/** Milliseconds that a test may take. */
const LIMIT_MS = 300_000
/** Exit codes of LTP's programs: bits of what happened, beside 0. */
const VERDICTS = new Map([
  [0, 'passed'],
  [1, 'failed'],
  [2, 'broken'],
  [4, 'warned'],
  [32, 'not to be tested here'],
  [-1, 'did not end'],
])

/** The tests of a list in LTP's directory `runtest`, in order; comments begin with `#`. */
export function parseRuntest(text: string): LtpTest[] {
  return text
    .split('\n')
    .map((line) => /^\s*([^#\s]\S*)\s+(.*\S)/.exec(line))
    .flatMap((match) => (match === null ? [] : [{ name: match[1] ?? '', command: match[2] ?? '' }]))
}

/** The tests of a built LTP: of some lists, whose program has been built and whose name begins with `prefix`. */
export function ltpTests(suite: string, lists: readonly string[], prefix: string): LtpTest[] {
  return lists
    .flatMap((list) => parseRuntest(readFileSync(join(suite, 'runtest', list), 'utf8')))
    .filter(({ name, command }) => name.startsWith(prefix) && isBuilt(suite, command))
}

function isBuilt(suite: string, command: string): boolean {
  const words = command.split(/[\s;]+/)
  return words.some((word) => word !== '' && existsSync(join(suite, 'testcases/bin', word)))
}

/** Runs a test whose files are in `place`, and gives its verdict. */
export async function runLtp(
  suite: string,
  place: string,
  { command }: LtpTest,
): Promise<{ verdict: string; output: string }> {
  const directory = mkdtempSync(join(place, 'ltp-'))
  // The tests become other users and must still reach it.
  chmodSync(directory, 0o777)
  const bin = join(suite, 'testcases/bin')
  const env = {
    ...process.env,
    ...{ LTPROOT: suite, TMPDIR: directory, LTP_SINGLE_FS_TYPE: 'ext4', LTP_COLORIZE_OUTPUT: 'n' },
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
  }
  const { code, stdout, stderr } = await attempt('sh', ['-c', command], {
    cwd: directory,
    env,
    timeout: LIMIT_MS,
  })
  rmSync(directory, { recursive: true, force: true })
  return { verdict: VERDICTS.get(code) ?? `exit code ${code}`, output: `${stdout}${stderr}` }
}
