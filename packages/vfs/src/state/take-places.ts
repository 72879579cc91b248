import type { Mount } from '../mount/mount.js'
import { FIRST_INDEX, ROOT } from '../node-ids.js'
import type { Router } from '../router/router.js'
import { makePlace, type Place, placesFrom, topOf } from '../tree/place.js'
import type { Successors } from './check-tree.js'
import { fromLatin1 } from './latin1.js'
import { restoredMount } from './restored-mount.js'
import type { PlaceState, TreeState } from './tree-state.js'

/** Puts our mounts where another tree had them, under its numbers. */
export function takePlaces(router: Router, state: TreeState, successors: Successors): void {
  const { tree, mounts, features, pseudoFs } = router
  vacate(router)
  pseudoFs.restore(state.pseudo)
  for (const mount of state.mounts) {
    mounts.enter(restoredMount(mount, mount.removed ? undefined : successors.get(mount.index)))
  }
  features.resume(state.connection, mounts.backEnds, router.successorNotifier)
  const places = new Map([[ROOT, tree.root]])
  for (const place of state.places) takePlace(router, place, places)
  for (const [index, epoch] of state.epochs) mounts.epochs.set(index, epoch)
  mounts.nextIndex = Math.max(state.nextIndex, FIRST_INDEX)
  tree.skipTo(state.nextPlace)
  router.unsettled = undefined
}

/** Takes everything out of the tree, which nobody uses, and ends nothing. */
function vacate({ tree, mounts }: Router): void {
  const places = [...placesFrom(tree.root)].reverse()
  for (const place of places) place.stack.length = 0
  for (const place of places) if (place.children.size === 0) tree.prune(place)
  tree.seat()
  mounts.clear()
}

function takePlace(router: Router, state: PlaceState, places: Map<number, Place>): void {
  const { tree } = router
  const { id, parent, name, stack, ground } = state
  const place = places.get(id) ?? makePlace(id, fromLatin1(name), places.get(parent))
  places.set(id, place)
  tree.restore(place)
  place.stack.push(...stack.map((index) => mountOf(router, index)))
  place.ground = ground === null ? undefined : { ...ground, mount: mountOf(router, ground.index) }
  const top = topOf(place)
  place.shown = top === undefined ? place.ground : { mount: top, node: ROOT, held: false }
  const above = place.parent?.shown
  tree.restoreGraft(place, above === undefined ? null : tree.global(above.mount, above.node))
}

function mountOf({ mounts }: Router, index: number): Mount {
  const mount = mounts.find(index)
  if (mount === undefined) throw new RangeError(`the state has no mount with index ${index}`)
  return mount
}
