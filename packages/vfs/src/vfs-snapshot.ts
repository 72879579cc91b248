import type { ConnectionLimits, FileHandle, NodeId } from '@fb/api'
import type { IdMap } from '@fb/middleware'
import type { PseudoSnapshot } from '@fb/pseudo-fs'
import type { HandleKind } from './client/handle-table.js'
import type { MountState } from './mount/mount.js'

/** A byte range or whole-file lock; 64-bit numbers are in decimal. */
export interface LockSnapshot {
  readonly node: NodeId
  readonly owner: string
  readonly start: string
  readonly end: string
  readonly type: number
  readonly pid: number
  readonly flock: boolean
}

/** A node that the client knows, as its back end numbers it. */
export type NodeSnapshot = readonly [node: NodeId, generation: number, lookups: number]

/** An open file or directory, or `count` that the back end does not tell apart. */
export interface HandleSnapshot {
  /** As the back end numbers it. */
  readonly node: NodeId
  /** The back end's handle. */
  readonly fh: FileHandle
  readonly kind: HandleKind
  /** Flags of open(2), as the client gave them. */
  readonly flags: number
  readonly count: number
  /** What the client was told in place of the handle, at the root of the tree; null where that is the handle itself. */
  readonly ticket: number | null
}

/** One mount of a {@link VfsSnapshot}. */
export interface MountSnapshot {
  readonly index: number
  readonly epoch: number
  readonly state: MountState
  /** Path at which it is mounted, or was: one character for each byte (latin1). */
  readonly path: string
  readonly readOnly: boolean
  readonly idMap: IdMap | null
  readonly entryTimeout: number | null
  readonly attrTimeout: number | null
  readonly negativeTimeout: number | null
  /** Most open files; null for no limit. */
  readonly maxHandles: number | null
  /** Most nodes that the client may know; null for no limit. */
  readonly maxNodes: number | null
  /** By node: all that the client knows, but the root of the tree, which it never forgets. */
  readonly nodes: readonly NodeSnapshot[]
  /** Lookups on all of them. */
  readonly lookups: number
  /** By node and handle: all that the client has open. */
  readonly open: readonly HandleSnapshot[]
  /** How many that are. */
  readonly handles: number
  /** Operations that had not ended. */
  readonly busy: number
  readonly active: boolean
  readonly masks: boolean
  readonly truncates: boolean
  readonly locks: readonly LockSnapshot[]
}

/** A directory by the index of its mount and the back end's node. */
export interface DirectorySnapshot {
  readonly index: number
  readonly node: NodeId
  /** The tree has a lookup on it. */
  readonly held: boolean
}

/** One place of a {@link VfsSnapshot}: a component of a path that leads to a mount. */
export interface PlaceSnapshot {
  readonly id: NodeId
  /** Number of the place above; 0 for the root. */
  readonly parent: NodeId
  /** One character for each byte (latin1). */
  readonly name: string
  /** Indexes of what is mounted here, the last on top. */
  readonly stack: readonly number[]
  readonly ground: DirectorySnapshot | null
  readonly shown: DirectorySnapshot | null
  /** Node id of the directory in which it is shown. */
  readonly hangsIn: NodeId | null
}

/** What INIT settled; `InitFlag` bits are in decimal. */
export interface ConnectionSnapshot {
  readonly major: number
  readonly minor: number
  /** What the kernel offered. */
  readonly offered: string
  /** What is on. */
  readonly flags: string
  /** What was on before any back end had a say: what is done for those that are mounted later follows from it. */
  readonly defaults: string
  readonly limits: ConnectionLimits
}

/**
 * All that a tree knows, as data that `JSON.stringify` keeps. What back ends know is not in it, nor are they themselves.
 */
export interface VfsSnapshot {
  readonly version: 1
  /** null where there is no connection yet. */
  readonly connection: ConnectionSnapshot | null
  /** Whether it is worked out which directories the places are. */
  readonly settled: boolean
  readonly nextPlace: NodeId
  readonly nextIndex: number
  /** How many mounts an index has had before. */
  readonly epochs: readonly (readonly [index: number, epoch: number])[]
  /** By index, first the pseudo directories, which have index 1. */
  readonly mounts: readonly MountSnapshot[]
  /** A place before those below it. */
  readonly places: readonly PlaceSnapshot[]
  readonly pseudo: PseudoSnapshot
}
