import {
  type MountDefaults,
  type OpenTree,
  type OpenTreeOptions,
  openTree,
  TreeError,
  type TreeFault,
} from '@fb/control'
import { ExitCode } from './exit-code.js'
import { FatalError } from './fatal-error.js'
import { openLog } from './logging.js'
import type { MountsOptions } from './options.js'
import { checkProcess, listen, untilSignal } from './serving.js'

const FAULTS: Readonly<Record<TreeFault, ExitCode>> = {
  mount: ExitCode.USAGE,
  source: ExitCode.NO_INPUT,
  socket: ExitCode.UNAVAILABLE,
}

/**
 * Serves a tree of directories until a signal asks for the end. Throws {@link FatalError} and UsageError.
 * @param what - how it is called in the line that says so; default: how many there are
 */
export async function serveTree(options: MountsOptions, version: string, what?: string): Promise<void> {
  const { tree: asked, socketPath, fd } = options
  checkProcess(options)
  const { logger } = openLog(options)
  const signalled = untilSignal(logger)
  const opened = await open({
    ...{ options: asked, defaults: defaultsOf(options), logger },
    ...{ program: 'virtiofsd', version, serving: socketPath ?? `descriptor ${fd}` },
  })
  try {
    const server = listen(options, {
      ...{ logger, createFileSystem: () => opened.tree.fileSystem, migratable: true },
      what: what ?? `${asked.mounts.length} mounts`,
    })
    await signalled
    opened.stop()
    await server.close()
  } finally {
    await opened.close()
  }
}

async function open(options: OpenTreeOptions): Promise<OpenTree> {
  try {
    return await openTree(options)
  } catch (error) {
    if (!(error instanceof TreeError)) throw error
    throw new FatalError(error.message, FAULTS[error.fault])
  }
}

function defaultsOf(options: MountsOptions): MountDefaults {
  const { cache, xattr, posixAcl, writeback, readonly, readdirplus } = options
  const { allowDirectIo, allowMmap, announceSubmounts, inodeFileHandles, preserveNoatime } = options
  const { migrationMode, migrationOnError, migrationVerifyHandles } = options
  return {
    ...{ cache, xattr, posixAcl, writeback, ro: readonly },
    ...{ allowDirectIo, allowMmap, announceSubmounts, inodeFileHandles, preserveNoatime },
    ...{ migrationMode, migrationOnError, migrationVerifyHandles },
    readdirplus: readdirplus ? 'auto' : 'never',
  }
}
