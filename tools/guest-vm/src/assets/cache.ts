import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

/** Where kernels and programs fetched for guests are kept: `fb/guest` in the user's cache directory. */
export function cacheDirectory(): string {
  const base = process.env['XDG_CACHE_HOME']
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), '.cache'), 'fb', 'guest')
}

/**
 * A directory of the cache, filled on first use.
 *
 * It appears complete or not at all: `fill` works in a directory of its own that is then renamed, so an interrupted
 * or a concurrent run never leaves half of it.
 *
 * @param name - path below {@link cacheDirectory}.
 * @param fill - puts the content into the empty directory that it is given.
 * @returns the absolute path of the directory.
 */
export async function cached(name: string, fill: (directory: string) => Promise<void>): Promise<string> {
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
