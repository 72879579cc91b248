import { realpathSync } from 'node:fs'
import { Server } from '@fb/api'
import { traceRequests } from '@fb/api/trace'
import type { MountDefaults } from '@fb/control'
import { openDaemonTree, openLog } from '@fb/daemon'
import { OwnMount } from '@fb/passthrough'
import { accessTimesOf, mount, mountOptionsOf, runSession } from './mounting.js'
import { warnOfMountpoint } from './mountpoint-warning.js'
import type { MountsOptions } from './options.js'
import { checkSource } from './source-check.js'
import { traceLine } from './trace-line.js'

/**
 * Serves a tree of directories, in one thread, until the mount is gone or a signal asks for the end.
 * Throws FatalError.
 */
export async function serveTree(options: MountsOptions, version: string): Promise<void> {
  const { logger } = openLog({ program: 'fusedev-daemon', ...options })
  const mountOptions = mountOptionsOf(options, 'fb', logger)
  const mountpoint = realPath(options.mountpoint)
  const own = OwnMount.at(mountpoint)
  // Before anything is mounted, so that a control socket in use changes nothing.
  const opened = await openDaemonTree({
    ...{
      options: options.tree,
      defaults: { ...defaultsOf(options), ...accessTimesOf(mountOptions), ownMount: own.shared },
      logger,
    },
    ...{ program: 'fusedev-daemon', version, serving: mountpoint },
    checkSource: (source) => checkSource(source, own),
  })
  const { tree } = opened
  try {
    warnOfMountpoint(options, logger)
    const session = await mount(mountpoint, mountOptions)
    if (session.path !== undefined) own.mounted(session.path)
    const observe = options.trace ? { observe: traceRequests(traceLine) } : {}
    const server = new Server(tree.fileSystem, { logger, notifier: session.notifier, ...observe })
    const { length } = options.tree.mounts
    const what = length === 1 ? '1 mount' : `${length} mounts`
    const start = () => session.serve(server)
    await runSession({ session, logger, what, start, stopping: () => opened.stop() })
  } finally {
    await opened.close()
    own.close()
  }
}

function defaultsOf(options: MountsOptions): MountDefaults {
  const { cache, xattr, writeback, readOnly, attrTimeout, entryTimeout, negativeTimeout } = options
  return {
    ...{ cache, xattr, posixAcl: xattr, writeback, ro: readOnly, allowMmap: true },
    ...(attrTimeout === undefined ? {} : { attrTimeout }),
    ...(entryTimeout === undefined ? {} : { entryTimeout }),
    ...(negativeTimeout === undefined ? {} : { negativeTimeout }),
  }
}

/** Without symbolic links; as it is where mounting will say better what is wrong. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
