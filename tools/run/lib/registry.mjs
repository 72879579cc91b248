import { spawnSync } from 'node:child_process'
import { root } from './root.mjs'

/** A package that this repository needs in any case. */
const known = 'node-gyp-build@4.8.4'

/**
 * Why packages cannot be fetched with npm, for tests that skip then; undefined when they can.
 *
 * @returns {string | undefined}
 */
export function registryUnreachable() {
  const args = ['view', known, 'version', '--prefer-online', '--fetch-retries=1', '--fetch-timeout=15000']
  const { status, stderr } = spawnSync('npm', args, { cwd: root, encoding: 'utf8' })
  if (status === 0) return undefined
  const line = stderr?.split('\n').find((text) => text.startsWith('npm error'))
  return `npm cannot reach its registry: ${line?.replace(/^npm error (code )?/, '') ?? 'npm failed'}`
}
