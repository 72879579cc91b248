import {
  decodeDirentplus,
  decodeDirents,
  FuseGetxattrIn,
  FuseInHeader,
  FuseIoctlIn,
  FuseIoctlIovec,
  FuseIoctlOut,
  FuseOutHeader,
  IoctlFlag,
  Opcode,
  type OpcodeInfo,
  opcodeInfo,
} from '@fb/abi'
import { CONTENT } from './chaos-file-system.js'
import type { RequestState } from './memory-request.js'
import type { Agreement } from './request-generator.js'

const HEADER = FuseOutHeader.size

/** How a request ended. */
export interface EndedRequest {
  readonly state: RequestState
  /** The reply, where there is one. */
  readonly answer: Uint8Array | undefined
  /** Bytes that the client could take as reply. */
  readonly replyCapacity: number
}

/**
 * What has to hold however a request ended. Gives what is wrong, `undefined` where nothing is.
 * @param knownContent whether all files consist of `CONTENT`, so that stale bytes show
 */
export function judge(
  message: Uint8Array,
  request: EndedRequest,
  agreement: Agreement,
  knownContent: boolean,
): string | undefined {
  const { state, answer } = request
  if (state === 'open') return 'it was never answered'
  if (message.length < FuseInHeader.size)
    return state === 'dropped' ? undefined : `it has no header, but was ${state}`
  const header = FuseInHeader.decode(viewOf(message), 0, FuseInHeader.create())
  const info = opcodeInfo(header.opcode)
  if (request.replyCapacity < HEADER)
    return state === 'dropped' ? undefined : `nobody takes a reply, but it was ${state}`
  if (info?.noReply === true && header.opcode !== Opcode.INTERRUPT) {
    return state === 'dropped' ? undefined : `it has no reply, but was ${state}`
  }
  if (state === 'dropped') return header.opcode === Opcode.INTERRUPT ? undefined : 'it was dropped'
  if (answer === undefined) return undefined
  if (knownContent && header.opcode === Opcode.READ && leaks(answer)) return 'bytes leaked that no file holds'
  return judgeReply(message, header, answer, info, agreement)
}

function judgeReply(
  message: Uint8Array,
  header: FuseInHeader,
  answer: Uint8Array,
  info: OpcodeInfo | undefined,
  agreement: Agreement,
): string | undefined {
  const out = FuseOutHeader.decode(viewOf(answer), 0, FuseOutHeader.create())
  if (out.len !== answer.length) return `its reply of ${answer.length} bytes says ${out.len}`
  if (out.uniqueLow !== header.uniqueLow || out.uniqueHigh !== header.uniqueHigh)
    return 'its reply has another number'
  if (out.error > 0 || out.error < -4095) return `its reply says error ${out.error}`
  if (out.error !== 0) return answer.length === HEADER ? undefined : 'an error came with a body'
  if (header.len !== message.length) return 'its length was a lie, but it succeeded'
  if (info === undefined) return 'no such operation, but it succeeded'
  return judgeBody(message, answer.subarray(HEADER), info, agreement)
}

function judgeBody(
  message: Uint8Array,
  body: Uint8Array,
  info: OpcodeInfo,
  { minor }: Agreement,
): string | undefined {
  if (info.reply === 'none')
    return body.length === 0 ? undefined : `its reply has a body of ${body.length} bytes`
  if (info.reply === 'bytes') return undefined
  if (info.reply === 'dirents') return walk(decodeDirents(viewOf(body), 0, body.length))
  if (info.reply === 'direntplus') return walk(decodeDirentplus(viewOf(body), 0, body.length))
  if (info.reply === 'xattr') {
    const room = viewOf(message).getUint32(FuseInHeader.size + FuseGetxattrIn.offsets.size, true)
    return body.length <= Math.max(room, 8) ? undefined : `a value of ${body.length} bytes where ${room} fit`
  }
  if (info.code === Opcode.IOCTL) return judgeIoctl(message, body)
  // INIT is the one reply whose length depends on what the request itself says.
  if (info.code === Opcode.INIT) return undefined
  const tail = typeof info.replyTail === 'object' ? info.replyTail.size : 0
  const size = info.replySize(minor) + tail
  const right = body.length === size
  return right ? undefined : `its reply has a body of ${body.length} bytes instead of ${size}`
}

function judgeIoctl(message: Uint8Array, body: Uint8Array): string | undefined {
  if (body.length < FuseIoctlOut.size) return `its reply has a body of ${body.length} bytes`
  const { flags, inIovs, outIovs } = FuseIoctlOut.decode(viewOf(body), 0, FuseIoctlOut.create())
  const output = body.length - FuseIoctlOut.size
  if ((flags & IoctlFlag.RETRY) !== 0) {
    const vectors = (inIovs + outIovs) * FuseIoctlIovec.size
    return output === vectors ? undefined : `its vectors have ${output} bytes instead of ${vectors}`
  }
  const room = viewOf(message).getUint32(FuseInHeader.size + FuseIoctlIn.offsets.outSize, true)
  return output <= room ? undefined : `its output has ${output} bytes where ${room} fit`
}

function leaks(answer: Uint8Array): boolean {
  return answer.subarray(HEADER).some((byte) => byte !== CONTENT && byte !== 0)
}

function walk(entries: Iterable<unknown>): string | undefined {
  try {
    for (const _ of entries);
    return undefined
  } catch (error) {
    return `its list is malformed: ${String(error)}`
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
