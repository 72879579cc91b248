import { Mount } from '../mount/mount.js'
import { mountSettings } from '../mount/options.js'
import { fromLatin1 } from './latin1.js'
import { restoreLocks } from './locks.js'
import type { MountState } from './tree-state.js'

/**
 * A mount under the index that it has in a state. What may be done in it is up to this side.
 * @param own - the same mount as it was made here; `undefined` for one that is out of the tree, which answers errors
 */
export function restoredMount(state: MountState, own: Mount | undefined): Mount {
  const { index, epoch, masks, truncates, locks } = state
  const settings = own?.settings ?? mountSettings({})
  const mount = new Mount(index, own?.source ?? {}, fromLatin1(state.path), settings, epoch)
  // Nothing is owed to the back end before it has gone on.
  Object.assign(mount, { state: own === undefined ? 'removed' : 'live', active: false, masks, truncates })
  if (own !== undefined) mount.gone.promise.then(own.gone.resolve, own.gone.reject)
  mount.locks = restoreLocks(locks)
  return mount
}
