import { StateError } from '@fb/api'
import type { PseudoSnapshot } from '@fb/pseudo-fs'
import type { Mount } from '../mount/mount.js'
import { PSEUDO_INDEX } from '../node-ids.js'
import { shownPath } from '../tree/path.js'
import type { Place } from '../tree/place.js'
import { latin1 } from './latin1.js'
import { describeLocks } from './locks.js'
import type { ConnectionState, MountState, PlaceState, TreeState } from './tree-state.js'

/** What a tree knows. */
export interface Knowledge {
  /** `undefined` without a client. */
  readonly connection: ConnectionState | undefined
  readonly nextPlace: number
  readonly nextIndex: number
  readonly epochs: Iterable<readonly [index: number, epoch: number]>
  readonly mounts: Iterable<Mount>
  readonly places: Iterable<Place>
  readonly pseudo: PseudoSnapshot
}

/** What a tree itself knows, as it is saved. Throws a StateError where there is nobody to know anything of. */
export function describeTree(tree: Knowledge): TreeState {
  const { connection, nextPlace, nextIndex, epochs, mounts, places, pseudo } = tree
  if (connection === undefined) throw new StateError('the tree has no client')
  return {
    ...{ format: 'vfs', version: 1, connection, nextPlace, nextIndex, pseudo },
    epochs: Array.from(epochs, ([index, epoch]) => [index, epoch]),
    mounts: Array.from(mounts)
      .filter(({ index }) => index !== PSEUDO_INDEX)
      .map(describeMount),
    places: Array.from(places, describePlace),
  }
}

function describeMount(mount: Mount): MountState {
  const { index, epoch, state, path, masks, truncates, locks } = mount
  return {
    ...{ index, epoch, path: latin1(path), masks, truncates, locks: describeLocks(locks) },
    removed: state !== 'live',
  }
}

function describePlace({ id, parent, name, stack, ground }: Place): PlaceState {
  return {
    ...{ id, parent: parent?.id ?? 0, name: latin1(name), stack: stack.map(({ index }) => index) },
    ground: ground === undefined ? null : { index: ground.mount.index, node: ground.node, held: ground.held },
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
