import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../smoke/main.mjs', import.meta.url))

/** Runs the smoke script under a Node; gives what it printed. Throws with all of its output when it fails. */
export function smoke(node: string): string {
  try {
    return execFileSync(node, [script], { encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`${node} failed:\n${stdout}${stderr}`, { cause: error })
  }
}
