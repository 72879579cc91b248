import { type AttrReply, type CreateReply, type Entry, Errno, type OpenReply } from '@fb/api'
import { errnoOf } from './outcome.js'

/** Most bytes of a name or value that are shown. */
const SHOWN = 64
const BACKSLASH = 0x5c
const QUOTE = 0x22

/** An argument of an operation, short: bytes as text, sinks and sources by their size. */
export function formatArgument(value: unknown): string {
  if (value instanceof Uint8Array) return quote(value)
  if (typeof value !== 'object' || value === null)
    return typeof value === 'bigint' ? `${value}n` : String(value)
  if ('size' in value && ('fromFd' in value || 'toFd' in value)) return `${String(value.size)} bytes`
  if ('remaining' in value) return `${String(value.remaining)} bytes`
  if ('map' in value && 'unmap' in value) return 'window'
  return formatRecord(value)
}

/** What came of an operation. `failed`: it was thrown. */
export function formatResult(value: unknown, failed: boolean): string {
  const errno = failed ? Errno.from(value) : errnoOf(value)
  if (errno !== undefined) return errno.code
  if (failed) return `exception ${String(value)}`
  if (value === undefined) return 'ok'
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? quote(Buffer.from(value)) : String(value)
  return isCreated(value) ? `${formatReply(value.entry)} ${formatReply(value.open)}` : formatReply(value)
}

function formatReply(value: object): string {
  const parts: string[] = []
  const { nodeid, attr, fh, openFlags } = value as Partial<Entry & AttrReply & OpenReply>
  if (nodeid !== undefined) parts.push(`node ${nodeid}`)
  if (attr !== undefined && nodeid !== 0) parts.push(`mode 0${attr.mode.toString(8)} size ${attr.size}`)
  if (fh !== undefined) parts.push(`fh ${fh} flags ${openFlags}`)
  return parts.length > 0 ? parts.join(' ') : formatRecord(value)
}

function isCreated(value: object): value is CreateReply {
  return 'entry' in value && 'open' in value
}

function formatRecord(value: object): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member === 'bigint') return `${member}n`
    return member instanceof Uint8Array ? quote(member) : member
  })
}

/** Bytes in quotes: printable ASCII as it is, the rest as `\xNN`. */
function quote(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes.subarray(0, SHOWN)) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== BACKSLASH && byte !== QUOTE
    text += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return bytes.length > SHOWN ? `"${text}"...${bytes.length}` : `"${text}"`
}
