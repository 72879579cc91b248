import { FUSE_ROOT_ID } from '@fb/abi'
import { type Entry, Errno, type Name, type NodeId, type Outcome } from '@fb/api'
import { AT_EMPTY_PATH, close, O_DIRECTORY, statx } from '@fb/sys'
import { IDENTITY_MASK, Stat } from '../attributes.js'
import { closeIfAny } from '../descriptors.js'
import type { Host } from '../host.js'
import { SessionFlag } from '../share.js'
import { isDot, isDotDot, nameError } from './names.js'

const ENOENT = -Errno.ENOENT.errno

/** Finds `name` in `parent`: one system call where there is none, four or less where there is. */
export function lookup(host: Host, parent: number, name: Name): Outcome<Entry> {
  if (isDot(name)) return lookupSelf(host, parent)
  if (isDotDot(name)) return lookupParent(host, parent)
  const error = nameError(name)
  if (error !== undefined) return error
  const node = lookupChild(host, parent, name)
  if (node > 0) return host.entry(node)
  return node === ENOENT && host.policy.negativeTimeout > 0 ? host.negativeEntry() : Errno.of(node)
}

/** Counts a lookup on `name` in `parent`: its nodeid, its attributes in `host.stat`; or a negative errno. */
function lookupChild(host: Host, parent: NodeId, name: Name): number {
  const { nodes } = host
  const directory = nodes.acquire(parent)
  if (directory < 0) return directory
  const fd = nodes.openPath(directory, name, 0)
  nodes.release(parent)
  return fd < 0 ? fd : nodes.intern(fd, host.stat)
}

/** As `lookup`, in a directory that the caller has acquired with descriptor `directory`. */
export function lookupIn(host: Host, directory: number, name: Name): Outcome<Entry> {
  const fd = host.nodes.openPath(directory, name, 0)
  const node = fd < 0 ? fd : host.nodes.intern(fd, host.stat)
  return node < 0 ? Errno.of(node) : host.entry(node)
}

/** "." of a node, which NFS export asks for. */
function lookupSelf(host: Host, node: NodeId): Outcome<Entry> {
  const { nodes, stat } = host
  const fd = nodes.acquire(node)
  if (fd < 0) return Errno.of(fd)
  const result = statx(fd, '', AT_EMPTY_PATH, IDENTITY_MASK, stat.bytes)
  if (result >= 0) nodes.addLookup(node, stat)
  nodes.release(node)
  return result < 0 ? Errno.of(result) : host.entry(node)
}

/**
 * "." of an inode that the client has forgotten, and made a file handle of before (exportfs: fs/fuse/inode.c fuse_get_dentry).
 * The client compares the generation. ESTALE for what is gone, or not below the source.
 */
export function lookupForgotten(host: Host, id: NodeId): Outcome<Entry> {
  const { nodes, stat } = host
  const fd = nodes.openNumber(id)
  if (fd < 0) return Errno.of(fd)
  if (!mayBeFound(host, fd)) {
    close(fd)
    return Errno.ESTALE
  }
  const node = nodes.intern(fd, stat)
  if (node < 0) return Errno.of(node)
  if (host.ids.id(node) === id) return host.entry(node)
  nodes.forget(node, 1)
  return Errno.ESTALE
}

/**
 * Whether an inode that was found by its number is one of the source's. Of a directory that is known. A file does not say where
 * it is: it is taken for one where all of its file system is served, and where those who ask may open any inode of it anyway
 * (CAP_DAC_READ_SEARCH on this machine, open_by_handle_at(2)).
 */
function mayBeFound(host: Host, fd: number): boolean {
  const { stat } = host
  if (statx(fd, '', AT_EMPTY_PATH, IDENTITY_MASK, stat.bytes) < 0 || stat.nlink === 0) return false
  if (host.exportsWhole) return true
  return stat.isDirectory ? isInside(host, fd) : host.is(SessionFlag.LOCAL_CALLERS)
}

/** ".." of a directory; of the root, the root. Never what is above it, even if the directory was moved out on the host. */
function lookupParent(host: Host, node: NodeId): Outcome<Entry> {
  if (node === FUSE_ROOT_ID) return lookupSelf(host, node)
  const { nodes } = host
  const fd = nodes.acquire(node)
  if (fd < 0) return Errno.of(fd)
  const above = nodes.openPath(fd, '..', O_DIRECTORY)
  nodes.release(node)
  if (above < 0) return Errno.of(above)
  if (!isInside(host, above)) {
    close(above)
    return Errno.ESTALE
  }
  const parent = nodes.intern(above, host.stat)
  return parent < 0 ? Errno.of(parent) : host.entry(parent)
}

/** Whether a directory is the root or below it, found by going up. */
function isInside(host: Host, directory: number): boolean {
  const { nodes, stat, otherStat } = host
  const root = nodes.acquire(FUSE_ROOT_ID)
  if (root < 0) return false
  const known = statx(root, '', AT_EMPTY_PATH, IDENTITY_MASK, otherStat.bytes)
  nodes.release(FUSE_ROOT_ID)
  if (known < 0) return false
  const below = new Stat()
  let fd = directory
  let inside = false
  while (fd >= 0 && statx(fd, '', AT_EMPTY_PATH, IDENTITY_MASK, stat.bytes) >= 0) {
    inside = stat.isSameInode(otherStat)
    // A directory that is its own parent is the top of the host.
    if (inside || stat.isSameInode(below)) break
    below.bytes.set(stat.bytes)
    const above = nodes.openPath(fd, '..', O_DIRECTORY)
    if (fd !== directory) close(fd)
    fd = above
  }
  if (fd !== directory) closeIfAny(fd)
  return inside
}
