import { pnpm } from './pnpm.mjs'
import { say } from './say.mjs'

/**
 * Builds packages and all that they depend on, as far as they changed.
 *
 * @param {string} [name] a package; without it, all of them
 */
export async function build(name) {
  say('Building ...')
  const filter = name === undefined ? [] : [`--filter=${name}...`]
  const flags = ['--continue=dependencies-successful', '--output-logs=errors-only', '--log-order=grouped']
  await pnpm(['exec', 'turbo', 'run', 'build', ...flags, ...filter])
}
