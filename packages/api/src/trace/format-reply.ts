import {
  type AnyStruct,
  decodeDirentplus,
  decodeDirents,
  FuseAttr,
  FuseAttrOut,
  FuseEntryOut,
  FuseGetxattrOut,
  FuseStatxOut,
  opcodeInfo,
} from '@fb/abi'
import { Errno } from '../errno.js'
import { errnoMessage } from '../errno-message.js'
import type { Dialect } from './dialect.js'
import { formatResult, formatStruct } from './format-struct.js'

const S_IFMT_SHIFT = 12
const FILE_TYPES: Readonly<Record<number, string>> = {
  1: 'fifo',
  2: 'char',
  4: 'dir',
  6: 'block',
  8: 'file',
  10: 'symlink',
  12: 'socket',
}

/** A reply as it leaves. */
export interface OutgoingReply {
  /** 0 or a negative errno. */
  readonly error: number
  /** Bytes of the body. */
  readonly size: number
  /** The body, `undefined` where it is data that does not pass through this process's memory. */
  readonly body: DataView | undefined
}

/** What a reply says, in words: `node 7 dir 0755 size=4096`, `4096 bytes`, `-1 ENOENT (No such file or directory)`. */
export function formatReply(opcode: number, { error, size, body }: OutgoingReply, dialect: Dialect): string {
  if (error !== 0) {
    const { code, errno } = Errno.of(error)
    return `-1 ${code} (${errnoMessage(errno)})`
  }
  const info = opcodeInfo(opcode)
  if (info === undefined || info.reply === 'none') return size === 0 ? '0' : `${size} bytes`
  if (info.reply === 'bytes' || body === undefined) return `${size} bytes`
  if (info.reply === 'dirents') return `${count(decodeDirents(body, 0, size))} entries (${size} bytes)`
  if (info.reply === 'direntplus') return `${count(decodeDirentplus(body, 0, size))} entries (${size} bytes)`
  if (info.reply === 'xattr') {
    return size === FuseGetxattrOut.size ? formatResult(FuseGetxattrOut, body, 0) : `${size} bytes`
  }
  return formatStructs(info.reply, info.replyTail, body, size, info.replySize(dialect.minor))
}

function formatStructs(
  struct: AnyStruct,
  tail: 'none' | 'bytes' | AnyStruct,
  body: DataView,
  size: number,
  expected: number,
): string {
  const first = formatOne(struct, body, Math.min(expected, size))
  const rest = size - expected
  if (typeof tail === 'object' && rest >= tail.size) return `${first} ${formatStruct(tail, body, expected)}`
  return rest > 0 ? `${first} and ${rest} bytes` : first
}

function formatOne(struct: AnyStruct, body: DataView, size: number): string {
  if (struct === FuseEntryOut) {
    const nodeid = body.getBigUint64(FuseEntryOut.offsets.nodeid, true)
    return nodeid === 0n ? 'no node' : `node ${nodeid} ${formatAttr(body, FuseEntryOut.offsets.attr)}`
  }
  if (struct === FuseAttrOut) return formatAttr(body, FuseAttrOut.offsets.attr)
  if (struct === FuseStatxOut) {
    const { stat } = FuseStatxOut.decode(body, 0, FuseStatxOut.create())
    return `${formatMode(stat.mode)} size=${stat.size} mask=0x${stat.mask.toString(16)}`
  }
  return formatResult(struct, body, 0, size)
}

function formatAttr(view: DataView, at: number): string {
  const mode = view.getUint32(at + FuseAttr.offsets.mode, true)
  const size = view.getBigUint64(at + FuseAttr.offsets.size, true)
  return `${formatMode(mode)} size=${size}`
}

/** `dir 0755`; `type 0` for a mode without a type, which the kernel refuses. */
function formatMode(mode: number): string {
  const type = mode >>> S_IFMT_SHIFT
  return `${FILE_TYPES[type] ?? `type ${type}`} 0${(mode & 0o7777).toString(8)}`
}

function count(entries: Iterable<unknown>): number {
  return [...entries].length
}
