// Generated from schema/ by `pnpm run generate`: change the schema, not this file.

// Requests that carry names: making, renaming, linking, extended attributes.

import type { StructDescriptor } from '../struct.js'

/**
 * MKNOD; the name follows. Below minor 12 only the first 8 bytes are sent.
 * C: `struct fuse_mknod_in`.
 */
export interface FuseMknodIn {
  /** File type and permission bits. */
  mode: number
  /** Device number, as `new_encode_dev` of the kernel packs it. */
  rdev: number
  /** Umask of the caller. */
  umask: number
}

/** Layout and codec of `struct fuse_mknod_in`, 16 bytes. */
export const FuseMknodIn: StructDescriptor<FuseMknodIn, 16, { readonly mode: 0; readonly rdev: 4; readonly umask: 8 }> = {
  cName: 'fuse_mknod_in',
  size: 16,
  offsets: { mode: 0, rdev: 4, umask: 8 },
  fields: [
    { cName: 'mode', cType: 'uint32_t', kind: 'number', keys: ['mode'], offset: 0, size: 4, struct: undefined },
    { cName: 'rdev', cType: 'uint32_t', kind: 'number', keys: ['rdev'], offset: 4, size: 4, struct: undefined },
    { cName: 'umask', cType: 'uint32_t', kind: 'number', keys: ['umask'], offset: 8, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 12, size: 4, struct: undefined },
  ],
  create(): FuseMknodIn {
    return {
      mode: 0,
      rdev: 0,
      umask: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseMknodIn): FuseMknodIn {
    into.mode = view.getUint32(at, true)
    into.rdev = view.getUint32(at + 4, true)
    into.umask = view.getUint32(at + 8, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseMknodIn>): void {
    view.setUint32(at, value.mode, true)
    view.setUint32(at + 4, value.rdev, true)
    view.setUint32(at + 8, value.umask, true)
    view.setUint32(at + 12, 0, true)
  },
}

/**
 * MKDIR; the name follows.
 * C: `struct fuse_mkdir_in`.
 */
export interface FuseMkdirIn {
  /** Permission bits. */
  mode: number
  /** Umask of the caller (since minor 12). */
  umask: number
}

/** Layout and codec of `struct fuse_mkdir_in`, 8 bytes. */
export const FuseMkdirIn: StructDescriptor<FuseMkdirIn, 8, { readonly mode: 0; readonly umask: 4 }> = {
  cName: 'fuse_mkdir_in',
  size: 8,
  offsets: { mode: 0, umask: 4 },
  fields: [
    { cName: 'mode', cType: 'uint32_t', kind: 'number', keys: ['mode'], offset: 0, size: 4, struct: undefined },
    { cName: 'umask', cType: 'uint32_t', kind: 'number', keys: ['umask'], offset: 4, size: 4, struct: undefined },
  ],
  create(): FuseMkdirIn {
    return {
      mode: 0,
      umask: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseMkdirIn): FuseMkdirIn {
    into.mode = view.getUint32(at, true)
    into.umask = view.getUint32(at + 4, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseMkdirIn>): void {
    view.setUint32(at, value.mode, true)
    view.setUint32(at + 4, value.umask, true)
  },
}

/**
 * RENAME; the old name and the new name follow.
 * C: `struct fuse_rename_in`.
 */
export interface FuseRenameIn {
  /** Node of the directory of the new name. */
  newdir: number
}

/** Layout and codec of `struct fuse_rename_in`, 8 bytes. */
export const FuseRenameIn: StructDescriptor<FuseRenameIn, 8, { readonly newdir: 0 }> = {
  cName: 'fuse_rename_in',
  size: 8,
  offsets: { newdir: 0 },
  fields: [
    { cName: 'newdir', cType: 'uint64_t', kind: 'number', keys: ['newdir'], offset: 0, size: 8, struct: undefined },
  ],
  create(): FuseRenameIn {
    return {
      newdir: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseRenameIn): FuseRenameIn {
    into.newdir = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseRenameIn>): void {
    view.setUint32(at, value.newdir, true)
    view.setUint32(at + 4, Math.floor(value.newdir / 4294967296), true)
  },
}

/**
 * RENAME2; the old name and the new name follow.
 * C: `struct fuse_rename2_in`.
 */
export interface FuseRename2In {
  /** Node of the directory of the new name. */
  newdir: number
  /** `RENAME_*` bits of renameat2(2). */
  flags: number
}

/** Layout and codec of `struct fuse_rename2_in`, 16 bytes. */
export const FuseRename2In: StructDescriptor<FuseRename2In, 16, { readonly newdir: 0; readonly flags: 8 }> = {
  cName: 'fuse_rename2_in',
  size: 16,
  offsets: { newdir: 0, flags: 8 },
  fields: [
    { cName: 'newdir', cType: 'uint64_t', kind: 'number', keys: ['newdir'], offset: 0, size: 8, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 8, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 12, size: 4, struct: undefined },
  ],
  create(): FuseRename2In {
    return {
      newdir: 0,
      flags: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseRename2In): FuseRename2In {
    into.newdir = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.flags = view.getUint32(at + 8, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseRename2In>): void {
    view.setUint32(at, value.newdir, true)
    view.setUint32(at + 4, Math.floor(value.newdir / 4294967296), true)
    view.setUint32(at + 8, value.flags, true)
    view.setUint32(at + 12, 0, true)
  },
}

/**
 * LINK; the new name follows, in the directory of the header.
 * C: `struct fuse_link_in`.
 */
export interface FuseLinkIn {
  /** Node that gets another name. */
  oldnodeid: number
}

/** Layout and codec of `struct fuse_link_in`, 8 bytes. */
export const FuseLinkIn: StructDescriptor<FuseLinkIn, 8, { readonly oldnodeid: 0 }> = {
  cName: 'fuse_link_in',
  size: 8,
  offsets: { oldnodeid: 0 },
  fields: [
    { cName: 'oldnodeid', cType: 'uint64_t', kind: 'number', keys: ['oldnodeid'], offset: 0, size: 8, struct: undefined },
  ],
  create(): FuseLinkIn {
    return {
      oldnodeid: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseLinkIn): FuseLinkIn {
    into.oldnodeid = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseLinkIn>): void {
    view.setUint32(at, value.oldnodeid, true)
    view.setUint32(at + 4, Math.floor(value.oldnodeid / 4294967296), true)
  },
}

/**
 * SETXATTR; the name and the value follow. Without SETXATTR_EXT only the first 8 bytes are sent.
 * C: `struct fuse_setxattr_in`.
 */
export interface FuseSetxattrIn {
  /** Length of the value, bytes. */
  size: number
  /** XATTR_CREATE, XATTR_REPLACE or 0. */
  flags: number
  /** Bits of `SetxattrFlag`. */
  setxattrFlags: number
}

/** Layout and codec of `struct fuse_setxattr_in`, 16 bytes. */
export const FuseSetxattrIn: StructDescriptor<FuseSetxattrIn, 16, { readonly size: 0; readonly flags: 4; readonly setxattrFlags: 8 }> = {
  cName: 'fuse_setxattr_in',
  size: 16,
  offsets: { size: 0, flags: 4, setxattrFlags: 8 },
  fields: [
    { cName: 'size', cType: 'uint32_t', kind: 'number', keys: ['size'], offset: 0, size: 4, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 4, size: 4, struct: undefined },
    { cName: 'setxattr_flags', cType: 'uint32_t', kind: 'number', keys: ['setxattrFlags'], offset: 8, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 12, size: 4, struct: undefined },
  ],
  create(): FuseSetxattrIn {
    return {
      size: 0,
      flags: 0,
      setxattrFlags: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseSetxattrIn): FuseSetxattrIn {
    into.size = view.getUint32(at, true)
    into.flags = view.getUint32(at + 4, true)
    into.setxattrFlags = view.getUint32(at + 8, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseSetxattrIn>): void {
    view.setUint32(at, value.size, true)
    view.setUint32(at + 4, value.flags, true)
    view.setUint32(at + 8, value.setxattrFlags, true)
    view.setUint32(at + 12, 0, true)
  },
}

/**
 * GETXATTR, whose name follows, and LISTXATTR.
 * C: `struct fuse_getxattr_in`.
 */
export interface FuseGetxattrIn {
  /** Room of the caller, bytes; 0 asks for the size only. */
  size: number
}

/** Layout and codec of `struct fuse_getxattr_in`, 8 bytes. */
export const FuseGetxattrIn: StructDescriptor<FuseGetxattrIn, 8, { readonly size: 0 }> = {
  cName: 'fuse_getxattr_in',
  size: 8,
  offsets: { size: 0 },
  fields: [
    { cName: 'size', cType: 'uint32_t', kind: 'number', keys: ['size'], offset: 0, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 4, size: 4, struct: undefined },
  ],
  create(): FuseGetxattrIn {
    return {
      size: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseGetxattrIn): FuseGetxattrIn {
    into.size = view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseGetxattrIn>): void {
    view.setUint32(at, value.size, true)
    view.setUint32(at + 4, 0, true)
  },
}

/**
 * Reply to GETXATTR and LISTXATTR that asked for the size.
 * C: `struct fuse_getxattr_out`.
 */
export interface FuseGetxattrOut {
  /** Room needed, bytes. */
  size: number
}

/** Layout and codec of `struct fuse_getxattr_out`, 8 bytes. */
export const FuseGetxattrOut: StructDescriptor<FuseGetxattrOut, 8, { readonly size: 0 }> = {
  cName: 'fuse_getxattr_out',
  size: 8,
  offsets: { size: 0 },
  fields: [
    { cName: 'size', cType: 'uint32_t', kind: 'number', keys: ['size'], offset: 0, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 4, size: 4, struct: undefined },
  ],
  create(): FuseGetxattrOut {
    return {
      size: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseGetxattrOut): FuseGetxattrOut {
    into.size = view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseGetxattrOut>): void {
    view.setUint32(at, value.size, true)
    view.setUint32(at + 4, 0, true)
  },
}

/**
 * ACCESS.
 * C: `struct fuse_access_in`.
 */
export interface FuseAccessIn {
  /** R_OK, W_OK, X_OK or F_OK. */
  mask: number
}

/** Layout and codec of `struct fuse_access_in`, 8 bytes. */
export const FuseAccessIn: StructDescriptor<FuseAccessIn, 8, { readonly mask: 0 }> = {
  cName: 'fuse_access_in',
  size: 8,
  offsets: { mask: 0 },
  fields: [
    { cName: 'mask', cType: 'uint32_t', kind: 'number', keys: ['mask'], offset: 0, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 4, size: 4, struct: undefined },
  ],
  create(): FuseAccessIn {
    return {
      mask: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseAccessIn): FuseAccessIn {
    into.mask = view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseAccessIn>): void {
    view.setUint32(at, value.mask, true)
    view.setUint32(at + 4, 0, true)
  },
}
