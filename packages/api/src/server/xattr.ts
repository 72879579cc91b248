import {
  decodeShort,
  FuseGetxattrIn,
  FuseGetxattrOut,
  FuseSetxattrIn,
  InitFlag,
  SetxattrFlag,
  setxattrInSize,
} from '@fb/abi'
import { Errno } from '../errno.js'
import { OPERATIONS } from '../operations.js'
import { atEnd, takeStruct, takeText } from './body.js'
import type { Call } from './call.js'
import { type Core, type ReplyEncoder, SENT } from './core.js'
import { decidesAccess, withoutAcl } from './missing-acl.js'
import { sendNothing } from './nodes.js'
import { BODY } from './reply.js'
import { isDefaultAcl, withoutTrusted } from './xattr-names.js'

const setxattrIn = FuseSetxattrIn.create()
const getxattrIn = FuseGetxattrIn.create()
const getxattrOut = FuseGetxattrOut.create()

/** XATTR_SIZE_MAX and XATTR_LIST_MAX (include/uapi/linux/limits.h): no caller can take more. */
export const MAX_XATTR = 65536

export function setxattr(core: Core, call: Call): void {
  const extended = core.negotiated !== undefined && (core.negotiated.flags & InitFlag.SETXATTR_EXT) !== 0n
  const length = setxattrInSize(extended)
  const at = takeStruct(call, length)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { view } = call.request
  const { size, flags, setxattrFlags } = decodeShort(FuseSetxattrIn, view, at, length, setxattrIn)
  const name = takeText(call)
  if (name === undefined || call.end - call.at !== size) return core.fail(call, Errno.EINVAL)
  if (size > MAX_XATTR) return core.fail(call, Errno.E2BIG)
  if (core.fs.setxattr === undefined) return core.settle(call, OPERATIONS.setxattr.missing, sendNothing)
  // The kernel says so of default ACLs too (`fuse_set_acl`), which change no permissions.
  const killSgid = extended && (setxattrFlags & SetxattrFlag.ACL_KILL_SGID) !== 0 && !isDefaultAcl(name)
  const value = call.request.bytes.subarray(call.at, call.end)
  core.settle(call, core.fs.setxattr(call.node, name, value, flags, killSgid, call), sendNothing)
}

export function getxattr(core: Core, call: Call): void {
  const size = takeSize(core, call)
  if (size < 0) return
  const name = takeText(call)
  if (name === undefined || !atEnd(call)) return core.fail(call, Errno.EINVAL)
  const encode = size === 0 ? sendSize : sendValue(size)
  if (decidesAccess(core, name)) {
    const ask = () => core.fs.getxattr?.(call.node, name, size, call) ?? OPERATIONS.getxattr.missing
    return core.settle(call, withoutAcl(ask), encode)
  }
  if (core.fs.getxattr === undefined) return core.settle(call, OPERATIONS.getxattr.missing, encode)
  core.settle(call, core.fs.getxattr(call.node, name, size, call), encode)
}

export function listxattr(core: Core, call: Call): void {
  const size = takeSize(core, call)
  if (size < 0) return
  const encode = size === 0 ? sendSize : sendValue(size)
  const { fs } = core
  if (fs.listxattr === undefined) return core.settle(call, OPERATIONS.listxattr.missing, encode)
  if (call.uid === 0) return core.settle(call, fs.listxattr(call.node, size, call), encode)
  // All of them, for their length says nothing about those that are left.
  core.settle(call, fs.listxattr(call.node, MAX_XATTR, call), (inCore, forCall, names) =>
    encode(inCore, forCall, typeof names === 'number' ? names : withoutTrusted(names)),
  )
}

export function removexattr(core: Core, call: Call): void {
  const name = takeText(call)
  if (name === undefined || !atEnd(call)) return core.fail(call, Errno.EINVAL)
  if (core.fs.removexattr === undefined) return core.settle(call, OPERATIONS.removexattr.missing, sendNothing)
  core.settle(call, core.fs.removexattr(call.node, name, call), sendNothing)
}

/** The bytes that the caller can take, bounded; -1 where the request was refused. */
function takeSize(core: Core, call: Call): number {
  const at = takeStruct(call, FuseGetxattrIn.size)
  if (at < 0) {
    core.fail(call, Errno.EINVAL)
    return -1
  }
  return Math.min(FuseGetxattrIn.decode(call.request.view, at, getxattrIn).size, MAX_XATTR)
}

const sendSize: ReplyEncoder<Uint8Array | number> = (core, call, value) => {
  const size = typeof value === 'number' ? value : value.length
  if (size < 0) {
    core.fail(call, Errno.of(size))
    return SENT
  }
  getxattrOut.size = size
  FuseGetxattrOut.encode(call.request.reply.view, BODY, getxattrOut)
  return FuseGetxattrOut.size
}

function sendValue(room: number): ReplyEncoder<Uint8Array | number> {
  return (core, call, value) => {
    if (typeof value === 'number') core.fail(call, value < 0 ? Errno.of(value) : Errno.ERANGE)
    else if (value.length > room) core.fail(call, Errno.ERANGE)
    else core.sendWith(call, value)
    return SENT
  }
}
