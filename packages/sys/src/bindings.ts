import type { GuestBindings } from './guest-bindings.js'
import { loadAddon } from './load.js'

/**
 * A path or a name. Text is encoded as UTF-8; bytes are taken as they are and may end with one NUL.
 * Any other NUL is a TypeError, more than 4095 bytes a RangeError. The bytes are copied during the call.
 */
export type PathLike = string | Uint8Array

/**
 * Whose files an operation creates: `[uid, gid, umask, keepCapabilities, ngroups, ...groups]`.
 *
 * - `uid`, `gid`: the file-system user and group, below 0xffffffff;
 * - `umask`: bits taken from the mode, at most 0o777;
 * - `keepCapabilities`: 1 keeps CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER and CAP_MKNOD in force for a uid other
 *   than 0 (where the thread has them), for callers whose rights have been checked, and 2 CAP_FSETID too, for those that may
 *   make set-group-id files of any group; 0 checks the rights of the user;
 * - `ngroups` (at most 64) and as many supplementary groups. What follows them is ignored.
 */
export type Creds = Uint32Array

/** What `watchFd` of the addon returns: opaque, accepted by `unwatch`, `refWatch` and `unrefWatch`. */
export interface NativeWatcher {
  readonly __nativeWatcher: never
}

/**
 * Every function of the addon, as it is.
 *
 * Contract of all of them:
 *
 * - The result is a number >= 0, or `-errno`. A system call that fails never throws; `-EINTR` is passed on.
 * - A wrong argument throws: TypeError for a wrong type, a NUL in a path and a detached buffer; RangeError for a
 *   number that is not whole or out of range, a slice outside its buffer, a buffer too short, a path too long.
 *   The `Async` forms throw it too, at once, and their promise never rejects.
 * - `dirfd` is a descriptor or `AT_FDCWD`. A descriptor that is created is always close-on-exec.
 * - Synchronous: a buffer is used during the call only. `Async`: the addon works on memory of its own. Input is
 *   copied before the call returns. Output is copied into the buffer when the promise resolves, as far as the
 *   buffer still reaches then; until then the buffer is kept from being collected. At most 64 MiB per call.
 * - `Async` runs on threads of the addon, never on libuv's. `-EAGAIN`: too much is in flight (65536 calls or
 *   1 GiB of buffers in the process).
 * - `killPriv` makes the call without CAP_FSETID, so that the kernel clears set-user-id and set-group-id bits.
 */
export interface Bindings extends GuestBindings {
  // Opening: a descriptor.
  openat(dirfd: number, path: PathLike, flags: number, mode: number, killPriv?: boolean): number
  openatAsync(dirfd: number, path: PathLike, flags: number, mode: number, killPriv?: boolean): Promise<number>
  openat2(dirfd: number, path: PathLike, flags: number, mode: number, resolve: number): number
  openat2Async(dirfd: number, path: PathLike, flags: number, mode: number, resolve: number): Promise<number>
  openatAs(creds: Creds, dirfd: number, path: PathLike, flags: number, mode: number): number

  // Descriptors. pipe2 fills out[0] (read end) and out[1]. lseekBig answers with a bigint, -errno included.
  close(fd: number): number
  dup(fd: number, lowest?: number): number
  getfl(fd: number): number
  setfl(fd: number, flags: number): number
  lseek(fd: number, offset: number | bigint, whence: number): number
  lseekBig(fd: number, offset: number | bigint, whence: number): bigint
  pipe2(out: Int32Array, flags: number): number
  umask(mask: number): number

  // Data: the number of bytes moved. Reads fill buffer[offset, offset + result).
  read(fd: number, buffer: Uint8Array, offset: number, length: number): number
  write(fd: number, buffer: Uint8Array, offset: number, length: number): number
  writev2(
    fd: number,
    bufferA: Uint8Array,
    offsetA: number,
    lengthA: number,
    bufferB: Uint8Array,
    offsetB: number,
    lengthB: number,
  ): number
  pread(fd: number, buffer: Uint8Array, offset: number, length: number, position: number): number
  preadAsync(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<number>
  pwrite(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
    killPriv?: boolean,
  ): number
  pwriteAsync(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
    killPriv?: boolean,
  ): Promise<number>
  preadFlags(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
    flags: number,
  ): number
  preadFlagsAsync(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
    flags: number,
  ): Promise<number>
  pwriteFlags(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
    flags: number,
    killPriv?: boolean,
  ): number
  pwriteFlagsAsync(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
    flags: number,
    killPriv?: boolean,
  ): Promise<number>

  // Size, blocks, durability: 0; copyFileRange the number of bytes copied.
  ftruncate(fd: number, length: number, killPriv?: boolean): number
  ftruncateAsync(fd: number, length: number, killPriv?: boolean): Promise<number>
  truncate(path: PathLike, length: number): number
  fallocate(fd: number, mode: number, offset: number, length: number, killPriv?: boolean): number
  fallocateAsync(
    fd: number,
    mode: number,
    offset: number,
    length: number,
    killPriv?: boolean,
  ): Promise<number>
  copyFileRange(
    fdIn: number,
    offIn: number,
    fdOut: number,
    offOut: number,
    length: number,
    flags: number,
    killPriv?: boolean,
  ): number
  copyFileRangeAsync(
    fdIn: number,
    offIn: number,
    fdOut: number,
    offOut: number,
    length: number,
    flags: number,
    killPriv?: boolean,
  ): Promise<number>
  fsync(fd: number): number
  fsyncAsync(fd: number): Promise<number>
  fdatasync(fd: number): number
  fdatasyncAsync(fd: number): Promise<number>
  syncfs(fd: number): number
  syncfsAsync(fd: number): Promise<number>
  posixFadvise(fd: number, offset: number, length: number, advice: number): number

  // Creating: 0. The As forms act as `creds` says.
  mkdirat(dirfd: number, path: PathLike, mode: number): number
  mkdiratAs(creds: Creds, dirfd: number, path: PathLike, mode: number): number
  mknodat(dirfd: number, path: PathLike, mode: number, major: number, minor: number): number
  mknodatAs(creds: Creds, dirfd: number, path: PathLike, mode: number, major: number, minor: number): number
  symlinkat(target: PathLike, dirfd: number, path: PathLike): number
  symlinkatAs(creds: Creds, target: PathLike, dirfd: number, path: PathLike): number

  // Names: 0; readlinkat the number of bytes put into `out`.
  linkat(oldDirfd: number, oldPath: PathLike, newDirfd: number, newPath: PathLike, flags: number): number
  unlinkat(dirfd: number, path: PathLike, flags: number): number
  renameat2(oldDirfd: number, oldPath: PathLike, newDirfd: number, newPath: PathLike, flags: number): number
  renameat2As(
    creds: Creds,
    oldDirfd: number,
    oldPath: PathLike,
    newDirfd: number,
    newPath: PathLike,
    flags: number,
  ): number
  readlinkat(dirfd: number, path: PathLike, out: Uint8Array): number

  // Attributes: 0. statx fills 256 bytes of `out`, statfs and fstatfs 120.
  statx(dirfd: number, path: PathLike, flags: number, mask: number, out: Uint8Array): number
  statxAsync(dirfd: number, path: PathLike, flags: number, mask: number, out: Uint8Array): Promise<number>
  fstatfs(fd: number, out: Uint8Array): number
  fstatfsAsync(fd: number, out: Uint8Array): Promise<number>
  statfs(path: PathLike, out: Uint8Array): number
  fchmodat(dirfd: number, path: PathLike, mode: number, flags: number): number
  chmod(path: PathLike, mode: number): number
  fchmod(fd: number, mode: number): number
  fchownat(dirfd: number, path: PathLike, uid: number, gid: number, flags: number): number
  utimensat(
    dirfd: number,
    path: PathLike,
    atimeSec: number,
    atimeNsec: number,
    mtimeSec: number,
    mtimeNsec: number,
    flags: number,
  ): number
  futimens(fd: number, atimeSec: number, atimeNsec: number, mtimeSec: number, mtimeNsec: number): number
  faccessat2(dirfd: number, path: PathLike, mode: number, flags: number): number

  // File handles: bytes used of `handle`, header included; a descriptor.
  nameToHandleAt(dirfd: number, path: PathLike, handle: Uint8Array, flags: number): number
  openByHandleAt(mountFd: number, handle: Uint8Array, handleLength: number, flags: number): number

  // Directories: bytes put into buffer[offset, offset + result).
  getdents64(fd: number, buffer: Uint8Array, offset: number, length: number): number
  getdents64Async(fd: number, buffer: Uint8Array, offset: number, length: number): Promise<number>

  // Extended attributes: get and list the number of bytes, which an empty `out` only asks for; else 0.
  setxattr(path: PathLike, name: PathLike, value: Uint8Array, flags: number): number
  lsetxattr(path: PathLike, name: PathLike, value: Uint8Array, flags: number): number
  fsetxattr(fd: number, name: PathLike, value: Uint8Array, flags: number): number
  getxattr(path: PathLike, name: PathLike, out: Uint8Array): number
  getxattrat(dirfd: number, path: PathLike, flags: number, name: PathLike, out: Uint8Array): number
  lgetxattr(path: PathLike, name: PathLike, out: Uint8Array): number
  fgetxattr(fd: number, name: PathLike, out: Uint8Array): number
  listxattr(path: PathLike, out: Uint8Array): number
  llistxattr(path: PathLike, out: Uint8Array): number
  flistxattr(fd: number, out: Uint8Array): number
  removexattr(path: PathLike, name: PathLike): number
  lremovexattr(path: PathLike, name: PathLike): number
  fremovexattr(fd: number, name: PathLike): number

  // Locks: 0. The waits end early with -EINTR when their token is cancelled; -ENOLCK: too many of them.
  flock(fd: number, operation: number): number
  flockAsync(fd: number, operation: number, token: number | bigint): Promise<number>
  ofdSetlk(fd: number, type: number, start: number | bigint, length: number | bigint): number
  ofdSetlkWaitAsync(
    fd: number,
    type: number,
    start: number | bigint,
    length: number | bigint,
    token: number | bigint,
  ): Promise<number>
  ofdGetlk(
    fd: number,
    type: number,
    start: number | bigint,
    length: number | bigint,
    out: BigInt64Array,
  ): number
  cancelToken(token: number | bigint): number

  // ioctl: what the driver returns. The buffer is read, and written back.
  ioctlBuffer(fd: number, request: number, buffer: Uint8Array | undefined): number
  ioctlBufferAsync(fd: number, request: number, buffer: Uint8Array | undefined): Promise<number>
  ioctlValue(fd: number, request: number, value: number): number
  ioctlValueAsync(fd: number, request: number, value: number): Promise<number>

  // Mounts: 0.
  mount(source: PathLike, target: PathLike, fstype: PathLike, flags: number, data: PathLike): number
  mountAsync(
    source: PathLike,
    target: PathLike,
    fstype: PathLike,
    flags: number,
    data: PathLike,
  ): Promise<number>
  mountInNamespace(
    nsFd: number,
    source: PathLike,
    target: PathLike,
    fstype: PathLike,
    flags: number,
    data: PathLike,
  ): number
  mountInNamespaceAsync(
    nsFd: number,
    source: PathLike,
    target: PathLike,
    fstype: PathLike,
    flags: number,
    data: PathLike,
  ): Promise<number>
  umount2(target: PathLike, flags: number): number
  umount2Async(target: PathLike, flags: number): Promise<number>
  umountInNamespace(nsFd: number, target: PathLike, flags: number): number
  umountInNamespaceAsync(nsFd: number, target: PathLike, flags: number): Promise<number>

  // Descriptors without a name. socketpair fills out[0] and out[1]; recvFd, eventfd and memfdCreate return a
  // descriptor; poll takes triples [fd, events, revents] and returns how many are ready.
  socketpair(out: Int32Array): number
  recvFd(socket: number): number
  eventfd(init: number, flags: number): number
  memfdCreate(name: PathLike, flags: number): number
  poll(fds: Int32Array, n: number, timeoutMs: number): number

  // Threads. schedGetaffinity returns how many CPUs there are and puts the first out.length of them into `out`.
  gettid(): number
  schedYield(): number
  exitNow(status: number): never
  wakeThread(tid: number): number
  setThreadName(name: PathLike): number
  schedSetaffinity(cpu: number): number
  schedGetaffinity(out: Int32Array): number

  // Memory: an offset into the buffer, or -ENOSPC; bytes, or -errno.
  alignmentOffset(buffer: Uint8Array, alignment: number): number
  mapWithoutReserve(buffer: Uint8Array): number
  discardPages(buffer: Uint8Array): number

  // The event loop: a watcher, or -errno.
  watchFd(fd: number, events: number, callback: (events: number) => void): NativeWatcher | number
  unwatch(watcher: NativeWatcher): void
  refWatch(watcher: NativeWatcher): void
  unrefWatch(watcher: NativeWatcher): void

  /** Constants of this architecture by name. */
  readonly constants: Readonly<Record<string, number>>
  /** Error numbers of this architecture by name, aliases included. */
  readonly errnos: Readonly<Record<string, number>>
}

/** The addon, loaded once per thread of JavaScript. */
export const native: Bindings = loadAddon() as Bindings
