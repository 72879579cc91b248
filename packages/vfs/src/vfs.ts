import type { Connection, FileSystem } from '@fb/api'
import type { Mount } from './mount.js'
import { PSEUDO_INDEX } from './node-ids.js'
import { makePlace, type Place, placesFrom } from './place.js'
import { restoreClient } from './restore-client.js'
import { restoreMount } from './restore-mount.js'
import { fromLatin1, snapshotMounts, snapshotPlace } from './take-snapshot.js'
import { destroyBackend, type VfsOptions } from './vfs-core.js'
import { VfsMounts } from './vfs-mounts.js'
import type { DirectorySnapshot, MountSnapshot, VfsSnapshot } from './vfs-snapshot.js'

/**
 * Many file systems under one tree.
 *
 * ```ts
 * const vfs = new Vfs()
 * await vfs.mount(pseudoFs({ 'readme.txt': 'hi\n' }), '/')
 * await vfs.mount(new PassthroughFs('/srv'), '/srv', { readOnly: true })
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

  /**
   * All that the tree knows, as plain data: what INIT settled, mounts, places, every node that the client knows and every file
   * that it has open. What it says of a request that is under way (`busy`) is between two states: of one that opens, nothing;
   * of a list with attributes, the entries so far. Who is to go on from it had better wait until none is.
   */
  snapshot(): VfsSnapshot {
    const mounts = [...this.slots, ...this.detached.values()].filter((mount) => mount !== undefined)
    return {
      version: 1,
      connection: this.features.snapshot(),
      settled: this.unsettled === undefined,
      nextPlace: this.tree.nextId,
      nextIndex: this.nextIndex,
      epochs: [...this.epochs],
      mounts: snapshotMounts([...new Set(mounts)], this.client),
      places: [...placesFrom(this.tree.root)].map(snapshotPlace),
      pseudo: this.pseudoFs.snapshot(),
    }
  }

  /**
   * A tree that goes on where another one was when the snapshot was taken, in another process or thread: every node id, handle
   * and count stays valid. Nothing is called of the back ends; they must know what the ones before them knew. Back ends that
   * are mounted afterwards are set up for the connection that the snapshot tells of.
   * @param backend gives the back end of each mount
   * @param options `client` where another thread goes on too, and what the client holds is in the memory of both; without
   * it, it is taken from the snapshot. `notifier` reaches the client
   */
  static restore(
    snapshot: VfsSnapshot,
    backend: (mount: MountSnapshot) => FileSystem,
    options: VfsOptions = {},
  ): Vfs {
    const vfs = new Vfs(options)
    vfs.pseudoFs.restore(snapshot.pseudo)
    if (options.client === undefined) restoreClient(snapshot.mounts, vfs.client)
    for (const mount of snapshot.mounts) vfs.#restoreMount(mount, backend)
    if (snapshot.connection !== null) {
      vfs.features.resume(snapshot.connection, vfs.#backends(), options.notifier)
    }
    vfs.#restorePlaces(snapshot)
    for (const [index, epoch] of snapshot.epochs) vfs.epochs.set(index, epoch)
    vfs.nextIndex = snapshot.nextIndex
    vfs.tree.skipTo(snapshot.nextPlace)
    vfs.unsettled = snapshot.settled ? undefined : 'unknown'
    return vfs
  }

  #backends(): Mount[] {
    return this.slots.filter((mount) => mount !== undefined && mount.index !== PSEUDO_INDEX) as Mount[]
  }

  #restoreMount(snapshot: MountSnapshot, backend: (mount: MountSnapshot) => FileSystem): void {
    const { index, state } = snapshot
    if (index === PSEUDO_INDEX) return
    const mount = restoreMount(snapshot, state === 'destroyed' ? {} : backend(snapshot))
    this.enterMount(mount)
  }

  #restorePlaces({ places }: VfsSnapshot): void {
    const byId = new Map<number, Place>([[this.tree.root.id, this.tree.root]])
    for (const { id, parent, name, stack } of places) {
      const place = byId.get(id) ?? makePlace(id, fromLatin1(name), byId.get(parent))
      byId.set(id, place)
      this.tree.restore(place)
      place.stack.push(...stack.map((index) => this.#mountOf(index)))
    }
    for (const { id, ground, shown } of places) {
      const place = byId.get(id) as Place
      place.ground = this.#directory(ground)
      place.shown = this.#directory(shown)
    }
    for (const { id, hangsIn } of places) this.tree.restoreGraft(byId.get(id) as Place, hangsIn)
  }

  #mountOf(index: number): Mount {
    const mount = this.slots[index] ?? this.detached.get(index)
    if (mount === undefined) throw new RangeError(`the snapshot has no mount with index ${index}`)
    return mount
  }

  #directory(directory: DirectorySnapshot | null): Place['ground'] {
    return directory === null ? undefined : { ...directory, mount: this.#mountOf(directory.index) }
  }
}
