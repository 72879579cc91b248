import { FUSE_KERNEL_MINOR_VERSION, FUSE_KERNEL_VERSION, InitFlag } from '@fb/abi'
import { Connection } from '@fb/api'
import { negotiate } from './negotiate.js'
import { type PassthroughOptions, resolveOptions } from './options.js'

/** What is on without being asked for, as far as options turn it off. */
const UNASKED =
  InitFlag.POSIX_LOCKS | InitFlag.FLOCK_LOCKS | InitFlag.DO_READDIRPLUS | InitFlag.READDIRPLUS_AUTO
const ALL = 2n ** 64n - 1n
/** No limit is looked at. */
const LIMITS = {
  ...{ maxWrite: 0, maxReadahead: 0, maxBackground: 0, congestionThreshold: 0 },
  ...{ timeGran: 1, mapAlignment: 0, maxStackDepth: 0, requestTimeout: 0 },
}

/**
 * `InitFlag` bits that a `PassthroughFs` with these options asks for, of a kernel that offers everything: for a connection that
 * is set up before there is one. Throws a TypeError for wrong options.
 */
export function wantedFeatures(options: Omit<PassthroughOptions, 'source'>): bigint {
  const peer = { major: FUSE_KERNEL_VERSION, minor: FUSE_KERNEL_MINOR_VERSION, offered: ALL }
  const connection = new Connection(peer, LIMITS, undefined)
  connection.enable(UNASKED)
  // Whether inodes can be found again is for each back end to say.
  negotiate(connection, resolveOptions({ ...options, source: '/' }), undefined)
  return connection.flags
}
