import type { FileSystem, NodeId } from '@fb/api'
import { mapIds, readOnly } from '@fb/middleware'
import { ROOT, SHARE } from '../node-ids.js'
import type { MountConnection } from './connection.js'
import { Deferred } from './deferred.js'
import type { LockTable } from './lock-table.js'
import type { MountSettings } from './options.js'

/**
 * What becomes of a mount: `live` in the tree (or covered by another mount); `draining`, out of the tree, but served until
 * nobody uses it; `removed`, out of the tree, answers errors; `destroyed`, its back end is gone as well.
 */
export type MountState = 'live' | 'draining' | 'removed' | 'destroyed'

const NOTHING: FileSystem = Object.freeze({})

/** One back end in the tree. Plain data: what is done with it is elsewhere. */
export class Mount {
  readonly index: number
  /** Node id of the tree that the back end's node 0 would have. */
  readonly base: NodeId
  /** The back end as it was given; an empty one when it has been destroyed. */
  source: FileSystem
  /** The back end behind the layers that the mount asked for. */
  fs: FileSystem
  readonly settings: MountSettings
  /** How many mounts had this index before; part of generations, because node ids come again. */
  readonly epoch: number
  state: MountState = 'live'
  /** Path at which it is mounted, or was. */
  path: Uint8Array
  /** Operations of this thread that have not ended yet. */
  busy = 0
  /** Places that hang in directories of this mount. */
  grafts = 0
  /** The back end has been set up, or may have been: `destroy` is owed to it. */
  active = true
  /** The back end's side of the connection, once there is one. */
  connection: MountConnection | undefined
  /** The kernel leaves the umask to us, and the back end leaves it to the kernel. */
  masks = false
  /** The kernel leaves O_TRUNC to us, and the back end leaves it to the kernel. */
  truncates = false
  /** Locks, where the kernel asks for them and the back end knows none. */
  locks: LockTable | undefined
  /** Where the next nodes are that the client is asked to forget. */
  pruneFrom = 0
  /** Settles when the back end has been destroyed after the mount was taken out of the tree. */
  readonly gone = new Deferred()

  constructor(index: number, source: FileSystem, path: Uint8Array, settings: MountSettings, epoch: number) {
    this.index = index
    this.base = index * SHARE
    this.source = source
    this.path = path
    this.settings = settings
    this.epoch = epoch
    const mapped = settings.idMap === undefined ? source : mapIds(source, settings.idMap)
    this.fs = settings.readOnly ? readOnly(mapped) : mapped
  }

  /** Forgets the back end, which has been destroyed. What the client still knows is counted on. */
  letGo(): void {
    this.source = NOTHING
    this.fs = NOTHING
    this.connection = undefined
    this.locks = undefined
  }
}

/** Node id of the back end for one of the tree. */
export function localNode(mount: Mount, node: NodeId): NodeId {
  return node === ROOT ? ROOT : node - mount.base
}
