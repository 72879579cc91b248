import type { FileSystem } from '@fb/api'
import type { ClientState } from '../client/client-state.js'
import { shownPath } from '../tree/path.js'
import type { Mount } from './mount.js'

/** What is mounted, as `list` tells it. */
export interface MountInfo {
  /** Path at which it is mounted, or was. Bytes that are no UTF-8 are shown as U+FFFD. */
  readonly path: string
  /** The same exactly. */
  readonly pathBytes: Uint8Array
  /** The back end, as it was given; an empty one when it has been destroyed and the client has not forgotten it yet. */
  readonly fs: FileSystem
  /** Part of its node ids: node n of the back end is `index * 2^37 + n`. */
  readonly index: number
  /**
   * `mounted`; `covered` by another mount at the same path; out of the tree, but served to those who use it (`draining`)
   * or answering errors (`removed`) until they are done.
   */
  readonly state: 'mounted' | 'covered' | 'draining' | 'removed'
  readonly readOnly: boolean
  /** Lookups and open files that the client has in it. */
  readonly lookups: number
  readonly handles: number
  /** Operations that this thread has begun and not ended. */
  readonly busy: number
}

/** Describes a mount. */
export function mountInfo(mount: Mount, client: ClientState, isCovered: boolean): MountInfo {
  const { path, source, index, state, settings } = mount
  return {
    path: shownPath(path),
    pathBytes: path.slice(),
    fs: source,
    index,
    state: stateOf(state, isCovered),
    readOnly: settings.readOnly,
    lookups: client.nodes.lookups(index),
    handles: client.handles.count(index),
    busy: mount.busy,
  }
}

function stateOf(state: Mount['state'], isCovered: boolean): MountInfo['state'] {
  if (state === 'live') return isCovered ? 'covered' : 'mounted'
  return state === 'draining' ? 'draining' : 'removed'
}
