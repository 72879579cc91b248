import { Errno, type Name, type NodeId, type Outcome } from '@fb/api'
import {
  AT_EMPTY_PATH,
  getxattr,
  listxattr,
  removexattr,
  S_ISGID,
  setxattr,
  statx,
  XATTR_NAME_MAX,
  XATTR_SIZE_MAX,
} from '@fb/sys'
import { IDENTITY_MASK } from '../attributes.js'
import { procPath } from '../descriptors.js'
import type { Host } from '../host.js'
import { SessionFlag } from '../share.js'
import { changeMode } from './change-mode.js'

const NOTHING = new Uint8Array(0)
/** One for all: a value is sent before the next is read (D20: nothing is allocated for what a client asks). */
const scratch = new Uint8Array(XATTR_SIZE_MAX)
const PERMISSIONS = 0o7777

const ACL_PREFIX = new TextEncoder().encode('system.posix_acl_')

/** The error for an attribute that is not passed through. */
function nameError(host: Host, name: Name): Errno | undefined {
  if (!host.options.xattr) return Errno.EOPNOTSUPP
  if (name.length === 0 || name.length > XATTR_NAME_MAX) return Errno.ERANGE
  // An ACL that nobody obeys must not be set, nor be taken for one that counts.
  return isAcl(name) && !host.is(SessionFlag.POSIX_ACL) ? Errno.EOPNOTSUPP : undefined
}

function isAcl(name: Name): boolean {
  return name.length > ACL_PREFIX.length && ACL_PREFIX.every((byte, index) => name[index] === byte)
}

export function set(
  host: Host,
  node: NodeId,
  name: Name,
  value: Uint8Array,
  flags: number,
  killSgid: boolean,
): Outcome<void> {
  if (host.options.readOnly) return Errno.EROFS
  const error = nameError(host, name)
  if (error !== undefined) return error
  const fd = host.nodes.acquire(node)
  if (fd < 0) return Errno.of(fd)
  // The wire's number has no sign, the system call's has.
  let result = setxattr(procPath(fd), name, value, flags | 0)
  if (result >= 0 && killSgid) result = clearSgid(host, fd)
  host.nodes.release(node)
  return result < 0 ? Errno.of(result) : undefined
}

/** Clears set-group-id, which an ACL set by somebody outside the group must not leave (setxattr runs with CAP_FSETID). */
function clearSgid(host: Host, fd: number): number {
  const { otherStat } = host
  const result = statx(fd, '', AT_EMPTY_PATH, IDENTITY_MASK, otherStat.bytes)
  if (result < 0 || (otherStat.mode & S_ISGID) === 0) return result
  return changeMode(fd, otherStat.mode & PERMISSIONS & ~S_ISGID)
}

export function get(host: Host, node: NodeId, name: Name, size: number): Outcome<Uint8Array | number> {
  const error = nameError(host, name)
  if (error !== undefined) return error
  const fd = host.nodes.acquire(node)
  if (fd < 0) return Errno.of(fd)
  const length = getxattr(procPath(fd), name, room(size))
  host.nodes.release(node)
  return value(length, size)
}

export function names(host: Host, node: NodeId, size: number): Outcome<Uint8Array | number> {
  if (!host.options.xattr) return Errno.EOPNOTSUPP
  const fd = host.nodes.acquire(node)
  if (fd < 0) return Errno.of(fd)
  const length = listxattr(procPath(fd), room(size))
  host.nodes.release(node)
  return value(length, size)
}

export function remove(host: Host, node: NodeId, name: Name): Outcome<void> {
  if (host.options.readOnly) return Errno.EROFS
  const error = nameError(host, name)
  if (error !== undefined) return error
  const fd = host.nodes.acquire(node)
  if (fd < 0) return Errno.of(fd)
  const result = removexattr(procPath(fd), name)
  host.nodes.release(node)
  return result < 0 ? Errno.of(result) : undefined
}

function room(size: number): Uint8Array {
  return size === 0 ? NOTHING : scratch.subarray(0, Math.min(size, scratch.length))
}

function value(length: number, size: number): Outcome<Uint8Array | number> {
  if (length < 0) return Errno.of(length)
  return size === 0 ? length : scratch.subarray(0, length)
}
