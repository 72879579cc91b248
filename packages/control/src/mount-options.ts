import type { IdMap, IdRange } from '@fb/middleware'
import type { MountOptions } from '@fb/vfs'
import type { MountDefaults } from './back-end.js'
import type { MountSpec } from './mount-spec.js'

/** Every id that there is, as it is. */
const SAME: readonly IdRange[] = [{ client: 0, host: 0, count: 2 ** 32 - 1 }]

/** How the tree mounts what a description asks for. */
export function mountOptions(spec: MountSpec, defaults: MountDefaults): MountOptions {
  const { ro, attrTimeout, entryTimeout, negativeTimeout, maxInodes, maxOpenFiles } = { ...defaults, ...spec }
  const idMap = idMapOf(spec)
  return {
    readOnly: ro === true,
    ...(idMap === undefined ? {} : { idMap }),
    ...(attrTimeout === undefined ? {} : { attrTimeout }),
    ...(entryTimeout === undefined ? {} : { entryTimeout }),
    ...(negativeTimeout === undefined ? {} : { negativeTimeout }),
    ...(maxInodes === undefined ? {} : { nodes: maxInodes }),
    ...(maxOpenFiles === undefined ? {} : { handles: maxOpenFiles }),
  }
}

function idMapOf({ uidmap, gidmap, unmapped }: MountSpec): IdMap | undefined {
  if (uidmap === undefined && gidmap === undefined) return undefined
  return { uid: uidmap ?? SAME, gid: gidmap ?? SAME, ...(unmapped === undefined ? {} : { unmapped }) }
}
