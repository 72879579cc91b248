import { type Stats, statSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { ExitCode, FatalError, UsageError } from '@fb/daemon'
import type { DirectoryOptions } from './options.js'
import { serveTree } from './serve-tree.js'

/** Whether what is to be shared is one file. Throws {@link FatalError} where it is neither that nor a directory. */
export function isFile(path: string): boolean {
  const stat = statShared(path)
  if (stat.isFile() || stat.isDirectory()) return stat.isFile()
  throw new FatalError(`${path} is neither a directory nor a regular file`, ExitCode.NO_INPUT)
}

function statShared(path: string): Stats {
  try {
    return statSync(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be served: ${message}`
    throw new FatalError(`${path} ${reason}`, ExitCode.NO_INPUT)
  }
}

/**
 * Serves one file: guests see a directory with its name in it and nothing else, for Linux takes the root of virtio-fs for
 * a directory whatever it is told. Throws {@link FatalError}.
 */
export async function serveFile(options: DirectoryOptions, version: string): Promise<void> {
  const { sharedDir, ...rest } = options
  if (options.threadPoolSize > 1) {
    throw new UsageError('--thread-pool-size: a file is served in one thread (see --help)')
  }
  const source = resolve(sharedDir)
  const tree = { mounts: [{ path: `/${basename(source)}`, source }] }
  await serveTree({ ...rest, tree }, version, sharedDir)
}
