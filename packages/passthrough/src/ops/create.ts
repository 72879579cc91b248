import {
  type Context,
  type CreateReply,
  decodeDevice,
  type Entry,
  Errno,
  type Name,
  type NodeId,
  type Outcome,
} from '@fb/api'
import {
  type Creds,
  close,
  ftruncate,
  getxattr,
  getxattrat,
  mkdiratAs,
  mknodatAs,
  O_ACCMODE,
  O_CREAT,
  O_EXCL,
  O_NOATIME,
  O_NOFOLLOW,
  O_RDONLY,
  O_TMPFILE,
  O_TRUNC,
  openatAs,
  S_IFMT,
  S_IFREG,
  symlinkatAs,
} from '@fb/sys'
import { procPath } from '../descriptors.js'
import type { Host } from '../host.js'
import { SessionFlag } from '../share.js'
import { lookupIn } from './lookup.js'
import { newNameError, targetError } from './names.js'
import { addHandle, hostFlags } from './open.js'
import { mustKillSetId } from './set-id.js'

const EACCES = -Errno.EACCES.errno
const EPERM = -Errno.EPERM.errno
const ESTALE = -Errno.ESTALE.errno
const EEXIST = -Errno.EEXIST.errno
const ENOSYS = -Errno.ENOSYS.errno

const PERMISSIONS = 0o7777
const NOTHING = new Uint8Array(0)
const DEFAULT_ACL = 'system.posix_acl_default'

/** Makes something in a directory (its O_PATH descriptor) as `creds`. 0 or a negative errno. */
type Make = (creds: Creds, directory: number) => number

/** Runs `maker`, for something with `mode`, in `parent` as the caller and looks up what it made. */
function make(
  host: Host,
  parent: NodeId,
  name: Name,
  mode: number,
  ctx: Context,
  maker: Make,
): Outcome<Entry> {
  if (host.options.readOnly) return Errno.EROFS
  const error = newNameError(name)
  if (error !== undefined) return error
  const directory = host.nodes.acquire(parent)
  if (directory < 0) return Errno.of(directory)
  const creds = host.credentials.creator(ctx, umaskIn(host, directory, ctx), mode)
  let outcome: Outcome<Entry> = Errno.EOVERFLOW
  if (creds !== undefined) {
    const result = maker(creds, directory)
    outcome = result < 0 ? Errno.of(result) : lookupIn(host, directory, name)
  }
  host.nodes.release(parent)
  return outcome
}

/**
 * The umask to apply in a directory: none where the kernel of the client has done so (without DONT_MASK), and none
 * where a default ACL takes its place (acl(5)), which the host then applies.
 */
function umaskIn(host: Host, directory: number, ctx: Context): number {
  if (!host.is(SessionFlag.DONT_MASK) || ctx.umask === 0) return 0
  let length = getxattrat(directory, '.', 0, DEFAULT_ACL, NOTHING)
  if (length === ENOSYS) length = getxattr(procPath(directory), DEFAULT_ACL, NOTHING)
  return length > 0 ? 0 : ctx.umask
}

export function mkdir(host: Host, parent: NodeId, name: Name, mode: number, ctx: Context): Outcome<Entry> {
  return make(host, parent, name, mode, ctx, (creds, directory) =>
    mkdiratAs(creds, directory, name, mode & PERMISSIONS),
  )
}

export function mknod(
  host: Host,
  parent: NodeId,
  name: Name,
  mode: number,
  rdev: number,
  ctx: Context,
): Outcome<Entry> {
  const { major, minor } = decodeDevice(rdev)
  return make(host, parent, name, mode, ctx, (creds, directory) =>
    mknodatAs(creds, directory, name, mode, major, minor),
  )
}

export function symlink(
  host: Host,
  parent: NodeId,
  name: Name,
  target: Uint8Array,
  ctx: Context,
): Outcome<Entry> {
  const error = targetError(target)
  if (error !== undefined) return error
  return make(host, parent, name, 0, ctx, (creds, directory) => symlinkatAs(creds, target, directory, name))
}

/** Makes and opens a file; without O_EXCL one that has appeared meanwhile is opened as its permissions allow the caller. */
export function create(
  host: Host,
  parent: NodeId,
  name: Name,
  mode: number,
  flags: number,
  killSuidgid: boolean,
  ctx: Context,
): Outcome<CreateReply> {
  if (host.options.readOnly) return Errno.EROFS
  const error = newNameError(name)
  if (error !== undefined) return error
  if (host.handles.full) return Errno.ENFILE
  const { nodes } = host
  const directory = nodes.acquire(parent)
  if (directory < 0) return Errno.of(directory)
  const creds = host.credentials.creator(ctx, umaskIn(host, directory, ctx), mode)
  let outcome: Outcome<CreateReply> = Errno.EOVERFLOW
  if (creds !== undefined) {
    const opened = hostFlags(host, flags)
    const fd = openatAs(
      creds,
      directory,
      name,
      (opened & ~O_TRUNC) | O_CREAT | O_EXCL | O_NOFOLLOW,
      mode & PERMISSIONS,
    )
    if (fd >= 0) outcome = finish(host, fd, opened, false)
    else if (fd !== EEXIST || (flags & O_EXCL) !== 0) outcome = Errno.of(fd)
    else outcome = openExisting(host, directory, name, opened, killSuidgid, ctx)
  }
  nodes.release(parent)
  return outcome
}

/**
 * Opens a file that exists although the kernel of the client thought it did not. It has not checked permissions of
 * the file then and will not do so afterwards, so the host does, as the caller. Where that is not possible, and for
 * anything but a regular file, ESTALE makes the client look the name up again and do what the new answer calls for.
 */
function openExisting(
  host: Host,
  directory: number,
  name: Name,
  flags: number,
  killSuidgid: boolean,
  ctx: Context,
): Outcome<CreateReply> {
  const { nodes, stat } = host
  const fd = nodes.openPath(directory, name, 0)
  const node = fd < 0 ? fd : nodes.intern(fd, stat)
  if (node < 0) return Errno.of(node)
  const file = openAsCaller(host, node, flags, killSuidgid, ctx)
  const fh = file < 0 ? file : addHandle(host, file, node, flags & ~O_TRUNC)
  if (fh >= 0) return createReply(host, node, fh)
  nodes.forget(node, 1)
  return Errno.of(fh)
}

/** Opens a node whose attributes are in `host.stat`. A descriptor or a negative errno, ESTALE where the client must decide. */
function openAsCaller(host: Host, node: NodeId, flags: number, killSuidgid: boolean, ctx: Context): number {
  const truncate = (flags & O_TRUNC) !== 0
  if ((host.stat.mode & S_IFMT) !== S_IFREG || (truncate && (flags & O_ACCMODE) === O_RDONLY)) return ESTALE
  const creds = host.credentials.opener(ctx)
  if (creds === undefined) return ESTALE
  const path = host.nodes.acquire(node)
  if (path < 0) return path
  // Who may read a file may still not leave its access time alone.
  const fd = openatAs(creds, host.procFd, String(path), flags & ~(O_TRUNC | O_NOATIME), 0)
  host.nodes.release(node)
  if (fd < 0) return fd === EACCES || fd === EPERM ? ESTALE : fd
  const truncated = truncate ? ftruncate(fd, 0, mustKillSetId(host, fd, ctx, killSuidgid)) : 0
  if (truncated >= 0) return fd
  close(fd)
  return truncated
}

/** Makes a file without a name. It cannot be found by anything but its descriptor, which is therefore held. */
export function tmpfile(
  host: Host,
  parent: NodeId,
  mode: number,
  flags: number,
  ctx: Context,
): Outcome<CreateReply> {
  if (host.options.readOnly) return Errno.EROFS
  if ((flags & O_ACCMODE) === O_RDONLY) return Errno.EINVAL
  if (host.handles.full) return Errno.ENFILE
  const { nodes } = host
  const directory = nodes.acquire(parent)
  if (directory < 0) return Errno.of(directory)
  const creds = host.credentials.creator(ctx, umaskIn(host, directory, ctx), mode)
  let outcome: Outcome<CreateReply> = Errno.EOVERFLOW
  if (creds !== undefined) {
    const opened = hostFlags(host, flags) & ~O_TRUNC
    // O_EXCL means that the file can never get a name.
    const fd = openatAs(creds, directory, '.', opened | O_TMPFILE | (flags & O_EXCL), mode & PERMISSIONS)
    outcome = fd < 0 ? Errno.of(fd) : finish(host, fd, opened, true)
  }
  nodes.release(parent)
  return outcome
}

/** The reply for a file that was just made and opened. */
function finish(host: Host, fd: number, flags: number, hold: boolean): Outcome<CreateReply> {
  const { nodes, stat } = host
  const node = nodes.internOpen(fd, stat, hold)
  if (node < 0) {
    close(fd)
    return Errno.of(node)
  }
  const fh = addHandle(host, fd, node, flags)
  if (fh >= 0) return createReply(host, node, fh)
  nodes.forget(node, 1)
  return Errno.of(fh)
}

function createReply(host: Host, node: NodeId, fh: number): CreateReply {
  const { createReply, openReply } = host
  openReply.fh = fh
  openReply.openFlags = host.policy.fileFlags
  createReply.entry = host.entry(node)
  return createReply
}
