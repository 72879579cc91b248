import type {
  AttrReply,
  Connection,
  Context,
  CreateReply,
  DirectorySink,
  Entry,
  FileHandle,
  FileLock,
  FileSystem,
  IoctlReply,
  IoctlRequest,
  LockRequest,
  Name,
  NodeId,
  OpenReply,
  Outcome,
  ReadSink,
  ReleaseRequest,
  ServingThread,
  SetAttr,
  StatePieces,
  StatFs,
  StatxReply,
  WriteSource,
} from '@fb/api'
import { close } from '@fb/sys'
import { FreshSweeper } from './fresh-sweeper.js'
import { Host } from './host.js'
import { negotiate } from './negotiate.js'
import { openSource } from './open-source.js'
import * as attributes from './ops/attributes.js'
import * as creation from './ops/create.js'
import * as data from './ops/data.js'
import * as directories from './ops/directories.js'
import * as entries from './ops/entries.js'
import { statfs, syncAll } from './ops/file-system.js'
import * as files from './ops/files.js'
import { ioctl } from './ops/ioctl.js'
import * as locks from './ops/locks.js'
import { lookup, lookupForgotten } from './ops/lookup.js'
import { isDot } from './ops/names.js'
import { open } from './ops/open.js'
import { setattr } from './ops/setattr.js'
import * as xattrs from './ops/xattrs.js'
import { type PassthroughOptions, resolveOptions } from './options.js'
import { type PassthroughShare, tablesOf } from './share.js'
import { restoreState } from './state/restore-state.js'
import { type OwnLock, takeAgain } from './state/save-locks.js'
import { saveState } from './state/save-state.js'
import { HandleKind } from './tables/handle-table.js'
import { discard } from './tables/sparse-memory.js'

/** How much a {@link PassthroughFs} holds at the moment. */
export interface PassthroughUsage {
  /** Inodes that the client knows, the root included. */
  readonly inodes: number
  /** Open files and directories. */
  readonly openFiles: number
  /** O_PATH descriptors that are closed when others need the room. */
  readonly cachedFds: number
  /** O_PATH descriptors that stay until their inode is forgotten. */
  readonly heldFds: number
  /** Pairs of file and process that have, or had, POSIX locks. */
  readonly lockOwners: number
}

/**
 * A directory (or one regular file) of the host as a {@link FileSystem}, with everything that a file system has.
 *
 * Inodes are reached by descriptor or file handle, never by a path, so nothing outside the source can be reached,
 * wherever symbolic links point and whatever is renamed meanwhile. Files are created as their caller, whose permissions
 * the kernel of the client must have checked: mount with `default_permissions` (virtio-fs guests always do).
 *
 * One object serves one connection. For several threads, make it once, `share()` it, and `attach` in each thread.
 */
export class PassthroughFs implements FileSystem {
  readonly #share: PassthroughShare
  readonly #host: Host
  readonly #sweeper: FreshSweeper | undefined
  /** Locks of the client that were let go of when its state was saved. */
  #released: OwnLock[] = []
  #closed = false

  /**
   * Opens the source. Throws a TypeError for wrong options and a `SysError` where the source cannot be served.
   * Sets the umask of the process to 0: the modes of new files come from clients, who have a umask of their own.
   *
   * @param share what `attach` was given; leave it out
   */
  constructor(options: PassthroughOptions, share?: PassthroughShare) {
    this.#share = share ?? openSource(resolveOptions(options))
    this.#host = new Host(this.#share)
    // One for all threads.
    if (share === undefined) this.#sweeper = new FreshSweeper(this.#host.tables)
  }

  /**
   * The same files in another `worker_threads` thread of the process that made `share`. Its server takes over a
   * connection whose INIT has been answered, so `init` is not called.
   */
  static attach(share: PassthroughShare): PassthroughFs {
    return new PassthroughFs(share.options, share)
  }

  /** What `attach` needs: plain data that `postMessage` can carry to a thread of this process, and to no other. */
  share(): PassthroughShare {
    return this.#share
  }

  /**
   * Whether the source is on a file system that somebody outside of this kernel answers for (NFS, FUSE, ...), or had one
   * mounted below it when it was opened: calls may then take as long as they like.
   */
  get isRemote(): boolean {
    return this.#share.isRemote
  }

  /** How much is held at the moment. */
  usage(): PassthroughUsage {
    const { tables, handles, owners } = this.#host
    return {
      inodes: tables.inodes.count,
      openFiles: handles.count,
      cachedFds: tables.cache.count,
      heldFds: tables.cache.held,
      lockOwners: owners.count,
    }
  }

  init(connection: Connection): void {
    const { options, exports } = this.#share
    this.#host.setFlags(negotiate(connection, options, exports))
  }

  join(thread: ServingThread): void {
    this.#host.notifier = thread.notifier
  }

  /** Forgets what the client knew and closes what it had open. Files in use are closed by their last user. */
  destroy(): void {
    const host = this.#host
    this.#released = []
    host.directories.clear()
    files.releaseAll(host)
    host.nodes.forgetAll()
  }

  /**
   * What the client knows, for a `PassthroughFs` in another process, on this host or another: inodes by path or by file
   * handle (option `migrationMode`), open files, locks. To be called in one thread, when none serves a request.
   *
   * Throws a StateError for what cannot be found again, unless the option `migrationOnError` is `guest-error`: a file
   * that has no name any more while it is open, except by `file-handles`, and only as long as this process has it open.
   */
  saveState(): StatePieces {
    return saveState(this.#host, this.#released)
  }

  /**
   * Goes on for another `PassthroughFs`, with its node ids and file handles. Everything is looked for below the source
   * without following a symbolic link; see option `migrationMode` for whom must be trusted. `options` must allow what INIT
   * settled there (`writeback`, `posixAcl`, `announceSubmounts`).
   */
  async restoreState(state: StatePieces): Promise<readonly string[]> {
    try {
      return await restoreState(this.#host, state)
    } catch (error) {
      this.destroy()
      throw error
    }
  }

  /** Takes the locks again that `saveState` has let go of. Rejects with a StateError where somebody else has one by now. */
  async resume(): Promise<void> {
    const locks = this.#released
    this.#released = []
    takeAgain(locks)
  }

  /**
   * Ends the file system for all threads: `destroy`, and then the descriptors of the source itself are closed. Call it
   * once, when no thread serves it any more; a method that is called later answers ESTALE or EBADF.
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#sweeper?.stop()
    this.destroy()
    this.#host.nodes.forgetRoot()
    close(this.#share.procFd)
    for (const table of tablesOf(this.#share)) discard(table)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  lookup(parent: NodeId, name: Name): Outcome<Entry> {
    const node = this.#node(parent)
    return node === 0 && isDot(name) ? lookupForgotten(this.#host, parent) : lookup(this.#host, node, name)
  }

  forget(node: NodeId, nlookup: number): void {
    this.#host.nodes.forget(this.#node(node), nlookup)
  }

  getattr(node: NodeId, fh: FileHandle | undefined): Outcome<AttrReply> {
    return attributes.getattr(this.#host, this.#node(node), fh)
  }

  setattr(node: NodeId, changes: SetAttr, fh: FileHandle | undefined, ctx: Context): Outcome<AttrReply> {
    return setattr(this.#host, this.#node(node), changes, fh, ctx)
  }

  statx(node: NodeId, fh: FileHandle | undefined, _flags: number, mask: number): Outcome<StatxReply> {
    return attributes.statxNode(this.#host, this.#node(node), fh, mask)
  }

  access(node: NodeId, mask: number, ctx: Context): Outcome<void> {
    return attributes.access(this.#host, this.#node(node), mask, ctx)
  }

  readlink(node: NodeId): Outcome<Uint8Array> {
    return entries.readlink(this.#host, this.#node(node))
  }

  symlink(parent: NodeId, name: Name, target: Uint8Array, ctx: Context): Outcome<Entry> {
    return creation.symlink(this.#host, this.#node(parent), name, target, ctx)
  }

  mknod(parent: NodeId, name: Name, mode: number, rdev: number, ctx: Context): Outcome<Entry> {
    return creation.mknod(this.#host, this.#node(parent), name, mode, rdev, ctx)
  }

  mkdir(parent: NodeId, name: Name, mode: number, ctx: Context): Outcome<Entry> {
    return creation.mkdir(this.#host, this.#node(parent), name, mode, ctx)
  }

  unlink(parent: NodeId, name: Name): Outcome<void> {
    return entries.unlink(this.#host, this.#node(parent), name)
  }

  rmdir(parent: NodeId, name: Name): Outcome<void> {
    return entries.rmdir(this.#host, this.#node(parent), name)
  }

  rename(
    parent: NodeId,
    name: Name,
    newParent: NodeId,
    newName: Name,
    flags: number,
    ctx: Context,
  ): Outcome<void> {
    return entries.rename(this.#host, this.#node(parent), name, this.#node(newParent), newName, flags, ctx)
  }

  link(node: NodeId, newParent: NodeId, newName: Name): Outcome<Entry> {
    return entries.link(this.#host, this.#node(node), this.#node(newParent), newName)
  }

  open(node: NodeId, flags: number, killSuidgid: boolean, ctx: Context): Outcome<OpenReply> {
    return open(this.#host, this.#node(node), flags, killSuidgid, ctx)
  }

  create(
    parent: NodeId,
    name: Name,
    mode: number,
    flags: number,
    killSuidgid: boolean,
    ctx: Context,
  ): Outcome<CreateReply> {
    return creation.create(this.#host, this.#node(parent), name, mode, flags, killSuidgid, ctx)
  }

  tmpfile(parent: NodeId, mode: number, flags: number, ctx: Context): Outcome<CreateReply> {
    return creation.tmpfile(this.#host, this.#node(parent), mode, flags, ctx)
  }

  read(node: NodeId, fh: FileHandle, offset: number, sink: ReadSink): Outcome<number> {
    return data.read(this.#host, this.#node(node), fh, offset, sink)
  }

  write(node: NodeId, fh: FileHandle, offset: number, source: WriteSource, ctx: Context): Outcome<number> {
    return data.write(this.#host, this.#node(node), fh, offset, source, ctx)
  }

  flush(node: NodeId, fh: FileHandle, lockOwner: bigint): Outcome<void> {
    return files.flush(this.#host, this.#node(node), fh, lockOwner)
  }

  release(node: NodeId, fh: FileHandle, request: ReleaseRequest): Outcome<void> {
    return files.release(this.#host, this.#node(node), fh, request)
  }

  fsync(node: NodeId, fh: FileHandle, datasync: boolean): Outcome<void> {
    return files.sync(this.#host, this.#node(node), fh, datasync, HandleKind.FILE)
  }

  fallocate(
    node: NodeId,
    fh: FileHandle,
    offset: number,
    length: number,
    mode: number,
    ctx: Context,
  ): Outcome<void> {
    return files.allocate(this.#host, this.#node(node), fh, offset, length, mode, ctx)
  }

  lseek(node: NodeId, fh: FileHandle, offset: number, whence: number): Outcome<number> {
    return files.seek(this.#host, this.#node(node), fh, offset, whence)
  }

  copyFileRange(
    from: files.CopyEnd,
    to: files.CopyEnd,
    length: number,
    flags: number,
    ctx: Context,
  ): Outcome<number> {
    const input = { ...from, node: this.#node(from.node) }
    const output = { ...to, node: this.#node(to.node) }
    return files.copy(this.#host, input, output, length, flags, ctx)
  }

  opendir(node: NodeId): Outcome<OpenReply> {
    return directories.opendir(this.#host, this.#node(node))
  }

  readdir(node: NodeId, fh: FileHandle, cookie: bigint, sink: DirectorySink): Outcome<void> {
    return directories.list(this.#host, this.#node(node), fh, cookie, sink, false)
  }

  readdirplus(node: NodeId, fh: FileHandle, cookie: bigint, sink: DirectorySink): Outcome<void> {
    return directories.list(this.#host, this.#node(node), fh, cookie, sink, true)
  }

  releasedir(node: NodeId, fh: FileHandle): Outcome<void> {
    return directories.releasedir(this.#host, this.#node(node), fh)
  }

  fsyncdir(node: NodeId, fh: FileHandle, datasync: boolean): Outcome<void> {
    return files.sync(this.#host, this.#node(node), fh, datasync, HandleKind.DIRECTORY)
  }

  statfs(node: NodeId): Outcome<StatFs> {
    return statfs(this.#host, this.#node(node))
  }

  syncfs(node: NodeId): Outcome<void> {
    return syncAll(this.#host, this.#node(node))
  }

  setxattr(node: NodeId, name: Name, value: Uint8Array, flags: number, killSgid: boolean): Outcome<void> {
    return xattrs.set(this.#host, this.#node(node), name, value, flags, killSgid)
  }

  getxattr(node: NodeId, name: Name, size: number): Outcome<Uint8Array | number> {
    return xattrs.get(this.#host, this.#node(node), name, size)
  }

  listxattr(node: NodeId, size: number): Outcome<Uint8Array | number> {
    return xattrs.names(this.#host, this.#node(node), size)
  }

  removexattr(node: NodeId, name: Name): Outcome<void> {
    return xattrs.remove(this.#host, this.#node(node), name)
  }

  getlk(node: NodeId, fh: FileHandle, owner: bigint, lock: FileLock): Outcome<FileLock> {
    return locks.getlk(this.#host, this.#node(node), fh, owner, lock)
  }

  setlk(node: NodeId, fh: FileHandle, request: LockRequest, ctx: Context): Outcome<void> {
    return locks.setlk(this.#host, this.#node(node), fh, request, ctx)
  }

  ioctl(node: NodeId, fh: FileHandle, request: IoctlRequest, ctx: Context): Outcome<IoctlReply> {
    return ioctl(this.#host, this.#node(node), fh, request, ctx)
  }

  /** The inside's number of a node; 0 where the client knows none. */
  #node(id: NodeId): number {
    return this.#host.ids.node(id)
  }
}
