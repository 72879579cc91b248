import { Errno, type Logger } from '@fb/api'
import type { ClientState } from '../client/client-state.js'
import { FIRST_INDEX, INDEX_COUNT, PSEUDO_INDEX, ROOT_INDEX } from '../node-ids.js'
import { VfsError } from '../vfs-error.js'
import type { Mount } from './mount.js'

/** The mounts of a tree by index, from when one is made until the client has forgotten its last node. */
export class MountTable {
  /** Those that are served. Without holes, which makes it fast. */
  readonly served: (Mount | undefined)[]
  /** Those that are out of the tree and not forgotten yet. */
  readonly detached = new Map<number, Mount>()
  /** How many mounts an index has had before, where it has had any. */
  readonly epochs = new Map<number, number>()
  /** Where the search for a free index goes on. */
  nextIndex = FIRST_INDEX
  readonly #pseudo: Mount
  readonly #client: ClientState
  readonly #logger: Logger

  /** @param pseudo the mount of the pseudo directories */
  constructor(pseudo: Mount, client: ClientState, logger: Logger) {
    this.served = [undefined, pseudo]
    this.#pseudo = pseudo
    this.#client = client
    this.#logger = logger
  }

  /** Those in the tree, but for the pseudo directories. */
  get backEnds(): Mount[] {
    return this.served.filter((mount) => mount !== undefined && mount.index !== PSEUDO_INDEX) as Mount[]
  }

  /** All of them. */
  get all(): ReadonlySet<Mount> {
    const mounts = [...this.served, ...this.detached.values()]
    return new Set(mounts.filter((mount) => mount !== undefined))
  }

  /** The mount with an index, served or not. */
  find(index: number): Mount | undefined {
    return this.served[index] ?? this.detached.get(index)
  }

  /** The index of a new mount. Throws RangeError for one that cannot be `wanted`, VfsError where it or every index is taken. */
  claim(wanted: number | undefined, isRoot: boolean): number {
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

  /** Enters a mount by its index. */
  enter(mount: Mount): void {
    const { index, state } = mount
    while (this.served.length < index) this.served.push(undefined)
    const isServed = state === 'live' || state === 'draining'
    this.served[index] = isServed ? mount : undefined
    if (state !== 'live') this.detached.set(index, mount)
  }

  /** Takes back what `enter` has done: the mount has never been in the tree. */
  withdraw({ index }: Mount): void {
    this.served[index] = undefined
  }

  /** Takes a mount that no place leads to any more out of service; `lazy`: when nobody uses it. */
  detach(mount: Mount, lazy: boolean): void {
    mount.state = lazy ? 'draining' : 'removed'
    this.detached.set(mount.index, mount)
    if (!lazy) {
      this.served[mount.index] = undefined
      mount.locks?.close()
    }
    this.reap(mount)
  }

  /** Lets go of a mount that is out of the tree, as far as nobody uses it any more. */
  reap(mount: Mount): void {
    const { index, state } = mount
    if (state === 'live' || mount.busy > 0 || this.#client.handles.count(index) > 0) return
    const isKnown = this.#client.nodes.lookups(index) > 0
    if (state === 'draining' && isKnown) return
    if (state !== 'destroyed') this.#destroy(mount)
    if (isKnown || this.detached.get(index) !== mount) return
    this.detached.delete(index)
    this.epochs.set(index, mount.epoch + 1)
  }

  /** The same for all of them. */
  reapAll(): void {
    for (const mount of [...this.detached.values()]) this.reap(mount)
  }

  /** Ends a back end that nobody waits for. */
  abandon(mount: Mount): void {
    destroyBackEnd(mount).catch(this.tellFailedEnd)
  }

  /** A back end whose end nobody waits for failed in it. */
  readonly tellFailedEnd = (error: unknown): void => {
    this.#logger.error({ err: error }, 'a back end failed to end')
  }

  /** Forgets all mounts, and ends none. */
  clear(): void {
    this.served.length = 0
    this.served.push(undefined, this.#pseudo)
    this.detached.clear()
    this.epochs.clear()
  }

  #isFree(index: number): boolean {
    return this.find(index) === undefined
  }

  /** The end of a mount that is out of the tree. */
  #destroy(mount: Mount): void {
    mount.state = 'destroyed'
    if (this.served[mount.index] === mount) this.served[mount.index] = undefined
    mount.locks?.close()
    // The client may know it for long: that must not keep what belongs to the back end.
    const end = destroyBackEnd(mount).finally(() => mount.letGo())
    end.then(mount.gone.resolve, mount.gone.reject)
    end.catch(this.tellFailedEnd)
  }
}

/** Ends a back end, once. Rejects with what it fails with. */
export async function destroyBackEnd(mount: Mount): Promise<void> {
  if (!mount.active) return
  mount.active = false
  const outcome = await mount.fs.destroy?.()
  if (outcome instanceof Errno) throw outcome
}
