import type { Attr } from './attr.js'
import type { Connection } from './connection.js'
import type { Context } from './context.js'
import type { DirectorySink } from './directory-sink.js'
import type { Errno } from './errno.js'
import type { Notifier } from './notifier.js'
import type { ReadSink, WriteSource } from './request.js'
import type { StatePieces } from './state.js'

/** Number of a node: 1 is the root. A safe integer, chosen by the file system. */
export type NodeId = number

/** Number of an open file or directory, chosen by the file system in `open`, `create` or `opendir`. */
export type FileHandle = number

/** A name of one path component: bytes without `/` and NUL, a view into the request, valid during the call. */
export type Name = Uint8Array

/**
 * What a method gives back: its result, an {@link Errno}, or a promise of either. Throwing or rejecting with
 * an `Errno` (or a Node error with `code`) is the same as returning it, and so is EINTR and the AbortError of an aborted
 * `ctx.signal`. A result that is not a promise is sent at once, without a turn of the event loop.
 */
export type Outcome<T> = T | Errno | Promise<T | Errno>

/** Attributes, and how long the kernel may keep them. */
export interface AttrReply {
  attr: Attr
  /** Seconds (fractions allowed) for which the kernel may answer from its cache; 0 asks every time. */
  attrTimeout: number
}

/** A node that was found or made. The kernel counts one lookup on it until it sends `forget`. */
export interface Entry extends AttrReply {
  /** The node's number; 0 means "does not exist", which the kernel then remembers for `entryTimeout`. */
  nodeid: NodeId
  /** Distinguishes nodes that have the same nodeid at different times. Needed for NFS export. */
  generation: number
  /** Seconds for which the kernel may keep the name. */
  entryTimeout: number
}

/** An open file or directory. */
export interface OpenReply {
  /** Comes back with every operation on the open file. */
  fh: FileHandle
  /** `OpenReplyFlag` bits of `@fb/abi` (DIRECT_IO, KEEP_CACHE, CACHE_DIR, PASSTHROUGH ...). */
  openFlags: number
  /** For OpenReplyFlag.PASSTHROUGH: the id that the kernel gave for the backing file. */
  backingId?: number
}

/** A file that was made and opened in one step. */
export interface CreateReply {
  entry: Entry
  open: OpenReply
}

/** What `setattr` shall change; only the members that are present. */
export interface SetAttr {
  /** Permissions and type bits as `chmod` gives them. */
  mode?: number
  uid?: number
  gid?: number
  /** New size, from `truncate`. */
  size?: number
  /** Seconds and nanoseconds, or 'now': the server's clock decides. */
  atime?: SetTime
  mtime?: SetTime
  /** Sent with write-back caching only. */
  ctime?: SetTime
  /** Clear set-user-id and set-group-id (HANDLE_KILLPRIV_V2): the caller may not keep them. */
  killSuidgid?: boolean
  /** Owner of mandatory locks, where the kernel sent it. */
  lockOwner?: bigint
}

/** A time to set. */
export type SetTime = { readonly seconds: number; readonly nanoseconds: number } | 'now'

/** Numbers of the whole file system (statfs(2)). */
export interface StatFs {
  /** Size in units of `frsize`. */
  blocks: number
  bfree: number
  bavail: number
  files: number
  ffree: number
  /** Preferred block size. */
  bsize: number
  /** Longest name in bytes. */
  namelen: number
  /** Fragment size: the unit of the counts. */
  frsize: number
}

/** A byte range lock (fcntl(2)); `end` is inclusive, 2^63-1 for "to the end of the file". */
export interface FileLock {
  start: bigint
  end: bigint
  /** F_RDLCK 0, F_WRLCK 1, F_UNLCK 2. */
  type: number
  /** Process that holds it (getlk), or that asks. */
  pid: number
}

/** How a lock is asked for. */
export interface LockRequest {
  /** Owner of the lock: the same for all descriptors of one process, distinct between processes. */
  readonly owner: bigint
  readonly lock: FileLock
  /** flock(2) of the whole file instead of an fcntl(2) range. */
  readonly flock: boolean
  /** Wait until it is free (SETLKW). Abort through `ctx.signal`. */
  readonly wait: boolean
}

/** How a file is released: the last reference of one open is gone. */
export interface ReleaseRequest {
  /** Open flags of the file. */
  readonly flags: number
  readonly lockOwner: bigint
  /** Flush as well (RELEASE_FLUSH). */
  readonly flush: boolean
  /** Drop flock(2) locks of this owner as well. */
  readonly flockUnlock: boolean
}

/** ioctl(2) on an open file. For an unrestricted ioctl, `arg` is the caller's pointer and `retry` is allowed. */
export interface IoctlRequest {
  readonly command: number
  /** The third argument, as it was given. */
  readonly arg: bigint
  /** `IoctlFlag` bits (COMPAT, UNRESTRICTED, 32BIT, DIR ...). */
  readonly flags: number
  /** Bytes that the caller sends. A view, valid during the call. */
  readonly input: Uint8Array
  /** Bytes that the caller can take. */
  readonly outputSize: number
}

/** Memory of the caller that an unrestricted ioctl reads or writes. */
export interface IoctlVector {
  readonly base: bigint
  readonly length: bigint
}

/** Result of an ioctl: a value and bytes, or (unrestricted only) which memory the kernel shall fetch before it asks again. */
export type IoctlReply =
  | { readonly result: number; readonly output?: Uint8Array }
  | { readonly retry: { readonly input: readonly IoctlVector[]; readonly output: readonly IoctlVector[] } }

/** A reply to statx(2): attributes beyond {@link Attr}. */
export interface StatxReply {
  attrTimeout: number
  attr: Attr
  /** Which fields are valid: STATX_* bits. */
  mask: number
  /** STATX_ATTR_* bits, and which of them the file system knows. */
  attributes?: bigint
  attributesMask?: bigint
  /** Time of creation. */
  btime?: { readonly seconds: number; readonly nanoseconds: number }
  devMajor?: number
  devMinor?: number
}

/** A range of a file to map into the guest's DAX window (virtio-fs only). */
export interface MappingRequest {
  readonly fileOffset: number
  readonly length: number
  /** `SetupmappingFlag` bits. */
  readonly flags: number
  /** Offset in the window. */
  readonly windowOffset: number
}

/** A part of the DAX window to unmap. */
export interface MappingRange {
  readonly windowOffset: number
  readonly length: number
}

/** The DAX window of a transport that has one: what a file system maps its files into. */
export interface CacheWindow {
  /** Maps `length` bytes of `fd` from `fileOffset` at `windowOffset`. Throws or rejects with an Errno. */
  map(fd: number, request: MappingRequest): Outcome<void>
  /** Removes mappings; ranges that hold none are ignored. */
  unmap(ranges: readonly MappingRange[]): Outcome<void>
}

/** What a thread that serves a connection has of it; a {@link Connection} is one. */
export interface ServingThread {
  /** Tells the kernel about changes; `undefined` where the transport has no way to (virtio-fs). */
  readonly notifier: Notifier | undefined
}

/**
 * A file system: one method per operation, all optional.
 *
 * A method that is missing is answered as a native file system without the feature would answer: the kernel
 * is never told ENOSYS by accident, because it would then stop asking for the whole connection.
 *
 * Methods run one at a time on the thread of the server; those that return a promise overlap. Names and
 * payloads are views into the request: copy what is kept after the result has settled.
 */
export interface FileSystem {
  /**
   * The connection is being set up. Read what is offered and ask for features on `connection`; throwing
   * refuses the connection. Called once per mount.
   */
  init?(connection: Connection): void
  /**
   * A thread begins to serve the connection, and this is what it has of it. Called once in each, before its first request: after
   * `init` where that thread has answered INIT, in place of it where it takes a connection over.
   */
  join?(thread: ServingThread): void
  /**
   * The connection has ended and every request has been answered. A promise of an earlier call may still be open: what
   * it gives is taken back with `forget` and `release`, which may therefore come after this.
   */
  destroy?(): Outcome<void>

  /**
   * Gives all that it knows of the client (node ids, lookups, open files, locks), so that an object in another process goes
   * on in its place and no number that the client has means anything else there. Called when every request has been
   * answered; none comes before `resume` or `destroy`. What only one process can have of the host, as locks, is let go of
   * before the iteration ends, and not before that is certain: one that throws, or is given up, has changed nothing. Throw
   * a `StateError` for what cannot be taken along.
   */
  saveState?(): StatePieces
  /**
   * Takes the place of the file system that gave these pieces. Called on one that serves nobody, instead of `init`: what
   * INIT settled is part of the state as far as it matters. The pieces may come from somebody who is not trusted: bound and
   * check what is in them. Rejects with a `StateError` where they cannot be taken, and knows no client then.
   * @returns what the client has lost by the change, one line for people each and at most a hundred or so; mostly nothing
   */
  restoreState?(state: StatePieces): Promise<readonly string[]>
  /**
   * After `saveState` nobody took its place: requests come again. Takes back what it had let go of. Rejecting says what
   * could not be had again; requests come all the same.
   */
  resume?(): Promise<void>

  /** Finds a name in a directory. Missing names: `Errno.ENOENT`, or an entry with nodeid 0 to have that cached. */
  lookup?(parent: NodeId, name: Name, ctx: Context): Outcome<Entry>
  /** The kernel drops `nlookup` references to a node. At zero its number may be reused with another generation. No answer. */
  forget?(node: NodeId, nlookup: number): void
  getattr?(node: NodeId, fh: FileHandle | undefined, ctx: Context): Outcome<AttrReply>
  setattr?(node: NodeId, changes: SetAttr, fh: FileHandle | undefined, ctx: Context): Outcome<AttrReply>
  /** Target of a symbolic link, as bytes or text. */
  readlink?(node: NodeId, ctx: Context): Outcome<Uint8Array | string>
  symlink?(parent: NodeId, name: Name, target: Uint8Array, ctx: Context): Outcome<Entry>
  /** `mode` holds the type; `rdev` is the kernel's 32-bit encoding (see `decodeDevice`). */
  mknod?(parent: NodeId, name: Name, mode: number, rdev: number, ctx: Context): Outcome<Entry>
  mkdir?(parent: NodeId, name: Name, mode: number, ctx: Context): Outcome<Entry>
  unlink?(parent: NodeId, name: Name, ctx: Context): Outcome<void>
  rmdir?(parent: NodeId, name: Name, ctx: Context): Outcome<void>
  /** `flags`: RENAME_NOREPLACE 1, RENAME_EXCHANGE 2, RENAME_WHITEOUT 4 (renameat2(2)); refuse with EINVAL what is not supported. */
  rename?(
    parent: NodeId,
    name: Name,
    newParent: NodeId,
    newName: Name,
    flags: number,
    ctx: Context,
  ): Outcome<void>
  link?(node: NodeId, newParent: NodeId, newName: Name, ctx: Context): Outcome<Entry>

  /** `flags`: open(2) flags without O_CREAT and O_EXCL. `killSuidgid`: clear suid and sgid, with O_TRUNC. */
  open?(node: NodeId, flags: number, killSuidgid: boolean, ctx: Context): Outcome<OpenReply>
  /** Makes and opens a regular file; without O_EXCL in `flags` an existing one is opened. */
  create?(
    parent: NodeId,
    name: Name,
    mode: number,
    flags: number,
    killSuidgid: boolean,
    ctx: Context,
  ): Outcome<CreateReply>
  /** Makes a file without a name (O_TMPFILE) and opens it. */
  tmpfile?(parent: NodeId, mode: number, flags: number, ctx: Context): Outcome<CreateReply>
  /**
   * Reads up to `sink.size` bytes at `offset`: return the bytes, or fill the sink (from a file descriptor or
   * through its buffer) and return how many. Fewer than asked for means the end of the file.
   */
  read?(
    node: NodeId,
    fh: FileHandle,
    offset: number,
    sink: ReadSink,
    ctx: Context,
  ): Outcome<number | Uint8Array>
  /** Writes `source.size` bytes at `offset` and returns how many were taken. */
  write?(node: NodeId, fh: FileHandle, offset: number, source: WriteSource, ctx: Context): Outcome<number>
  /** close(2) of one descriptor; may come more than once per open. Its error is what close(2) returns. */
  flush?(node: NodeId, fh: FileHandle, lockOwner: bigint, ctx: Context): Outcome<void>
  release?(node: NodeId, fh: FileHandle, request: ReleaseRequest, ctx: Context): Outcome<void>
  fsync?(node: NodeId, fh: FileHandle, datasync: boolean, ctx: Context): Outcome<void>
  fallocate?(
    node: NodeId,
    fh: FileHandle,
    offset: number,
    length: number,
    mode: number,
    ctx: Context,
  ): Outcome<void>
  /** SEEK_DATA 3 or SEEK_HOLE 4; returns the offset found. */
  lseek?(node: NodeId, fh: FileHandle, offset: number, whence: number, ctx: Context): Outcome<number>
  /** Copies inside the file system; returns how many bytes. */
  copyFileRange?(
    from: { readonly node: NodeId; readonly fh: FileHandle; readonly offset: number },
    to: { readonly node: NodeId; readonly fh: FileHandle; readonly offset: number },
    length: number,
    flags: number,
    ctx: Context,
  ): Outcome<number>

  opendir?(node: NodeId, flags: number, ctx: Context): Outcome<OpenReply>
  /**
   * Lists a directory from `cookie` on (0: the start; else the cookie of the last entry that the kernel
   * took). Add entries until `sink.add` returns false. Each cookie must stay valid while names come and go.
   */
  readdir?(node: NodeId, fh: FileHandle, cookie: bigint, sink: DirectorySink, ctx: Context): Outcome<void>
  /**
   * As `readdir`, with attributes: `sink.addPlus` counts one lookup for each entry with a nodeid that it
   * accepts, except `.` and `..`.
   */
  readdirplus?(node: NodeId, fh: FileHandle, cookie: bigint, sink: DirectorySink, ctx: Context): Outcome<void>
  releasedir?(node: NodeId, fh: FileHandle, flags: number, ctx: Context): Outcome<void>
  fsyncdir?(node: NodeId, fh: FileHandle, datasync: boolean, ctx: Context): Outcome<void>

  statfs?(node: NodeId, ctx: Context): Outcome<StatFs>
  syncfs?(node: NodeId, ctx: Context): Outcome<void>
  access?(node: NodeId, mask: number, ctx: Context): Outcome<void>
  statx?(
    node: NodeId,
    fh: FileHandle | undefined,
    flags: number,
    mask: number,
    ctx: Context,
  ): Outcome<StatxReply>

  /** `flags`: XATTR_CREATE 1, XATTR_REPLACE 2. `killSgid`: clear set-group-id (SETXATTR_ACL_KILL_SGID). */
  setxattr?(
    node: NodeId,
    name: Name,
    value: Uint8Array,
    flags: number,
    killSgid: boolean,
    ctx: Context,
  ): Outcome<void>
  /**
   * Value of an attribute. `size` is how much the caller can take: return the value whatever its length, or,
   * when `size` is 0, just its length as a number. The server answers ERANGE where the value does not fit.
   */
  getxattr?(node: NodeId, name: Name, size: number, ctx: Context): Outcome<Uint8Array | number>
  /** Names, each ended by NUL; `size` as in `getxattr`. The server leaves `trusted.*` out where the caller is not root. */
  listxattr?(node: NodeId, size: number, ctx: Context): Outcome<Uint8Array | number>
  removexattr?(node: NodeId, name: Name, ctx: Context): Outcome<void>

  /** The lock that stands in the way, or `lock` with type F_UNLCK. */
  getlk?(node: NodeId, fh: FileHandle, owner: bigint, lock: FileLock, ctx: Context): Outcome<FileLock>
  /** Takes or drops a lock; EAGAIN where another has it and `request.wait` is false. Asked for only when present. */
  setlk?(node: NodeId, fh: FileHandle, request: LockRequest, ctx: Context): Outcome<void>

  /** Block number on the device, for FIBMAP. */
  bmap?(node: NodeId, blocksize: number, block: number, ctx: Context): Outcome<number>
  ioctl?(node: NodeId, fh: FileHandle, request: IoctlRequest, ctx: Context): Outcome<IoctlReply>
  /**
   * Ready events (POLLIN ...) of an open file. Where `kh` is given, keep it and call
   * `connection.notifier.pollWakeup(kh)` once when the state changes.
   */
  poll?(node: NodeId, fh: FileHandle, events: number, kh: bigint | undefined, ctx: Context): Outcome<number>

  /** Maps a range of a file into the DAX window (virtio-fs). Kernels do not say by which open file: `fh` is `undefined`. */
  setupmapping?(
    node: NodeId,
    fh: FileHandle | undefined,
    request: MappingRequest,
    window: CacheWindow,
    ctx: Context,
  ): Outcome<void>
  removemapping?(
    node: NodeId,
    ranges: readonly MappingRange[],
    window: CacheWindow,
    ctx: Context,
  ): Outcome<void>
}
