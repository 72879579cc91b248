import {
  attrOutSize,
  createInSize,
  entryOutSize,
  getattrInSize,
  initInSize,
  initOutSize,
  lkInSize,
  mknodInSize,
  readInSize,
  setxattrInSize,
  statfsOutSize,
  writeInSize,
} from './compat.js'
import { InitFlag } from './constants/init-flag.js'
import { Opcode } from './constants/opcode.js'
import * as s from './generated/structs.generated.js'
import type { OpcodeInfo } from './opcode-info.js'
import type { AnyStruct } from './struct.js'

type Details = Partial<Omit<OpcodeInfo, 'code' | 'name' | 'cName' | 'since'>>

function info(name: keyof typeof Opcode, since: number, details: Details): OpcodeInfo {
  const { request, reply = 'none' } = details
  const sized = typeof reply === 'object' ? reply.size : 0
  return {
    code: Opcode[name],
    name,
    cName: name.startsWith('CUSE_') ? name : `FUSE_${name}`,
    since,
    request,
    requestSize: details.requestSize ?? (() => request?.size ?? 0),
    names: details.names ?? 0,
    payload: details.payload ?? 'none',
    payloadCount: details.payloadCount,
    extensions: details.extensions ?? false,
    reply,
    replySize: details.replySize ?? (() => sized),
    replyTail: details.replyTail ?? 'none',
    noReply: details.noReply ?? false,
  }
}

/** Details of a request that answers with an entry. */
function entry(names: 1 | 2, request?: AnyStruct): Details {
  return {
    ...(request === undefined ? {} : { request }),
    names,
    reply: s.FuseEntryOut,
    replySize: entryOutSize,
  }
}

const createIn: Details = {
  ...entry(1, s.FuseCreateIn),
  requestSize: createInSize,
  extensions: true,
  replyTail: s.FuseOpenOut,
}
const lock: Details = { request: s.FuseLkIn, requestSize: lkInSize }
const read: Details = { request: s.FuseReadIn, requestSize: readInSize }
const open: Details = { request: s.FuseOpenIn, reply: s.FuseOpenOut }
const init: Details = {
  request: s.FuseInitIn,
  requestSize: (minor, flags) => initInSize(minor, Number(flags & InitFlag.INIT_EXT)),
  reply: s.FuseInitOut,
  replySize: initOutSize,
}
const setxattr: Details = {
  request: s.FuseSetxattrIn,
  requestSize: (_, flags) => setxattrInSize((flags & InitFlag.SETXATTR_EXT) !== 0n),
  names: 1,
  payload: 'bytes',
  payloadCount: 'size',
}

function build(): readonly OpcodeInfo[] {
  return [
    info('LOOKUP', 0, entry(1)),
    info('FORGET', 0, { request: s.FuseForgetIn, noReply: true }),
    info('GETATTR', 0, {
      request: s.FuseGetattrIn,
      requestSize: getattrInSize,
      reply: s.FuseAttrOut,
      replySize: attrOutSize,
    }),
    info('SETATTR', 1, { request: s.FuseSetattrIn, reply: s.FuseAttrOut, replySize: attrOutSize }),
    info('READLINK', 0, { reply: 'bytes' }),
    info('SYMLINK', 1, { ...entry(2), extensions: true }),
    info('MKNOD', 1, { ...entry(1, s.FuseMknodIn), requestSize: mknodInSize, extensions: true }),
    info('MKDIR', 1, { ...entry(1, s.FuseMkdirIn), extensions: true }),
    info('UNLINK', 1, { names: 1 }),
    info('RMDIR', 1, { names: 1 }),
    info('RENAME', 1, { request: s.FuseRenameIn, names: 2 }),
    info('LINK', 1, entry(1, s.FuseLinkIn)),
    info('OPEN', 1, open),
    info('READ', 1, { ...read, reply: 'bytes' }),
    info('WRITE', 1, {
      request: s.FuseWriteIn,
      requestSize: writeInSize,
      payload: 'bytes',
      payloadCount: 'size',
      reply: s.FuseWriteOut,
    }),
    info('STATFS', 0, { reply: s.FuseStatfsOut, replySize: statfsOutSize }),
    info('RELEASE', 1, { request: s.FuseReleaseIn }),
    info('FSYNC', 1, { request: s.FuseFsyncIn }),
    info('SETXATTR', 1, setxattr),
    info('GETXATTR', 1, { request: s.FuseGetxattrIn, names: 1, reply: 'xattr' }),
    info('LISTXATTR', 1, { request: s.FuseGetxattrIn, reply: 'xattr' }),
    info('REMOVEXATTR', 1, { names: 1 }),
    info('FLUSH', 1, { request: s.FuseFlushIn }),
    info('INIT', 0, init),
    info('OPENDIR', 1, open),
    info('READDIR', 1, { ...read, reply: 'dirents' }),
    info('RELEASEDIR', 1, { request: s.FuseReleaseIn }),
    info('FSYNCDIR', 2, { request: s.FuseFsyncIn }),
    info('GETLK', 7, { ...lock, reply: s.FuseLkOut }),
    info('SETLK', 7, lock),
    info('SETLKW', 7, lock),
    info('ACCESS', 3, { request: s.FuseAccessIn }),
    info('CREATE', 3, createIn),
    info('INTERRUPT', 7, { request: s.FuseInterruptIn, noReply: true }),
    info('BMAP', 8, { request: s.FuseBmapIn, reply: s.FuseBmapOut }),
    info('DESTROY', 8, {}),
    info('IOCTL', 11, {
      request: s.FuseIoctlIn,
      payload: 'bytes',
      payloadCount: 'inSize',
      reply: s.FuseIoctlOut,
      replyTail: 'bytes',
    }),
    info('POLL', 11, { request: s.FusePollIn, reply: s.FusePollOut }),
    info('NOTIFY_REPLY', 15, {
      request: s.FuseNotifyRetrieveIn,
      payload: 'bytes',
      payloadCount: 'size',
      noReply: true,
    }),
    info('BATCH_FORGET', 16, {
      request: s.FuseBatchForgetIn,
      payload: s.FuseForgetOne,
      payloadCount: 'count',
      noReply: true,
    }),
    info('FALLOCATE', 19, { request: s.FuseFallocateIn }),
    info('READDIRPLUS', 21, { ...read, reply: 'direntplus' }),
    info('RENAME2', 23, { request: s.FuseRename2In, names: 2 }),
    info('LSEEK', 24, { request: s.FuseLseekIn, reply: s.FuseLseekOut }),
    info('COPY_FILE_RANGE', 28, { request: s.FuseCopyFileRangeIn, reply: s.FuseWriteOut }),
    info('SETUPMAPPING', 31, { request: s.FuseSetupmappingIn }),
    info('REMOVEMAPPING', 31, {
      request: s.FuseRemovemappingIn,
      payload: s.FuseRemovemappingOne,
      payloadCount: 'count',
    }),
    info('SYNCFS', 34, { request: s.FuseSyncfsIn }),
    info('TMPFILE', 37, createIn),
    info('STATX', 39, { request: s.FuseStatxIn, reply: s.FuseStatxOut }),
    info('COPY_FILE_RANGE_64', 45, { request: s.FuseCopyFileRangeIn, reply: s.FuseCopyFileRangeOut }),
    info('CUSE_INIT', 12, { request: s.CuseInitIn, reply: s.CuseInitOut, replyTail: 'bytes' }),
  ]
}

/**
 * Every operation of FUSE 7.45 by its number, for iterating; numbers that mean nothing have no entry. The name of a
 * TMPFILE means nothing and may hold a slash. To look up one number, use {@link opcodeInfo}, which is faster.
 */
export const opcodes: Readonly<Record<number, OpcodeInfo>> = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ build().map((one) => [one.code, one]),
)

const cuseInit: number = Opcode.CUSE_INIT
const dense: readonly (OpcodeInfo | undefined)[] = /* @__PURE__ */ Array.from(
  {
    length:
      1 +
      Math.max(
        ...Object.keys(opcodes)
          .map(Number)
          .filter((code) => code < cuseInit),
      ),
  },
  (_, i) => opcodes[i],
)

/** What is known of an operation; `undefined` for a number that no operation has, which a server answers ENOSYS. */
export function opcodeInfo(code: number): OpcodeInfo | undefined {
  return code === cuseInit ? opcodes[code] : dense[code]
}
