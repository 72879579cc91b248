import type { HeldLock } from './lock-table.js'
import type { Mount } from './mount.js'
import type { MountCounts } from './mount-counts.js'
import type { Directory, Place } from './place.js'
import type { DirectorySnapshot, LockSnapshot, MountSnapshot, PlaceSnapshot } from './vfs-snapshot.js'

export function snapshotMount(mount: Mount, counts: MountCounts): MountSnapshot {
  const { index, epoch, state, settings, busy, active, masks, truncates } = mount
  const { nodes, handles } = settings
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
    maxHandles: handles === Number.POSITIVE_INFINITY ? null : handles,
    nodes: nodes === undefined ? null : { limit: nodes.limit, lookups: nodes.entries() },
    lookups: counts.totalLookups(index),
    handles: counts.totalHandles(index),
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

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

/** Bytes of a name or path in a snapshot. */
export function fromLatin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}
