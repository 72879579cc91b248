import { initFlagNames, type Logger, type Negotiated } from '@fb/api'
import { announceReady, ExitCode, FatalError, UsageError, untilSignal } from '@fb/daemon'
import type { ResolvedOptions } from '@fb/passthrough'
import {
  FuseSession,
  type FuseSessionOptions,
  MountError,
  MountOptionError,
  parseMountOptions,
} from '@fb/transport-fusedev'
import type { DaemonOptions } from './options.js'

type AccessTimes = Pick<ResolvedOptions, 'noatime' | 'nodiratime' | 'preserveNoatime'>

const NOT_ALLOWED = new Set(['EPERM', 'EACCES', 'ENOFUSERMOUNT'])
/** How long programs have to close their files after a signal. */
const GRACE_MS = 1000

/** Mount options from the command line: `-o` first, the options of their own on top. */
export function mountOptionsOf(options: DaemonOptions, fsname: string, logger: Logger): FuseSessionOptions {
  try {
    const given = Object.assign({}, ...options.mountOptions.map(parseMountOptions))
    return {
      fsname,
      subtype: 'fb',
      ...given,
      ...(options.allowOther ? { allowOther: true } : {}),
      ...(options.readOnly ? { ro: true } : {}),
      // The daemon acts with its own rights, so that the kernel has to check those of the caller.
      defaultPermissions: true,
      logger,
    }
  } catch (error) {
    if (error instanceof MountOptionError) throw new UsageError(`-o: ${error.message}`)
    throw error
  }
}

/** What becomes of the source's access times, which the kernel leaves to us (mount(8)). Who may open with O_NOATIME it has checked. */
export function accessTimesOf({ atime, diratime, ro }: FuseSessionOptions): AccessTimes {
  return { noatime: atime === false || ro === true, nodiratime: diratime === false, preserveNoatime: true }
}

/** Mounts. Throws {@link FatalError}. */
export async function mount(mountpoint: string, options: FuseSessionOptions): Promise<FuseSession> {
  try {
    return await FuseSession.mount(mountpoint, options)
  } catch (error) {
    if (!(error instanceof MountError)) throw error
    const exitCode = NOT_ALLOWED.has(error.code) ? ExitCode.NO_PERMISSION : ExitCode.UNAVAILABLE
    throw new FatalError(error.message, exitCode)
  }
}

/** How a session is run from start to end. */
export interface Run {
  readonly session: FuseSession
  readonly logger: Logger
  /** What is served, for the line that says so. */
  readonly what: string
  readonly start: () => Promise<Negotiated>
  /** Called when a signal asks for the end, before anything is unmounted. */
  readonly stopping?: () => void
}

/** Serves until the mount is gone or a signal asks for the end. Throws {@link FatalError}. */
export async function runSession({ session, logger, what, start, stopping }: Run): Promise<void> {
  let asked = false
  void untilSignal(logger).then(() => {
    asked = true
    stopping?.()
    // Where a program has a file open, the connection would live until it closes that: nobody waits for this.
    setTimeout(() => {
      logger.warn({ path: session.path }, 'the mount is still in use; the daemon ends')
      process.exit(ExitCode.OK)
    }, GRACE_MS).unref()
    void session[Symbol.asyncDispose]()
  })
  try {
    logger.debug(describe(await start()), 'negotiated')
    announceReady(`serving ${what} at ${session.path}`, `stop: Ctrl-C or fusermount3 -u ${session.path}`)
    await session.closed
  } catch (error) {
    // A signal may come before every thread serves.
    if (!asked)
      throw new FatalError(
        `serving ${session.path} failed: ${(error as Error).message}`,
        ExitCode.UNAVAILABLE,
      )
  }
  logger.info({ path: session.path }, 'unmounted, the daemon has ended')
}

function describe(negotiated: Negotiated): object {
  return {
    version: `${negotiated.major}.${negotiated.minor}`,
    maxWrite: negotiated.maxWrite,
    features: initFlagNames(negotiated.flags).join(' '),
    notUsed: initFlagNames(negotiated.offered & ~negotiated.flags).join(' '),
  }
}
