import { execFile } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { GuestError } from '../guest-error.js'

const execFileAsync = promisify(execFile)

/** The most output a helper program may print: lists of package indexes are the longest. */
const MAX_OUTPUT = 64 * 1024 * 1024

/**
 * Runs a helper program to its end.
 *
 * @returns its standard output.
 * @throws GuestError naming the program and the last lines of its standard error, when it fails or is missing.
 */
export async function run(program: string, args: readonly string[], cwd?: string): Promise<string> {
  try {
    const { stdout } = await execFileAsync(program, args, {
      maxBuffer: MAX_OUTPUT,
      env: { ...process.env, LC_ALL: 'C' },
      ...(cwd === undefined ? {} : { cwd }),
    })
    return stdout
  } catch (error) {
    const stderr = (error as { stderr?: string }).stderr?.trim()
    const why = stderr ? stderr.split('\n').slice(-4).join('\n') : (error as Error).message
    throw new GuestError(`${program} ${args[0] ?? ''} failed: ${why}`, { cause: error })
  }
}

/**
 * Finds a program in PATH and in the system folders that an ordinary user's PATH often leaves out.
 *
 * @returns its absolute path, or undefined.
 */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin']
  for (const folder of folders) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      if (folder.startsWith('/') && statSync(path).isFile()) return path
    } catch {
      // not in this folder
    }
  }
  return undefined
}
