import type { FileSystem } from '@fb/api'
import { Mount } from './mount/mount.js'
import { mountSettings } from './mount/options.js'
import { restoreLocks } from './restore-locks.js'
import { fromLatin1 } from './take-snapshot.js'
import type { MountSnapshot } from './vfs-snapshot.js'

/** A mount as a snapshot describes it, with another object for its back end. */
export function restoreMount(snapshot: MountSnapshot, fs: FileSystem): Mount {
  const { index, epoch, state, active, masks, truncates, locks } = snapshot
  const settings = mountSettings({
    readOnly: snapshot.readOnly,
    ...given('idMap', snapshot.idMap),
    ...given('entryTimeout', snapshot.entryTimeout),
    ...given('attrTimeout', snapshot.attrTimeout),
    ...given('negativeTimeout', snapshot.negativeTimeout),
    ...given('handles', snapshot.maxHandles),
    ...given('nodes', snapshot.maxNodes),
  })
  const mount = new Mount(index, fs, fromLatin1(snapshot.path), settings, epoch)
  Object.assign(mount, { state, active, masks, truncates })
  mount.locks = restoreLocks(locks)
  return mount
}

function given<K extends string, V>(name: K, value: V | null): { readonly [key in K]?: V } {
  return value === null ? {} : ({ [name]: value } as { readonly [key in K]: V })
}
