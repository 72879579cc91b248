import {
  type AttrReply,
  type Context,
  Errno,
  type FileHandle,
  type NodeId,
  type Outcome,
  type StatxReply,
} from '@fb/api'
import {
  AT_EMPTY_PATH,
  R_OK,
  S_IFDIR,
  S_IFMT,
  S_IXGRP,
  S_IXOTH,
  S_IXUSR,
  STATX_ATTR_AUTOMOUNT,
  STATX_ATTR_MOUNT_ROOT,
  STATX_BTIME,
  statx,
  statxAttributes,
  statxBtimeNsec,
  statxBtimeSec,
  statxDevMajor,
  statxDevMinor,
  statxGid,
  statxMask,
  statxUid,
  W_OK,
  X_OK,
} from '@fb/sys'
import { FULL_MASK, IDENTITY_MASK } from '../attributes.js'
import type { Host } from '../host.js'
import { HandleKind } from '../tables/handle-table.js'

const EBADF = -Errno.EBADF.errno

/** STATX_ATTR_* that only mean something on the host. */
const HOST_ATTRIBUTES = STATX_ATTR_MOUNT_ROOT | STATX_ATTR_AUTOMOUNT
const ATTRIBUTES_MASK_OFFSET = 56

/** statx(2) of a node, through its open file where one is given, into `host.stat`. 0 or a negative errno. */
export function statNode(host: Host, node: NodeId, fh: FileHandle | undefined, mask: number): number {
  const { nodes, handles, stat } = host
  if (fh !== undefined) {
    const index = handles.acquire(fh, node, HandleKind.ANY)
    if (index < 0) return EBADF
    const result = statx(handles.fd(index), '', AT_EMPTY_PATH, mask, stat.bytes)
    host.releaseHandle(index)
    return result
  }
  const fd = nodes.acquire(node)
  if (fd < 0) return fd
  const result = statx(fd, '', AT_EMPTY_PATH, mask, stat.bytes)
  nodes.release(node)
  return result
}

export function getattr(host: Host, node: NodeId, fh: FileHandle | undefined): Outcome<AttrReply> {
  const result = statNode(host, node, fh, IDENTITY_MASK)
  return result < 0 ? Errno.of(result) : host.attrReply()
}

/** The whole of statx(2): time of creation and STATX_ATTR_* as the host has them. */
export function statxNode(
  host: Host,
  node: NodeId,
  fh: FileHandle | undefined,
  mask: number,
): Outcome<StatxReply> {
  const result = statNode(host, node, fh, (mask & FULL_MASK) | IDENTITY_MASK)
  if (result < 0) return Errno.of(result)
  const { attr, attrTimeout } = host.attrReply()
  const { view } = host.stat
  const reply: StatxReply = {
    attr,
    attrTimeout,
    mask: statxMask(view) & FULL_MASK,
    attributes: BigInt((statxAttributes(view) & ~HOST_ATTRIBUTES) >>> 0),
    attributesMask: BigInt((view.getUint32(ATTRIBUTES_MASK_OFFSET, true) & ~HOST_ATTRIBUTES) >>> 0),
    devMajor: statxDevMajor(view),
    devMinor: statxDevMinor(view),
  }
  if ((reply.mask & STATX_BTIME) !== 0) {
    reply.btime = { seconds: statxBtimeSec(view), nanoseconds: statxBtimeNsec(view) }
  }
  return reply
}

/**
 * Whether the caller may access a node in `mask` (access(2)), by its permission bits. Asked only without
 * `default_permissions`; ACLs and groups that the kernel did not name do not count.
 */
export function access(host: Host, node: NodeId, mask: number, ctx: Context): Outcome<void> {
  const result = statNode(host, node, undefined, IDENTITY_MASK)
  if (result < 0) return Errno.of(result)
  const { mode, view } = host.stat
  if (host.options.readOnly && (mask & W_OK) !== 0) return Errno.EROFS
  if (ctx.uid === 0) {
    const executable = (mode & (S_IXUSR | S_IXGRP | S_IXOTH)) !== 0 || (mode & S_IFMT) === S_IFDIR
    return (mask & X_OK) !== 0 && !executable ? Errno.EACCES : undefined
  }
  const gid = statxGid(view)
  let granted = mode
  if (ctx.uid === statxUid(view)) granted = mode >> 6
  else if (ctx.gid === gid || ctx.groups.includes(gid)) granted = mode >> 3
  return (mask & ~granted & (R_OK | W_OK | X_OK)) !== 0 ? Errno.EACCES : undefined
}
