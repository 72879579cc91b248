// Generated from schema/ by `pnpm run generate`: change the schema, not this file.

// DAX mappings, request extensions, backing files and io_uring.

import type { StructDescriptor } from '../struct.js'

/**
 * Argument of the BACKING_OPEN ioctl.
 * C: `struct fuse_backing_map`.
 */
export interface FuseBackingMap {
  /** File descriptor of the backing file. */
  fd: number
  /** Zero: no flag is defined. */
  flags: number
}

/** Layout and codec of `struct fuse_backing_map`, 16 bytes. */
export const FuseBackingMap: StructDescriptor<FuseBackingMap, 16, { readonly fd: 0; readonly flags: 4 }> = {
  cName: 'fuse_backing_map',
  size: 16,
  offsets: { fd: 0, flags: 4 },
  fields: [
    { cName: 'fd', cType: 'int32_t', kind: 'signed', keys: ['fd'], offset: 0, size: 4, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 4, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint64_t', kind: 'padding', keys: [], offset: 8, size: 8, struct: undefined },
  ],
  create(): FuseBackingMap {
    return {
      fd: 0,
      flags: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseBackingMap): FuseBackingMap {
    into.fd = view.getInt32(at, true)
    into.flags = view.getUint32(at + 4, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseBackingMap>): void {
    view.setUint32(at, value.fd, true)
    view.setUint32(at + 4, value.flags, true)
    view.setUint32(at + 8, 0, true)
    view.setUint32(at + 12, 0, true)
  },
}

/**
 * SETUPMAPPING.
 * C: `struct fuse_setupmapping_in`.
 */
export interface FuseSetupmappingIn {
  /** File handle. */
  fh: number
  /** Start of the range in the file, bytes. */
  foffset: number
  /** Length of the range, bytes. */
  len: number
  /** Bits of `SetupmappingFlag`. */
  flags: number
  /** Place in the DAX window, bytes. */
  moffset: number
}

/** Layout and codec of `struct fuse_setupmapping_in`, 40 bytes. */
export const FuseSetupmappingIn: StructDescriptor<FuseSetupmappingIn, 40, { readonly fh: 0; readonly foffset: 8; readonly len: 16; readonly flags: 24; readonly moffset: 32 }> = {
  cName: 'fuse_setupmapping_in',
  size: 40,
  offsets: { fh: 0, foffset: 8, len: 16, flags: 24, moffset: 32 },
  fields: [
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 0, size: 8, struct: undefined },
    { cName: 'foffset', cType: 'uint64_t', kind: 'number', keys: ['foffset'], offset: 8, size: 8, struct: undefined },
    { cName: 'len', cType: 'uint64_t', kind: 'number', keys: ['len'], offset: 16, size: 8, struct: undefined },
    { cName: 'flags', cType: 'uint64_t', kind: 'number', keys: ['flags'], offset: 24, size: 8, struct: undefined },
    { cName: 'moffset', cType: 'uint64_t', kind: 'number', keys: ['moffset'], offset: 32, size: 8, struct: undefined },
  ],
  create(): FuseSetupmappingIn {
    return {
      fh: 0,
      foffset: 0,
      len: 0,
      flags: 0,
      moffset: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseSetupmappingIn): FuseSetupmappingIn {
    into.fh = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.foffset = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.len = view.getUint32(at + 20, true) * 4294967296 + view.getUint32(at + 16, true)
    into.flags = view.getUint32(at + 28, true) * 4294967296 + view.getUint32(at + 24, true)
    into.moffset = view.getUint32(at + 36, true) * 4294967296 + view.getUint32(at + 32, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseSetupmappingIn>): void {
    view.setUint32(at, value.fh, true)
    view.setUint32(at + 4, Math.floor(value.fh / 4294967296), true)
    view.setUint32(at + 8, value.foffset, true)
    view.setUint32(at + 12, Math.floor(value.foffset / 4294967296), true)
    view.setUint32(at + 16, value.len, true)
    view.setUint32(at + 20, Math.floor(value.len / 4294967296), true)
    view.setUint32(at + 24, value.flags, true)
    view.setUint32(at + 28, Math.floor(value.flags / 4294967296), true)
    view.setUint32(at + 32, value.moffset, true)
    view.setUint32(at + 36, Math.floor(value.moffset / 4294967296), true)
  },
}

/**
 * REMOVEMAPPING; `count` records of `fuse_removemapping_one` follow.
 * C: `struct fuse_removemapping_in`.
 */
export interface FuseRemovemappingIn {
  /** Records that follow. */
  count: number
}

/** Layout and codec of `struct fuse_removemapping_in`, 4 bytes. */
export const FuseRemovemappingIn: StructDescriptor<FuseRemovemappingIn, 4, { readonly count: 0 }> = {
  cName: 'fuse_removemapping_in',
  size: 4,
  offsets: { count: 0 },
  fields: [
    { cName: 'count', cType: 'uint32_t', kind: 'number', keys: ['count'], offset: 0, size: 4, struct: undefined },
  ],
  create(): FuseRemovemappingIn {
    return {
      count: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseRemovemappingIn): FuseRemovemappingIn {
    into.count = view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseRemovemappingIn>): void {
    view.setUint32(at, value.count, true)
  },
}

/**
 * One of the records that follow `fuse_removemapping_in`.
 * C: `struct fuse_removemapping_one`.
 */
export interface FuseRemovemappingOne {
  /** Place in the DAX window, bytes. */
  moffset: number
  /** Length, bytes; may be all ones, which decodes to 2^64. */
  len: number
}

/** Layout and codec of `struct fuse_removemapping_one`, 16 bytes. */
export const FuseRemovemappingOne: StructDescriptor<FuseRemovemappingOne, 16, { readonly moffset: 0; readonly len: 8 }> = {
  cName: 'fuse_removemapping_one',
  size: 16,
  offsets: { moffset: 0, len: 8 },
  fields: [
    { cName: 'moffset', cType: 'uint64_t', kind: 'number', keys: ['moffset'], offset: 0, size: 8, struct: undefined },
    { cName: 'len', cType: 'uint64_t', kind: 'number', keys: ['len'], offset: 8, size: 8, struct: undefined },
  ],
  create(): FuseRemovemappingOne {
    return {
      moffset: 0,
      len: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseRemovemappingOne): FuseRemovemappingOne {
    into.moffset = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.len = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseRemovemappingOne>): void {
    view.setUint32(at, value.moffset, true)
    view.setUint32(at + 4, Math.floor(value.moffset / 4294967296), true)
    view.setUint32(at + 8, value.len, true)
    view.setUint32(at + 12, Math.floor(value.len / 4294967296), true)
  },
}

/**
 * One security context; its name, a NUL and its value follow, then zeros up to a multiple of 8 bytes.
 * C: `struct fuse_secctx`.
 */
export interface FuseSecctx {
  /** Length of the value, bytes. */
  size: number
}

/** Layout and codec of `struct fuse_secctx`, 8 bytes. */
export const FuseSecctx: StructDescriptor<FuseSecctx, 8, { readonly size: 0 }> = {
  cName: 'fuse_secctx',
  size: 8,
  offsets: { size: 0 },
  fields: [
    { cName: 'size', cType: 'uint32_t', kind: 'number', keys: ['size'], offset: 0, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 4, size: 4, struct: undefined },
  ],
  create(): FuseSecctx {
    return {
      size: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseSecctx): FuseSecctx {
    into.size = view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseSecctx>): void {
    view.setUint32(at, value.size, true)
    view.setUint32(at + 4, 0, true)
  },
}

/**
 * Head of the extension that holds security contexts.
 * C: `struct fuse_secctx_header`.
 */
export interface FuseSecctxHeader {
  /** Length of the extension, this head included, bytes. */
  size: number
  /** Count of contexts; at most `ExtensionType.MAX_NR_SECCTX`. */
  nrSecctx: number
}

/** Layout and codec of `struct fuse_secctx_header`, 8 bytes. */
export const FuseSecctxHeader: StructDescriptor<FuseSecctxHeader, 8, { readonly size: 0; readonly nrSecctx: 4 }> = {
  cName: 'fuse_secctx_header',
  size: 8,
  offsets: { size: 0, nrSecctx: 4 },
  fields: [
    { cName: 'size', cType: 'uint32_t', kind: 'number', keys: ['size'], offset: 0, size: 4, struct: undefined },
    { cName: 'nr_secctx', cType: 'uint32_t', kind: 'number', keys: ['nrSecctx'], offset: 4, size: 4, struct: undefined },
  ],
  create(): FuseSecctxHeader {
    return {
      size: 0,
      nrSecctx: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseSecctxHeader): FuseSecctxHeader {
    into.size = view.getUint32(at, true)
    into.nrSecctx = view.getUint32(at + 4, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseSecctxHeader>): void {
    view.setUint32(at, value.size, true)
    view.setUint32(at + 4, value.nrSecctx, true)
  },
}

/**
 * Head of an extension.
 * C: `struct fuse_ext_header`.
 */
export interface FuseExtHeader {
  /** Length of the extension, this head and padding included, bytes. */
  size: number
  /** A number of `ExtensionType`, or a count of security contexts. */
  type: number
}

/** Layout and codec of `struct fuse_ext_header`, 8 bytes. */
export const FuseExtHeader: StructDescriptor<FuseExtHeader, 8, { readonly size: 0; readonly type: 4 }> = {
  cName: 'fuse_ext_header',
  size: 8,
  offsets: { size: 0, type: 4 },
  fields: [
    { cName: 'size', cType: 'uint32_t', kind: 'number', keys: ['size'], offset: 0, size: 4, struct: undefined },
    { cName: 'type', cType: 'uint32_t', kind: 'number', keys: ['type'], offset: 4, size: 4, struct: undefined },
  ],
  create(): FuseExtHeader {
    return {
      size: 0,
      type: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseExtHeader): FuseExtHeader {
    into.size = view.getUint32(at, true)
    into.type = view.getUint32(at + 4, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseExtHeader>): void {
    view.setUint32(at, value.size, true)
    view.setUint32(at + 4, value.type, true)
  },
}

/**
 * Body of the extension that holds supplementary groups.
 * C: `struct fuse_supp_groups`.
 */
export interface FuseSuppGroups {
  /** Count of groups. */
  nrGroups: number
}

/** Layout and codec of `struct fuse_supp_groups`, 4 bytes. */
export const FuseSuppGroups: StructDescriptor<FuseSuppGroups, 4, { readonly nrGroups: 0; readonly groups: 4 }> = {
  cName: 'fuse_supp_groups',
  size: 4,
  offsets: { nrGroups: 0, groups: 4 },
  fields: [
    { cName: 'nr_groups', cType: 'uint32_t', kind: 'number', keys: ['nrGroups'], offset: 0, size: 4, struct: undefined },
    { cName: 'groups', cType: 'uint32_t[]', kind: 'flexible', keys: ['groups'], offset: 4, size: 0, struct: undefined },
  ],
  create(): FuseSuppGroups {
    return {
      nrGroups: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseSuppGroups): FuseSuppGroups {
    into.nrGroups = view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseSuppGroups>): void {
    view.setUint32(at, value.nrGroups, true)
  },
}

/**
 * What an io_uring entry says of its request.
 * C: `struct fuse_uring_ent_in_out`.
 */
export interface FuseUringEntInOut {
  /** Zero: no flag is defined. */
  flags: number
  /** Number to commit the answer with: low 32 bits. */
  commitIdLow: number
  /** Number to commit the answer with: high 32 bits. */
  commitIdHigh: number
  /** Length of the payload, bytes. */
  payloadSz: number
}

/** Layout and codec of `struct fuse_uring_ent_in_out`, 32 bytes. */
export const FuseUringEntInOut: StructDescriptor<FuseUringEntInOut, 32, { readonly flags: 0; readonly commitIdLow: 8; readonly commitIdHigh: 12; readonly payloadSz: 16 }> = {
  cName: 'fuse_uring_ent_in_out',
  size: 32,
  offsets: { flags: 0, commitIdLow: 8, commitIdHigh: 12, payloadSz: 16 },
  fields: [
    { cName: 'flags', cType: 'uint64_t', kind: 'number', keys: ['flags'], offset: 0, size: 8, struct: undefined },
    { cName: 'commit_id', cType: 'uint64_t', kind: 'halves', keys: ['commitIdLow', 'commitIdHigh'], offset: 8, size: 8, struct: undefined },
    { cName: 'payload_sz', cType: 'uint32_t', kind: 'number', keys: ['payloadSz'], offset: 16, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 20, size: 4, struct: undefined },
    { cName: 'reserved', cType: 'uint64_t', kind: 'padding', keys: [], offset: 24, size: 8, struct: undefined },
  ],
  create(): FuseUringEntInOut {
    return {
      flags: 0,
      commitIdLow: 0,
      commitIdHigh: 0,
      payloadSz: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseUringEntInOut): FuseUringEntInOut {
    into.flags = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.commitIdLow = view.getUint32(at + 8, true)
    into.commitIdHigh = view.getUint32(at + 12, true)
    into.payloadSz = view.getUint32(at + 16, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseUringEntInOut>): void {
    view.setUint32(at, value.flags, true)
    view.setUint32(at + 4, Math.floor(value.flags / 4294967296), true)
    view.setUint32(at + 8, value.commitIdLow, true)
    view.setUint32(at + 12, value.commitIdHigh, true)
    view.setUint32(at + 16, value.payloadSz, true)
    view.setUint32(at + 20, 0, true)
    view.setUint32(at + 24, 0, true)
    view.setUint32(at + 28, 0, true)
  },
}

/**
 * First buffer of an io_uring entry.
 * C: `struct fuse_uring_req_header`.
 */
export interface FuseUringReqHeader {
  /** Room for `fuse_in_header` or `fuse_out_header`. */
  inOut: Uint8Array
  /** Room for the struct of the operation. */
  opIn: Uint8Array
  /** What the entry says of its request. */
  ringEntInOut: FuseUringEntInOut
}

/** Layout and codec of `struct fuse_uring_req_header`, 288 bytes. */
export const FuseUringReqHeader: StructDescriptor<FuseUringReqHeader, 288, { readonly inOut: 0; readonly opIn: 128; readonly ringEntInOut: 256 }> = {
  cName: 'fuse_uring_req_header',
  size: 288,
  offsets: { inOut: 0, opIn: 128, ringEntInOut: 256 },
  fields: [
    { cName: 'in_out', cType: 'char[FUSE_URING_IN_OUT_HEADER_SZ]', kind: 'bytes', keys: ['inOut'], offset: 0, size: 128, struct: undefined },
    { cName: 'op_in', cType: 'char[FUSE_URING_OP_IN_OUT_SZ]', kind: 'bytes', keys: ['opIn'], offset: 128, size: 128, struct: undefined },
    { cName: 'ring_ent_in_out', cType: 'fuse_uring_ent_in_out', kind: 'record', keys: ['ringEntInOut'], offset: 256, size: 32, struct: FuseUringEntInOut },
  ],
  create(): FuseUringReqHeader {
    return {
      inOut: new Uint8Array(128),
      opIn: new Uint8Array(128),
      ringEntInOut: FuseUringEntInOut.create(),
    }
  },
  decode(view: DataView, at: number, into: FuseUringReqHeader): FuseUringReqHeader {
    for (let i = 0; i < 128; i++) into.inOut[i] = view.getUint8(at + i)
    for (let i = 0; i < 128; i++) into.opIn[i] = view.getUint8(at + 128 + i)
    FuseUringEntInOut.decode(view, at + 256, into.ringEntInOut)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseUringReqHeader>): void {
    for (let i = 0; i < 128; i++) view.setUint8(at + i, value.inOut[i] ?? 0)
    for (let i = 0; i < 128; i++) view.setUint8(at + 128 + i, value.opIn[i] ?? 0)
    FuseUringEntInOut.encode(view, at + 256, value.ringEntInOut)
  },
}

/**
 * Command area of an io_uring submission entry.
 * C: `struct fuse_uring_cmd_req`.
 */
export interface FuseUringCmdReq {
  /** Zero: no flag is defined. */
  flags: number
  /** Number of the answer that is committed: low 32 bits. */
  commitIdLow: number
  /** Number of the answer that is committed: high 32 bits. */
  commitIdHigh: number
  /** Queue, one for each CPU. */
  qid: number
}

/** Layout and codec of `struct fuse_uring_cmd_req`, 24 bytes. */
export const FuseUringCmdReq: StructDescriptor<FuseUringCmdReq, 24, { readonly flags: 0; readonly commitIdLow: 8; readonly commitIdHigh: 12; readonly qid: 16 }> = {
  cName: 'fuse_uring_cmd_req',
  size: 24,
  offsets: { flags: 0, commitIdLow: 8, commitIdHigh: 12, qid: 16 },
  fields: [
    { cName: 'flags', cType: 'uint64_t', kind: 'number', keys: ['flags'], offset: 0, size: 8, struct: undefined },
    { cName: 'commit_id', cType: 'uint64_t', kind: 'halves', keys: ['commitIdLow', 'commitIdHigh'], offset: 8, size: 8, struct: undefined },
    { cName: 'qid', cType: 'uint16_t', kind: 'number', keys: ['qid'], offset: 16, size: 2, struct: undefined },
    { cName: 'padding', cType: 'uint8_t[6]', kind: 'padding', keys: [], offset: 18, size: 6, struct: undefined },
  ],
  create(): FuseUringCmdReq {
    return {
      flags: 0,
      commitIdLow: 0,
      commitIdHigh: 0,
      qid: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseUringCmdReq): FuseUringCmdReq {
    into.flags = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.commitIdLow = view.getUint32(at + 8, true)
    into.commitIdHigh = view.getUint32(at + 12, true)
    into.qid = view.getUint16(at + 16, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseUringCmdReq>): void {
    view.setUint32(at, value.flags, true)
    view.setUint32(at + 4, Math.floor(value.flags / 4294967296), true)
    view.setUint32(at + 8, value.commitIdLow, true)
    view.setUint32(at + 12, value.commitIdHigh, true)
    view.setUint16(at + 16, value.qid, true)
    view.setUint16(at + 18, 0, true)
    view.setUint32(at + 20, 0, true)
  },
}
