import type { NodeId } from '@fb/api'
import { NameMap } from '@fb/pseudo-fs'
import type { Mount } from '../mount/mount.js'

/** A directory of a mount, as its back end numbers it. */
export interface Directory {
  readonly mount: Mount
  readonly node: NodeId
  /** The tree has a lookup on it, to be given back. */
  readonly held: boolean
}

/**
 * One component of a path that leads to a mount, or the root. The places are a tree of names; which directories they are
 * depends on what is mounted where, and is worked out again when that changes.
 */
export interface Place {
  /** Number of the pseudo directory that serves it where no back end does; its cookie in listings. Never used twice. */
  readonly id: NodeId
  readonly name: Uint8Array
  readonly parent: Place | undefined
  readonly children: NameMap<Place>
  /** What is mounted here; the last one covers the others. */
  readonly stack: Mount[]
  /** The directory under the mounts; `undefined` where it does not matter because it is covered, or not known yet. */
  ground: Directory | undefined
  /** Where a lookup of it leads: to the mount on top, or the ground. `undefined` as long as that is not worked out. */
  shown: Directory | undefined
  /** The directory that shows it, by its node id in the tree, and the mount of that directory. */
  hangsIn: { readonly node: NodeId; readonly mount: Mount } | undefined
}

/** A new place, not yet entered in its parent. */
export function makePlace(id: NodeId, name: Uint8Array, parent: Place | undefined): Place {
  return {
    id,
    name,
    parent,
    children: new NameMap(),
    stack: [],
    ground: undefined,
    shown: undefined,
    hangsIn: undefined,
  }
}

/** What is mounted on top at a place. */
export function topOf(place: Place): Mount | undefined {
  return place.stack.at(-1)
}

/** The names that lead to a place, from the root. */
export function namesOf(place: Place): Uint8Array[] {
  const names: Uint8Array[] = []
  for (let at = place; at.parent !== undefined; at = at.parent) names.unshift(at.name)
  return names
}

/** A place and all places below it, parents first. */
export function* placesFrom(place: Place): Generator<Place> {
  yield place
  for (const [, child] of place.children) yield* placesFrom(child)
}
