import { execFileSync } from 'node:child_process'

/** Runs a program and gives its output; throws with what it wrote to stderr when it fails. */
export function run(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    throw new Error(`${program} ${args.join(' ')}: ${stderr?.trim() || message}`)
  }
}
