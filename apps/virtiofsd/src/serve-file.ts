import { statSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { ExitCode } from './exit-code.js'
import type { DirectoryOptions } from './options.js'
import { serveTree } from './serve-tree.js'
import { UsageError } from './usage-error.js'

/** Whether something is there that is not a directory. */
export function isFile(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat !== undefined && !stat.isDirectory()
}

/**
 * Serves one file: guests see a directory with its name in it and nothing else, for Linux takes the root of virtio-fs for
 * a directory whatever it is told. Throws `FatalError` and {@link UsageError}.
 */
export async function serveFile(options: DirectoryOptions, version: string): Promise<void> {
  const { sharedDir, ...rest } = options
  if (options.threadPoolSize > 1) {
    throw new UsageError('--thread-pool-size: a file is served in one thread (see --help)', ExitCode.USAGE)
  }
  const source = resolve(sharedDir)
  await serveTree({ ...rest, tree: { mounts: [{ path: `/${basename(source)}`, source }] } }, version)
}
