import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** Runs a shell script in a process of its own, `$1`... being the arguments. What it prints; throws where it fails. */
export async function sh(script: string, ...args: string[]): Promise<string> {
  const { stdout } = await exec('sh', ['-c', script, 'sh', ...args], { maxBuffer: 16 * 1024 * 1024 })
  return stdout
}

/** As {@link sh}, for a script that may fail: its exit code and what it wrote to stderr. */
export async function shStatus(script: string, ...args: string[]): Promise<{ code: number; stderr: string }> {
  try {
    const { stderr } = await exec('sh', ['-c', script, 'sh', ...args])
    return { code: 0, stderr }
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string }
    return { code, stderr }
  }
}

/** Resolves once `condition` holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5))
}
