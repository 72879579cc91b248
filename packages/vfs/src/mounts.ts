import { Errno, type FileSystem } from '@fb/api'
import { runSteps, type Steps } from './kit/steps.js'
import { type MountInfo, mountInfo } from './mount/info.js'
import { Mount } from './mount/mount.js'
import { type MountOptions, mountSettings, type UnmountOptions } from './mount/options.js'
import { ROOT } from './node-ids.js'
import { forgetAgain } from './router/forgetting.js'
import type { Router } from './router/router.js'
import { joinPath, type MountPath, shownPath, splitPath } from './tree/path.js'
import { type Place, placesFrom, topOf } from './tree/place.js'
import { type Spot, spotOf } from './tree/place-tree.js'
import { relocate, relocateBack, relocationsOf } from './tree/relocations.js'
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

/** Changes what is mounted where: one change after the other, each in one step. See {@link Vfs} for what they promise. */
export class Mounts {
  readonly #router: Router

  constructor(router: Router) {
    this.#router = router
  }

  async mount(fs: FileSystem, path: MountPath, options: MountOptions): Promise<MountResult> {
    const names = splitPath(path)
    const settings = mountSettings(options)
    const { mounts } = this.#router
    return this.#router.exclusive(() => {
      const replaced = options.replace === true ? this.#mountAt(names, path) : undefined
      const index = mounts.claim(options.index, names.length === 0)
      const mount = new Mount(index, fs, joinPath(names), settings, mounts.epochs.get(index) ?? 0)
      return runSteps(this.#mount(mount, names, replaced, options))
    })
  }

  async umount(path: MountPath, options: UnmountOptions): Promise<void> {
    const names = splitPath(path)
    const mount = await this.#router.exclusive(() =>
      runSteps(this.#umount(names, path, options.lazy === true)),
    )
    if (options.wait === true) await mount.gone.promise
  }

  async move(from: MountPath, to: MountPath): Promise<void> {
    const source = splitPath(from)
    const target = splitPath(to)
    await this.#router.exclusive(() => runSteps(this.#move(source, target, from, to)))
  }

  list(): MountInfo[] {
    const { tree, client, mounts } = this.#router
    const list: MountInfo[] = []
    for (const place of placesFrom(tree.root)) {
      for (const mount of place.stack) list.push(mountInfo(mount, client, mount !== topOf(place)))
    }
    list.sort((a, b) => Buffer.compare(a.pathBytes, b.pathBytes))
    for (const mount of mounts.detached.values()) list.push(mountInfo(mount, client, false))
    return list
  }

  #mountAt(names: Names, path: MountPath): Mount {
    const place = this.#router.tree.find(names)
    const mount = place === undefined ? undefined : topOf(place)
    if (mount === undefined) throw new VfsError(Errno.ENOENT, `nothing is mounted at ${shown(path)}`)
    return mount
  }

  *#mount(
    mount: Mount,
    names: Names,
    replaced: Mount | undefined,
    options: MountOptions,
  ): Steps<MountResult> {
    const { features, mounts, tree, client } = this.#router
    features.join(mount)
    const { place, made } = this.#ensure(mount, names, options)
    const outermost = made[0] ?? place
    if (replaced !== undefined) place.stack.pop()
    place.stack.push(mount)
    mounts.enter(mount)
    try {
      yield* this.#rebind([outermost])
    } catch (error) {
      place.stack.pop()
      if (replaced !== undefined) place.stack.push(replaced)
      mounts.withdraw(mount)
      tree.prune(place)
      mounts.abandon(mount)
      throw error
    }
    this.#announce(spotOf(outermost), place)
    if (replaced !== undefined) mounts.detach(replaced, options.lazy === true)
    return {
      ...mountInfo(mount, client, false),
      places: made.map(({ id }) => id),
      gone: mount.gone.promise,
    }
  }

  #ensure(mount: Mount, names: Names, options: MountOptions): { place: Place; made: Place[] } {
    const { tree, mounts } = this.#router
    try {
      return tree.ensure(names, options.places)
    } catch (error) {
      mounts.abandon(mount)
      throw error
    }
  }

  *#umount(names: Names, path: MountPath, lazy: boolean): Steps<Mount> {
    const { tree, mounts, tellFailure } = this.#router
    const mount = this.#mountAt(names, path)
    const place = tree.find(names) as Place
    place.stack.pop()
    const pruned = tree.prune(place)
    // Never fails: what a back end cannot tell becomes a pseudo directory.
    if (pruned === undefined) yield* this.#rebind([place], tellFailure)
    this.#announce(pruned ?? spotOf(place), place)
    mounts.detach(mount, lazy)
    return mount
  }

  *#move(source: Names, target: Names, from: MountPath, to: MountPath): Steps<void> {
    const { tree } = this.#router
    this.#mountAt(source, from)
    if (source.length === 0)
      throw new VfsError(Errno.EINVAL, 'what is mounted at / cannot be moved, only replaced')
    if (startsWith(target, source)) {
      if (target.length === source.length) return
      throw new VfsError(Errno.EINVAL, `${shown(to)} is below ${shown(from)}`)
    }
    const origin = tree.find(source) as Place
    const relocations = relocationsOf(origin, source.length, target)
    const moving = new Set(relocations.map(({ mount }) => mount))
    for (const { path } of relocations) {
      if (tree.find(path)?.stack.some((mount) => !moving.has(mount)) === true) {
        throw new VfsError(Errno.EBUSY, `something is mounted at ${shownPath(joinPath(path))}`)
      }
    }
    const arrivals = relocate(tree, relocations)
    try {
      yield* this.#rebind([...arrivals, origin])
    } catch (error) {
      relocateBack(tree, relocations)
      throw error
    }
    for (const place of new Set(arrivals)) this.#announce(spotOf(place), place)
    const left = spotOf(origin)
    let pruned: Spot | undefined
    for (const place of [...placesFrom(origin)].reverse()) pruned = tree.prune(place) ?? pruned
    this.#announce(pruned ?? left, origin)
  }

  /** Works out what places are, unless that will be done for all of them anyway. */
  *#rebind(places: readonly Place[], onFailure?: (place: Place, errno: Errno) => void): Steps<void> {
    const { tree, unsettled } = this.#router
    if (unsettled === undefined) yield* tree.rebind(places, onFailure)
    else tree.seat()
  }

  /** The client must look a name up again; for the root of the tree, every name. */
  #announce(spot: Spot | undefined, place: Place): void {
    const { announcer, tree } = this.#router
    if (spot !== undefined) {
      const { parent, name } = spot
      announcer.announce({ kind: 'entry', parent, name }, { kind: 'node', node: parent })
    } else if (place === tree.root) {
      announcer.announce({ kind: 'everything' }, { kind: 'node', node: ROOT })
    }
    forgetAgain(this.#router)
  }
}

function startsWith(names: Names, start: Names): boolean {
  return start.every((name, at) => Buffer.compare(name, names[at] ?? new Uint8Array(0)) === 0)
}

function shown(path: MountPath): string {
  return typeof path === 'string' ? path : shownPath(path)
}
