import { OpenReplyFlag } from '@fb/abi'
import { type Context, Errno, type NodeId, type OpenReply, type Outcome } from '@fb/api'
import {
  close,
  O_ACCMODE,
  O_APPEND,
  O_DIRECT,
  O_DSYNC,
  O_NOATIME,
  O_RDONLY,
  O_RDWR,
  O_SYNC,
  O_TRUNC,
  O_WRONLY,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from '@fb/sys'
import { reopen } from '../descriptors.js'
import type { Host } from '../host.js'
import { SessionFlag } from '../share.js'
import { HandleFlag } from '../tables/handle-table.js'
import { InodeFlag } from '../tables/inode-table.js'
import { mustKillSetId } from './set-id.js'

const EPERM = -Errno.EPERM.errno
const ENFILE = -Errno.ENFILE.errno
const EISDIR = -Errno.EISDIR.errno
const ELOOP = -Errno.ELOOP.errno
const ENXIO = -Errno.ENXIO.errno

/** Flags that mean on the host what they mean to the client. */
const KEPT = O_ACCMODE | O_TRUNC | O_SYNC | O_DSYNC

/**
 * The flags with which the host opens a file: O_APPEND is left out because each write says whether it appends, and
 * whatever is not listed (O_CREAT, O_NOCTTY, O_NONBLOCK ...) has had its effect in the client.
 */
export function hostFlags(host: Host, flags: number): number {
  const { options } = host
  let kept = flags & KEPT
  if (options.allowDirectIo) kept |= flags & O_DIRECT
  if (options.preserveNoatime) kept |= flags & O_NOATIME
  if (options.noatime || options.readOnly) kept |= O_NOATIME
  // Where writes are gathered, the kernel of the client reads what is around them first.
  if ((flags & O_ACCMODE) === O_WRONLY && host.is(SessionFlag.WRITEBACK)) kept = (kept & ~O_ACCMODE) | O_RDWR
  return kept
}

/** `HandleFlag` bits of an open file of an acquired or just looked-up node. */
export function fileFlags({ mounts, nodes }: Host, node: NodeId): number {
  return mounts.inMemory(nodes.mount(node)) ? HandleFlag.IN_MEMORY : 0
}

/** Takes an open file of a known node into the table, or closes it. Its file handle number or a negative errno. */
export function addHandle(host: Host, fd: number, node: NodeId, flags: number): number {
  const fh = host.handles.add(fd, node, flags, fileFlags(host, node))
  if (fh >= 0) return fh
  close(fd)
  return ENFILE
}

/** Opens a regular file. Never anything else: opening a FIFO waits, and opening a device has effects. */
export function open(
  host: Host,
  node: NodeId,
  flags: number,
  killSuidgid: boolean,
  ctx: Context,
): Outcome<OpenReply> {
  if (host.options.readOnly && ((flags & O_ACCMODE) !== O_RDONLY || (flags & O_TRUNC) !== 0))
    return Errno.EROFS
  if (host.handles.full) return Errno.ENFILE
  const { nodes } = host
  const path = nodes.acquire(node)
  if (path < 0) return Errno.of(path)
  let wanted = hostFlags(host, flags)
  let fh = typeError(nodes.mode(node))
  if (fh === 0) {
    const truncates = (flags & O_TRUNC) !== 0
    // Who opens it now can change pages later than the time was set.
    if (truncates || (flags & O_ACCMODE) !== O_RDONLY) nodes.dropFlags(node, InodeFlag.MTIME_SET)
    const kill = truncates && mustKillSetId(host, path, ctx, killSuidgid)
    let fd = openFile(host, path, wanted, kill)
    // A file that may only be appended to (chattr +a) is not opened for writing without O_APPEND.
    if (fd === EPERM && (flags & O_APPEND) !== 0) {
      wanted |= O_APPEND
      fd = openFile(host, path, wanted, kill)
    }
    fh = fd < 0 ? fd : addHandle(host, fd, node, wanted)
  }
  nodes.release(node)
  if (fh < 0) return Errno.of(fh)
  const { openReply } = host
  openReply.fh = fh
  openReply.openFlags = host.policy.fileFlags
  // A page of such a file cannot be written back to where it was, so there must be none.
  if ((wanted & O_APPEND) !== 0) openReply.openFlags |= OpenReplyFlag.DIRECT_IO
  return openReply
}

/** Opens the regular file of an O_PATH descriptor with flags of the host. A descriptor or a negative errno. */
export function openFile(host: Host, path: number, flags: number, killSuidgid = false): number {
  const fd = reopen(host.procFd, path, flags, killSuidgid)
  // Only the owner, or who acts as one (CAP_FOWNER), may leave the access time alone: open(2).
  return fd === EPERM && (flags & O_NOATIME) !== 0
    ? reopen(host.procFd, path, flags & ~O_NOATIME, killSuidgid)
    : fd
}

/** 0 for a regular file, else the negative errno of opening what it is. */
export function typeError(mode: number): number {
  const type = mode & S_IFMT
  if (type === S_IFREG) return 0
  if (type === S_IFDIR) return EISDIR
  return type === S_IFLNK ? ELOOP : ENXIO
}
