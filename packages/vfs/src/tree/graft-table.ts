import type { NodeId } from '@fb/api'
import { NameMap } from '@fb/pseudo-fs'
import type { Mount } from '../mount/mount.js'
import type { Place } from './place.js'

/** The places in one directory. */
export interface Graft {
  readonly names: NameMap<Place>
  /** By number, which is also the order in which they are listed. */
  readonly order: Place[]
}

/**
 * Which places are in which directory, by the directory's node id in the tree. This is all that a lookup looks at.
 */
export class GraftTable {
  readonly #grafts = new Map<NodeId, Graft>()

  /** The places in a directory, if any. */
  graftIn(directory: NodeId): Graft | undefined {
    return this.#grafts.get(directory)
  }

  /** The place with a name in a directory. */
  find(directory: NodeId, name: Uint8Array): Place | undefined {
    return this.#grafts.get(directory)?.names.get(name)
  }

  /** Hangs a place into a directory of a mount. */
  add(node: NodeId, mount: Mount, place: Place): void {
    let graft = this.#grafts.get(node)
    if (graft === undefined) {
      graft = { names: new NameMap(), order: [] }
      this.#grafts.set(node, graft)
    }
    graft.names.set(place.name, place)
    graft.order.splice(firstAbove(graft.order, place.id), 0, place)
    place.hangsIn = { node, mount }
    mount.grafts += 1
  }

  /** Takes a place out of the directory that it hangs in. */
  remove(place: Place): void {
    const { hangsIn } = place
    if (hangsIn === undefined) return
    const graft = this.#grafts.get(hangsIn.node) as Graft
    if (graft.names.get(place.name) === place) graft.names.delete(place.name)
    graft.order.splice(firstAbove(graft.order, place.id) - 1, 1)
    if (graft.order.length === 0) this.#grafts.delete(hangsIn.node)
    place.hangsIn = undefined
    hangsIn.mount.grafts -= 1
  }
}

/** The place of a directory that is listed after number `id`. */
export function placeAfter(graft: Graft, id: number): Place | undefined {
  return graft.order[firstAbove(graft.order, id)]
}

function firstAbove(order: readonly Place[], id: number): number {
  let low = 0
  let high = order.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((order[middle] as Place).id > id) high = middle
    else low = middle + 1
  }
  return low
}
