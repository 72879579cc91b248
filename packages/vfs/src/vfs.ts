import { type Connection, type FileSystem, StateError, type StatePieces } from '@fb/api'
import type { Mount } from './mount/mount.js'
import { FIRST_INDEX, PSEUDO_INDEX, ROOT } from './node-ids.js'
import { checkTree, type Successors } from './state/check-tree.js'
import { checkMovable, describeTree, type Knowledge } from './state/describe-tree.js'
import { restoreHeld, saveHeld } from './state/held-rows.js'
import { fromLatin1 } from './state/latin1.js'
import { restoredMount } from './state/restored-mount.js'
import { PieceTag, TreePieces, tagged, taggedJson, taggedNothing } from './state/tree-pieces.js'
import { type PlaceState, parseTreeState, type TreeState } from './state/tree-state.js'
import { shownPath } from './tree/path.js'
import { makePlace, type Place, placesFrom, topOf } from './tree/place.js'
import { destroyBackend } from './vfs-core.js'
import { VfsMounts } from './vfs-mounts.js'

/** Most bytes of what a tree itself says in its state: 65,534 mounts have less. */
const MOST_TREE = 128 * 1024 * 1024

/**
 * Many file systems under one tree.
 *
 * ```ts
 * const vfs = new Vfs()
 * await vfs.mount(pseudoFs({ 'readme.txt': 'hi\n' }), '/')
 * await vfs.mount(new PassthroughFs({ source: '/srv' }), '/srv', { readOnly: true })
 * const server = new Server(vfs)
 * ```
 *
 * Up to 65,534 mounts with 2^37 nodes each; their nodes are those of the back end, shifted by the index of the mount, so
 * that every operation finds its back end by arithmetic. Every operation is forwarded. What a back end lacks is answered
 * as a server answers for a file system that lacks it, and never ENOSYS, which the kernel takes for all of them. What
 * would go from one back end to another is EXDEV.
 */
export class Vfs extends VfsMounts implements FileSystem {
  /**
   * Sets up all back ends. Features that change what the kernel leaves to file systems (write-back caching, POSIX ACLs ...)
   * are on where every back end wants them, others where one does; each back end finds in its connection what is on.
   * Throws what a back end throws, which refuses the connection for all.
   */
  init(connection: Connection): void {
    const done: Mount[] = []
    try {
      this.features.begin(connection, this.#backends(), done)
    } catch (error) {
      for (const mount of done) destroyBackend(mount).catch(this.tellFailedEnd)
      throw error
    }
    void this.settle()
  }

  /** Ends all back ends, also those that are out of the tree. The mounts stay for the next connection. */
  async destroy(): Promise<void> {
    this.tree.unbind()
    this.unsettled = 'unknown'
    this.features.connection = undefined
    const backends = this.#backends()
    const leaving = [...this.detached.values()]
    this.client.clear()
    for (const mount of [...backends, ...leaving]) mount.locks?.close()
    for (const mount of leaving) this.reapMount(mount)
    this.pseudoFs.destroy()
    const ends = [...backends.map(destroyBackend), ...leaving.map(({ gone }) => gone.promise)]
    for (const end of await Promise.allSettled(ends)) if (end.status === 'rejected') throw end.reason
  }

  /** The connection, from INIT or `restoreState` on until its end. */
  get connection(): Connection | undefined {
    return this.features.connection
  }

  /**
   * What the tree and all its back ends know. Throws a StateError where a back end has no `saveState`, and for a mount that
   * was taken away lazily and is still in use.
   */
  async *saveState(): AsyncGenerator<Uint8Array, void, void> {
    await this.settle()
    const backends = this.#backends()
    for (const mount of backends) checkMovable(mount)
    const done: Mount[] = []
    let complete = false
    try {
      yield* taggedJson(PieceTag.TREE, describeTree(this.#knowledge()), PieceTag.TREE_PART)
      yield* saveHeld(this.client)
      for (const mount of backends) {
        yield* taggedJson(PieceTag.MOUNT, mount.index)
        for await (const piece of mount.fs.saveState?.() ?? [])
          yield* tagged(PieceTag.PIECE, piece, PieceTag.PART)
        done.push(mount)
        yield* taggedNothing(PieceTag.MOUNT_END)
      }
      yield* taggedNothing(PieceTag.END)
      complete = true
    } finally {
      // Some had let go of what only one can have.
      if (!complete) await resumeAll(done).catch(this.tellFailedEnd)
    }
  }

  /**
   * Goes on for another tree that had the same mounts at the same paths, whatever their numbers; which of them are read-only,
   * whose ids they map and what limits they have is as it was said here. Not for a tree that several threads serve.
   */
  async restoreState(state: StatePieces): Promise<readonly string[]> {
    const pieces = new TreePieces(state)
    try {
      return await this.exclusive(() => this.#restoreState(pieces))
    } finally {
      await pieces.close()
    }
  }

  /** Has every back end take back what it had let go of. Rejects with the first reason why one could not. */
  resume(): Promise<void> {
    return resumeAll(this.#backends())
  }

  #knowledge(): Knowledge {
    const mounts = [...this.slots, ...this.detached.values()].filter((mount) => mount !== undefined)
    return {
      connection: this.unsettled === undefined ? this.features.describe() : undefined,
      nextPlace: this.tree.nextId,
      nextIndex: this.nextIndex,
      epochs: this.epochs,
      mounts: new Set(mounts),
      places: placesFrom(this.tree.root),
      pseudo: this.pseudoFs.snapshot(),
    }
  }

  async #restoreState(pieces: TreePieces): Promise<readonly string[]> {
    if (this.connection !== undefined || this.client.isShared)
      throw new StateError('the tree serves somebody else')
    const tree = parseTreeState(await pieces.text(PieceTag.TREE, PieceTag.TREE_PART, MOST_TREE))
    this.#goOn(tree, checkTree(tree, this.tree.root))
    try {
      return await this.#restoreHeld(tree, pieces)
    } catch (error) {
      await this.destroy().catch(this.tellFailedEnd)
      throw error
    }
  }

  /** Takes over what the client holds, in the tree and in the back ends. What it has lost. */
  async #restoreHeld({ mounts }: TreeState, pieces: TreePieces): Promise<readonly string[]> {
    const known = new Set([PSEUDO_INDEX, ...mounts.map(({ index }) => index)])
    const lost: string[] = []
    for (;;) {
      const { tag, bytes } = await pieces.next()
      if (tag === PieceTag.NODES || tag === PieceTag.OPEN) restoreHeld(tag, bytes, this.client, known)
      else if (tag === PieceTag.MOUNT)
        lost.push(...(await this.#restoreBackend(new TextDecoder().decode(bytes), pieces)))
      else if (tag === PieceTag.END) break
      else throw new StateError(`the state of the tree has a piece of kind ${tag}`)
    }
    const missing = this.#backends().find(({ active }) => !active)
    if (missing !== undefined) throw new StateError(`the state of ${shownPath(missing.path)} is missing`)
    await pieces.end()
    return lost
  }

  /** Has the back end of a mount, whose index is given in decimal, go on. What the client has lost. */
  async #restoreBackend(index: string, pieces: TreePieces): Promise<string[]> {
    const mount = /^\d{1,5}$/.test(index) ? this.slots[Number(index)] : undefined
    if (mount === undefined || mount.active)
      throw new StateError(`the state has a mount that is not, or twice`)
    const { fs } = mount
    const path = shownPath(mount.path)
    if (fs.restoreState === undefined) {
      throw new StateError(`what is mounted at ${path} cannot go on for another one`)
    }
    const own = pieces.backEnd()
    const lost = await fs.restoreState(own)
    mount.active = true
    const { done } = await own.next()
    if (done !== true) throw new StateError(`what is mounted at ${path} has not taken all of its state`)
    return lost.map((line) => `${path}: ${line}`)
  }

  /** Puts our mounts where another tree had them, under its numbers. */
  #goOn(tree: TreeState, successors: Successors): void {
    this.#vacate()
    this.pseudoFs.restore(tree.pseudo)
    for (const mount of tree.mounts) {
      this.enterMount(restoredMount(mount, mount.removed ? undefined : successors.get(mount.index)))
    }
    this.features.resume(tree.connection, this.#backends(), this.successorNotifier)
    const places = new Map([[ROOT, this.tree.root]])
    for (const place of tree.places) this.#goOnAt(place, places)
    for (const [index, epoch] of tree.epochs) this.epochs.set(index, epoch)
    this.nextIndex = Math.max(tree.nextIndex, FIRST_INDEX)
    this.tree.skipTo(tree.nextPlace)
    this.unsettled = undefined
  }

  #goOnAt({ id, parent, name, stack, ground }: PlaceState, places: Map<number, Place>): void {
    const place = places.get(id) ?? makePlace(id, fromLatin1(name), places.get(parent))
    places.set(id, place)
    this.tree.restore(place)
    place.stack.push(...stack.map((index) => this.#mountOf(index)))
    place.ground = this.#directory(ground)
    const top = topOf(place)
    place.shown = top === undefined ? place.ground : { mount: top, node: ROOT, held: false }
    const above = place.parent?.shown
    this.tree.restoreGraft(place, above === undefined ? null : this.tree.global(above.mount, above.node))
  }

  /** Takes everything out of the tree, which nobody uses, and ends nothing. */
  #vacate(): void {
    const places = [...placesFrom(this.tree.root)].reverse()
    for (const place of places) place.stack.length = 0
    for (const place of places) if (place.children.size === 0) this.tree.prune(place)
    this.tree.seat()
    this.slots.length = 0
    this.slots.push(undefined, this.tree.pseudo)
    this.detached.clear()
    this.epochs.clear()
  }

  #backends(): Mount[] {
    return this.slots.filter((mount) => mount !== undefined && mount.index !== PSEUDO_INDEX) as Mount[]
  }

  #mountOf(index: number): Mount {
    const mount = this.slots[index] ?? this.detached.get(index)
    if (mount === undefined) throw new RangeError(`the state has no mount with index ${index}`)
    return mount
  }

  #directory(directory: PlaceState['ground']): Place['ground'] {
    return directory === null ? undefined : { ...directory, mount: this.#mountOf(directory.index) }
  }
}

/** Has back ends take back what they had let go of. Rejects with the first reason why one could not. */
async function resumeAll(mounts: readonly Mount[]): Promise<void> {
  const ends = await Promise.allSettled(mounts.map(async ({ fs }) => fs.resume?.()))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}
