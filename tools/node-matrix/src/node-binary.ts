import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { cached } from '@fb/run'

/** The lines of Node that are supported beside the one that runs. */
export const majors = [22, 24, 26] as const

/**
 * The newest Node of a line for this machine, fetched from the package registry into the user's cache directory on
 * first use. Throws when npm cannot fetch it.
 */
export async function nodeBinary(major: number): Promise<string> {
  const name = `node-linux-${process.arch}`
  const directory = await cached(`node/${major}-${process.arch}`, async (into) => {
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', into]
    execFileSync('npm', ['install', ...flags, `${name}@${major}`], { stdio: 'pipe' })
  })
  return join(directory, 'node_modules', name, 'bin', 'node')
}
