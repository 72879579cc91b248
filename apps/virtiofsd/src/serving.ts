import { lstatSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@fb/api'
import { announceReady, ExitCode, FatalError, UsageError } from '@fb/daemon'
import { exitWithout } from '@fb/sys'
import { type ServeVirtiofsOptions, serveVirtiofs, type VirtiofsServer } from '@fb/transport-virtiofs'
import { groupId, maxOpenFiles } from './host-limits.js'
import type { DaemonOptions } from './options.js'

/** How long the end waits for calls to the host. */
const GRACE_MS = 3000
/** Owner and group of the socket, where it has a group of its own. */
const GROUP_MODE = 0o660

/** What the options ask of the process, as far as it can be checked before anything is opened. Throws {@link UsageError}. */
export function checkProcess({ rlimitNofile = 0 }: DaemonOptions): void {
  const limit = maxOpenFiles()
  if (rlimitNofile > limit) {
    const remedy = 'raise the limit where the daemon is started (ulimit -n, LimitNOFILE)'
    throw new UsageError(`--rlimit-nofile: only ${limit} are allowed: ${remedy}`)
  }
}

function socketOptions({ socketPath, fd, socketGroup }: DaemonOptions): Partial<ServeVirtiofsOptions> {
  if (fd !== undefined) return { fd }
  const where = socketPath === undefined ? {} : { socketPath }
  if (socketGroup === undefined) return where
  const socketGid = groupId(socketGroup)
  if (socketGid === undefined) throw new UsageError(`--socket-group: no group ${socketGroup}`)
  return { ...where, socketGid, socketMode: GROUP_MODE }
}

/** What is served, and how it is called in the line that says so. */
export interface Served extends Pick<ServeVirtiofsOptions, 'createFileSystem' | 'migratable' | 'workers'> {
  readonly logger: Logger
  readonly what: string
}

/** Listens for virtual machines, and says so. Throws {@link FatalError}. */
export function listen(options: DaemonOptions, { what, ...served }: Served): VirtiofsServer {
  const { tag, numRequestQueues, pollUs, socketPath, fd } = options
  const socket = socketOptions(options)
  let server: VirtiofsServer
  try {
    server = serveVirtiofs({ ...socket, ...served, tag, numRequestQueues, pollUs })
  } catch (error) {
    throw new FatalError(`cannot listen: ${whyNot(error as Error, options)}`, ExitCode.UNAVAILABLE)
  }
  announceReady(`sharing ${what} at ${socketPath ?? `descriptor ${fd}`}`, 'stop: Ctrl-C')
  return server
}

/**
 * Ends what is served. A host that does not answer keeps nobody from the end: after a while the process ends without what
 * waits for it.
 */
export async function closeInTime(server: VirtiofsServer, logger: Logger): Promise<void> {
  const patience = new AbortController()
  const late = delay(GRACE_MS, true, { signal: patience.signal }).catch(() => false)
  const isLate = await Promise.race([server.close().then(() => false), late])
  patience.abort()
  if (!isLate) return
  logger.warn({ waited: GRACE_MS }, 'the host does not answer: the daemon ends without what waits for it')
  exitWithout(new Promise(() => {}))
  process.exit(ExitCode.OK)
}

/** Why a socket is none to listen on, in words of who gave it. */
function whyNot(error: NodeJS.ErrnoException, { socketPath: path, fd, socketGroup }: DaemonOptions): string {
  const { code = '', message } = error
  if (path === undefined) {
    const reasons: Readonly<Record<string, string>> = {
      EBADF: `there is no descriptor ${fd}`,
      ENOTSOCK: `descriptor ${fd} is no socket`,
      EINVAL: `the socket of descriptor ${fd} does not listen`,
    }
    return reasons[code] ?? message
  }
  switch (code) {
    case 'EADDRINUSE':
      return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true
        ? `somebody listens on ${path} already`
        : `${path} is there already, and is no socket`
    case 'ENOENT':
      return `the directory of ${path} does not exist`
    case 'ENAMETOOLONG':
      return `${path} is longer than the name of a socket may be`
    case 'EPERM':
      return socketGroup === undefined ? message : `${path} may not be given to group ${socketGroup}`
    default:
      return message
  }
}
