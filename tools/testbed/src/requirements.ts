import { accessSync, constants } from 'node:fs'
import { hasProgram } from './run.js'

/**
 * Why a mounted test cannot run here, or `undefined` where it can: no root, no /dev/fuse, or a program is missing.
 * Tests print the reason and skip.
 */
export function missingForMount(programs: readonly string[] = []): string | undefined {
  if (process.platform !== 'linux') return 'not Linux'
  if (process.geteuid?.() !== 0) return 'needs root'
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK)
  } catch {
    return 'no access to /dev/fuse'
  }
  const missing = programs.filter((name) => !hasProgram(name))
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined
}
