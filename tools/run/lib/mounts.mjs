import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * The type of the file system mounted on a directory, or undefined: proc_pid_mountinfo(5).
 *
 * @param {string} directory an absolute path without symbolic links
 * @param {string} [mountinfo] text of the list, read from the kernel by default
 */
export function mountType(directory, mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')) {
  let type
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ')
    if (left !== undefined && unescaped(left.split(' ')[4] ?? '') === directory) type = right?.split(' ')[0]
  }
  return type
}

/**
 * Unmounts a directory, even when its server is gone.
 *
 * @param {string} directory
 * @returns whether nothing is mounted there any more
 */
export function unmount(directory) {
  for (const [program, flags] of unmounters) {
    if (mountType(directory) === undefined) return true
    spawnSync(program, [flags, directory], { stdio: 'ignore' })
  }
  return mountType(directory) === undefined
}

/** @type {readonly [string, string][]} */
const unmounters = [
  ['fusermount3', '-uz'],
  ['umount', '-l'],
]

/**
 * Spaces and the like are octal numbers in mountinfo.
 *
 * @param {string} text
 */
function unescaped(text) {
  return text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))
}
