// Generated from schema/ by `pnpm run generate`: change the schema, not this file.

// Lookups, forgets, attribute requests and directory entries.

import type { StructDescriptor } from '../struct.js'
import { FuseAttr, FuseKstatfs, FuseStatx } from './attributes.generated.js'

/**
 * Reply to LOOKUP, SYMLINK, MKNOD, MKDIR and LINK; first part of the reply to CREATE and TMPFILE.
 * C: `struct fuse_entry_out`.
 */
export interface FuseEntryOut {
  /** Node id; 0 says that there is no such name, and that this may be cached. */
  nodeid: number
  /** With the node id unique for the life of the file system. */
  generation: number
  /** How long the name may be cached, seconds. */
  entryValid: number
  /** How long the attributes may be cached, seconds. */
  attrValid: number
  /** Nanoseconds of `entryValid`. */
  entryValidNsec: number
  /** Nanoseconds of `attrValid`. */
  attrValidNsec: number
  /** Attributes of the node. */
  attr: FuseAttr
}

/** Layout and codec of `struct fuse_entry_out`, 128 bytes. */
export const FuseEntryOut: StructDescriptor<FuseEntryOut, 128, { readonly nodeid: 0; readonly generation: 8; readonly entryValid: 16; readonly attrValid: 24; readonly entryValidNsec: 32; readonly attrValidNsec: 36; readonly attr: 40 }> = {
  cName: 'fuse_entry_out',
  size: 128,
  offsets: { nodeid: 0, generation: 8, entryValid: 16, attrValid: 24, entryValidNsec: 32, attrValidNsec: 36, attr: 40 },
  fields: [
    { cName: 'nodeid', cType: 'uint64_t', kind: 'number', keys: ['nodeid'], offset: 0, size: 8, struct: undefined },
    { cName: 'generation', cType: 'uint64_t', kind: 'number', keys: ['generation'], offset: 8, size: 8, struct: undefined },
    { cName: 'entry_valid', cType: 'uint64_t', kind: 'number', keys: ['entryValid'], offset: 16, size: 8, struct: undefined },
    { cName: 'attr_valid', cType: 'uint64_t', kind: 'number', keys: ['attrValid'], offset: 24, size: 8, struct: undefined },
    { cName: 'entry_valid_nsec', cType: 'uint32_t', kind: 'number', keys: ['entryValidNsec'], offset: 32, size: 4, struct: undefined },
    { cName: 'attr_valid_nsec', cType: 'uint32_t', kind: 'number', keys: ['attrValidNsec'], offset: 36, size: 4, struct: undefined },
    { cName: 'attr', cType: 'fuse_attr', kind: 'record', keys: ['attr'], offset: 40, size: 88, struct: FuseAttr },
  ],
  create(): FuseEntryOut {
    return {
      nodeid: 0,
      generation: 0,
      entryValid: 0,
      attrValid: 0,
      entryValidNsec: 0,
      attrValidNsec: 0,
      attr: FuseAttr.create(),
    }
  },
  decode(view: DataView, at: number, into: FuseEntryOut): FuseEntryOut {
    into.nodeid = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.generation = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.entryValid = view.getUint32(at + 20, true) * 4294967296 + view.getUint32(at + 16, true)
    into.attrValid = view.getUint32(at + 28, true) * 4294967296 + view.getUint32(at + 24, true)
    into.entryValidNsec = view.getUint32(at + 32, true)
    into.attrValidNsec = view.getUint32(at + 36, true)
    FuseAttr.decode(view, at + 40, into.attr)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseEntryOut>): void {
    view.setUint32(at, value.nodeid, true)
    view.setUint32(at + 4, Math.floor(value.nodeid / 4294967296), true)
    view.setUint32(at + 8, value.generation, true)
    view.setUint32(at + 12, Math.floor(value.generation / 4294967296), true)
    view.setUint32(at + 16, value.entryValid, true)
    view.setUint32(at + 20, Math.floor(value.entryValid / 4294967296), true)
    view.setUint32(at + 24, value.attrValid, true)
    view.setUint32(at + 28, Math.floor(value.attrValid / 4294967296), true)
    view.setUint32(at + 32, value.entryValidNsec, true)
    view.setUint32(at + 36, value.attrValidNsec, true)
    FuseAttr.encode(view, at + 40, value.attr)
  },
}

/**
 * FORGET.
 * C: `struct fuse_forget_in`.
 */
export interface FuseForgetIn {
  /** References to drop. */
  nlookup: number
}

/** Layout and codec of `struct fuse_forget_in`, 8 bytes. */
export const FuseForgetIn: StructDescriptor<FuseForgetIn, 8, { readonly nlookup: 0 }> = {
  cName: 'fuse_forget_in',
  size: 8,
  offsets: { nlookup: 0 },
  fields: [
    { cName: 'nlookup', cType: 'uint64_t', kind: 'number', keys: ['nlookup'], offset: 0, size: 8, struct: undefined },
  ],
  create(): FuseForgetIn {
    return {
      nlookup: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseForgetIn): FuseForgetIn {
    into.nlookup = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseForgetIn>): void {
    view.setUint32(at, value.nlookup, true)
    view.setUint32(at + 4, Math.floor(value.nlookup / 4294967296), true)
  },
}

/**
 * One of the records that follow `fuse_batch_forget_in`.
 * C: `struct fuse_forget_one`.
 */
export interface FuseForgetOne {
  /** Node to drop references of. */
  nodeid: number
  /** References to drop. */
  nlookup: number
}

/** Layout and codec of `struct fuse_forget_one`, 16 bytes. */
export const FuseForgetOne: StructDescriptor<FuseForgetOne, 16, { readonly nodeid: 0; readonly nlookup: 8 }> = {
  cName: 'fuse_forget_one',
  size: 16,
  offsets: { nodeid: 0, nlookup: 8 },
  fields: [
    { cName: 'nodeid', cType: 'uint64_t', kind: 'number', keys: ['nodeid'], offset: 0, size: 8, struct: undefined },
    { cName: 'nlookup', cType: 'uint64_t', kind: 'number', keys: ['nlookup'], offset: 8, size: 8, struct: undefined },
  ],
  create(): FuseForgetOne {
    return {
      nodeid: 0,
      nlookup: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseForgetOne): FuseForgetOne {
    into.nodeid = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.nlookup = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseForgetOne>): void {
    view.setUint32(at, value.nodeid, true)
    view.setUint32(at + 4, Math.floor(value.nodeid / 4294967296), true)
    view.setUint32(at + 8, value.nlookup, true)
    view.setUint32(at + 12, Math.floor(value.nlookup / 4294967296), true)
  },
}

/**
 * BATCH_FORGET; `count` records of `fuse_forget_one` follow.
 * C: `struct fuse_batch_forget_in`.
 */
export interface FuseBatchForgetIn {
  /** Records that follow. */
  count: number
}

/** Layout and codec of `struct fuse_batch_forget_in`, 8 bytes. */
export const FuseBatchForgetIn: StructDescriptor<FuseBatchForgetIn, 8, { readonly count: 0 }> = {
  cName: 'fuse_batch_forget_in',
  size: 8,
  offsets: { count: 0 },
  fields: [
    { cName: 'count', cType: 'uint32_t', kind: 'number', keys: ['count'], offset: 0, size: 4, struct: undefined },
    { cName: 'dummy', cType: 'uint32_t', kind: 'padding', keys: [], offset: 4, size: 4, struct: undefined },
  ],
  create(): FuseBatchForgetIn {
    return {
      count: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseBatchForgetIn): FuseBatchForgetIn {
    into.count = view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseBatchForgetIn>): void {
    view.setUint32(at, value.count, true)
    view.setUint32(at + 4, 0, true)
  },
}

/**
 * GETATTR (since minor 9; before, there is no body).
 * C: `struct fuse_getattr_in`.
 */
export interface FuseGetattrIn {
  /** Bits of `GetattrFlag`. */
  getattrFlags: number
  /** File handle, if the flags say so. */
  fh: number
}

/** Layout and codec of `struct fuse_getattr_in`, 16 bytes. */
export const FuseGetattrIn: StructDescriptor<FuseGetattrIn, 16, { readonly getattrFlags: 0; readonly fh: 8 }> = {
  cName: 'fuse_getattr_in',
  size: 16,
  offsets: { getattrFlags: 0, fh: 8 },
  fields: [
    { cName: 'getattr_flags', cType: 'uint32_t', kind: 'number', keys: ['getattrFlags'], offset: 0, size: 4, struct: undefined },
    { cName: 'dummy', cType: 'uint32_t', kind: 'padding', keys: [], offset: 4, size: 4, struct: undefined },
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 8, size: 8, struct: undefined },
  ],
  create(): FuseGetattrIn {
    return {
      getattrFlags: 0,
      fh: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseGetattrIn): FuseGetattrIn {
    into.getattrFlags = view.getUint32(at, true)
    into.fh = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseGetattrIn>): void {
    view.setUint32(at, value.getattrFlags, true)
    view.setUint32(at + 4, 0, true)
    view.setUint32(at + 8, value.fh, true)
    view.setUint32(at + 12, Math.floor(value.fh / 4294967296), true)
  },
}

/**
 * Reply to GETATTR and SETATTR.
 * C: `struct fuse_attr_out`.
 */
export interface FuseAttrOut {
  /** How long the attributes may be cached, seconds. */
  attrValid: number
  /** Nanoseconds of `attrValid`. */
  attrValidNsec: number
  /** Attributes of the node. */
  attr: FuseAttr
}

/** Layout and codec of `struct fuse_attr_out`, 104 bytes. */
export const FuseAttrOut: StructDescriptor<FuseAttrOut, 104, { readonly attrValid: 0; readonly attrValidNsec: 8; readonly attr: 16 }> = {
  cName: 'fuse_attr_out',
  size: 104,
  offsets: { attrValid: 0, attrValidNsec: 8, attr: 16 },
  fields: [
    { cName: 'attr_valid', cType: 'uint64_t', kind: 'number', keys: ['attrValid'], offset: 0, size: 8, struct: undefined },
    { cName: 'attr_valid_nsec', cType: 'uint32_t', kind: 'number', keys: ['attrValidNsec'], offset: 8, size: 4, struct: undefined },
    { cName: 'dummy', cType: 'uint32_t', kind: 'padding', keys: [], offset: 12, size: 4, struct: undefined },
    { cName: 'attr', cType: 'fuse_attr', kind: 'record', keys: ['attr'], offset: 16, size: 88, struct: FuseAttr },
  ],
  create(): FuseAttrOut {
    return {
      attrValid: 0,
      attrValidNsec: 0,
      attr: FuseAttr.create(),
    }
  },
  decode(view: DataView, at: number, into: FuseAttrOut): FuseAttrOut {
    into.attrValid = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.attrValidNsec = view.getUint32(at + 8, true)
    FuseAttr.decode(view, at + 16, into.attr)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseAttrOut>): void {
    view.setUint32(at, value.attrValid, true)
    view.setUint32(at + 4, Math.floor(value.attrValid / 4294967296), true)
    view.setUint32(at + 8, value.attrValidNsec, true)
    view.setUint32(at + 12, 0, true)
    FuseAttr.encode(view, at + 16, value.attr)
  },
}

/**
 * STATX.
 * C: `struct fuse_statx_in`.
 */
export interface FuseStatxIn {
  /** Bits of `GetattrFlag`. */
  getattrFlags: number
  /** File handle, if the flags say so. */
  fh: number
  /** `AT_STATX_*` bits of the call. */
  sxFlags: number
  /** Fields that the caller wants: `STATX_*` bits. */
  sxMask: number
}

/** Layout and codec of `struct fuse_statx_in`, 24 bytes. */
export const FuseStatxIn: StructDescriptor<FuseStatxIn, 24, { readonly getattrFlags: 0; readonly fh: 8; readonly sxFlags: 16; readonly sxMask: 20 }> = {
  cName: 'fuse_statx_in',
  size: 24,
  offsets: { getattrFlags: 0, fh: 8, sxFlags: 16, sxMask: 20 },
  fields: [
    { cName: 'getattr_flags', cType: 'uint32_t', kind: 'number', keys: ['getattrFlags'], offset: 0, size: 4, struct: undefined },
    { cName: 'reserved', cType: 'uint32_t', kind: 'padding', keys: [], offset: 4, size: 4, struct: undefined },
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 8, size: 8, struct: undefined },
    { cName: 'sx_flags', cType: 'uint32_t', kind: 'number', keys: ['sxFlags'], offset: 16, size: 4, struct: undefined },
    { cName: 'sx_mask', cType: 'uint32_t', kind: 'number', keys: ['sxMask'], offset: 20, size: 4, struct: undefined },
  ],
  create(): FuseStatxIn {
    return {
      getattrFlags: 0,
      fh: 0,
      sxFlags: 0,
      sxMask: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseStatxIn): FuseStatxIn {
    into.getattrFlags = view.getUint32(at, true)
    into.fh = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.sxFlags = view.getUint32(at + 16, true)
    into.sxMask = view.getUint32(at + 20, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseStatxIn>): void {
    view.setUint32(at, value.getattrFlags, true)
    view.setUint32(at + 4, 0, true)
    view.setUint32(at + 8, value.fh, true)
    view.setUint32(at + 12, Math.floor(value.fh / 4294967296), true)
    view.setUint32(at + 16, value.sxFlags, true)
    view.setUint32(at + 20, value.sxMask, true)
  },
}

/**
 * Reply to STATX.
 * C: `struct fuse_statx_out`.
 */
export interface FuseStatxOut {
  /** How long the attributes may be cached, seconds. */
  attrValid: number
  /** Nanoseconds of `attrValid`. */
  attrValidNsec: number
  /** Zero: no flag is defined. */
  flags: number
  /** Attributes of the node. */
  stat: FuseStatx
}

/** Layout and codec of `struct fuse_statx_out`, 288 bytes. */
export const FuseStatxOut: StructDescriptor<FuseStatxOut, 288, { readonly attrValid: 0; readonly attrValidNsec: 8; readonly flags: 12; readonly stat: 32 }> = {
  cName: 'fuse_statx_out',
  size: 288,
  offsets: { attrValid: 0, attrValidNsec: 8, flags: 12, stat: 32 },
  fields: [
    { cName: 'attr_valid', cType: 'uint64_t', kind: 'number', keys: ['attrValid'], offset: 0, size: 8, struct: undefined },
    { cName: 'attr_valid_nsec', cType: 'uint32_t', kind: 'number', keys: ['attrValidNsec'], offset: 8, size: 4, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 12, size: 4, struct: undefined },
    { cName: 'spare', cType: 'uint64_t[2]', kind: 'padding', keys: [], offset: 16, size: 16, struct: undefined },
    { cName: 'stat', cType: 'fuse_statx', kind: 'record', keys: ['stat'], offset: 32, size: 256, struct: FuseStatx },
  ],
  create(): FuseStatxOut {
    return {
      attrValid: 0,
      attrValidNsec: 0,
      flags: 0,
      stat: FuseStatx.create(),
    }
  },
  decode(view: DataView, at: number, into: FuseStatxOut): FuseStatxOut {
    into.attrValid = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.attrValidNsec = view.getUint32(at + 8, true)
    into.flags = view.getUint32(at + 12, true)
    FuseStatx.decode(view, at + 32, into.stat)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseStatxOut>): void {
    view.setUint32(at, value.attrValid, true)
    view.setUint32(at + 4, Math.floor(value.attrValid / 4294967296), true)
    view.setUint32(at + 8, value.attrValidNsec, true)
    view.setUint32(at + 12, value.flags, true)
    view.setUint32(at + 16, 0, true)
    view.setUint32(at + 20, 0, true)
    view.setUint32(at + 24, 0, true)
    view.setUint32(at + 28, 0, true)
    FuseStatx.encode(view, at + 32, value.stat)
  },
}

/**
 * SETATTR.
 * C: `struct fuse_setattr_in`.
 */
export interface FuseSetattrIn {
  /** Which fields count: bits of `SetattrValid`. */
  valid: number
  /** File handle. */
  fh: number
  /** New size, bytes. */
  size: number
  /** Owner for mandatory locking. */
  lockOwner: bigint
  /** New access time, seconds since 1970. */
  atime: number
  /** New modification time, seconds since 1970. */
  mtime: number
  /** New change time, seconds since 1970. */
  ctime: number
  /** Nanoseconds of `atime`. */
  atimensec: number
  /** Nanoseconds of `mtime`. */
  mtimensec: number
  /** Nanoseconds of `ctime`. */
  ctimensec: number
  /** New permission bits; the file type in it does not change. */
  mode: number
  /** New owner. */
  uid: number
  /** New group. */
  gid: number
}

/** Layout and codec of `struct fuse_setattr_in`, 88 bytes. */
export const FuseSetattrIn: StructDescriptor<FuseSetattrIn, 88, { readonly valid: 0; readonly fh: 8; readonly size: 16; readonly lockOwner: 24; readonly atime: 32; readonly mtime: 40; readonly ctime: 48; readonly atimensec: 56; readonly mtimensec: 60; readonly ctimensec: 64; readonly mode: 68; readonly uid: 76; readonly gid: 80 }> = {
  cName: 'fuse_setattr_in',
  size: 88,
  offsets: { valid: 0, fh: 8, size: 16, lockOwner: 24, atime: 32, mtime: 40, ctime: 48, atimensec: 56, mtimensec: 60, ctimensec: 64, mode: 68, uid: 76, gid: 80 },
  fields: [
    { cName: 'valid', cType: 'uint32_t', kind: 'number', keys: ['valid'], offset: 0, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 4, size: 4, struct: undefined },
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 8, size: 8, struct: undefined },
    { cName: 'size', cType: 'uint64_t', kind: 'number', keys: ['size'], offset: 16, size: 8, struct: undefined },
    { cName: 'lock_owner', cType: 'uint64_t', kind: 'bigint', keys: ['lockOwner'], offset: 24, size: 8, struct: undefined },
    { cName: 'atime', cType: 'uint64_t', kind: 'signed', keys: ['atime'], offset: 32, size: 8, struct: undefined },
    { cName: 'mtime', cType: 'uint64_t', kind: 'signed', keys: ['mtime'], offset: 40, size: 8, struct: undefined },
    { cName: 'ctime', cType: 'uint64_t', kind: 'signed', keys: ['ctime'], offset: 48, size: 8, struct: undefined },
    { cName: 'atimensec', cType: 'uint32_t', kind: 'number', keys: ['atimensec'], offset: 56, size: 4, struct: undefined },
    { cName: 'mtimensec', cType: 'uint32_t', kind: 'number', keys: ['mtimensec'], offset: 60, size: 4, struct: undefined },
    { cName: 'ctimensec', cType: 'uint32_t', kind: 'number', keys: ['ctimensec'], offset: 64, size: 4, struct: undefined },
    { cName: 'mode', cType: 'uint32_t', kind: 'number', keys: ['mode'], offset: 68, size: 4, struct: undefined },
    { cName: 'unused4', cType: 'uint32_t', kind: 'padding', keys: [], offset: 72, size: 4, struct: undefined },
    { cName: 'uid', cType: 'uint32_t', kind: 'number', keys: ['uid'], offset: 76, size: 4, struct: undefined },
    { cName: 'gid', cType: 'uint32_t', kind: 'number', keys: ['gid'], offset: 80, size: 4, struct: undefined },
    { cName: 'unused5', cType: 'uint32_t', kind: 'padding', keys: [], offset: 84, size: 4, struct: undefined },
  ],
  create(): FuseSetattrIn {
    return {
      valid: 0,
      fh: 0,
      size: 0,
      lockOwner: 0n,
      atime: 0,
      mtime: 0,
      ctime: 0,
      atimensec: 0,
      mtimensec: 0,
      ctimensec: 0,
      mode: 0,
      uid: 0,
      gid: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseSetattrIn): FuseSetattrIn {
    into.valid = view.getUint32(at, true)
    into.fh = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.size = view.getUint32(at + 20, true) * 4294967296 + view.getUint32(at + 16, true)
    into.lockOwner = view.getUint32(at + 24, true) === 0 && view.getUint32(at + 28, true) === 0 ? 0n : view.getBigUint64(at + 24, true)
    into.atime = view.getInt32(at + 36, true) * 4294967296 + view.getUint32(at + 32, true)
    into.mtime = view.getInt32(at + 44, true) * 4294967296 + view.getUint32(at + 40, true)
    into.ctime = view.getInt32(at + 52, true) * 4294967296 + view.getUint32(at + 48, true)
    into.atimensec = view.getUint32(at + 56, true)
    into.mtimensec = view.getUint32(at + 60, true)
    into.ctimensec = view.getUint32(at + 64, true)
    into.mode = view.getUint32(at + 68, true)
    into.uid = view.getUint32(at + 76, true)
    into.gid = view.getUint32(at + 80, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseSetattrIn>): void {
    view.setUint32(at, value.valid, true)
    view.setUint32(at + 4, 0, true)
    view.setUint32(at + 8, value.fh, true)
    view.setUint32(at + 12, Math.floor(value.fh / 4294967296), true)
    view.setUint32(at + 16, value.size, true)
    view.setUint32(at + 20, Math.floor(value.size / 4294967296), true)
    view.setBigUint64(at + 24, value.lockOwner, true)
    view.setUint32(at + 32, value.atime, true)
    view.setUint32(at + 36, Math.floor(value.atime / 4294967296), true)
    view.setUint32(at + 40, value.mtime, true)
    view.setUint32(at + 44, Math.floor(value.mtime / 4294967296), true)
    view.setUint32(at + 48, value.ctime, true)
    view.setUint32(at + 52, Math.floor(value.ctime / 4294967296), true)
    view.setUint32(at + 56, value.atimensec, true)
    view.setUint32(at + 60, value.mtimensec, true)
    view.setUint32(at + 64, value.ctimensec, true)
    view.setUint32(at + 68, value.mode, true)
    view.setUint32(at + 72, 0, true)
    view.setUint32(at + 76, value.uid, true)
    view.setUint32(at + 80, value.gid, true)
    view.setUint32(at + 84, 0, true)
  },
}

/**
 * Reply to STATFS.
 * C: `struct fuse_statfs_out`.
 */
export interface FuseStatfsOut {
  /** Figures of the file system. */
  st: FuseKstatfs
}

/** Layout and codec of `struct fuse_statfs_out`, 80 bytes. */
export const FuseStatfsOut: StructDescriptor<FuseStatfsOut, 80, { readonly st: 0 }> = {
  cName: 'fuse_statfs_out',
  size: 80,
  offsets: { st: 0 },
  fields: [
    { cName: 'st', cType: 'fuse_kstatfs', kind: 'record', keys: ['st'], offset: 0, size: 80, struct: FuseKstatfs },
  ],
  create(): FuseStatfsOut {
    return {
      st: FuseKstatfs.create(),
    }
  },
  decode(view: DataView, at: number, into: FuseStatfsOut): FuseStatfsOut {
    FuseKstatfs.decode(view, at, into.st)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseStatfsOut>): void {
    FuseKstatfs.encode(view, at, value.st)
  },
}

/**
 * One entry of a READDIR reply; the name follows, then zeros up to a multiple of 8 bytes.
 * C: `struct fuse_dirent`.
 */
export interface FuseDirent {
  /** Inode number; shown to programs, and never a node id. */
  ino: number | bigint
  /** Cookie of the place after this entry. */
  off: bigint
  /** Length of the name, bytes, without an end mark. */
  namelen: number
  /** File type: bits 12 to 15 of the mode. */
  type: number
}

/** Layout and codec of `struct fuse_dirent`, 24 bytes. */
export const FuseDirent: StructDescriptor<FuseDirent, 24, { readonly ino: 0; readonly off: 8; readonly namelen: 16; readonly type: 20; readonly name: 24 }> = {
  cName: 'fuse_dirent',
  size: 24,
  offsets: { ino: 0, off: 8, namelen: 16, type: 20, name: 24 },
  fields: [
    { cName: 'ino', cType: 'uint64_t', kind: 'ino', keys: ['ino'], offset: 0, size: 8, struct: undefined },
    { cName: 'off', cType: 'uint64_t', kind: 'bigint', keys: ['off'], offset: 8, size: 8, struct: undefined },
    { cName: 'namelen', cType: 'uint32_t', kind: 'number', keys: ['namelen'], offset: 16, size: 4, struct: undefined },
    { cName: 'type', cType: 'uint32_t', kind: 'number', keys: ['type'], offset: 20, size: 4, struct: undefined },
    { cName: 'name', cType: 'char[]', kind: 'flexible', keys: ['name'], offset: 24, size: 0, struct: undefined },
  ],
  create(): FuseDirent {
    return {
      ino: 0,
      off: 0n,
      namelen: 0,
      type: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseDirent): FuseDirent {
    const inoHigh = view.getUint32(at + 4, true)
    into.ino =
      inoHigh < 0x200000
        ? inoHigh * 4294967296 + view.getUint32(at, true)
        : view.getBigUint64(at, true)
    into.off = view.getUint32(at + 8, true) === 0 && view.getUint32(at + 12, true) === 0 ? 0n : view.getBigUint64(at + 8, true)
    into.namelen = view.getUint32(at + 16, true)
    into.type = view.getUint32(at + 20, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseDirent>): void {
    if (typeof value.ino === 'number') {
      view.setUint32(at, value.ino, true)
      view.setUint32(at + 4, Math.floor(value.ino / 4294967296), true)
    } else view.setBigUint64(at, value.ino, true)
    view.setBigUint64(at + 8, value.off, true)
    view.setUint32(at + 16, value.namelen, true)
    view.setUint32(at + 20, value.type, true)
  },
}

/**
 * One entry of a READDIRPLUS reply; the name follows, then zeros up to a multiple of 8 bytes.
 * C: `struct fuse_direntplus`.
 */
export interface FuseDirentplus {
  /** What LOOKUP would have answered; node id 0 for no answer. */
  entryOut: FuseEntryOut
  /** The entry. */
  dirent: FuseDirent
}

/** Layout and codec of `struct fuse_direntplus`, 152 bytes. */
export const FuseDirentplus: StructDescriptor<FuseDirentplus, 152, { readonly entryOut: 0; readonly dirent: 128 }> = {
  cName: 'fuse_direntplus',
  size: 152,
  offsets: { entryOut: 0, dirent: 128 },
  fields: [
    { cName: 'entry_out', cType: 'fuse_entry_out', kind: 'record', keys: ['entryOut'], offset: 0, size: 128, struct: FuseEntryOut },
    { cName: 'dirent', cType: 'fuse_dirent', kind: 'record', keys: ['dirent'], offset: 128, size: 24, struct: FuseDirent },
  ],
  create(): FuseDirentplus {
    return {
      entryOut: FuseEntryOut.create(),
      dirent: FuseDirent.create(),
    }
  },
  decode(view: DataView, at: number, into: FuseDirentplus): FuseDirentplus {
    FuseEntryOut.decode(view, at, into.entryOut)
    FuseDirent.decode(view, at + 128, into.dirent)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseDirentplus>): void {
    FuseEntryOut.encode(view, at, value.entryOut)
    FuseDirent.encode(view, at + 128, value.dirent)
  },
}
