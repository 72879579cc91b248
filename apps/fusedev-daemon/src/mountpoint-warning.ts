import { opendirSync, realpathSync } from 'node:fs'
import type { Logger } from '@fb/api'
import type { DaemonOptions } from './options.js'

/** Says in a line what a mount hides: what is in the mount point, and the source where it is mounted over itself. */
export function warnOfMountpoint(
  { source, mountpoint, nonempty }: Pick<DaemonOptions, 'source' | 'mountpoint' | 'nonempty'>,
  logger: Logger,
): void {
  if (nonempty) return
  const path = realPath(mountpoint)
  if (path === undefined) return
  const silence = '(-o nonempty to say nothing)'
  if (source !== undefined && realPath(source) === path) {
    logger.warn(
      { path },
      `the source is mounted over itself: only the mount leads to it until it is unmounted ${silence}`,
    )
  } else if (hasEntries(path)) {
    logger.warn(
      { path },
      `the mount point is not empty: what is in it is hidden until it is unmounted ${silence}`,
    )
  }
}

/** `undefined` where mounting will say better what is wrong. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

/** Whether it is a directory with something in it. */
function hasEntries(path: string): boolean {
  try {
    const directory = opendirSync(path)
    try {
      return directory.readSync() !== null
    } finally {
      directory.closeSync()
    }
  } catch {
    return false
  }
}
