import { execFile, execFileSync } from 'node:child_process'

const MAX_OUTPUT = 64 * 1024 * 1024

/** How a program ended. */
export interface Ended {
  /** Exit code; -1 where a signal ended it. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Options of {@link run}. */
export interface RunOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Milliseconds after which it is killed. Default five minutes. */
  readonly timeout?: number
  /** Run as this user and group. */
  readonly uid?: number
  readonly gid?: number
}

/** Runs a program to its end without blocking this thread, whatever its exit code. */
export function attempt(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const settings = { timeout: 300_000, ...options, maxBuffer: MAX_OUTPUT, encoding: 'utf8' as const }
    execFile(program, [...args], settings, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr: code === -1 && error !== null ? `${stderr}${error.message}` : stderr })
    })
  })
}

/** As {@link attempt}; throws what the program wrote where it fails. Gives its standard output. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await attempt(program, args, options)
  if (code !== 0) {
    const output = `${stdout.slice(-2000)}${stderr.slice(-4000)}`.trim()
    throw new Error(`${program} ${args.join(' ')}: exit code ${code}\n${output}`)
  }
  return stdout
}

/** Runs shell text with `set -e`; throws what it wrote where it fails. */
export function shell(text: string, options: RunOptions = {}): Promise<string> {
  return run('bash', ['-c', `set -euo pipefail\n${text}`], options)
}

/** Whether a program can be found. */
export function hasProgram(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
