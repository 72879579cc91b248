import type { ClientState } from './client/client-state.js'
import type { HeldLock } from './mount/lock-table.js'
import type { Mount } from './mount/mount.js'
import type { Directory, Place } from './tree/place.js'
import type {
  DirectorySnapshot,
  HandleSnapshot,
  LockSnapshot,
  MountSnapshot,
  NodeSnapshot,
  PlaceSnapshot,
} from './vfs-snapshot.js'

/** What the client holds of one mount. */
interface Held {
  readonly nodes: NodeSnapshot[]
  readonly open: HandleSnapshot[]
}

/** Describes mounts, with all that the client holds of them. */
export function snapshotMounts(mounts: readonly Mount[], client: ClientState): MountSnapshot[] {
  const held = new Map<number, Held>()
  for (const { index } of mounts) held.set(index, { nodes: [], open: [] })
  for (const { index, node, generation, lookups } of client.nodes.entries()) {
    held.get(index)?.nodes.push([node, generation, lookups])
  }
  for (const { index, ticket = null, ...handle } of client.handles.entries()) {
    held.get(index)?.open.push({ ...handle, ticket })
  }
  return mounts.map((mount) => snapshotMount(mount, held.get(mount.index) as Held))
}

function snapshotMount(mount: Mount, { nodes, open }: Held): MountSnapshot {
  const { index, epoch, state, settings, busy, active, masks, truncates } = mount
  return {
    index,
    epoch,
    state,
    path: latin1(mount.path),
    readOnly: settings.readOnly,
    idMap: settings.idMap ?? null,
    entryTimeout: settings.entryTimeout ?? null,
    attrTimeout: settings.attrTimeout ?? null,
    negativeTimeout: settings.negativeTimeout ?? null,
    maxHandles: finite(settings.handles),
    maxNodes: finite(settings.nodes),
    nodes,
    lookups: nodes.reduce((sum, [, , lookups]) => sum + lookups, 0),
    open,
    handles: open.reduce((sum, { count }) => sum + count, 0),
    busy,
    active,
    masks,
    truncates,
    locks: (mount.locks?.held ?? []).map(snapshotLock),
  }
}

function snapshotLock({ node, owner, start, end, type, pid, flock }: HeldLock): LockSnapshot {
  return { node, owner: String(owner), start: String(start), end: String(end), type, pid, flock }
}

export function snapshotPlace(place: Place): PlaceSnapshot {
  return {
    id: place.id,
    parent: place.parent?.id ?? 0,
    name: latin1(place.name),
    stack: place.stack.map(({ index }) => index),
    ground: snapshotDirectory(place.ground),
    shown: snapshotDirectory(place.shown),
    hangsIn: place.hangsIn?.node ?? null,
  }
}

function snapshotDirectory(directory: Directory | undefined): DirectorySnapshot | null {
  return directory === undefined
    ? null
    : { index: directory.mount.index, node: directory.node, held: directory.held }
}

function finite(limit: number): number | null {
  return limit === Number.POSITIVE_INFINITY ? null : limit
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

/** Bytes of a name or path in a snapshot. */
export function fromLatin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}
