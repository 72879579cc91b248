import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'
import { runQuietly } from './run-quietly.mjs'

/** For programs that run turbo. */
export const turboEnv = { TURBO_TELEMETRY_DISABLED: '1' }

/**
 * The program and its arguments that run the version of pnpm that package.json names. It comes through npx, which
 * every Node brings: nobody has to install it, and corepack needs signatures that not every registry serves.
 *
 * @param {readonly string[]} args
 * @returns {[string, string[]]}
 */
export function pnpmCommand(args) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return ['npx', ['--yes', packageManager, ...args]]
}

/**
 * Runs pnpm and shows what it prints only when it fails.
 *
 * @param {readonly string[]} args
 */
export async function pnpm(args) {
  const [program, all] = pnpmCommand(args)
  await runQuietly(program, all, turboEnv)
}
