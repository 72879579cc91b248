import { Errno, type FileSystem } from '@fb/api'
import { run, type Steps } from './kit/steps.js'
import { type MountInfo, mountInfo } from './mount/info.js'
import { Mount } from './mount/mount.js'
import { type MountOptions, mountSettings, type UnmountOptions } from './mount/options.js'
import { FIRST_INDEX, INDEX_COUNT, PSEUDO_INDEX, ROOT, ROOT_INDEX } from './node-ids.js'
import { joinPath, type MountPath, shownPath, splitPath } from './tree/path.js'
import { namesOf, type Place, placesFrom, topOf } from './tree/place.js'
import { type Spot, spotOf } from './tree/place-tree.js'
import { destroyBackend } from './vfs-core.js'
import { VfsDirectories } from './vfs-directories.js'
import { VfsError } from './vfs-error.js'

type Names = readonly Uint8Array[]

/** What a mount was made with, besides what it is now. */
export interface MountResult extends MountInfo {
  /** Numbers of the places that were made for it, outermost first: `MountOptions.places` for others who must agree. */
  readonly places: readonly number[]
  /**
   * Settles when the back end has been destroyed after it left the tree, whether by `umount` or by `replace`: from then on
   * nothing is asked of it. Rejects with what its `destroy` failed with. The end of the connection does not settle it.
   */
  readonly gone: Promise<void>
}

/** A mount and where it goes when the tree is rearranged. */
interface Relocation {
  readonly mount: Mount
  readonly from: Place
  readonly path: Names
}

/** Changes of the tree. */
export class VfsMounts extends VfsDirectories {
  /** @internal Where the search for a free index goes on. */
  protected nextIndex = FIRST_INDEX

  /**
   * Mounts a back end at an absolute path. Directories on the way need not exist: what no back end has is shown as a
   * read-only directory, and what is there already is covered. A mount covers what is at its own path, never the mounts
   * below it: those stay reachable at their paths.
   *
   * Before the connection has been set up, it takes effect at once and the back ends are asked for the directories on the
   * way when INIT has been answered. Afterwards, the back end's `init` runs first, and the tree changes in one step when
   * every directory on the way is known: before this returns, if all back ends answer at once. The client is told then;
   * `settled` waits for that.
   *
   * Rejects with a {@link VfsError} (EINVAL, ENAMETOOLONG, EBUSY for an index in use, ENOSPC where none is left, ENOENT for
   * nothing to replace), a RangeError for options out of range, or what a back end fails with; nothing has changed then.
   */
  async mount(fs: FileSystem, path: MountPath, options: MountOptions = {}): Promise<MountResult> {
    const names = splitPath(path)
    const settings = mountSettings(options)
    return this.exclusive(() => {
      const replaced = options.replace === true ? this.#mountAt(names, path) : undefined
      const index = this.#claim(options.index, names.length === 0)
      const mount = new Mount(index, fs, joinPath(names), settings, this.epochs.get(index) ?? 0)
      return run(this.#mount(mount, names, replaced, options))
    })
  }

  /**
   * Takes away what is mounted on top at a path; what it covered is there again. Whoever has files of it open or stands in
   * it gets ENOTCONN and ESTALE from now on, unless `lazy`. The back end's `destroy` runs when its last open file has been
   * closed and its last operation has ended.
   *
   * Resolves when it is out of the tree (with `wait`: when the back end is destroyed; then it may reject with what `destroy`
   * fails with). Rejects with a {@link VfsError}: ENOENT where nothing is mounted.
   */
  async umount(path: MountPath, options: UnmountOptions = {}): Promise<void> {
    const names = splitPath(path)
    const mount = await this.exclusive(() => run(this.#umount(names, path, options.lazy === true)))
    if (options.wait === true) await mount.gone.promise
  }

  /**
   * Moves what is mounted on top at `from`, and all mounts below it, to `to` in one step. Open files and node ids stay valid.
   *
   * Rejects with a {@link VfsError}: ENOENT where nothing is mounted at `from`, EINVAL for `/` and for a `to` below `from`,
   * EBUSY where something is mounted already at a path that one of them would get.
   */
  async move(from: MountPath, to: MountPath): Promise<void> {
    const source = splitPath(from)
    const target = splitPath(to)
    await this.exclusive(() => run(this.#move(source, target, from, to)))
  }

  /** Every mount: by path, what is on top at a path last; then those that are out of the tree and not done yet. */
  list(): MountInfo[] {
    const list: MountInfo[] = []
    for (const place of placesFrom(this.tree.root)) {
      for (const mount of place.stack) list.push(mountInfo(mount, this.client, mount !== topOf(place)))
    }
    list.sort((a, b) => Buffer.compare(a.pathBytes, b.pathBytes))
    for (const mount of this.detached.values()) list.push(mountInfo(mount, this.client, false))
    return list
  }

  /** Resolves when the client has taken what was announced so far. Never wait for it while answering a request. */
  settled(): Promise<void> {
    return this.announcer.settled()
  }

  /**
   * Lets go of mounts that are out of the tree and that nobody uses any more. That happens by itself, except where another
   * thread has seen the last use.
   */
  reap(): void {
    for (const mount of [...this.detached.values()]) this.reapMount(mount)
  }

  #mountAt(names: Names, path: MountPath): Mount {
    const place = this.tree.find(names)
    const mount = place === undefined ? undefined : topOf(place)
    if (mount === undefined) throw new VfsError(Errno.ENOENT, `nothing is mounted at ${shown(path)}`)
    return mount
  }

  /** The index of a new mount. */
  #claim(wanted: number | undefined, isRoot: boolean): number {
    if (wanted !== undefined) {
      if (wanted === PSEUDO_INDEX)
        throw new RangeError(`index ${PSEUDO_INDEX} is that of the pseudo directories`)
      if (wanted === ROOT_INDEX && !isRoot) throw new RangeError(`index ${ROOT_INDEX} is for a mount at /`)
      if (!this.#isFree(wanted)) throw new VfsError(Errno.EBUSY, `index ${wanted} is in use`)
      return wanted
    }
    if (isRoot && this.#isFree(ROOT_INDEX)) return ROOT_INDEX
    for (let tried = FIRST_INDEX; tried < INDEX_COUNT; tried += 1) {
      const index = this.nextIndex
      this.nextIndex = index + 1 < INDEX_COUNT ? index + 1 : FIRST_INDEX
      if (this.#isFree(index)) return index
    }
    throw new VfsError(Errno.ENOSPC, `all ${INDEX_COUNT - FIRST_INDEX} indexes are in use`)
  }

  #isFree(index: number): boolean {
    return this.slots[index] === undefined && !this.detached.has(index)
  }

  *#mount(
    mount: Mount,
    names: Names,
    replaced: Mount | undefined,
    options: MountOptions,
  ): Steps<MountResult> {
    this.features.join(mount)
    const { place, made } = this.#ensure(mount, names, options)
    const outermost = made[0] ?? place
    if (replaced !== undefined) place.stack.pop()
    place.stack.push(mount)
    this.enterMount(mount)
    try {
      yield* this.#rebind([outermost])
    } catch (error) {
      place.stack.pop()
      if (replaced !== undefined) place.stack.push(replaced)
      this.slots[mount.index] = undefined
      this.tree.prune(place)
      destroyBackend(mount).catch(this.tellFailedEnd)
      throw error
    }
    this.#announce(spotOf(outermost), place)
    if (replaced !== undefined) this.#detach(replaced, options.lazy === true)
    return {
      ...mountInfo(mount, this.client, false),
      places: made.map(({ id }) => id),
      gone: mount.gone.promise,
    }
  }

  #ensure(mount: Mount, names: Names, options: MountOptions): { place: Place; made: Place[] } {
    try {
      return this.tree.ensure(names, options.places)
    } catch (error) {
      destroyBackend(mount).catch(this.tellFailedEnd)
      throw error
    }
  }

  *#umount(names: Names, path: MountPath, lazy: boolean): Steps<Mount> {
    const mount = this.#mountAt(names, path)
    const place = this.tree.find(names) as Place
    place.stack.pop()
    const pruned = this.tree.prune(place)
    // Never fails: what a back end cannot tell becomes a pseudo directory.
    if (pruned === undefined) yield* this.#rebind([place], this.tellFailure)
    this.#announce(pruned ?? spotOf(place), place)
    this.#detach(mount, lazy)
    return mount
  }

  *#move(source: Names, target: Names, from: MountPath, to: MountPath): Steps<void> {
    this.#mountAt(source, from)
    if (source.length === 0)
      throw new VfsError(Errno.EINVAL, 'what is mounted at / cannot be moved, only replaced')
    if (startsWith(target, source)) {
      if (target.length === source.length) return
      throw new VfsError(Errno.EINVAL, `${shown(to)} is below ${shown(from)}`)
    }
    const origin = this.tree.find(source) as Place
    const relocations = relocationsOf(origin, source.length, target)
    const moving = new Set(relocations.map(({ mount }) => mount))
    for (const { path } of relocations) {
      if (this.tree.find(path)?.stack.some((mount) => !moving.has(mount)) === true) {
        throw new VfsError(Errno.EBUSY, `something is mounted at ${shownPath(joinPath(path))}`)
      }
    }
    const arrivals = this.#relocate(relocations)
    try {
      yield* this.#rebind([...arrivals, origin])
    } catch (error) {
      this.#relocateBack(relocations)
      throw error
    }
    for (const place of new Set(arrivals)) this.#announce(spotOf(place), place)
    const left = spotOf(origin)
    let pruned: Spot | undefined
    for (const place of [...placesFrom(origin)].reverse()) pruned = this.tree.prune(place) ?? pruned
    this.#announce(pruned ?? left, origin)
  }

  /** Works out what places are, unless that will be done for all of them anyway. */
  *#rebind(places: readonly Place[], onFailure?: (place: Place, errno: Errno) => void): Steps<void> {
    if (this.unsettled === undefined) yield* this.tree.rebind(places, onFailure)
    else this.tree.seat()
  }

  /** Enters mounts where they go. Returns for each the outermost place that this has made, or where it is now. */
  #relocate(relocations: readonly Relocation[]): Place[] {
    const outermost: Place[] = []
    for (const { mount, from, path } of relocations) {
      from.stack.splice(from.stack.indexOf(mount), 1)
      const { place, made } = this.tree.ensure(path)
      place.stack.push(mount)
      mount.path = joinPath(path)
      outermost.push(made[0] ?? place)
    }
    return outermost
  }

  #relocateBack(relocations: readonly Relocation[]): void {
    for (const { mount, from, path } of relocations) {
      const place = this.tree.find(path) as Place
      place.stack.splice(place.stack.indexOf(mount), 1)
      from.stack.push(mount)
      mount.path = joinPath(namesOf(from))
    }
    for (const { path } of relocations) {
      const place = this.tree.find(path)
      if (place !== undefined) this.tree.prune(place)
    }
  }

  /** The client must look a name up again; for the root of the tree, every name. */
  #announce(spot: Spot | undefined, place: Place): void {
    if (spot !== undefined) {
      const { parent, name } = spot
      this.announcer.announce({ kind: 'entry', parent, name }, { kind: 'node', node: parent })
    } else if (place === this.tree.root) {
      this.announcer.announce({ kind: 'everything' }, { kind: 'node', node: ROOT })
    }
    this.forgetAgain()
  }

  /** Takes a mount that no place leads to any more out of service. */
  #detach(mount: Mount, lazy: boolean): void {
    mount.state = lazy ? 'draining' : 'removed'
    this.detached.set(mount.index, mount)
    if (!lazy) {
      this.slots[mount.index] = undefined
      mount.locks?.close()
    }
    this.reapMount(mount)
  }
}

/** What moves with the mount on top at a place: that mount, and every mount below. */
function relocationsOf(origin: Place, depth: number, target: Names): Relocation[] {
  const list: Relocation[] = []
  for (const place of placesFrom(origin)) {
    const path = [...target, ...namesOf(place).slice(depth)]
    const mounts = place === origin ? place.stack.slice(-1) : place.stack
    for (const mount of mounts) list.push({ mount, from: place, path })
  }
  return list
}

function startsWith(names: Names, start: Names): boolean {
  return start.every((name, at) => Buffer.compare(name, names[at] ?? new Uint8Array(0)) === 0)
}

function shown(path: MountPath): string {
  return typeof path === 'string' ? path : shownPath(path)
}
