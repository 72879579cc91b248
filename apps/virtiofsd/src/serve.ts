import { statSync } from 'node:fs'
import { PassthroughFs } from '@fb/passthrough'
import { type ServeVirtiofsOptions, serveVirtiofs } from '@fb/transport-virtiofs'
import { ExitCode } from './exit-code.js'
import { groupId, maxOpenFiles } from './host-limits.js'
import { createLogger } from './logging.js'
import type { DaemonOptions } from './options.js'
import { UsageError } from './usage-error.js'
import type { WorkerData } from './worker-data.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Owner and group of the socket, where it has a group of its own. */
const GROUP_MODE = 0o660

/** The daemon cannot go on: one line that says why, and the exit code. */
export class FatalError extends Error {
  override readonly name = 'FatalError'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode) {
    super(message)
    this.exitCode = exitCode
  }
}

function openShared(options: DaemonOptions): PassthroughFs {
  const { sharedDir, readonly, readdirplus, cache, xattr, posixAcl, writeback } = options
  const { allowDirectIo, allowMmap, announceSubmounts, inodeFileHandles } = options
  try {
    statSync(sharedDir)
    return new PassthroughFs({
      ...{ source: sharedDir, readOnly: readonly, readdirplus: readdirplus ? 'auto' : 'never' },
      ...{ cache, xattr, posixAcl, writeback },
      ...{ allowDirectIo, allowMmap, announceSubmounts, inodeFileHandles },
      blocking: true,
    })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be served: ${message}`
    throw new FatalError(`${sharedDir} ${reason}`, ExitCode.NO_INPUT)
  }
}

/** What the options ask of the process, as far as it can be checked before anything is opened. */
function checkProcess({ rlimitNofile = 0 }: DaemonOptions): void {
  const limit = maxOpenFiles()
  if (rlimitNofile > limit) {
    const remedy = 'raise the limit where the daemon is started (ulimit -n, LimitNOFILE)'
    throw new UsageError(`--rlimit-nofile: only ${limit} are allowed: ${remedy}`, ExitCode.USAGE)
  }
}

/** Threads that serve the request queues; none where the event loop of this one does. */
function threads(options: DaemonOptions, fs: PassthroughFs): Partial<ServeVirtiofsOptions> {
  const { threadPoolSize: count, logLevel } = options
  if (count === 0) return {}
  const script = new URL('./worker.js', import.meta.url)
  const workerData = (): WorkerData => ({ share: fs.share(), logLevel })
  return { workers: { count, script, workerData } }
}

function socketOptions({ socketPath, fd, socketGroup }: DaemonOptions): Partial<ServeVirtiofsOptions> {
  if (fd !== undefined) return { fd }
  const where = socketPath === undefined ? {} : { socketPath }
  if (socketGroup === undefined) return where
  const socketGid = groupId(socketGroup)
  if (socketGid === undefined) throw new UsageError(`--socket-group: no group ${socketGroup}`, ExitCode.USAGE)
  return { ...where, socketGid, socketMode: GROUP_MODE }
}

/** Serves until a signal asks for the end. Throws {@link FatalError} and {@link UsageError}. */
export async function serve(options: DaemonOptions): Promise<void> {
  const logger = createLogger(options.logLevel)
  checkProcess(options)
  const socket = socketOptions(options)
  const fs = openShared(options)
  const { tag, numRequestQueues, sharedDir } = options
  const signalled = new Promise<void>((resolve) => {
    const stop = (signal: string): void => {
      logger.info({ signal }, 'stopping')
      for (const each of SIGNALS) process.off(each, stop)
      resolve()
    }
    for (const signal of SIGNALS) process.on(signal, stop)
  })
  const served = { createFileSystem: () => fs, ...threads(options, fs) }
  const server = listen({ ...socket, tag, numRequestQueues, logger, ...served })
  const where = options.socketPath ?? `descriptor ${options.fd}`
  process.stdout.write(`sharing ${sharedDir} at ${where} (stop: Ctrl-C)\n`)
  await signalled
  await server.close()
  fs.close()
}

function listen(options: ServeVirtiofsOptions): ReturnType<typeof serveVirtiofs> {
  try {
    return serveVirtiofs(options)
  } catch (error) {
    throw new FatalError(`cannot listen: ${(error as Error).message}`, ExitCode.UNAVAILABLE)
  }
}
