import {
  createInSize,
  decodeShort,
  FuseCreateIn,
  FuseLinkIn,
  FuseMkdirIn,
  FuseMknodIn,
  FuseRename2In,
  FuseRenameIn,
  mknodInSize,
  OpenInFlag,
} from '@fb/abi'
import { Errno } from '../errno.js'
import type { CreateReply } from '../file-system.js'
import { OPERATIONS } from '../operations.js'
import { atEnd, isId, takeNewName, takeStruct, takeText } from './body.js'
import type { Call } from './call.js'
import { type Core, type ReplyEncoder, SENT } from './core.js'
import { releaseUndelivered } from './files.js'
import { sendEntry, sendNothing } from './nodes.js'
import { BODY, encodeEntry, encodeOpen } from './reply.js'

const mknodIn = FuseMknodIn.create()
const mkdirIn = FuseMkdirIn.create()
const renameIn = FuseRenameIn.create()
const rename2In = FuseRename2In.create()
const linkIn = FuseLinkIn.create()
const createIn = FuseCreateIn.create()

/** RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT (include/uapi/linux/fs.h). */
const RENAME_FLAGS = 7
/** What umask(2) takes of a mask; a hostile client sends more. */
const UMASK_BITS = 0o777
/** First minor in which MKDIR carries a umask where there was padding before. */
const UMASK_SINCE = 12

export function symlink(core: Core, call: Call): void {
  const name = takeNewName(call)
  if (name === undefined) return core.fail(call, Errno.EINVAL)
  const target = takeText(call)
  if (target === undefined || !atEnd(call)) return core.fail(call, Errno.EINVAL)
  if (core.fs.symlink === undefined) return core.settle(call, OPERATIONS.symlink.missing, sendEntry)
  core.settle(call, core.fs.symlink(call.node, name, target, call), sendEntry)
}

export function mknod(core: Core, call: Call): void {
  const size = mknodInSize(core.minor)
  const at = takeStruct(call, size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  decodeShort(FuseMknodIn, call.request.view, at, size, mknodIn)
  call.umask = mknodIn.umask & UMASK_BITS
  const name = takeNewName(call)
  if (name === undefined || !atEnd(call)) return core.fail(call, Errno.EINVAL)
  if (core.fs.mknod === undefined) return core.settle(call, OPERATIONS.mknod.missing, sendEntry)
  core.settle(call, core.fs.mknod(call.node, name, mknodIn.mode, mknodIn.rdev, call), sendEntry)
}

export function mkdir(core: Core, call: Call): void {
  const at = takeStruct(call, FuseMkdirIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  FuseMkdirIn.decode(call.request.view, at, mkdirIn)
  call.umask = core.minor < UMASK_SINCE ? 0 : mkdirIn.umask & UMASK_BITS
  const name = takeNewName(call)
  if (name === undefined || !atEnd(call)) return core.fail(call, Errno.EINVAL)
  if (core.fs.mkdir === undefined) return core.settle(call, OPERATIONS.mkdir.missing, sendEntry)
  core.settle(call, core.fs.mkdir(call.node, name, mkdirIn.mode, call), sendEntry)
}

export function unlink(core: Core, call: Call): void {
  const name = takeNewName(call)
  if (name === undefined || !atEnd(call)) return core.fail(call, Errno.EINVAL)
  if (core.fs.unlink === undefined) return core.settle(call, OPERATIONS.unlink.missing, sendNothing)
  core.settle(call, core.fs.unlink(call.node, name, call), sendNothing)
}

export function rmdir(core: Core, call: Call): void {
  const name = takeNewName(call)
  if (name === undefined || !atEnd(call)) return core.fail(call, Errno.EINVAL)
  if (core.fs.rmdir === undefined) return core.settle(call, OPERATIONS.rmdir.missing, sendNothing)
  core.settle(call, core.fs.rmdir(call.node, name, call), sendNothing)
}

export function rename(core: Core, call: Call): void {
  const at = takeStruct(call, FuseRenameIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  FuseRenameIn.decode(call.request.view, at, renameIn)
  renameTo(core, call, renameIn.newdir, 0)
}

export function rename2(core: Core, call: Call): void {
  const at = takeStruct(call, FuseRename2In.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  FuseRename2In.decode(call.request.view, at, rename2In)
  if ((rename2In.flags & ~RENAME_FLAGS) !== 0) return core.fail(call, Errno.EINVAL)
  renameTo(core, call, rename2In.newdir, rename2In.flags)
}

function renameTo(core: Core, call: Call, newParent: number, flags: number): void {
  const name = takeNewName(call)
  if (name === undefined) return core.fail(call, Errno.EINVAL)
  const newName = takeNewName(call)
  if (newName === undefined || !atEnd(call)) return core.fail(call, Errno.EINVAL)
  if (!isId(newParent)) return core.fail(call, Errno.EOVERFLOW)
  if (core.fs.rename === undefined) return core.settle(call, OPERATIONS.rename.missing, sendNothing)
  core.settle(call, core.fs.rename(call.node, name, newParent, newName, flags, call), sendNothing)
}

export function link(core: Core, call: Call): void {
  const at = takeStruct(call, FuseLinkIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { oldnodeid } = FuseLinkIn.decode(call.request.view, at, linkIn)
  const name = takeNewName(call)
  if (name === undefined || !atEnd(call)) return core.fail(call, Errno.EINVAL)
  if (!isId(oldnodeid)) return core.fail(call, Errno.EOVERFLOW)
  if (core.fs.link === undefined) return core.settle(call, OPERATIONS.link.missing, sendEntry)
  core.settle(call, core.fs.link(oldnodeid, call.node, name, call), sendEntry)
}

export function create(core: Core, call: Call): void {
  const size = createInSize(core.minor)
  const at = takeStruct(call, size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { mode, flags, umask, openFlags } = decodeShort(FuseCreateIn, call.request.view, at, size, createIn)
  call.umask = umask & UMASK_BITS
  const killSuidgid = (openFlags & OpenInFlag.KILL_SUIDGID) !== 0
  const name = takeNewName(call)
  if (name === undefined || !atEnd(call)) return core.fail(call, Errno.EINVAL)
  if (core.fs.create === undefined) return core.settle(call, OPERATIONS.create.missing, sendCreated)
  core.settle(call, core.fs.create(call.node, name, mode, flags, killSuidgid, call), sendCreated)
}

export function tmpfile(core: Core, call: Call): void {
  const at = takeStruct(call, FuseCreateIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  FuseCreateIn.decode(call.request.view, at, createIn)
  const { mode, flags } = createIn
  call.umask = createIn.umask & UMASK_BITS
  if (core.fs.tmpfile === undefined) return core.settle(call, OPERATIONS.tmpfile.missing, sendCreated)
  core.settle(call, core.fs.tmpfile(call.node, mode, flags, call), sendCreated)
}

const sendCreated: ReplyEncoder<CreateReply> = (core, call, { entry, open }) => {
  const { reply } = call.request
  const entrySize = encodeEntry(reply, BODY, entry)
  const size = entrySize + encodeOpen(reply, BODY + entrySize, open)
  const { nodeid } = entry
  const { fh } = open
  if (!core.send(call, size)) {
    releaseUndelivered(core, call, nodeid, fh)
    core.fs.forget?.(nodeid, 1)
  }
  return SENT
}
