import { ProtocolViolation } from './errors.js'
import type { OwnedFd } from './owned-fd.js'
import { HEADER_BYTES, HeaderFlag, MAX_PAYLOAD_BYTES, requestName } from './protocol.js'

/** A message as it came: its payload as many bytes as the header says, its descriptors owned by it. */
export interface Message {
  readonly request: number
  readonly flags: number
  /** Valid until the next message. */
  readonly payload: DataView
  /** Whoever handles the message takes what it needs out of here; the rest is closed. */
  readonly fds: (OwnedFd | undefined)[]
}

/** What a handler answers with. */
export interface Reply {
  readonly payload: Uint8Array
  /** Sent along, and closed afterwards. */
  readonly fds?: readonly OwnedFd[]
}

/** The fields of a header. */
export interface Header {
  readonly request: number
  readonly flags: number
  readonly size: number
}

/** What comes over a socket: requests, or replies to ours. */
export type Direction = 'requests' | 'replies'

/**
 * Reads the header of a message (vhost-user, "Header"). All numbers are in the byte order of the machine, which is
 * little-endian wherever this runs.
 * @throws ProtocolViolation the version or a flag is unknown, a reply comes for a request or the other way round, or the
 * payload is too long
 */
export function decodeHeader(view: DataView, direction: Direction): Header {
  const request = view.getUint32(0, true)
  const flags = view.getUint32(4, true)
  const size = view.getUint32(8, true)
  const name = requestName(request)
  if ((flags & HeaderFlag.VERSION_MASK) !== HeaderFlag.VERSION) {
    throw new ProtocolViolation(name, `version ${flags & HeaderFlag.VERSION_MASK}`)
  }
  const isReply = (flags & HeaderFlag.REPLY) !== 0
  if (isReply !== (direction === 'replies')) {
    throw new ProtocolViolation(name, isReply ? 'is a reply' : 'is not a reply')
  }
  const known = HeaderFlag.VERSION_MASK | HeaderFlag.REPLY | HeaderFlag.NEED_REPLY
  if ((flags & ~known) !== 0)
    throw new ProtocolViolation(name, `unknown flags 0x${(flags >>> 0).toString(16)}`)
  if (size > MAX_PAYLOAD_BYTES) throw new ProtocolViolation(name, `a payload of ${size} bytes`)
  return { request, flags, size }
}

/** A whole message as bytes. */
export function encodeMessage(request: number, flags: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, request, true)
  view.setUint32(4, flags, true)
  view.setUint32(8, payload.length, true)
  bytes.set(payload, HEADER_BYTES)
  return bytes
}

/** A payload of one 64-bit number. */
export function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true)
  return bytes
}

/** A payload of an index and a number, 32 bits each (vhost-user, "A vring state description"). */
export function vringState(index: number, num: number): Uint8Array {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, index, true)
  view.setUint32(4, num, true)
  return bytes
}

/**
 * A 64-bit number as a safe integer.
 * @throws ProtocolViolation it is not below 2^53
 */
export function safeNumber(message: string, field: string, view: DataView, offset: number): number {
  const value = view.getBigUint64(offset, true)
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new ProtocolViolation(message, `${field} is not below 2^53`)
  return Number(value)
}
