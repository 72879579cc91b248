import type { PassthroughFs } from '../passthrough-fs.js'
import { onThreads, type ThreadedFs } from './threaded-fs.js'

/**
 * A file system for a thread that must never wait for a host that does not answer, because it serves others besides (an
 * event loop): `fs` itself where its files are on this machine; else one that has threads make the calls, which costs each
 * operation two messages. There may be up to 64 such threads, 16 of them in calls for one file system; what is asked of it
 * beyond waits. An operation that is interrupted is interrupted on the host.
 *
 * What is mounted below the source later on is not noticed. `saveState` and `restoreState` wait for the host all the same.
 */
export function withoutWaiting(fs: PassthroughFs): PassthroughFs | ThreadedFs {
  return fs.isRemote ? onThreads(fs) : fs
}
