import { type Stats, statSync } from 'node:fs'
import { initFlagNames, type Logger, type Negotiated, Server } from '@fb/api'
import { PassthroughFs } from '@fb/passthrough'
import {
  FuseSession,
  type FuseSessionOptions,
  MountError,
  MountOptionError,
  parseMountOptions,
} from '@fb/transport-fusedev'
import { ExitCode } from './exit-code.js'
import { createLogger } from './logging.js'
import { type DaemonOptions, UsageError } from './options.js'
import type { WorkerData } from './worker-data.js'

const NOT_ALLOWED = new Set(['EPERM', 'EACCES', 'ENOFUSERMOUNT'])
/** How long programs have to close their files after a signal. */
const GRACE_MS = 1000
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The daemon cannot go on: one line that says why, and the exit code. */
export class FatalError extends Error {
  override readonly name = 'FatalError'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Mount options from the command line: `-o` first, the options of their own on top. */
function mountOptionsOf(options: DaemonOptions, logger: Logger): FuseSessionOptions {
  try {
    const given = Object.assign({}, ...options.mountOptions.map(parseMountOptions))
    return {
      fsname: options.source,
      subtype: 'fb',
      ...given,
      ...(options.allowOther ? { allowOther: true } : {}),
      ...(options.readOnly ? { ro: true } : {}),
      // The daemon acts with its own rights, so that the kernel has to check those of the caller.
      defaultPermissions: true,
      logger,
    }
  } catch (error) {
    if (error instanceof MountOptionError) throw new UsageError(`-o: ${error.message}`, ExitCode.USAGE)
    throw error
  }
}

/** What is there; `undefined` where mounting will say better what is wrong. */
function statQuietly(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

/** A directory is mounted on a directory, a file on a file: the kernel takes the type of the root from the mount point. */
function checkMountpoint({ source, mountpoint }: DaemonOptions): void {
  const target = statQuietly(mountpoint)
  if (target === undefined || statSync(source).isDirectory() === target.isDirectory()) return
  const kind = target.isDirectory() ? 'file' : 'directory'
  throw new FatalError(`${source} is a ${kind}, so ${mountpoint} must be a ${kind} too`, ExitCode.UNAVAILABLE)
}

function openSource(options: DaemonOptions): PassthroughFs {
  const { source, cache, xattr, writeback, readOnly, attrTimeout, entryTimeout } = options
  try {
    statSync(source)
    return new PassthroughFs({
      source,
      cache,
      xattr,
      posixAcl: xattr,
      writeback,
      readOnly,
      blocking: true,
      ...(attrTimeout === undefined ? {} : { attrTimeout }),
      ...(entryTimeout === undefined ? {} : { entryTimeout }),
    })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be served: ${message}`
    throw new FatalError(`${source} ${reason}`, ExitCode.NO_INPUT)
  }
}

function describe(negotiated: Negotiated): object {
  return {
    version: `${negotiated.major}.${negotiated.minor}`,
    maxWrite: negotiated.maxWrite,
    features: initFlagNames(negotiated.flags).join(' '),
    notUsed: initFlagNames(negotiated.offered & ~negotiated.flags).join(' '),
  }
}

/** Serves until the mount is gone or a signal asks for the end. Throws {@link FatalError} and {@link UsageError}. */
export async function serve(options: DaemonOptions): Promise<void> {
  const logger = createLogger(options.logLevel)
  const mountOptions = mountOptionsOf(options, logger)
  const fs = openSource(options)
  checkMountpoint(options)
  const session = await mount(options.mountpoint, mountOptions)
  const stop = (signal: string): void => {
    logger.info({ signal }, 'stopping')
    // Where a program has a file open, the connection would live until it closes that: nobody waits for this.
    setTimeout(() => {
      logger.warn({ path: session.path }, 'the mount is still in use; the daemon has ended')
      process.exit(ExitCode.OK)
    }, GRACE_MS).unref()
    void session[Symbol.asyncDispose]()
  }
  for (const signal of SIGNALS) process.on(signal, stop)
  const server = new Server(fs, { logger, notifier: session.notifier })
  const workerData: WorkerData = {
    share: fs.share(),
    options: { logLevel: options.logLevel, trace: options.trace },
  }
  const script = new URL('./worker.js', import.meta.url)
  try {
    const negotiated = await session.serveWorkers(server, { workers: options.workers, script, workerData })
    logger.debug(describe(negotiated), 'negotiated')
    process.stdout.write(
      `serving ${options.source} at ${session.path} (stop: Ctrl-C or fusermount3 -u ${session.path})\n`,
    )
    await session.closed
    logger.info({ path: session.path }, 'unmounted, the daemon has ended')
  } catch (error) {
    throw new FatalError(`serving ${session.path} failed: ${(error as Error).message}`, ExitCode.UNAVAILABLE)
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop)
  }
}

async function mount(mountpoint: string, options: FuseSessionOptions): Promise<FuseSession> {
  try {
    return await FuseSession.mount(mountpoint, options)
  } catch (error) {
    if (!(error instanceof MountError)) throw error
    const exitCode = NOT_ALLOWED.has(error.code) ? ExitCode.NO_PERMISSION : ExitCode.UNAVAILABLE
    throw new FatalError(error.message, exitCode)
  }
}
