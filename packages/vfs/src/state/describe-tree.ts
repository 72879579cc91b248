import { StateError } from '@fb/api'
import type { Mount } from '../mount/mount.js'
import { PSEUDO_INDEX } from '../node-ids.js'
import { shownPath } from '../tree/path.js'
import type { VfsSnapshot } from '../vfs-snapshot.js'
import type { TreeState } from './tree-state.js'

/** What a tree itself knows, from a snapshot of it. Throws a StateError for what cannot be taken along. */
export function describeTree(snapshot: VfsSnapshot): TreeState {
  const { connection, settled, nextPlace, nextIndex, epochs, mounts, places, pseudo } = snapshot
  if (connection === null || !settled) throw new StateError('the tree has no client')
  return {
    ...{ format: 'vfs', version: 1, nextPlace, nextIndex, pseudo },
    connection: { ...connection, major: 7 },
    epochs: epochs.map(([index, epoch]) => [index, epoch]),
    mounts: mounts
      .filter(({ index }) => index !== PSEUDO_INDEX)
      .map(({ index, epoch, state, path, masks, truncates, locks }) => ({
        ...{ index, epoch, path, masks, truncates, locks: [...locks] },
        removed: state !== 'live',
      })),
    places: places.map(({ id, parent, name, stack, ground }) => ({
      id,
      parent,
      name,
      stack: [...stack],
      ground,
    })),
  }
}

/** Throws a StateError for a mount that another tree cannot have. */
export function checkMovable({ fs, path, state }: Mount): void {
  if (state === 'draining') {
    throw new StateError(`what was mounted at ${shownPath(path)} has been taken away, and is still in use`)
  }
  if (fs.saveState === undefined) {
    throw new StateError(`what is mounted at ${shownPath(path)} has no state to be taken along`)
  }
}
