import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from './problem.mjs'
import { root } from './root.mjs'

/** Throws a Problem where the project cannot work at all: not Linux, or a Node that is too old. */
export function checkPlatform() {
  if (process.platform !== 'linux') {
    throw new Problem(`This is a file-system server for Linux, and this machine runs ${process.platform}.`)
  }
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const needed = String(engines.node).replace('>=', '')
  if (isOlder(process.versions.node, needed)) {
    throw new Problem(
      `Node.js ${needed} or newer is needed, and this is ${process.versions.node} (${process.execPath}).\n` +
        'Install a newer one (22 or 24 from https://nodejs.org or your package manager) and try again.',
    )
  }
}

/**
 * Whether a version is older than another, by its numbers.
 *
 * @param {string} version
 * @param {string} other
 */
export function isOlder(version, other) {
  const a = version.split('.').map(Number)
  const b = other.split('.').map(Number)
  for (let i = 0; i < b.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
