import { type Context, type Entry, Errno, type Name, type NodeId, type Outcome } from '@fb/api'
import {
  AT_EMPTY_PATH,
  AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW,
  linkat,
  RENAME_EXCHANGE,
  RENAME_WHITEOUT,
  readlinkat,
  renameat2,
  renameat2As,
  statx,
  unlinkat,
} from '@fb/sys'
import { IDENTITY_MASK } from '../attributes.js'
import type { Host } from '../host.js'
import { NOTHING_HELD } from '../removals.js'
import { newNameError } from './names.js'

const EOVERFLOW = -Errno.EOVERFLOW.errno

/** PATH_MAX: no target of a symbolic link is longer. */
const target = new Uint8Array(4096)

export function unlink(host: Host, parent: NodeId, name: Name): Outcome<void> {
  return remove(host, parent, name, 0)
}

export function rmdir(host: Host, parent: NodeId, name: Name): Outcome<void> {
  return remove(host, parent, name, AT_REMOVEDIR)
}

function remove(host: Host, parent: NodeId, name: Name, flags: number): Outcome<void> {
  if (host.options.readOnly) return Errno.EROFS
  const error = newNameError(name)
  if (error !== undefined) return error
  const { nodes, removals } = host
  const directory = nodes.acquire(parent)
  if (directory < 0) return Errno.of(directory)
  const held = removals.begin(directory, name, host.stat)
  const result = unlinkat(directory, name, flags)
  removals.finish(held, result >= 0)
  nodes.release(parent)
  return result < 0 ? Errno.of(result) : undefined
}

export function rename(
  host: Host,
  parent: NodeId,
  name: Name,
  newParent: NodeId,
  newName: Name,
  flags: number,
  ctx: Context,
): Outcome<void> {
  if (host.options.readOnly) return Errno.EROFS
  const error = newNameError(name) ?? newNameError(newName)
  if (error !== undefined) return error
  const { nodes, removals } = host
  const from = nodes.acquire(parent)
  if (from < 0) return Errno.of(from)
  const to = nodes.acquire(newParent)
  if (to < 0) {
    nodes.release(parent)
    return Errno.of(to)
  }
  // An exchange takes no name away.
  const held = (flags & RENAME_EXCHANGE) === 0 ? removals.begin(to, newName, host.stat) : NOTHING_HELD
  const result = renameFrom(host, from, name, to, newName, flags, ctx)
  removals.finish(held, result >= 0)
  nodes.release(newParent)
  nodes.release(parent)
  return result < 0 ? Errno.of(result) : undefined
}

/** The whiteout that a rename may leave belongs to the caller. */
function renameFrom(
  host: Host,
  from: number,
  name: Name,
  to: number,
  newName: Name,
  flags: number,
  ctx: Context,
): number {
  if ((flags & RENAME_WHITEOUT) === 0) return renameat2(from, name, to, newName, flags)
  const creds = host.credentials.creator(ctx, 0, 0)
  return creds === undefined ? EOVERFLOW : renameat2As(creds, from, name, to, newName, flags)
}

export function link(host: Host, node: NodeId, newParent: NodeId, newName: Name): Outcome<Entry> {
  if (host.options.readOnly) return Errno.EROFS
  const error = newNameError(newName)
  if (error !== undefined) return error
  const { nodes, stat } = host
  const fd = nodes.acquire(node)
  if (fd < 0) return Errno.of(fd)
  const directory = nodes.acquire(newParent)
  let result = directory
  if (directory >= 0) {
    // Through the magic link, because AT_EMPTY_PATH needs CAP_DAC_READ_SEARCH. It leads to the inode, also of a symlink.
    result = linkat(host.procFd, String(fd), directory, newName, AT_SYMLINK_FOLLOW)
    nodes.release(newParent)
  }
  if (result >= 0) result = statx(fd, '', AT_EMPTY_PATH, IDENTITY_MASK, stat.bytes)
  if (result >= 0) nodes.addLookup(node, stat)
  nodes.release(node)
  return result < 0 ? Errno.of(result) : host.entry(node)
}

export function readlink(host: Host, node: NodeId): Outcome<Uint8Array> {
  const fd = host.nodes.acquire(node)
  if (fd < 0) return Errno.of(fd)
  const length = readlinkat(fd, '', target)
  host.nodes.release(node)
  // The host says ENOENT for a descriptor that is not a symbolic link.
  if (length < 0) return length === -Errno.ENOENT.errno ? Errno.EINVAL : Errno.of(length)
  return target.subarray(0, length)
}
