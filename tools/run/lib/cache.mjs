import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

/**
 * A directory below `fb` in the user's cache directory, filled on first use.
 *
 * It appears complete or not at all: `fill` works in a directory of its own that is then renamed, so an interrupted
 * or a concurrent run never leaves half of it.
 *
 * @param {string} name path below `fb`
 * @param {(directory: string) => Promise<void>} fill puts the content into the empty directory that it is given
 * @returns {Promise<string>} the absolute path
 */
export async function cached(name, fill) {
  const target = join(cacheDirectory(), name)
  if (existsSync(target)) return target
  await mkdir(dirname(target), { recursive: true })
  const partial = await mkdtemp(`${target}.partial-`)
  try {
    await fill(partial)
    await rename(partial, target)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    if (!existsSync(target)) throw error
  }
  return target
}

/** XDG base directory specification: a relative XDG_CACHE_HOME does not count. */
function cacheDirectory() {
  const base = process.env['XDG_CACHE_HOME']
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), '.cache'), 'fb')
}
