import { ExitCode, FatalError, type Log, openLog, untilSignal } from '@fb/daemon'
import { PassthroughFs, withoutWaiting } from '@fb/passthrough'
import type { DirectoryOptions } from './options.js'
import { checkProcess, closeInTime, listen, type Served } from './serving.js'
import type { WorkerData } from './worker-data.js'

/** Serves one directory or file until a signal asks for the end. Throws {@link FatalError}. */
export async function serveDirectory(options: DirectoryOptions): Promise<void> {
  checkProcess(options)
  const log = openLog({ program: 'virtiofsd', ...options })
  const { logger } = log
  const shared = openShared(options)
  const fs = withoutWaiting(shared)
  try {
    const signalled = untilSignal(logger)
    const server = listen(options, {
      ...{ logger, createFileSystem: () => fs, migratable: true, what: options.sharedDir },
      ...threads(options, shared, log),
    })
    await signalled
    await closeInTime(server, logger)
  } finally {
    fs.close()
  }
}

/** Threads that serve the request queues; none where the event loop of this one does. */
function threads(options: DirectoryOptions, fs: PassthroughFs, { sink }: Log): Pick<Served, 'workers'> {
  const { threadPoolSize: count, logLevel } = options
  if (count === 0) return {}
  const script = new URL('./worker.js', import.meta.url)
  const workerData = (): WorkerData => ({ share: fs.share(), logLevel, sink })
  return { workers: { count, script, workerData } }
}

function openShared(options: DirectoryOptions): PassthroughFs {
  const { sharedDir, readonly, readdirplus, cache, xattr, posixAcl, writeback } = options
  const { allowDirectIo, allowMmap, announceSubmounts, inodeFileHandles, preserveNoatime } = options
  const { migrationMode, migrationOnError, migrationVerifyHandles } = options
  try {
    return new PassthroughFs({
      ...{ source: sharedDir, readOnly: readonly, readdirplus: readdirplus ? 'auto' : 'never' },
      ...{ cache, xattr, posixAcl, writeback },
      ...{ allowDirectIo, allowMmap, announceSubmounts, inodeFileHandles, preserveNoatime },
      ...{ migrationMode, migrationOnError, migrationVerifyHandles },
      // Without threads of their own, all queues are served by the event loop of this one.
      blocking: options.threadPoolSize > 0,
    })
  } catch (error) {
    throw new FatalError(`${sharedDir} cannot be served: ${(error as Error).message}`, ExitCode.NO_INPUT)
  }
}
