import type { Mount } from '../mount/mount.js'
import { joinPath } from './path.js'
import { namesOf, type Place, placesFrom } from './place.js'
import type { PlaceTree } from './place-tree.js'

/** A mount, and where it goes when the tree is rearranged. */
export interface Relocation {
  readonly mount: Mount
  readonly from: Place
  readonly path: readonly Uint8Array[]
}

/**
 * What moves with the mount on top at a place: that mount, and every mount below.
 * @param depth how many names lead to the place
 */
export function relocationsOf(origin: Place, depth: number, target: readonly Uint8Array[]): Relocation[] {
  const list: Relocation[] = []
  for (const place of placesFrom(origin)) {
    const path = [...target, ...namesOf(place).slice(depth)]
    const mounts = place === origin ? place.stack.slice(-1) : place.stack
    for (const mount of mounts) list.push({ mount, from: place, path })
  }
  return list
}

/** Enters mounts where they go. Returns for each the outermost place that this has made, or where it is now. */
export function relocate(tree: PlaceTree, relocations: readonly Relocation[]): Place[] {
  const outermost: Place[] = []
  for (const { mount, from, path } of relocations) {
    from.stack.splice(from.stack.indexOf(mount), 1)
    const { place, made } = tree.ensure(path)
    place.stack.push(mount)
    mount.path = joinPath(path)
    outermost.push(made[0] ?? place)
  }
  return outermost
}

/** Takes back what `relocate` has done. */
export function relocateBack(tree: PlaceTree, relocations: readonly Relocation[]): void {
  for (const { mount, from, path } of relocations) {
    const place = tree.find(path) as Place
    place.stack.splice(place.stack.indexOf(mount), 1)
    from.stack.push(mount)
    mount.path = joinPath(namesOf(from))
  }
  for (const { path } of relocations) {
    const place = tree.find(path)
    if (place !== undefined) tree.prune(place)
  }
}
