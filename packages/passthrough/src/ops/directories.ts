import { FUSE_NAME_OFFSET_DIRENTPLUS, FUSE_ROOT_ID } from '@fb/abi'
import {
  type DirectorySink,
  Errno,
  type FileHandle,
  type NodeId,
  type OpenReply,
  type Outcome,
} from '@fb/api'
import { AT_EMPTY_PATH, close, DT_DIR, O_DIRECTORY, O_NOATIME, O_RDONLY, openat, statx } from '@fb/sys'
import { IDENTITY_MASK } from '../attributes.js'
import type { DirectoryBuffer } from '../directory-buffers.js'
import type { Host } from '../host.js'
import { HandleFlag, HandleKind } from '../tables/handle-table.js'
import { isDot, isDotDot } from './names.js'

const EPERM = -Errno.EPERM.errno

/** How the host opens directories. */
export const DIRECTORY_FLAGS: number = O_RDONLY | O_DIRECTORY

/** Opens the directory of an O_PATH descriptor to be listed. A descriptor or a negative errno. */
export function openDirectory({ options }: Host, path: number): number {
  if (options.noatime || options.nodiratime || options.readOnly) {
    const fd = openat(path, '.', DIRECTORY_FLAGS | O_NOATIME, 0)
    // Only the owner, or who acts as one (CAP_FOWNER), may leave the access time alone: open(2).
    if (fd !== EPERM) return fd
  }
  return openat(path, '.', DIRECTORY_FLAGS, 0)
}

export function opendir(host: Host, node: NodeId): Outcome<OpenReply> {
  if (host.handles.full) return Errno.ENFILE
  const { nodes } = host
  const path = nodes.acquire(node)
  if (path < 0) return Errno.of(path)
  const fd = openDirectory(host, path)
  nodes.release(node)
  if (fd < 0) return Errno.of(fd)
  const fh = host.handles.add(fd, node, DIRECTORY_FLAGS, HandleFlag.DIRECTORY)
  if (fh < 0) {
    close(fd)
    return Errno.ENFILE
  }
  const { openReply } = host
  openReply.fh = fh
  openReply.openFlags = host.policy.directoryFlags
  return openReply
}

export function releasedir(host: Host, node: NodeId, fh: FileHandle): Outcome<void> {
  host.directories.drop(fh)
  const index = host.handles.acquire(fh, node, HandleKind.DIRECTORY)
  if (index < 0) return Errno.EBADF
  host.handles.end(index)
  host.releaseHandle(index)
  return undefined
}

/**
 * Lists a directory as the host does: in its order, with its cookies, `.` and `..` included. With `plus`, each other
 * entry is looked up; one that cannot be is listed without attributes, never left out.
 */
export function list(
  host: Host,
  node: NodeId,
  fh: FileHandle,
  cookie: bigint,
  sink: DirectorySink,
  plus: boolean,
): Outcome<void> {
  const { handles } = host
  const index = handles.acquire(fh, node, HandleKind.DIRECTORY)
  if (index < 0) return Errno.EBADF
  const buffer = host.directories.of(fh)
  const fd = handles.fd(index)
  const device = host.nodes.device(node)
  let state = buffer.seek(handles, index, cookie, sink.remaining)
  let any = false
  while (state > 0 && addEntry(host, node, fd, device, buffer, sink, plus)) {
    any = true
    state = buffer.next(handles, index)
  }
  host.releaseHandle(index)
  // An error behind entries that were added comes again with the next request.
  return state < 0 && !any ? Errno.of(state) : undefined
}

/** Adds the entry at hand. False where it does not fit. */
function addEntry(
  host: Host,
  node: NodeId,
  fd: number,
  device: number,
  buffer: DirectoryBuffer,
  sink: DirectorySink,
  plus: boolean,
): boolean {
  const { name, cookie } = buffer
  if (isDotDot(name) && node === FUSE_ROOT_ID) return addRoot(host, name, cookie, sink)
  const lookedUp = plus && !isDot(name) && !isDotDot(name)
  if (lookedUp) {
    // What does not fit is not looked up in vain.
    if (sink.remaining < FUSE_NAME_OFFSET_DIRENTPLUS + name.length) return false
    const child = lookupChild(host, fd, name)
    if (child > 0) {
      if (sink.addPlus(name, host.entry(child), cookie)) return true
      host.nodes.forget(child, 1)
      return false
    }
  }
  return sink.add(name, host.inode(buffer.inoLow, buffer.inoHigh, device), buffer.type, cookie)
}

/** Counts a lookup on an entry of an open directory: its nodeid, or a negative errno. */
function lookupChild(host: Host, directory: number, name: Uint8Array): number {
  const fd = host.nodes.openPath(directory, name, 0)
  return fd < 0 ? fd : host.nodes.intern(fd, host.stat)
}

/** Adds ".." of the root, which is the root itself: what is above is not shown, not even by its number. */
function addRoot(host: Host, name: Uint8Array, cookie: bigint, sink: DirectorySink): boolean {
  const { nodes, otherStat } = host
  const root = nodes.acquire(FUSE_ROOT_ID)
  if (root < 0) return sink.add(name, 0, DT_DIR, cookie)
  statx(root, '', AT_EMPTY_PATH, IDENTITY_MASK, otherStat.bytes)
  nodes.release(FUSE_ROOT_ID)
  return sink.add(name, host.inode(otherStat.inoLow, otherStat.inoHigh, otherStat.device), DT_DIR, cookie)
}
