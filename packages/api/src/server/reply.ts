import { FuseAttrOut, FuseEntryOut, FuseOpenOut, FuseOutHeader } from '@fb/abi'
import type { AttrReply, Entry, OpenReply } from '../file-system.js'
import type { ReplyBuffer } from '../transport.js'

/** Where the body of a reply begins. */
export const BODY = FuseOutHeader.size

const NS_PER_SECOND = 1_000_000_000
/** Longest timeout in seconds that survives the kernel's conversion to jiffies at any HZ. */
const FOREVER = 2 ** 32

const header = FuseOutHeader.create()
const entryOut = FuseEntryOut.create()
const attrOut = FuseAttrOut.create()
const openOut = FuseOpenOut.create()

/** A value that a file system returned and that the protocol cannot carry: answered with EIO and logged. */
export class InvalidReplyError extends Error {
  override readonly name = 'InvalidReplyError'
}

/** Writes the header of a reply of `length` bytes; `error` is 0 or a negative errno. */
export function encodeHeader(
  reply: ReplyBuffer,
  length: number,
  error: number,
  uniqueLow: number,
  uniqueHigh: number,
): void {
  header.len = length
  header.error = error
  header.uniqueLow = uniqueLow
  header.uniqueHigh = uniqueHigh
  FuseOutHeader.encode(reply.view, 0, header)
}

/** Whole seconds of a timeout; NaN and negative values count as 0. */
function wholeSeconds(timeout: number): number {
  return timeout > 0 ? Math.floor(Math.min(timeout, FOREVER)) : 0
}

function restNanoseconds(timeout: number, seconds: number): number {
  return timeout > seconds && timeout < FOREVER
    ? Math.min(Math.round((timeout - seconds) * NS_PER_SECOND), NS_PER_SECOND - 1)
    : 0
}

/** The wire form of an entry, in a record that the next call reuses. Throws {@link InvalidReplyError}. */
export function toEntryOut(entry: Entry): FuseEntryOut {
  if (!Number.isSafeInteger(entry.nodeid) || entry.nodeid < 0) {
    throw new InvalidReplyError(`nodeid ${entry.nodeid} is not a whole number below 2^53`)
  }
  entryOut.nodeid = entry.nodeid
  entryOut.generation = entry.generation
  entryOut.entryValid = wholeSeconds(entry.entryTimeout)
  entryOut.entryValidNsec = restNanoseconds(entry.entryTimeout, entryOut.entryValid)
  entryOut.attrValid = wholeSeconds(entry.attrTimeout)
  entryOut.attrValidNsec = restNanoseconds(entry.attrTimeout, entryOut.attrValid)
  entryOut.attr = entry.attr
  return entryOut
}

/** The entry of a READDIRPLUS reply that carries no attributes. */
export const NO_ENTRY: Readonly<FuseEntryOut> = FuseEntryOut.create()

/** Encodes an entry at `at` and returns its size. */
export function encodeEntry(reply: ReplyBuffer, at: number, entry: Entry): number {
  FuseEntryOut.encode(reply.view, at, toEntryOut(entry))
  return FuseEntryOut.size
}

/** Encodes attributes at `at` and returns their size. */
export function encodeAttr(reply: ReplyBuffer, at: number, value: AttrReply): number {
  attrOut.attrValid = wholeSeconds(value.attrTimeout)
  attrOut.attrValidNsec = restNanoseconds(value.attrTimeout, attrOut.attrValid)
  attrOut.attr = value.attr
  FuseAttrOut.encode(reply.view, at, attrOut)
  return FuseAttrOut.size
}

/** Encodes an open file at `at` and returns its size. Throws {@link InvalidReplyError}. */
export function encodeOpen(reply: ReplyBuffer, at: number, value: OpenReply): number {
  if (!Number.isSafeInteger(value.fh) || value.fh < 0) {
    throw new InvalidReplyError(`file handle ${value.fh} is not a whole number below 2^53`)
  }
  openOut.fh = value.fh
  openOut.openFlags = value.openFlags
  openOut.backingId = value.backingId ?? 0
  FuseOpenOut.encode(reply.view, at, openOut)
  return FuseOpenOut.size
}

export { restNanoseconds, wholeSeconds }
