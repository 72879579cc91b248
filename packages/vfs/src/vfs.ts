import {
  type AttrReply,
  type CacheWindow,
  type Connection,
  type Context,
  type CreateReply,
  type DirectorySink,
  type Entry,
  type FileHandle,
  type FileLock,
  type FileSystem,
  type LockRequest,
  type MappingRange,
  type MappingRequest,
  type Name,
  type NodeId,
  OPERATION_NAMES,
  type OpenReply,
  type Operations,
  type Outcome,
  type ReadSink,
  type ReleaseRequest,
  type StatePieces,
  type StatxReply,
  type WriteSource,
} from '@fb/api'
import type { MountInfo } from './mount/info.js'
import type { Mount } from './mount/mount.js'
import { destroyBackEnd } from './mount/mount-table.js'
import type { MountOptions, UnmountOptions } from './mount/options.js'
import { type MountResult, Mounts } from './mounts.js'
import * as attributes from './ops/attributes.js'
import * as creation from './ops/create.js'
import * as data from './ops/data.js'
import * as directories from './ops/directories.js'
import { syncfs } from './ops/file-system.js'
import * as files from './ops/files.js'
import * as locks from './ops/locks.js'
import * as lookups from './ops/lookup.js'
import * as mappings from './ops/mappings.js'
import * as names from './ops/names.js'
import { open } from './ops/open.js'
import { forwarder } from './router/forward.js'
import type { VfsOptions } from './router/options.js'
import { Router } from './router/router.js'
import { restoreState } from './state/restore-state.js'
import { resume, saveState } from './state/save-state.js'
import { TreePieces } from './state/tree-pieces.js'
import type { MountPath } from './tree/path.js'

/** Every operation: those that the class does not name are made in its static block. */
export interface Vfs extends Operations {}

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
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: its static block makes what it does not name.
export class Vfs implements FileSystem {
  readonly #router: Router
  readonly #mounts: Mounts

  static {
    // What the tree has nothing to add to is forwarded as the table of operations says.
    for (const operation of OPERATION_NAMES) {
      if (operation in Vfs.prototype) continue
      const forward = forwarder(operation)
      Object.defineProperty(Vfs.prototype, operation, {
        value(this: Vfs, a: unknown, b: unknown, c: unknown, d: unknown, e: unknown, f: unknown) {
          return forward(this.#router, a, b, c, d, e, f)
        },
        writable: true,
        configurable: true,
      })
    }
  }

  /** Throws RangeError for a timeout below 0. */
  constructor(options: VfsOptions = {}) {
    this.#router = new Router(options)
    this.#mounts = new Mounts(this.#router)
  }

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
  mount(fs: FileSystem, path: MountPath, options: MountOptions = {}): Promise<MountResult> {
    return this.#mounts.mount(fs, path, options)
  }

  /**
   * Takes away what is mounted on top at a path; what it covered is there again. Whoever has files of it open or stands in
   * it gets ENOTCONN and ESTALE from now on, unless `lazy`. The back end's `destroy` runs when its last open file has been
   * closed and its last operation has ended.
   *
   * Resolves when it is out of the tree (with `wait`: when the back end is destroyed; then it may reject with what `destroy`
   * fails with). Rejects with a {@link VfsError}: ENOENT where nothing is mounted.
   */
  umount(path: MountPath, options: UnmountOptions = {}): Promise<void> {
    return this.#mounts.umount(path, options)
  }

  /**
   * Moves what is mounted on top at `from`, and all mounts below it, to `to` in one step. Open files and node ids stay valid.
   *
   * Rejects with a {@link VfsError}: ENOENT where nothing is mounted at `from`, EINVAL for `/` and for a `to` below `from`,
   * EBUSY where something is mounted already at a path that one of them would get.
   */
  move(from: MountPath, to: MountPath): Promise<void> {
    return this.#mounts.move(from, to)
  }

  /** Every mount: by path, what is on top at a path last; then those that are out of the tree and not done yet. */
  list(): MountInfo[] {
    return this.#mounts.list()
  }

  /** Resolves when the client has taken what was announced so far. Never wait for it while answering a request. */
  settled(): Promise<void> {
    return this.#router.announcer.settled()
  }

  /**
   * Lets go of mounts that are out of the tree and that nobody uses any more. That happens by itself, except where another
   * thread has seen the last use.
   */
  reap(): void {
    this.#router.mounts.reapAll()
  }

  /** The connection, from INIT or `restoreState` on until its end. */
  get connection(): Connection | undefined {
    return this.#router.features.connection
  }

  /**
   * Sets up all back ends. Features that change what the kernel leaves to file systems (write-back caching, POSIX ACLs ...)
   * are on where every back end wants them, others where one does; each back end finds in its connection what is on.
   * Throws what a back end throws, which refuses the connection for all.
   */
  init(connection: Connection): void {
    const { features, mounts } = this.#router
    const done: Mount[] = []
    try {
      features.begin(connection, mounts.backEnds, done)
    } catch (error) {
      for (const mount of done) mounts.abandon(mount)
      throw error
    }
    void this.#router.settle()
  }

  /** Ends all back ends, also those that are out of the tree. The mounts stay for the next connection. */
  async destroy(): Promise<void> {
    const { tree, features, mounts, client, pseudoFs } = this.#router
    tree.unbind()
    this.#router.unsettled = 'unknown'
    features.connection = undefined
    const { backEnds } = mounts
    const leaving = [...mounts.detached.values()]
    client.clear()
    for (const mount of [...backEnds, ...leaving]) mount.locks?.close()
    mounts.reapAll()
    pseudoFs.destroy()
    const ends = [...backEnds.map(destroyBackEnd), ...leaving.map(({ gone }) => gone.promise)]
    for (const end of await Promise.allSettled(ends)) if (end.status === 'rejected') throw end.reason
  }

  /**
   * What the tree and all its back ends know. Throws a StateError where a back end has no `saveState`, and for a mount that
   * was taken away lazily and is still in use.
   */
  saveState(): AsyncGenerator<Uint8Array, void, void> {
    return saveState(this.#router)
  }

  /**
   * Goes on for another tree that had the same mounts at the same paths, whatever their numbers; which of them are read-only,
   * whose ids they map and what limits they have is as it was said here. Not for a tree that several threads serve.
   */
  async restoreState(state: StatePieces): Promise<readonly string[]> {
    const router = this.#router
    const pieces = new TreePieces(state)
    try {
      return await router.exclusive(() => restoreState(router, pieces, () => this.destroy()))
    } finally {
      await pieces.close()
    }
  }

  /** Has every back end take back what it had let go of. Rejects with the first reason why one could not. */
  resume(): Promise<void> {
    return resume(this.#router.mounts.backEnds)
  }

  lookup(parent: NodeId, name: Name, ctx: Context): Outcome<Entry> {
    return lookups.lookup(this.#router, parent, name, ctx)
  }

  forget(node: NodeId, nlookup: number): void {
    lookups.forget(this.#router, node, nlookup)
  }

  getattr(node: NodeId, fh: FileHandle | undefined, ctx: Context): Outcome<AttrReply> {
    return attributes.getattr(this.#router, node, fh, ctx)
  }

  statx(
    node: NodeId,
    fh: FileHandle | undefined,
    flags: number,
    mask: number,
    ctx: Context,
  ): Outcome<StatxReply> {
    return attributes.statx(this.#router, node, fh, flags, mask, ctx)
  }

  symlink(parent: NodeId, name: Name, target: Uint8Array, ctx: Context): Outcome<Entry> {
    return names.symlink(this.#router, parent, name, target, ctx)
  }

  mknod(parent: NodeId, name: Name, mode: number, rdev: number, ctx: Context): Outcome<Entry> {
    return names.mknod(this.#router, parent, name, mode, rdev, ctx)
  }

  mkdir(parent: NodeId, name: Name, mode: number, ctx: Context): Outcome<Entry> {
    return names.mkdir(this.#router, parent, name, mode, ctx)
  }

  unlink(parent: NodeId, name: Name, ctx: Context): Outcome<void> {
    return names.unlink(this.#router, parent, name, ctx)
  }

  rmdir(parent: NodeId, name: Name, ctx: Context): Outcome<void> {
    return names.rmdir(this.#router, parent, name, ctx)
  }

  rename(
    parent: NodeId,
    name: Name,
    newParent: NodeId,
    newName: Name,
    flags: number,
    ctx: Context,
  ): Outcome<void> {
    return names.rename(this.#router, parent, name, newParent, newName, flags, ctx)
  }

  link(node: NodeId, newParent: NodeId, newName: Name, ctx: Context): Outcome<Entry> {
    return names.link(this.#router, node, newParent, newName, ctx)
  }

  open(node: NodeId, flags: number, killSuidgid: boolean, ctx: Context): Outcome<OpenReply> {
    return open(this.#router, node, flags, killSuidgid, ctx)
  }

  create(
    parent: NodeId,
    name: Name,
    mode: number,
    flags: number,
    killSuidgid: boolean,
    ctx: Context,
  ): Outcome<CreateReply> {
    return creation.create(this.#router, parent, name, mode, flags, killSuidgid, ctx)
  }

  tmpfile(parent: NodeId, mode: number, flags: number, ctx: Context): Outcome<CreateReply> {
    return creation.tmpfile(this.#router, parent, mode, flags, ctx)
  }

  read(
    node: NodeId,
    fh: FileHandle,
    offset: number,
    sink: ReadSink,
    ctx: Context,
  ): Outcome<number | Uint8Array> {
    return data.read(this.#router, node, fh, offset, sink, ctx)
  }

  write(node: NodeId, fh: FileHandle, offset: number, source: WriteSource, ctx: Context): Outcome<number> {
    return data.write(this.#router, node, fh, offset, source, ctx)
  }

  flush(node: NodeId, fh: FileHandle, lockOwner: bigint, ctx: Context): Outcome<void> {
    return files.flush(this.#router, node, fh, lockOwner, ctx)
  }

  release(node: NodeId, fh: FileHandle, request: ReleaseRequest, ctx: Context): Outcome<void> {
    return files.release(this.#router, node, fh, request, ctx)
  }

  lseek(node: NodeId, fh: FileHandle, offset: number, whence: number, ctx: Context): Outcome<number> {
    return data.lseek(this.#router, node, fh, offset, whence, ctx)
  }

  copyFileRange(
    from: data.CopyEnd,
    to: data.CopyEnd,
    length: number,
    flags: number,
    ctx: Context,
  ): Outcome<number> {
    return data.copyFileRange(this.#router, from, to, length, flags, ctx)
  }

  opendir(node: NodeId, flags: number, ctx: Context): Outcome<OpenReply> {
    return directories.opendir(this.#router, node, flags, ctx)
  }

  readdir(node: NodeId, fh: FileHandle, cookie: bigint, sink: DirectorySink, ctx: Context): Outcome<void> {
    return directories.list(this.#router, node, fh, cookie, sink, false, ctx)
  }

  readdirplus(
    node: NodeId,
    fh: FileHandle,
    cookie: bigint,
    sink: DirectorySink,
    ctx: Context,
  ): Outcome<void> {
    return directories.list(this.#router, node, fh, cookie, sink, true, ctx)
  }

  releasedir(node: NodeId, fh: FileHandle, flags: number, ctx: Context): Outcome<void> {
    return directories.releasedir(this.#router, node, fh, flags, ctx)
  }

  syncfs(node: NodeId, ctx: Context): Outcome<void> {
    return syncfs(this.#router, node, ctx)
  }

  getlk(node: NodeId, fh: FileHandle, owner: bigint, lock: FileLock, ctx: Context): Outcome<FileLock> {
    return locks.getlk(this.#router, node, fh, owner, lock, ctx)
  }

  setlk(node: NodeId, fh: FileHandle, request: LockRequest, ctx: Context): Outcome<void> {
    return locks.setlk(this.#router, node, fh, request, ctx)
  }

  setupmapping(
    node: NodeId,
    fh: FileHandle | undefined,
    request: MappingRequest,
    window: CacheWindow,
    ctx: Context,
  ): Outcome<void> {
    return mappings.setupmapping(this.#router, node, fh, request, window, ctx)
  }

  removemapping(
    node: NodeId,
    ranges: readonly MappingRange[],
    window: CacheWindow,
    ctx: Context,
  ): Outcome<void> {
    return mappings.removemapping(this.#router, node, ranges, window, ctx)
  }
}
