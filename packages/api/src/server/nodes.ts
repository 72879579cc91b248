import {
  AttrFlag,
  FuseAccessIn,
  FuseForgetIn,
  FuseGetattrIn,
  FuseSetattrIn,
  FuseStatfsOut,
  FuseStatxIn,
  FuseStatxOut,
  forEachForget,
  GetattrFlag,
  SetattrValid,
} from '@fb/abi'
import { Errno } from '../errno.js'
import type { AttrReply, Entry, SetAttr, SetTime, StatFs, StatxReply } from '../file-system.js'
import { OPERATIONS } from '../operations.js'
import { statxByGetattr } from '../substitutes.js'
import { atEnd, checkRange, isId, takeName, takeStruct } from './body.js'
import type { Call } from './call.js'
import { type Core, type ReplyEncoder, SENT } from './core.js'
import { BODY, encodeAttr, encodeEntry, restNanoseconds, wholeSeconds } from './reply.js'

const forgetIn = FuseForgetIn.create()
const getattrIn = FuseGetattrIn.create()
const setattrIn = FuseSetattrIn.create()
const accessIn = FuseAccessIn.create()
const statfsOut = FuseStatfsOut.create()
const statxIn = FuseStatxIn.create()
const statxOut = FuseStatxOut.create()

const PERMISSIONS_AND_TYPE = 0xffff
const LONGEST_TIME = Number.MAX_SAFE_INTEGER

/** Sends an entry, and takes the lookup back where the kernel did not get it. */
export const sendEntry: ReplyEncoder<Entry> = (core, call, entry) => {
  // A negative entry that may not be cached says the same as ENOENT.
  if (entry.nodeid === 0 && !(entry.entryTimeout > 0)) {
    core.fail(call, Errno.ENOENT)
    return SENT
  }
  const size = encodeEntry(call.request.reply, BODY, entry)
  const { nodeid } = entry
  if (!core.send(call, size) && nodeid !== 0) core.fs.forget?.(nodeid, 1)
  return SENT
}

/** Sends attributes. */
export const sendAttr: ReplyEncoder<AttrReply> = (_core, call, value) =>
  encodeAttr(call.request.reply, BODY, value)

/** A reply without a body. */
export const sendNothing: ReplyEncoder<void> = () => 0

export function lookup(core: Core, call: Call): void {
  const name = takeName(call)
  if (name === undefined || !atEnd(call)) return core.fail(call, Errno.EINVAL)
  if (core.fs.lookup === undefined) return core.settle(call, OPERATIONS.lookup.missing, sendEntry)
  core.settle(call, core.fs.lookup(call.node, name, call), sendEntry)
}

export function forget(core: Core, call: Call): void {
  const at = takeStruct(call, FuseForgetIn.size)
  if (at >= 0) {
    FuseForgetIn.decode(call.request.view, at, forgetIn)
    forgetNode(core, call.node, forgetIn.nlookup)
  }
  core.drop(call)
}

export function batchForget(core: Core, call: Call): void {
  forEachForget(call.request.view, call.at, call.end, (node, nlookup) => forgetNode(core, node, nlookup))
  core.drop(call)
}

function forgetNode(core: Core, node: number, nlookup: number): void {
  if (node > 0 && isId(node) && isId(nlookup)) core.fs.forget?.(node, nlookup)
}

export function getattr(core: Core, call: Call): void {
  const at = takeStruct(call, FuseGetattrIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const args = FuseGetattrIn.decode(call.request.view, at, getattrIn)
  const fh = (args.getattrFlags & GetattrFlag.FH) !== 0 ? args.fh : undefined
  if (fh !== undefined && !isId(fh)) return core.fail(call, Errno.EBADF)
  if (core.fs.getattr === undefined) return core.settle(call, OPERATIONS.getattr.missing, sendAttr)
  core.settle(call, core.fs.getattr(call.node, fh, call), sendAttr)
}

export function setattr(core: Core, call: Call): void {
  const at = takeStruct(call, FuseSetattrIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  if (core.fs.setattr === undefined) return core.settle(call, OPERATIONS.setattr.missing, sendAttr)
  const args = FuseSetattrIn.decode(call.request.view, at, setattrIn)
  const { valid } = args
  const changes: SetAttr = {}
  if ((valid & SetattrValid.MODE) !== 0) changes.mode = args.mode & PERMISSIONS_AND_TYPE
  if ((valid & SetattrValid.UID) !== 0) changes.uid = args.uid
  if ((valid & SetattrValid.GID) !== 0) changes.gid = args.gid
  if ((valid & SetattrValid.SIZE) !== 0) {
    const error = checkRange(args.size)
    if (error !== undefined) return core.fail(call, error)
    changes.size = args.size
  }
  const atime = timeToSet(valid, SetattrValid.ATIME, SetattrValid.ATIME_NOW, args.atime, args.atimensec)
  const mtime = timeToSet(valid, SetattrValid.MTIME, SetattrValid.MTIME_NOW, args.mtime, args.mtimensec)
  const ctime = timeToSet(valid, SetattrValid.CTIME, 0, args.ctime, args.ctimensec)
  if (atime === null || mtime === null || ctime === null) return core.fail(call, Errno.EINVAL)
  if (atime !== undefined) changes.atime = atime
  if (mtime !== undefined) changes.mtime = mtime
  if (ctime !== undefined) changes.ctime = ctime
  if ((valid & SetattrValid.KILL_SUIDGID) !== 0) changes.killSuidgid = true
  if ((valid & SetattrValid.LOCKOWNER) !== 0) changes.lockOwner = args.lockOwner
  const fh = (valid & SetattrValid.FH) !== 0 ? args.fh : undefined
  if (fh !== undefined && !isId(fh)) return core.fail(call, Errno.EBADF)
  core.settle(call, core.fs.setattr(call.node, changes, fh, call), sendAttr)
}

/**
 * The time to set, `undefined` where it is to stay, `null` where it is no time. Seconds beyond what a number holds exactly are
 * cut to that: no disk keeps such a time, and each cuts it to what it can hold (kernel: timestamp_truncate).
 */
function timeToSet(
  valid: number,
  bit: number,
  nowBit: number,
  seconds: number,
  nanoseconds: number,
): SetTime | null | undefined {
  if ((valid & nowBit) !== 0) return 'now'
  if ((valid & bit) === 0) return undefined
  if (nanoseconds >= 1_000_000_000) return null
  return { seconds: Math.max(-LONGEST_TIME, Math.min(seconds, LONGEST_TIME)), nanoseconds }
}

export function readlink(core: Core, call: Call): void {
  if (core.fs.readlink === undefined) return core.settle(call, OPERATIONS.readlink.missing, sendTarget)
  core.settle(call, core.fs.readlink(call.node, call), sendTarget)
}

const encoder = new TextEncoder()
const sendTarget: ReplyEncoder<Uint8Array | string> = (core, call, target) => {
  core.sendWith(call, typeof target === 'string' ? encoder.encode(target) : target)
  return SENT
}

export function access(core: Core, call: Call): void {
  const at = takeStruct(call, FuseAccessIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  FuseAccessIn.decode(call.request.view, at, accessIn)
  core.settle(
    call,
    core.fs.access === undefined ? OPERATIONS.access.missing : core.fs.access(call.node, accessIn.mask, call),
    sendNothing,
  )
}

export function statfs(core: Core, call: Call): void {
  core.settle(
    call,
    core.fs.statfs === undefined ? OPERATIONS.statfs.missing : core.fs.statfs(call.node, call),
    sendStatfs,
  )
}

const sendStatfs: ReplyEncoder<StatFs> = (_core, call, value) => {
  statfsOut.st = value
  FuseStatfsOut.encode(call.request.reply.view, BODY, statfsOut)
  return FuseStatfsOut.size
}

export function syncfs(core: Core, call: Call): void {
  core.settle(
    call,
    core.fs.syncfs === undefined ? OPERATIONS.syncfs.missing : core.fs.syncfs(call.node, call),
    sendNothing,
  )
}

export function statx(core: Core, call: Call): void {
  const at = takeStruct(call, FuseStatxIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const args = FuseStatxIn.decode(call.request.view, at, statxIn)
  const fh = (args.getattrFlags & GetattrFlag.FH) !== 0 ? args.fh : undefined
  if (fh !== undefined && !isId(fh)) return core.fail(call, Errno.EBADF)
  const { fs } = core
  core.settle(
    call,
    fs.statx === undefined
      ? statxByGetattr(fs, call.node, fh, call)
      : fs.statx(call.node, fh, args.sxFlags, args.sxMask, call),
    sendStatx,
  )
}

const sendStatx: ReplyEncoder<StatxReply> = (_core, call, value) => {
  const { attr } = value
  statxOut.attrValid = wholeSeconds(value.attrTimeout)
  statxOut.attrValidNsec = restNanoseconds(value.attrTimeout, statxOut.attrValid)
  statxOut.flags = attr.flags & (AttrFlag.SUBMOUNT | AttrFlag.DAX)
  const { stat } = statxOut
  stat.mask = value.mask
  stat.blksize = attr.blksize
  stat.attributes = value.attributes ?? 0n
  stat.nlink = attr.nlink
  stat.uid = attr.uid
  stat.gid = attr.gid
  stat.mode = attr.mode
  stat.ino = attr.ino
  stat.size = attr.size
  stat.blocks = attr.blocks
  stat.attributesMask = value.attributesMask ?? 0n
  stat.atime.tvSec = attr.atime
  stat.atime.tvNsec = attr.atimensec
  stat.mtime.tvSec = attr.mtime
  stat.mtime.tvNsec = attr.mtimensec
  stat.ctime.tvSec = attr.ctime
  stat.ctime.tvNsec = attr.ctimensec
  stat.btime.tvSec = value.btime?.seconds ?? 0
  stat.btime.tvNsec = value.btime?.nanoseconds ?? 0
  stat.rdevMajor = (attr.rdev >>> 8) & 0xfff
  stat.rdevMinor = (attr.rdev & 0xff) | ((attr.rdev >>> 12) & 0xfff00)
  stat.devMajor = value.devMajor ?? 0
  stat.devMinor = value.devMinor ?? 0
  FuseStatxOut.encode(call.request.reply.view, BODY, statxOut)
  return FuseStatxOut.size
}
