import { spawn } from 'node:child_process'
import { Problem } from './problem.mjs'
import { root } from './root.mjs'

/** How much of the output of a program is kept to be shown. */
const MAX_OUTPUT = 200_000

/**
 * Runs a program in the root of the repository and shows its output only when it fails.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Record<string, string>} [env] added to the environment
 * @throws {Problem} with the end of its output
 */
export async function runQuietly(program, args, env = {}) {
  let output = ''
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-MAX_OUTPUT)
    })
  }
  const how = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(signal ?? code))
  })
  if (how !== 0) throw new Problem(`${output.trimEnd()}\n\n${program} ${args.join(' ')} failed (${how})`)
}
