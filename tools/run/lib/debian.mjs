import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Problem } from './problem.mjs'
import { runQuietly } from './run-quietly.mjs'
import { say } from './say.mjs'

/** @typedef {import('./requirements.mjs').Requirement} Requirement */

/**
 * Installs the Debian packages of what is missing, when this process is root and apt is there.
 *
 * @param {readonly Requirement[]} requirements
 * @throws {Problem} naming what is missing and the command that installs it
 */
export async function installMissing(requirements) {
  const missing = missingFrom(requirements)
  if (missing.length === 0) return
  const packages = [...new Set(missing.map((requirement) => requirement.debian))]
  const names = missing.map((requirement) => requirement.needs).join(', ')
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`
  if (!isPresent('apt-get')) {
    throw new Problem(`Missing: ${names}. Please install them (Debian's packages are ${packages.join(' ')}).`)
  }
  if (process.getuid?.() !== 0) throw new Problem(`Missing: ${names}. To install them: sudo ${command}`)
  say(`Installing Debian packages: ${packages.join(' ')} ...`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await runQuietly('apt-get', ['update'], env)
    await runQuietly('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], env)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    throw new Problem(`${error.message}\nMissing: ${names}. They could not be installed with: ${command}`)
  }
}

/**
 * @param {readonly Requirement[]} requirements
 * @returns {Requirement[]} those that are not on this machine
 */
export function missingFrom(requirements) {
  return requirements.filter(({ needs }) => !isPresent(needs))
}

/** @param {string} needs a program, or a file by its absolute path */
function isPresent(needs) {
  if (needs.startsWith('/')) return isAccessible(needs, constants.R_OK)
  // An ordinary user's PATH often lacks the folders for administrators.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => isAccessible(join(folder, needs), constants.X_OK))
}

/**
 * @param {string} path
 * @param {number} mode
 */
function isAccessible(path, mode) {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
