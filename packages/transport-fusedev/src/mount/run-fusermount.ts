import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Most of what a helper writes that is kept for an error message, in characters. */
const MAX_OUTPUT = 4096

/** Finds an executable as a shell would: a name in PATH, or a path as it is. */
export async function findExecutable(name: string): Promise<string | undefined> {
  const candidates = name.includes('/')
    ? [name]
    : (process.env['PATH'] ?? '/usr/bin:/bin')
        .split(delimiter)
        .filter((folder) => folder !== '')
        .map((folder) => join(folder, name))
  for (const candidate of candidates) {
    try {
      await access(candidate, constants.X_OK)
      return candidate
    } catch {
      // Not there: the next folder.
    }
  }
  return undefined
}

/** How a helper process ended. */
export interface HelperExit {
  readonly ok: boolean
  /** `exit code 1`, `signal SIGKILL`. */
  readonly status: string
  /** What it wrote to stderr. */
  readonly output: string
}

/** A helper process that was started. */
export interface Helper {
  readonly child: ChildProcess
  readonly exit: Promise<HelperExit>
}

/**
 * Starts a helper with an argument vector, never through a shell. `comm` becomes its descriptor 3, named in
 * `_FUSE_COMMFD`: the socket over which fusermount3 hands out the device. `exit` rejects where it cannot be started.
 */
export function startHelper(file: string, args: readonly string[], comm?: number): Helper {
  const child = spawn(file, args, {
    stdio: comm === undefined ? ['ignore', 'ignore', 'pipe'] : ['ignore', 'ignore', 'pipe', comm],
    env: comm === undefined ? process.env : { ...process.env, _FUSE_COMMFD: '3' },
  })
  let output = ''
  child.stderr?.setEncoding('utf8')
  child.stderr?.on('data', (text: string) => {
    output = (output + text).slice(0, MAX_OUTPUT)
  })
  const exit = new Promise<HelperExit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const status = signal === null ? `exit code ${code}` : `signal ${signal}`
      resolve({ ok: code === 0, status, output })
    })
  })
  return { child, exit }
}

/** Lets a helper that goes on running live and end by itself: it does not keep this process alive. */
export function releaseHelper(helper: Helper): void {
  helper.exit.catch(() => {})
  helper.child.stderr?.destroy()
  helper.child.unref()
}
