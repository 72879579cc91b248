import { pnpm } from './pnpm.mjs'
import { say } from './say.mjs'

/** Installs what the lock file names. Where that was done already pnpm sees it, without a network, in a second. */
export async function install() {
  say('Installing packages ...')
  await pnpm(['install', '--frozen-lockfile'])
}
