import {
  type Context,
  Errno,
  type FileHandle,
  type IoctlReply,
  type IoctlRequest,
  type NodeId,
  type Outcome,
} from '@fb/api'
import {
  AT_EMPTY_PATH,
  FS_IOC_FSGETXATTR,
  FS_IOC_FSSETXATTR,
  FS_IOC_GETFLAGS,
  FS_IOC_GETVERSION,
  FS_IOC_SETFLAGS,
  ioctlBuffer,
  statx,
  statxUid,
} from '@fb/sys'
import { IDENTITY_MASK } from '../attributes.js'
import type { Host } from '../host.js'
import { HandleKind } from '../tables/handle-table.js'

/** Bytes that each request really moves: the numbers of the older ones say 8, the kernel moves an int. */
const INT_BYTES = 4
const FSXATTR_BYTES = 28

/**
 * FS_*_FL bits (include/uapi/linux/fs.h) that the owner of a file may change: compressed, synchronous, no dump, no
 * atime, not compressed, no copy on write, synchronous directory. The others are for root: immutable, append-only ...
 */
const OWNER_FLAGS = 0x4 | 0x8 | 0x40 | 0x80 | 0x400 | 0x800000 | 0x10000

/** The file attribute requests, which have structures of known size and no pointers. Anything else is ENOTTY. */
export function ioctl(
  host: Host,
  node: NodeId,
  fh: FileHandle,
  request: IoctlRequest,
  ctx: Context,
): Outcome<IoctlReply> {
  const { handles } = host
  const index = handles.acquire(fh, node, HandleKind.ANY)
  if (index < 0) return Errno.EBADF
  const fd = handles.fd(index)
  let outcome: Outcome<IoctlReply> = Errno.ENOTTY
  switch (request.command) {
    case FS_IOC_GETFLAGS:
    case FS_IOC_GETVERSION:
      outcome = ask(fd, request, INT_BYTES)
      break
    case FS_IOC_FSGETXATTR:
      outcome = ask(fd, request, FSXATTR_BYTES)
      break
    case FS_IOC_SETFLAGS:
      outcome = attributesChanged(host, node, tell(host, fd, request, INT_BYTES, ctx))
      break
    case FS_IOC_FSSETXATTR:
      outcome = attributesChanged(host, node, tell(host, fd, request, FSXATTR_BYTES, ctx))
      break
  }
  host.releaseHandle(index)
  return outcome
}

/** The kernel does not know that these requests change attributes: it is told to ask again before the caller goes on. */
function attributesChanged(
  { notifier, ids }: Host,
  node: NodeId,
  outcome: IoctlReply | Errno,
): Outcome<IoctlReply> {
  if (notifier === undefined || outcome instanceof Errno) return outcome
  return notifier.invalInode(ids.id(node), -1).then(
    () => outcome,
    () => outcome,
  )
}

function ask(fd: number, request: IoctlRequest, size: number): IoctlReply | Errno {
  if (request.outputSize < size) return Errno.EINVAL
  const output = new Uint8Array(size)
  const result = ioctlBuffer(fd, request.command, output)
  return result < 0 ? Errno.of(result) : { result, output }
}

function tell(host: Host, fd: number, request: IoctlRequest, size: number, ctx: Context): IoctlReply | Errno {
  if (host.options.readOnly) return Errno.EROFS
  if (request.input.length < size) return Errno.EINVAL
  const input = request.input.slice(0, size)
  if (ctx.uid !== 0) {
    const error = request.command === FS_IOC_SETFLAGS ? ownerError(host, fd, input, ctx) : Errno.EPERM
    if (error !== undefined) return error
  }
  const result = ioctlBuffer(fd, request.command, input)
  return result < 0 ? Errno.of(result) : { result }
}

/** Why a caller other than root may not set these flags. Older kernels ask without having checked. */
function ownerError(host: Host, fd: number, input: Uint8Array, ctx: Context): Errno | undefined {
  const { otherStat } = host
  const result = statx(fd, '', AT_EMPTY_PATH, IDENTITY_MASK, otherStat.bytes)
  if (result < 0) return Errno.of(result)
  if (statxUid(otherStat.view) !== ctx.uid) return Errno.EPERM
  const current = new Uint8Array(INT_BYTES)
  const got = ioctlBuffer(fd, FS_IOC_GETFLAGS, current)
  if (got < 0) return Errno.of(got)
  const changed = word(current) ^ word(input)
  return (changed & ~OWNER_FLAGS) === 0 ? undefined : Errno.EPERM
}

function word(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true)
}
