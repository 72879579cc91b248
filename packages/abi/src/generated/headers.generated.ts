// Generated from schema/ by `pnpm run generate`: change the schema, not this file.

// The headers of requests and replies.

import type { StructDescriptor } from '../struct.js'

/**
 * What every request begins with.
 * C: `struct fuse_in_header`.
 */
export interface FuseInHeader {
  /** Length of the whole request, this header and extensions included, bytes. */
  len: number
  /** What is asked for: a number of `Opcode`. */
  opcode: number
  /** Number of the request; its reply carries the same: low 32 bits. */
  uniqueLow: number
  /** Number of the request; its reply carries the same: high 32 bits. */
  uniqueHigh: number
  /** Node that the request is about; 0 where there is none. */
  nodeid: number
  /** User of the caller, or `FUSE_INVALID_UIDGID`. */
  uid: number
  /** Group of the caller, or `FUSE_INVALID_UIDGID`. */
  gid: number
  /** Thread id of the caller as the server sees it; 0 where it cannot. */
  pid: number
  /** Length of the extensions that end the request, in units of 8 bytes. */
  totalExtlen: number
}

/** Layout and codec of `struct fuse_in_header`, 40 bytes. */
export const FuseInHeader: StructDescriptor<FuseInHeader, 40, { readonly len: 0; readonly opcode: 4; readonly uniqueLow: 8; readonly uniqueHigh: 12; readonly nodeid: 16; readonly uid: 24; readonly gid: 28; readonly pid: 32; readonly totalExtlen: 36 }> = {
  cName: 'fuse_in_header',
  size: 40,
  offsets: { len: 0, opcode: 4, uniqueLow: 8, uniqueHigh: 12, nodeid: 16, uid: 24, gid: 28, pid: 32, totalExtlen: 36 },
  fields: [
    { cName: 'len', cType: 'uint32_t', kind: 'number', keys: ['len'], offset: 0, size: 4, struct: undefined },
    { cName: 'opcode', cType: 'uint32_t', kind: 'number', keys: ['opcode'], offset: 4, size: 4, struct: undefined },
    { cName: 'unique', cType: 'uint64_t', kind: 'halves', keys: ['uniqueLow', 'uniqueHigh'], offset: 8, size: 8, struct: undefined },
    { cName: 'nodeid', cType: 'uint64_t', kind: 'number', keys: ['nodeid'], offset: 16, size: 8, struct: undefined },
    { cName: 'uid', cType: 'uint32_t', kind: 'number', keys: ['uid'], offset: 24, size: 4, struct: undefined },
    { cName: 'gid', cType: 'uint32_t', kind: 'number', keys: ['gid'], offset: 28, size: 4, struct: undefined },
    { cName: 'pid', cType: 'uint32_t', kind: 'number', keys: ['pid'], offset: 32, size: 4, struct: undefined },
    { cName: 'total_extlen', cType: 'uint16_t', kind: 'number', keys: ['totalExtlen'], offset: 36, size: 2, struct: undefined },
    { cName: 'padding', cType: 'uint16_t', kind: 'padding', keys: [], offset: 38, size: 2, struct: undefined },
  ],
  create(): FuseInHeader {
    return {
      len: 0,
      opcode: 0,
      uniqueLow: 0,
      uniqueHigh: 0,
      nodeid: 0,
      uid: 0,
      gid: 0,
      pid: 0,
      totalExtlen: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseInHeader): FuseInHeader {
    into.len = view.getUint32(at, true)
    into.opcode = view.getUint32(at + 4, true)
    into.uniqueLow = view.getUint32(at + 8, true)
    into.uniqueHigh = view.getUint32(at + 12, true)
    into.nodeid = view.getUint32(at + 20, true) * 4294967296 + view.getUint32(at + 16, true)
    into.uid = view.getUint32(at + 24, true)
    into.gid = view.getUint32(at + 28, true)
    into.pid = view.getUint32(at + 32, true)
    into.totalExtlen = view.getUint16(at + 36, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseInHeader>): void {
    view.setUint32(at, value.len, true)
    view.setUint32(at + 4, value.opcode, true)
    view.setUint32(at + 8, value.uniqueLow, true)
    view.setUint32(at + 12, value.uniqueHigh, true)
    view.setUint32(at + 16, value.nodeid, true)
    view.setUint32(at + 20, Math.floor(value.nodeid / 4294967296), true)
    view.setUint32(at + 24, value.uid, true)
    view.setUint32(at + 28, value.gid, true)
    view.setUint32(at + 32, value.pid, true)
    view.setUint16(at + 36, value.totalExtlen, true)
    view.setUint16(at + 38, 0, true)
  },
}

/**
 * What every reply and notification begins with.
 * C: `struct fuse_out_header`.
 */
export interface FuseOutHeader {
  /** Length of the whole reply, this header included, bytes. */
  len: number
  /** 0, or a negated errno; in a notification a number of `NotifyCode`. */
  error: number
  /** Number of the request that this answers; 0 in a notification: low 32 bits. */
  uniqueLow: number
  /** Number of the request that this answers; 0 in a notification: high 32 bits. */
  uniqueHigh: number
}

/** Layout and codec of `struct fuse_out_header`, 16 bytes. */
export const FuseOutHeader: StructDescriptor<FuseOutHeader, 16, { readonly len: 0; readonly error: 4; readonly uniqueLow: 8; readonly uniqueHigh: 12 }> = {
  cName: 'fuse_out_header',
  size: 16,
  offsets: { len: 0, error: 4, uniqueLow: 8, uniqueHigh: 12 },
  fields: [
    { cName: 'len', cType: 'uint32_t', kind: 'number', keys: ['len'], offset: 0, size: 4, struct: undefined },
    { cName: 'error', cType: 'int32_t', kind: 'signed', keys: ['error'], offset: 4, size: 4, struct: undefined },
    { cName: 'unique', cType: 'uint64_t', kind: 'halves', keys: ['uniqueLow', 'uniqueHigh'], offset: 8, size: 8, struct: undefined },
  ],
  create(): FuseOutHeader {
    return {
      len: 0,
      error: 0,
      uniqueLow: 0,
      uniqueHigh: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseOutHeader): FuseOutHeader {
    into.len = view.getUint32(at, true)
    into.error = view.getInt32(at + 4, true)
    into.uniqueLow = view.getUint32(at + 8, true)
    into.uniqueHigh = view.getUint32(at + 12, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseOutHeader>): void {
    view.setUint32(at, value.len, true)
    view.setUint32(at + 4, value.error, true)
    view.setUint32(at + 8, value.uniqueLow, true)
    view.setUint32(at + 12, value.uniqueHigh, true)
  },
}
