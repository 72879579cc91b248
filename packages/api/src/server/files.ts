import {
  FsyncFlag,
  FuseCopyFileRangeIn,
  FuseCopyFileRangeOut,
  FuseFallocateIn,
  FuseFlushIn,
  FuseFsyncIn,
  FuseLseekIn,
  FuseLseekOut,
  FuseOpenIn,
  FuseReadIn,
  FuseReleaseIn,
  FuseWriteIn,
  FuseWriteOut,
  OpenInFlag,
  ReadFlag,
  ReleaseFlag,
  WriteFlag,
} from '@fb/abi'
import { Errno } from '../errno.js'
import type { OpenReply } from '../file-system.js'
import { OPERATIONS } from '../operations.js'
import { SEEK_DATA, SEEK_HOLE, seekByGetattr } from '../substitutes.js'
import { checkRange, isId, takeStruct } from './body.js'
import type { Call } from './call.js'
import { type Core, type ReplyEncoder, SENT } from './core.js'
import { sendNothing } from './nodes.js'
import { BODY, encodeOpen, InvalidReplyError } from './reply.js'

const openIn = FuseOpenIn.create()
const readIn = FuseReadIn.create()
const writeIn = FuseWriteIn.create()
const writeOut = FuseWriteOut.create()
const flushIn = FuseFlushIn.create()
const releaseIn = FuseReleaseIn.create()
const fsyncIn = FuseFsyncIn.create()
const fallocateIn = FuseFallocateIn.create()
const lseekIn = FuseLseekIn.create()
const lseekOut = FuseLseekOut.create()
const copyIn = FuseCopyFileRangeIn.create()
const copyOut = FuseCopyFileRangeOut.create()

/** Most bytes that the 32-bit count of COPY_FILE_RANGE can report, in whole pages. */
const MAX_COPY = 0xffff_f000

/** Closes a file that the client was never told about. */
export function releaseUndelivered(core: Core, call: Call, node: number, fh: number): void {
  const done = core.fs.release?.(
    node,
    fh,
    { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false },
    call,
  )
  ignoreOutcome(done)
}

/** Lets an outcome that nobody waits for end without an unhandled rejection. */
export function ignoreOutcome(outcome: unknown): void {
  if (outcome instanceof Promise) outcome.catch(() => {})
}

export function open(core: Core, call: Call): void {
  const at = takeStruct(call, FuseOpenIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { flags, openFlags } = FuseOpenIn.decode(call.request.view, at, openIn)
  const killSuidgid = (openFlags & OpenInFlag.KILL_SUIDGID) !== 0
  core.settle(
    call,
    core.fs.open === undefined ? OPERATIONS.open.missing : core.fs.open(call.node, flags, killSuidgid, call),
    sendOpen,
  )
}

const sendOpen: ReplyEncoder<OpenReply> = (core, call, value) => {
  const size = encodeOpen(call.request.reply, BODY, value)
  const { fh } = value
  if (!core.send(call, size)) releaseUndelivered(core, call, call.node, fh)
  return SENT
}

export function read(core: Core, call: Call): void {
  const at = takeStruct(call, FuseReadIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const args = FuseReadIn.decode(call.request.view, at, readIn)
  const { fh, offset, size } = args
  if (!isId(fh)) return core.fail(call, Errno.EBADF)
  if (size > call.request.replyCapacity - BODY) return core.fail(call, Errno.EINVAL)
  // No file has bytes there, for no size is above 2^53: that is the end of all of them.
  if (checkRange(offset, size) !== undefined) return void core.sendData(call, 0)
  if (core.fs.read === undefined) return core.settle(call, OPERATIONS.read.missing, sendRead)
  const owned = (args.readFlags & ReadFlag.LOCKOWNER) !== 0
  const sink = call.sink.begin(size, args.flags, owned ? args.lockOwner : 0n)
  core.settle(call, core.fs.read(call.node, fh, offset, sink, call), sendRead)
}

const sendRead: ReplyEncoder<number | Uint8Array> = (core, call, value) => {
  const { sink } = call
  if (typeof value !== 'number') {
    if (value.length > sink.size) {
      throw new InvalidReplyError(`read returned ${value.length} bytes where ${sink.size} were asked for`)
    }
    core.sendWith(call, value)
  } else if (value < 0) {
    core.fail(call, Errno.of(value))
  } else if (value <= sink.valid) {
    core.sendData(call, value)
  } else {
    throw new InvalidReplyError(`read returned ${value}, but ${sink.valid} bytes are in the sink`)
  }
  return SENT
}

export function write(core: Core, call: Call): void {
  const at = takeStruct(call, FuseWriteIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const args = FuseWriteIn.decode(call.request.view, at, writeIn)
  const { fh, offset, size, writeFlags } = args
  // The payload is what is left of the message; a transport may keep it elsewhere, so lengths are compared, not bytes.
  if (call.end - call.at !== size) return core.fail(call, Errno.EINVAL)
  if (!isId(fh)) return core.fail(call, Errno.EBADF)
  const error = checkRange(offset, size)
  if (error !== undefined) return core.fail(call, error)
  if (core.fs.write === undefined) return core.settle(call, OPERATIONS.write.missing, sendWritten)
  const owned = (writeFlags & WriteFlag.LOCKOWNER) !== 0
  const source = call.source.begin(call.at, size, args.flags, writeFlags, owned ? args.lockOwner : 0n)
  core.settle(call, core.fs.write(call.node, fh, offset, source, call), sendWritten)
}

const sendWritten: ReplyEncoder<number> = (core, call, count) => {
  if (count < 0) {
    core.fail(call, Errno.of(count))
    return SENT
  }
  if (!(count <= call.source.size)) {
    throw new InvalidReplyError(`write took ${count} of ${call.source.size} bytes`)
  }
  writeOut.size = count
  FuseWriteOut.encode(call.request.reply.view, BODY, writeOut)
  return FuseWriteOut.size
}

export function flush(core: Core, call: Call): void {
  const at = takeStruct(call, FuseFlushIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { fh, lockOwner } = FuseFlushIn.decode(call.request.view, at, flushIn)
  if (!isId(fh)) return core.fail(call, Errno.EBADF)
  core.settle(
    call,
    core.fs.flush === undefined ? OPERATIONS.flush.missing : core.fs.flush(call.node, fh, lockOwner, call),
    sendNothing,
  )
}

export function release(core: Core, call: Call): void {
  const at = takeStruct(call, FuseReleaseIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { fh, flags, releaseFlags, lockOwner } = FuseReleaseIn.decode(call.request.view, at, releaseIn)
  if (!isId(fh)) return core.fail(call, Errno.EBADF)
  if (core.fs.release === undefined) return core.settle(call, OPERATIONS.release.missing, sendNothing)
  const request = {
    flags,
    lockOwner,
    flush: (releaseFlags & ReleaseFlag.FLUSH) !== 0,
    flockUnlock: (releaseFlags & ReleaseFlag.FLOCK_UNLOCK) !== 0,
  }
  core.settle(call, core.fs.release(call.node, fh, request, call), sendNothing)
}

export function releasedir(core: Core, call: Call): void {
  const at = takeStruct(call, FuseReleaseIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { fh, flags } = FuseReleaseIn.decode(call.request.view, at, releaseIn)
  if (!isId(fh)) return core.fail(call, Errno.EBADF)
  core.settle(
    call,
    core.fs.releasedir === undefined
      ? OPERATIONS.releasedir.missing
      : core.fs.releasedir(call.node, fh, flags, call),
    sendNothing,
  )
}

export function fsync(core: Core, call: Call): void {
  const at = takeStruct(call, FuseFsyncIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { fh, fsyncFlags } = FuseFsyncIn.decode(call.request.view, at, fsyncIn)
  if (!isId(fh)) return core.fail(call, Errno.EBADF)
  core.settle(
    call,
    core.fs.fsync === undefined
      ? OPERATIONS.fsync.missing
      : core.fs.fsync(call.node, fh, (fsyncFlags & FsyncFlag.FDATASYNC) !== 0, call),
    sendNothing,
  )
}

export function fsyncdir(core: Core, call: Call): void {
  const at = takeStruct(call, FuseFsyncIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { fh, fsyncFlags } = FuseFsyncIn.decode(call.request.view, at, fsyncIn)
  if (!isId(fh)) return core.fail(call, Errno.EBADF)
  core.settle(
    call,
    core.fs.fsyncdir === undefined
      ? OPERATIONS.fsyncdir.missing
      : core.fs.fsyncdir(call.node, fh, (fsyncFlags & FsyncFlag.FDATASYNC) !== 0, call),
    sendNothing,
  )
}

export function fallocate(core: Core, call: Call): void {
  const at = takeStruct(call, FuseFallocateIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { fh, offset, length, mode } = FuseFallocateIn.decode(call.request.view, at, fallocateIn)
  if (!isId(fh)) return core.fail(call, Errno.EBADF)
  const error = checkRange(offset, length)
  if (error !== undefined) return core.fail(call, error)
  if (core.fs.fallocate === undefined) return core.settle(call, OPERATIONS.fallocate.missing, sendNothing)
  core.settle(call, core.fs.fallocate(call.node, fh, offset, length, mode, call), sendNothing)
}

export function lseek(core: Core, call: Call): void {
  const at = takeStruct(call, FuseLseekIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { fh, offset, whence } = FuseLseekIn.decode(call.request.view, at, lseekIn)
  if (!isId(fh)) return core.fail(call, Errno.EBADF)
  // Before the beginning and beyond the longest file there is neither data nor a hole (lseek(2)).
  if (checkRange(offset) !== undefined) {
    return core.fail(call, whence === SEEK_DATA || whence === SEEK_HOLE ? Errno.ENXIO : Errno.EINVAL)
  }
  const { fs } = core
  core.settle(
    call,
    fs.lseek === undefined
      ? seekByGetattr(fs, call.node, fh, offset, whence, call)
      : fs.lseek(call.node, fh, offset, whence, call),
    sendOffset,
  )
}

const sendOffset: ReplyEncoder<number> = (core, call, offset) => {
  if (offset < 0) {
    core.fail(call, Errno.of(offset))
    return SENT
  }
  lseekOut.offset = offset
  FuseLseekOut.encode(call.request.reply.view, BODY, lseekOut)
  return FuseLseekOut.size
}

export function copyFileRange(core: Core, call: Call): void {
  copyRange(core, call, MAX_COPY, sendWrittenCount)
}

export function copyFileRange64(core: Core, call: Call): void {
  copyRange(core, call, Number.MAX_SAFE_INTEGER, sendCopied)
}

function copyRange(core: Core, call: Call, most: number, encode: ReplyEncoder<number>): void {
  const at = takeStruct(call, FuseCopyFileRangeIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { fhIn, offIn, nodeidOut, fhOut, offOut, len, flags } = FuseCopyFileRangeIn.decode(
    call.request.view,
    at,
    copyIn,
  )
  if (!isId(fhIn) || !isId(fhOut)) return core.fail(call, Errno.EBADF)
  if (!isId(nodeidOut)) return core.fail(call, Errno.EOVERFLOW)
  // A copy may always be shorter than asked for, so a length beyond what can be reported is cut, not refused.
  const length = Math.min(len, most, Number.MAX_SAFE_INTEGER - Math.max(offIn, offOut))
  const error = checkRange(offIn) ?? checkRange(offOut)
  if (error !== undefined) return core.fail(call, error)
  if (flags !== 0) return core.fail(call, Errno.EINVAL)
  if (core.fs.copyFileRange === undefined) return core.settle(call, OPERATIONS.copyFileRange.missing, encode)
  const from = { node: call.node, fh: fhIn, offset: offIn }
  const to = { node: nodeidOut, fh: fhOut, offset: offOut }
  core.settle(call, core.fs.copyFileRange(from, to, length, flags, call), encode)
}

const sendWrittenCount: ReplyEncoder<number> = (core, call, count) => {
  if (count < 0) {
    core.fail(call, Errno.of(count))
    return SENT
  }
  writeOut.size = Math.min(count, MAX_COPY)
  FuseWriteOut.encode(call.request.reply.view, BODY, writeOut)
  return FuseWriteOut.size
}

const sendCopied: ReplyEncoder<number> = (core, call, count) => {
  if (count < 0) {
    core.fail(call, Errno.of(count))
    return SENT
  }
  copyOut.bytesCopied = count
  FuseCopyFileRangeOut.encode(call.request.reply.view, BODY, copyOut)
  return FuseCopyFileRangeOut.size
}
