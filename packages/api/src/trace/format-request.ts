import {
  FUSE_INVALID_UIDGID,
  type FuseInHeader,
  FuseInHeader as InHeader,
  nameEnd,
  Opcode,
  type OpcodeInfo,
  opcodeInfo,
  parseExtensions,
} from '@fb/abi'
import type { TransportRequest } from '../transport.js'
import type { Dialect } from './dialect.js'
import { escapeName } from './escape-name.js'
import { formatStruct } from './format-struct.js'

/** Extensions are counted in units of 8 bytes. */
const EXTENSION_UNIT = 8
/** Records of BATCH_FORGET and REMOVEMAPPING that are shown. */
const MAX_RECORDS = 8

/** The name of an operation, `OPCODE(n)` for one that is not known. */
export function operationName(opcode: number): string {
  return opcodeInfo(opcode)?.name ?? `OPCODE(${opcode})`
}

/** A request in words, without its reply: `LOOKUP node=1 "etc" uid=1000 gid=1000 pid=442`. */
export function formatRequest(request: TransportRequest, header: FuseInHeader, dialect: Dialect): string {
  const info = opcodeInfo(header.opcode)
  const body = request.length - InHeader.size
  const parts = [operationName(header.opcode)]
  const nodeid = exactNode(request.view)
  if (nodeid !== '0') parts.push(`node=${nodeid}`)
  if (header.len !== request.length) parts.push(`(says ${header.len} bytes, has ${request.length})`)
  else if (info === undefined) parts.push(`(${body} bytes)`)
  else parts.push(...formatBody(request, header, info, dialect))
  parts.push(`uid=${owner(header.uid)}`, `gid=${owner(header.gid)}`, `pid=${header.pid}`)
  return parts.join(' ')
}

function exactNode(view: DataView): string {
  return String(view.getBigUint64(InHeader.offsets.nodeid, true))
}

function owner(id: number): string {
  return id === FUSE_INVALID_UIDGID ? 'none' : String(id)
}

function formatBody(
  request: TransportRequest,
  header: FuseInHeader,
  info: OpcodeInfo,
  dialect: Dialect,
): string[] {
  const { view } = request
  const extensions = header.totalExtlen * EXTENSION_UNIT
  const end = Math.min(header.len, request.available) - extensions
  let at: number = InHeader.size
  const parts: string[] = []
  if (info.request !== undefined) {
    const size = structSize(info, info.request.size, view, end - at, dialect)
    if (end - at < size) return [`(cut short: ${end - at} bytes)`]
    const fields = formatStruct(info.request, view, at, size)
    if (fields !== '') parts.push(fields)
    at += size
  }
  for (let index = 0; index < info.names && info.code !== Opcode.TMPFILE; index += 1) {
    const stop = nameEnd(request.bytes, at, end)
    if (stop < 0) return [...parts, '(no name)']
    parts.push(escapeName(request.bytes.subarray(at, stop)))
    at = stop + 1
  }
  if (typeof info.payload === 'object') parts.push(...formatRecords(info.payload, view, at, end))
  if (extensions > 0) parts.push(formatExtensions(view, end, end + extensions))
  return parts
}

/** Bytes of the struct on the wire. INIT may be as long as it likes: what is there is shown. */
function structSize(info: OpcodeInfo, whole: number, view: DataView, room: number, dialect: Dialect): number {
  if (info.code !== Opcode.INIT) return info.requestSize(dialect.minor, dialect.flags)
  const minor = room < 8 ? 0 : view.getUint32(InHeader.size + 4, true)
  return Math.min(whole, Math.max(room, info.requestSize(minor, 0n)))
}

function formatRecords(
  struct: Extract<OpcodeInfo['payload'], object>,
  view: DataView,
  start: number,
  end: number,
): string[] {
  const parts: string[] = []
  for (let at = start; at + struct.size <= end; at += struct.size) {
    if (parts.length === MAX_RECORDS) return [...parts, '...']
    parts.push(`[${formatStruct(struct, view, at)}]`)
  }
  return parts
}

function formatExtensions(view: DataView, start: number, end: number): string {
  try {
    const { groups, securityContexts } = parseExtensions(view, start, end)
    const parts: string[] = []
    if (groups !== undefined) parts.push(`groups=[${groups.join(',')}]`)
    for (const { name, value } of securityContexts ?? []) {
      parts.push(`secctx=${escapeName(name)}:${value.length}`)
    }
    return parts.join(' ')
  } catch {
    return `(extensions malformed: ${end - start} bytes)`
  }
}
