import { type Entry, Errno, type NodeId } from '@fb/api'
import type { PseudoFs } from '@fb/pseudo-fs'
import { OWN_CONTEXT } from '../kit/own-context.js'
import type { Steps } from '../kit/steps.js'
import type { Mount } from '../mount/mount.js'
import { fits, ROOT } from '../node-ids.js'
import { VfsError } from '../vfs-error.js'
import { GraftTable } from './graft-table.js'
import { type Directory, makePlace, type Place, placesFrom, topOf } from './place.js'

const S_IFMT = 0o170000
const S_IFDIR = 0o040000
/** Places are numbered below this, so that the number fits into the lower half of a cookie and is never all ones. */
const PLACE_LIMIT = 2 ** 32 - 1

const EMPTY_NAME = new Uint8Array(0)

/** Errors of a lookup that mean that the back end has no such directory. */
const ABSENT: ReadonlySet<Errno> = new Set([Errno.ENOENT, Errno.ENOTDIR, Errno.ENOSYS])

/** Told which back end failed, and how, to say what it has at a place. */
type Failure = (place: Place, errno: Errno) => void

/** A name in a directory, by the node id in the tree. */
export interface Spot {
  readonly parent: NodeId
  readonly name: Uint8Array
}

/** What a directory becomes for each place whose directory has to be worked out. */
type Plan = Map<Place, Directory | undefined>

/**
 * The places on the way to the mounts, and which directories they are: a place with a mount on it is the root of that
 * mount; one without is what the file system above has there, or a pseudo directory where that has nothing.
 */
export class PlaceTree {
  readonly root: Place
  readonly grafts = new GraftTable()
  /** The mount of the pseudo directories. */
  readonly pseudo: Mount
  /** The mount whose root is the root of the tree. */
  top: Mount
  readonly #pseudoFs: PseudoFs
  #nextId = ROOT + 1

  constructor(pseudo: Mount, pseudoFs: PseudoFs) {
    this.pseudo = pseudo
    this.#pseudoFs = pseudoFs
    this.top = pseudo
    this.root = makePlace(ROOT, EMPTY_NAME, undefined)
  }

  /** Number that the next place gets. */
  get nextId(): number {
    return this.#nextId
  }

  /** Node id in the tree of a back end's node. */
  global(mount: Mount, node: NodeId): NodeId {
    return node === ROOT && mount === this.top ? ROOT : mount.base + node
  }

  /** The place of a path, if it leads to a mount. */
  find(names: readonly Uint8Array[]): Place | undefined {
    let place: Place | undefined = this.root
    for (const name of names) place = place?.children.get(name)
    return place
  }

  /**
   * The place of a path; what is missing on the way is made, with numbers from `ids` as far as they go. Also returns what
   * was made, outermost first. Throws RangeError for a number that has been used.
   */
  ensure(names: readonly Uint8Array[], ids: readonly NodeId[] = []): { place: Place; made: Place[] } {
    const made: Place[] = []
    let place = this.root
    try {
      for (const name of names) {
        const known = place.children.get(name)
        if (known === undefined) made.push(this.#make(name, place, ids[made.length]))
        place = known ?? (made.at(-1) as Place)
      }
    } catch (error) {
      if (made.length > 0) this.prune(made.at(-1) as Place)
      throw error
    }
    return { place, made }
  }

  /**
   * Works out again what places are, and what hangs below them, and makes it so in one step when everything is known. Until
   * then, and when it fails, all is as before.
   * @param onFailure told where a back end fails to say what it has at a place, which becomes a pseudo directory then;
   * without it, the back end's errno is thrown
   */
  *rebind(places: readonly Place[], onFailure?: Failure): Steps<void> {
    const plan: Plan = new Map()
    try {
      for (const place of places) {
        if (leadsToMount(place)) yield* this.#plan(place, plan, onFailure)
      }
    } catch (error) {
      for (const ground of plan.values()) giveBack(ground)
      throw error
    }
    this.#apply(plan)
  }

  /** Removes a place, and those above it, as far as they lead to no mount. Returns where the outermost of them was. */
  prune(place: Place): Spot | undefined {
    let removed: Spot | undefined
    for (let at = place; at.parent?.children.get(at.name) === at && isUnused(at); at = at.parent) {
      removed = spotOf(at)
      this.grafts.remove(at)
      giveBack(at.ground)
      at.ground = undefined
      at.shown = undefined
      this.#pseudoFs.remove(at.id)
      at.parent.children.delete(at.name)
    }
    return removed
  }

  /** What is at the root is known before any back end has been asked. */
  seat(): void {
    this.top = topOf(this.root) ?? this.pseudo
  }

  /** Forgets which directories the places are: the file systems no longer know them. */
  unbind(): void {
    for (const place of placesFrom(this.root)) {
      this.grafts.remove(place)
      giveBack(place.ground)
      place.ground = undefined
      place.shown = undefined
    }
  }

  /** Enters a place that a state tells. */
  restore(place: Place): void {
    place.parent?.children.set(place.name, place)
    if (place === this.root) return
    this.skipTo(place.id + 1)
  }

  /** Hangs a place where it hung when the state was saved, once it is known what all places are. */
  restoreGraft(place: Place, node: NodeId | null): void {
    if (place === this.root) this.top = place.shown?.mount ?? this.pseudo
    const above = place.parent?.shown
    if (node !== null && above !== undefined) this.grafts.add(node, above.mount, place)
  }

  /** Numbers below have been used. */
  skipTo(id: number): void {
    this.#nextId = Math.max(this.#nextId, id)
  }

  #make(name: Uint8Array, parent: Place, id: NodeId = this.#nextId): Place {
    if (!Number.isInteger(id) || id < this.#nextId || id >= PLACE_LIMIT) {
      throw new RangeError(`${id} has been the number of a place, or cannot be one`)
    }
    const place = makePlace(id, name, parent)
    this.#pseudoFs.makeDirectory(undefined, name, id)
    this.#nextId = id + 1
    parent.children.set(name, place)
    return place
  }

  *#plan(place: Place, plan: Plan, onFailure: Failure | undefined): Steps<void> {
    if (plan.has(place)) return
    const { parent } = place
    let ground: Directory | undefined
    if (parent === undefined) ground = { mount: this.pseudo, node: ROOT, held: false }
    else if (place.stack.length === 0) ground = yield* this.#resolve(after(parent, plan), place, onFailure)
    plan.set(place, ground)
    if (isSame(after(place, plan), place.shown)) return
    for (const [, child] of place.children) {
      // What leads nowhere any more is about to be removed.
      if (leadsToMount(child)) yield* this.#plan(child, plan, onFailure)
    }
  }

  /** The directory that a place without mounts is. */
  *#resolve(above: Directory | undefined, place: Place, onFailure: Failure | undefined): Steps<Directory> {
    const pseudo = { mount: this.pseudo, node: place.id, held: false }
    if (above === undefined || above.mount === this.pseudo) return pseudo
    const { mount } = above
    const { fs } = mount
    if (fs.lookup === undefined) return pseudo
    const entry = (yield* attempt(() => fs.lookup?.(above.node, place.name, OWN_CONTEXT))) as Entry | Errno
    if (entry instanceof Errno) {
      if (ABSENT.has(entry)) return pseudo
      if (onFailure === undefined) throw entry
      onFailure(place, entry)
      return pseudo
    }
    const { nodeid } = entry
    if (nodeid === 0) return pseudo
    if (!fits(nodeid) || (entry.attr.mode & S_IFMT) !== S_IFDIR) {
      fs.forget?.(nodeid, 1)
      return pseudo
    }
    return { mount, node: nodeid, held: true }
  }

  #apply(plan: Plan): void {
    const before: (Directory | undefined)[] = []
    for (const [place, ground] of plan) {
      this.grafts.remove(place)
      before.push(place.ground)
      place.ground = ground
      const top = topOf(place)
      const shown = top === undefined ? ground : { mount: top, node: ROOT, held: false }
      place.shown = shown
      if (place === this.root) this.top = shown?.mount ?? this.pseudo
      else this.#hang(place)
    }
    for (const ground of before) giveBack(ground)
  }

  #hang(place: Place): void {
    const above = place.parent?.shown
    if (above === undefined) throw new VfsError(Errno.EIO, 'a place hangs in a directory that is not known')
    this.grafts.add(this.global(above.mount, above.node), above.mount, place)
    this.#pseudoFs.moveDirectory(place.id, above.mount === this.pseudo ? above.node : undefined)
  }
}

/** Where a place is: `undefined` for the root, and as long as that is not worked out. */
export function spotOf(place: Place): Spot | undefined {
  return place.hangsIn === undefined ? undefined : { parent: place.hangsIn.node, name: place.name }
}

/** The directory that a place will be. */
function after(place: Place, plan: Plan): Directory | undefined {
  const top = topOf(place)
  if (top !== undefined) return { mount: top, node: ROOT, held: false }
  return plan.has(place) ? plan.get(place) : place.ground
}

function isSame(a: Directory | undefined, b: Directory | undefined): boolean {
  return a !== undefined && b !== undefined && a.mount === b.mount && a.node === b.node
}

function leadsToMount(place: Place): boolean {
  return (
    place.parent === undefined ||
    place.stack.length > 0 ||
    [...place.children].some(([, child]) => leadsToMount(child))
  )
}

function isUnused(place: Place): boolean {
  return place.stack.length === 0 && place.children.size === 0
}

function giveBack(directory: Directory | undefined): void {
  if (directory?.held === true) directory.mount.fs.forget?.(directory.node, 1)
}

/** What an operation gives, with an errno that it throws as a value. */
function* attempt(invoke: () => unknown): Steps<unknown> {
  try {
    return yield invoke()
  } catch (error) {
    return Errno.from(error) ?? Errno.EIO
  }
}
