import { StateError } from '@fb/api'
import type { PseudoSnapshot } from '@fb/pseudo-fs'
import type { Mount } from '../mount/mount.js'
import { PSEUDO_INDEX, ROOT, ROOT_INDEX } from '../node-ids.js'
import { shownPath } from '../tree/path.js'
import { type Place, placesFrom } from '../tree/place.js'
import { fromLatin1 } from './latin1.js'
import type { MountState, PlaceState, TreeState } from './tree-state.js'

/** Which of our mounts goes on as which of the state's, by the index that it has there. */
export type Successors = ReadonlyMap<number, Mount>

/**
 * Checks that a state is one of a tree with the same mounts at the same paths, and that its parts fit together.
 * Throws a StateError that says what does not.
 */
export function checkTree(state: TreeState, root: Place): Successors {
  const mounts = mountsByIndex(state.mounts)
  const paths = checkPlaces(state, mounts)
  const own = ownMounts(root)
  const successors = new Map<number, Mount>()
  for (const { stack, id } of state.places) {
    for (const [depth, index] of stack.entries()) {
      const key = keyOf(paths.get(id) ?? '', depth)
      const mount = own.get(key)
      if (mount === undefined) throw new StateError(`nothing is mounted here at ${shown(paths.get(id))}`)
      successors.set(index, mount)
      own.delete(key)
    }
  }
  const [surplus] = own.values()
  if (surplus !== undefined) {
    throw new StateError(`nothing was mounted at ${shownPath(surplus.path)}, and something is here`)
  }
  return successors
}

function mountsByIndex(list: readonly MountState[]): Map<number, MountState> {
  const mounts = new Map<number, MountState>()
  for (const mount of list) {
    if (mounts.has(mount.index) || mount.index === PSEUDO_INDEX) fail(`mount ${mount.index}`)
    mounts.set(mount.index, mount)
  }
  return mounts
}

/** The paths of the places, by number. */
function checkPlaces(state: TreeState, mounts: ReadonlyMap<number, MountState>): Map<number, string> {
  const paths = new Map<number, string>()
  const taken = new Set<string>()
  const places = new Map<number, PlaceState>()
  const seen = new Set<number>()
  for (const place of state.places) {
    const path = pathOf(place, paths)
    if (places.has(place.id) || taken.has(path)) fail(`place ${place.id}, which is there twice`)
    places.set(place.id, place)
    paths.set(place.id, path)
    taken.add(path)
    if (place.id >= state.nextPlace && place.id !== ROOT) fail(`place ${place.id}`)
    for (const index of place.stack) {
      const mount = mounts.get(index)
      if (mount === undefined || mount.removed || seen.has(index)) fail(`mount ${index} at ${shown(path)}`)
      if (mount?.path !== path || (index === ROOT_INDEX && path !== '/')) fail(`the path of mount ${index}`)
      seen.add(index)
    }
    checkGround(place, places)
  }
  if (paths.size === 0) fail('its root')
  for (const { index, removed } of mounts.values()) {
    if (!removed && !seen.has(index)) fail(`mount ${index}, which is nowhere`)
  }
  checkPseudo(state.pseudo, places)
  return paths
}

/** Every place has a pseudo directory, which hangs where the place does if that is one too. The others have no name any more. */
function checkPseudo({ nodes }: PseudoSnapshot, places: ReadonlyMap<number, PlaceState>): void {
  const named = new Map(nodes.filter(({ linked }) => linked).map((node) => [node.number, node]))
  for (const { id, parent, name } of places.values()) {
    const node = named.get(id)
    const above = places.get(parent)
    const isBelowPseudo =
      above !== undefined && above.stack.length === 0 && above.ground?.index === PSEUDO_INDEX
    const hangsIn = isBelowPseudo ? parent : 0
    if (node?.kind !== 'directory' || node.name !== name || node.parent !== hangsIn) fail(`directory ${id}`)
    named.delete(id)
  }
  if (named.size > 0) fail('directories that lead nowhere')
}

/** The path of a place whose parent has been there before it. */
function pathOf({ id, parent, name }: PlaceState, paths: ReadonlyMap<number, string>): string {
  if (paths.size === 0) {
    if (id !== ROOT || parent !== 0 || name !== '') fail('its root')
    return '/'
  }
  const above = paths.get(parent)
  if (
    above === undefined ||
    id <= ROOT ||
    name === '' ||
    name === '.' ||
    name === '..' ||
    /[/\0]/.test(name)
  ) {
    fail(`place ${id}`)
  }
  return above === '/' ? `/${name}` : `${above}/${name}`
}

/** What is under the mounts of a place is in the directory above it, or a pseudo directory with the number of the place. */
function checkGround({ id, parent, ground }: PlaceState, places: ReadonlyMap<number, PlaceState>): void {
  if (ground === null) return
  if (ground.index === PSEUDO_INDEX) {
    if (ground.node !== id || ground.held) fail(`what place ${id} is`)
    return
  }
  const above = places.get(parent)
  const index = above?.stack.at(-1) ?? above?.ground?.index
  if (id === ROOT || ground.index !== index) fail(`what place ${id} is`)
}

function ownMounts(root: Place): Map<string, Mount> {
  const own = new Map<string, Mount>()
  for (const { stack } of placesFrom(root)) {
    for (const [depth, mount] of stack.entries()) {
      own.set(keyOf(Buffer.from(mount.path).toString('latin1'), depth), mount)
    }
  }
  return own
}

function keyOf(path: string, depth: number): string {
  return `${depth} ${path}`
}

function shown(path = '/'): string {
  return shownPath(fromLatin1(path))
}

function fail(what: string): never {
  throw new StateError(`the state of the tree contradicts itself: ${what}`)
}
