import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'

/** @type {readonly NodeJS.Signals[]} */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP']

const setpriv = '/usr/bin/setpriv'

/**
 * Runs a daemon until it ends.
 *
 * It runs in a session of its own, so that Ctrl-C reaches it once, through here, and not a second time from the
 * terminal. It is told to end when this process is killed, and when the npm is that started this process.
 *
 * @param {string} daemon its main file
 * @param {readonly string[]} args
 * @param {string} cwd what relative paths among the arguments are relative to
 * @returns {Promise<number>} its exit code, or 128 plus the number of the signal that ended it
 */
export function serve(daemon, args, cwd) {
  return new Promise((resolve, reject) => {
    const tie = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'TERM'] : []
    const [program, ...rest] = [...tie, process.execPath, daemon, ...args]
    const child = spawn(/** @type {string} */ (program), rest, { cwd, stdio: 'inherit', detached: true })
    const forward = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal)
    for (const signal of forwarded) process.on(signal, forward)
    const stopWatching = watchNpm(() => child.kill('SIGTERM'))
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      for (const name of forwarded) process.off(name, forward)
      stopWatching()
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal])
    })
  })
}

/**
 * Calls back once the npm that started this process is gone. Signals that npm does not pass on end it alone.
 *
 * @param {() => void} onGone
 * @returns {() => void} ends the watch
 */
function watchNpm(onGone) {
  if (process.env['npm_lifecycle_event'] === undefined) return () => {}
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid !== parent) onGone()
  }, 500)
  return () => clearInterval(timer)
}
