import { type Stats, statSync } from 'node:fs'
import { Server } from '@fb/api'
import { ExitCode, FatalError, openLog } from '@fb/daemon'
import { OwnMount, PassthroughFs, type PassthroughOptions } from '@fb/passthrough'
import { accessTimesOf, mount, mountOptionsOf, runSession } from './mounting.js'
import { warnOfMountpoint } from './mountpoint-warning.js'
import type { DirectoryOptions } from './options.js'
import type { WorkerData } from './worker-data.js'

/**
 * Serves one directory or file, in several threads, until the mount is gone or a signal asks for the end.
 * Throws {@link FatalError}.
 */
export async function serveDirectory(options: DirectoryOptions): Promise<void> {
  const { logger, sink } = openLog({ program: 'fusedev-daemon', ...options })
  const mountOptions = mountOptionsOf(options, options.source, logger)
  const own = OwnMount.at(options.mountpoint)
  const fs = openSource(options, { ...accessTimesOf(mountOptions), ownMount: own.shared })
  checkMountpoint(options)
  warnOfMountpoint(options, logger)
  const session = await mount(options.mountpoint, mountOptions)
  if (session.path !== undefined) own.mounted(session.path)
  const server = new Server(fs, { logger, notifier: session.notifier })
  const workerData: WorkerData = {
    share: fs.share(),
    options: { logLevel: options.logLevel, trace: options.trace },
    sink,
  }
  const script = new URL('./worker.js', import.meta.url)
  const start = () => session.serveWorkers(server, { workers: options.workers, script, workerData })
  await runSession({ session, logger, what: options.source, start })
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
function checkMountpoint({ source, mountpoint }: DirectoryOptions): void {
  const target = statQuietly(mountpoint)
  if (target === undefined || statSync(source).isDirectory() === target.isDirectory()) return
  const kind = target.isDirectory() ? 'file' : 'directory'
  throw new FatalError(`${source} is a ${kind}, so ${mountpoint} must be a ${kind} too`, ExitCode.UNAVAILABLE)
}

function openSource(options: DirectoryOptions, mounted: Partial<PassthroughOptions>): PassthroughFs {
  const { source, cache, xattr, writeback, readOnly, attrTimeout, entryTimeout, negativeTimeout } = options
  try {
    statSync(source)
    return new PassthroughFs({
      source,
      cache,
      xattr,
      posixAcl: xattr,
      writeback,
      readOnly,
      allowMmap: true,
      blocking: true,
      ...mounted,
      ...(attrTimeout === undefined ? {} : { attrTimeout }),
      ...(entryTimeout === undefined ? {} : { entryTimeout }),
      ...(negativeTimeout === undefined ? {} : { negativeTimeout }),
    })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be served: ${message}`
    throw new FatalError(`${source} ${reason}`, ExitCode.NO_INPUT)
  }
}
