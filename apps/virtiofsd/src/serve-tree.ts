import type { MountDefaults } from '@fb/control'
import { openDaemonTree, openLog, untilSignal } from '@fb/daemon'
import type { MountsOptions } from './options.js'
import { checkProcess, closeInTime, listen } from './serving.js'

/**
 * Serves a tree of directories until a signal asks for the end. Throws FatalError.
 * @param what - how it is called in the line that says so; default: how many there are
 */
export async function serveTree(options: MountsOptions, version: string, what?: string): Promise<void> {
  const { tree: asked, socketPath, fd } = options
  checkProcess(options)
  const { logger } = openLog({ program: 'virtiofsd', ...options })
  const signalled = untilSignal(logger)
  const opened = await openDaemonTree({
    ...{ options: asked, defaults: defaultsOf(options), logger },
    ...{ program: 'virtiofsd', version, serving: socketPath ?? `descriptor ${fd}` },
  })
  try {
    const server = listen(options, {
      ...{ logger, createFileSystem: () => opened.tree.fileSystem, migratable: true },
      what: what ?? countOf(asked.mounts),
    })
    await signalled
    opened.stop()
    await closeInTime(server, logger)
  } finally {
    await opened.close()
  }
}

function countOf({ length }: { readonly length: number }): string {
  return length === 1 ? '1 mount' : `${length} mounts`
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
