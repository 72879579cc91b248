import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pnpm } from './pnpm.mjs'
import { root } from './root.mjs'
import { say } from './say.mjs'

/** Installs what the lock file names, unless that was done already. */
export async function install() {
  if (isInstalled()) return
  say('Installing packages (once) ...')
  await pnpm(['install', '--frozen-lockfile'])
}

/** pnpm keeps a copy of the lock file that it last installed completely. */
function isInstalled() {
  try {
    const installed = readFileSync(join(root, 'node_modules/.pnpm/lock.yaml'))
    return installed.equals(readFileSync(join(root, 'pnpm-lock.yaml')))
  } catch {
    return false
  }
}
