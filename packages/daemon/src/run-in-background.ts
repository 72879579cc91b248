import { type ChildProcess, spawn } from 'node:child_process'
import { setImmediate as turn } from 'node:timers/promises'
import { ExitCode } from './exit-code.js'
import { FatalError } from './fatal-error.js'
import { FOR_PEOPLE, READY_FD } from './launch.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** The pipe over which the daemon says that it serves: the first descriptor behind those that every process has. */
const STATUS_FD = 3

/**
 * Starts this program once more, in a session of its own and without a terminal, and resolves when it serves
 * (`announceReady`). What it writes to standard error until then is shown here.
 *
 * Throws a {@link FatalError} with its exit code where it ends before; the message is empty, for it has told why itself.
 * A signal that comes meanwhile is passed on to it.
 * @param script - the program, a module
 * @param argv - its arguments: those that this process would serve with
 */
export async function runInBackground(script: string, argv: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, script, ...argv], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      [READY_FD]: String(STATUS_FD),
      ...(process.stderr.isTTY ? { [FOR_PEOPLE]: '1' } : {}),
    },
  })
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of SIGNALS) process.on(signal, passOn)
  try {
    child.stderr?.pipe(process.stderr)
    const code = await readyOrEnded(child)
    // What was written before lies in the pipe: one whole turn of the event loop reads it.
    await turn()
    await turn()
    if (code !== undefined) throw new FatalError('', code)
  } finally {
    for (const signal of SIGNALS) process.off(signal, passOn)
    release(child)
  }
}

/** `undefined` when it serves, the exit code when it has ended. */
function readyOrEnded(child: ChildProcess): Promise<ExitCode | undefined> {
  return new Promise((resolve, reject) => {
    child.stdio[STATUS_FD]?.once('data', () => resolve(undefined))
    child.once('error', (error) =>
      reject(new FatalError(`cannot be started again: ${error.message}`, ExitCode.UNAVAILABLE)),
    )
    child.once('exit', (code, signal) => {
      if (signal !== null) process.stderr.write(`ended by ${signal} before it served\n`)
      // Ended as asked, but that is no success for who waits for it to serve.
      resolve((code || ExitCode.UNAVAILABLE) as ExitCode)
    })
  })
}

/** It goes on without this process. */
function release(child: ChildProcess): void {
  child.stderr?.destroy()
  for (const stream of child.stdio) stream?.destroy()
  child.unref()
}
