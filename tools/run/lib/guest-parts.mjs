import { join } from 'node:path'
import { Problem } from './problem.mjs'
import { root } from './root.mjs'
import { runQuietly } from './run-quietly.mjs'
import { say } from './say.mjs'

/** Fetches what the tests in virtual machines boot, once, before several tests want it at the same time. */
export async function fetchGuestParts() {
  try {
    await runQuietly(process.execPath, [join(root, 'tools/guest-vm/dist/main.js'), 'fetch'])
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    say(`Tests in virtual machines will be skipped: ${error.message}`)
  }
}
