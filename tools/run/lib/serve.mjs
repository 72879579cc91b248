import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** @type {readonly NodeJS.Signals[]} */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs a daemon until it ends.
 *
 * It runs in a session of its own, so that Ctrl-C reaches it once, through here, and not a second time from the
 * terminal.
 *
 * @param {string} daemon its main file
 * @param {readonly string[]} args
 * @param {string} cwd what relative paths among the arguments are relative to
 * @returns {Promise<number>} its exit code, or 128 plus the number of the signal that ended it
 */
export function serve(daemon, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [daemon, ...args], { cwd, stdio: 'inherit', detached: true })
    const forward = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal)
    for (const signal of forwarded) process.on(signal, forward)
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      for (const name of forwarded) process.off(name, forward)
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal])
    })
  })
}
