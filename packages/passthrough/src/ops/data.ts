import { WriteFlag } from '@fb/abi'
import {
  type Context,
  Errno,
  type FileHandle,
  type NodeId,
  type Outcome,
  type ReadSink,
  type WriteSource,
} from '@fb/api'
import { O_APPEND, O_DIRECT, O_DSYNC, preadFlags, RWF_APPEND, RWF_NOWAIT } from '@fb/sys'
import type { Host } from '../host.js'
import { HandleFlag, HandleKind } from '../tables/handle-table.js'
import { InodeFlag } from '../tables/inode-table.js'
import { mustKillSetId } from './set-id.js'
import { leaveDirect, writeBack } from './write-back.js'

const EINVAL = -Errno.EINVAL.errno
const EOPNOTSUPP = -Errno.EOPNOTSUPP.errno

/** What every device takes as alignment of direct I/O in a file. */
const SECTOR = 512

const oneByte = new Uint8Array(1)

/** Reads straight into the reply; what is not in memory is read on another thread, unless this one may wait. */
export function read(
  host: Host,
  node: NodeId,
  fh: FileHandle,
  offset: number,
  sink: ReadSink,
): Outcome<number> {
  const { handles } = host
  const index = handles.acquire(fh, node, HandleKind.FILE)
  if (index < 0) return Errno.EBADF
  const fd = handles.fd(index)
  if (host.options.blocking || handles.has(index, HandleFlag.IN_MEMORY)) {
    let count = sink.fromFd(fd, offset)
    if (count === EINVAL && stopDirect(host, index, offset, sink.size)) count = sink.fromFd(fd, offset)
    host.releaseHandle(index)
    return count
  }
  if (!handles.has(index, HandleFlag.NO_NOWAIT)) {
    const count = sink.fromFd(fd, offset, RWF_NOWAIT)
    if (count === sink.size || (count >= 0 && isEnd(fd, offset + count))) {
      host.releaseHandle(index)
      return count
    }
    if (count === EOPNOTSUPP) handles.addFlags(index, HandleFlag.NO_NOWAIT)
  }
  return readLater(host, index, offset, sink)
}

async function readLater(host: Host, index: number, offset: number, sink: ReadSink): Promise<number> {
  try {
    const fd = host.handles.fd(index)
    const count = await sink.fromFdAsync(fd, offset)
    return count === EINVAL && stopDirect(host, index, offset, sink.size)
      ? await sink.fromFdAsync(fd, offset)
      : count
  } finally {
    host.releaseHandle(index)
  }
}

/** Whether a file is known to end at `offset`: fewer bytes than asked for mean that only there. */
function isEnd(fd: number, offset: number): boolean {
  return preadFlags(fd, oneByte, 0, 1, offset, RWF_NOWAIT) === 0
}

/** Writes straight from the request. */
export function write(
  host: Host,
  node: NodeId,
  fh: FileHandle,
  offset: number,
  source: WriteSource,
  ctx: Context,
): Outcome<number> {
  if (host.options.readOnly) return Errno.EROFS
  const { handles } = host
  const index = handles.acquire(fh, node, HandleKind.FILE)
  if (index < 0) return Errno.EBADF
  if ((source.writeFlags & WriteFlag.CACHE) !== 0) return writeBack(host, node, index, offset, source)
  const fd = handles.fd(index)
  host.nodes.dropFlags(node, InodeFlag.MTIME_SET)
  const flags = (source.flags & O_APPEND) !== 0 ? RWF_APPEND : 0
  const kill = mustKillSetId(host, fd, ctx, (source.writeFlags & WriteFlag.KILL_SUIDGID) !== 0)
  const waits =
    (handles.openFlags(index) & (O_DSYNC | O_DIRECT)) !== 0 && !handles.has(index, HandleFlag.IN_MEMORY)
  if (waits && !host.options.blocking) return writeLater(host, index, offset, source, flags, kill)
  let count = source.toFd(fd, offset, flags, kill)
  if (count === EINVAL && stopDirect(host, index, offset, source.size))
    count = source.toFd(fd, offset, flags, kill)
  host.releaseHandle(index)
  return count
}

async function writeLater(
  host: Host,
  index: number,
  offset: number,
  source: WriteSource,
  flags: number,
  kill: boolean,
): Promise<number> {
  try {
    const fd = host.handles.fd(index)
    const count = await source.toFdAsync(fd, offset, flags, kill)
    if (count !== EINVAL || !stopDirect(host, index, offset, source.size)) return count
    return await source.toFdAsync(fd, offset, flags, kill)
  } finally {
    host.releaseHandle(index)
  }
}

/**
 * Takes O_DIRECT off a descriptor whose device refused a transfer that is aligned in the file: then the memory of the
 * request is not aligned enough for it, which the client cannot know. False where that is not the reason.
 */
function stopDirect(host: Host, index: number, offset: number, size: number): boolean {
  const { handles } = host
  const direct = (handles.openFlags(index) & O_DIRECT) !== 0 && !handles.has(index, HandleFlag.NOT_DIRECT)
  return direct && offset % SECTOR === 0 && size % SECTOR === 0 && leaveDirect(host, index)
}
