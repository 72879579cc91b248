// Generated from schema/ by `pnpm run generate`: change the schema, not this file.

// Attributes of files, of file systems and of locks.

import type { StructDescriptor } from '../struct.js'

/**
 * Attributes of a file.
 * C: `struct fuse_attr`.
 */
export interface FuseAttr {
  /** Inode number, as stat(2) shows it; need not be the node id. */
  ino: number | bigint
  /** Size, bytes. */
  size: number
  /** Space taken, units of 512 bytes. */
  blocks: number
  /** Last access, seconds since 1970; negative before. */
  atime: number
  /** Last change of the data, seconds since 1970. */
  mtime: number
  /** Last change of the inode, seconds since 1970. */
  ctime: number
  /** Nanoseconds of `atime`. */
  atimensec: number
  /** Nanoseconds of `mtime`. */
  mtimensec: number
  /** Nanoseconds of `ctime`. */
  ctimensec: number
  /** File type and permission bits. */
  mode: number
  /** Count of hard links. */
  nlink: number
  /** Owner. */
  uid: number
  /** Group. */
  gid: number
  /** Device number of a device node, as `new_encode_dev` of the kernel packs it. */
  rdev: number
  /** Preferred block size, bytes; 0 leaves it to the kernel. */
  blksize: number
  /** Bits of `AttrFlag`. */
  flags: number
}

/** Layout and codec of `struct fuse_attr`, 88 bytes. */
export const FuseAttr: StructDescriptor<FuseAttr, 88, { readonly ino: 0; readonly size: 8; readonly blocks: 16; readonly atime: 24; readonly mtime: 32; readonly ctime: 40; readonly atimensec: 48; readonly mtimensec: 52; readonly ctimensec: 56; readonly mode: 60; readonly nlink: 64; readonly uid: 68; readonly gid: 72; readonly rdev: 76; readonly blksize: 80; readonly flags: 84 }> = {
  cName: 'fuse_attr',
  size: 88,
  offsets: { ino: 0, size: 8, blocks: 16, atime: 24, mtime: 32, ctime: 40, atimensec: 48, mtimensec: 52, ctimensec: 56, mode: 60, nlink: 64, uid: 68, gid: 72, rdev: 76, blksize: 80, flags: 84 },
  fields: [
    { cName: 'ino', cType: 'uint64_t', kind: 'ino', keys: ['ino'], offset: 0, size: 8, struct: undefined },
    { cName: 'size', cType: 'uint64_t', kind: 'number', keys: ['size'], offset: 8, size: 8, struct: undefined },
    { cName: 'blocks', cType: 'uint64_t', kind: 'number', keys: ['blocks'], offset: 16, size: 8, struct: undefined },
    { cName: 'atime', cType: 'uint64_t', kind: 'signed', keys: ['atime'], offset: 24, size: 8, struct: undefined },
    { cName: 'mtime', cType: 'uint64_t', kind: 'signed', keys: ['mtime'], offset: 32, size: 8, struct: undefined },
    { cName: 'ctime', cType: 'uint64_t', kind: 'signed', keys: ['ctime'], offset: 40, size: 8, struct: undefined },
    { cName: 'atimensec', cType: 'uint32_t', kind: 'number', keys: ['atimensec'], offset: 48, size: 4, struct: undefined },
    { cName: 'mtimensec', cType: 'uint32_t', kind: 'number', keys: ['mtimensec'], offset: 52, size: 4, struct: undefined },
    { cName: 'ctimensec', cType: 'uint32_t', kind: 'number', keys: ['ctimensec'], offset: 56, size: 4, struct: undefined },
    { cName: 'mode', cType: 'uint32_t', kind: 'number', keys: ['mode'], offset: 60, size: 4, struct: undefined },
    { cName: 'nlink', cType: 'uint32_t', kind: 'number', keys: ['nlink'], offset: 64, size: 4, struct: undefined },
    { cName: 'uid', cType: 'uint32_t', kind: 'number', keys: ['uid'], offset: 68, size: 4, struct: undefined },
    { cName: 'gid', cType: 'uint32_t', kind: 'number', keys: ['gid'], offset: 72, size: 4, struct: undefined },
    { cName: 'rdev', cType: 'uint32_t', kind: 'number', keys: ['rdev'], offset: 76, size: 4, struct: undefined },
    { cName: 'blksize', cType: 'uint32_t', kind: 'number', keys: ['blksize'], offset: 80, size: 4, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 84, size: 4, struct: undefined },
  ],
  create(): FuseAttr {
    return {
      ino: 0,
      size: 0,
      blocks: 0,
      atime: 0,
      mtime: 0,
      ctime: 0,
      atimensec: 0,
      mtimensec: 0,
      ctimensec: 0,
      mode: 0,
      nlink: 0,
      uid: 0,
      gid: 0,
      rdev: 0,
      blksize: 0,
      flags: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseAttr): FuseAttr {
    const inoHigh = view.getUint32(at + 4, true)
    into.ino =
      inoHigh < 0x200000
        ? inoHigh * 4294967296 + view.getUint32(at, true)
        : view.getBigUint64(at, true)
    into.size = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.blocks = view.getUint32(at + 20, true) * 4294967296 + view.getUint32(at + 16, true)
    into.atime = view.getInt32(at + 28, true) * 4294967296 + view.getUint32(at + 24, true)
    into.mtime = view.getInt32(at + 36, true) * 4294967296 + view.getUint32(at + 32, true)
    into.ctime = view.getInt32(at + 44, true) * 4294967296 + view.getUint32(at + 40, true)
    into.atimensec = view.getUint32(at + 48, true)
    into.mtimensec = view.getUint32(at + 52, true)
    into.ctimensec = view.getUint32(at + 56, true)
    into.mode = view.getUint32(at + 60, true)
    into.nlink = view.getUint32(at + 64, true)
    into.uid = view.getUint32(at + 68, true)
    into.gid = view.getUint32(at + 72, true)
    into.rdev = view.getUint32(at + 76, true)
    into.blksize = view.getUint32(at + 80, true)
    into.flags = view.getUint32(at + 84, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseAttr>): void {
    if (typeof value.ino === 'number') {
      view.setUint32(at, value.ino, true)
      view.setUint32(at + 4, Math.floor(value.ino / 4294967296), true)
    } else view.setBigUint64(at, value.ino, true)
    view.setUint32(at + 8, value.size, true)
    view.setUint32(at + 12, Math.floor(value.size / 4294967296), true)
    view.setUint32(at + 16, value.blocks, true)
    view.setUint32(at + 20, Math.floor(value.blocks / 4294967296), true)
    view.setUint32(at + 24, value.atime, true)
    view.setUint32(at + 28, Math.floor(value.atime / 4294967296), true)
    view.setUint32(at + 32, value.mtime, true)
    view.setUint32(at + 36, Math.floor(value.mtime / 4294967296), true)
    view.setUint32(at + 40, value.ctime, true)
    view.setUint32(at + 44, Math.floor(value.ctime / 4294967296), true)
    view.setUint32(at + 48, value.atimensec, true)
    view.setUint32(at + 52, value.mtimensec, true)
    view.setUint32(at + 56, value.ctimensec, true)
    view.setUint32(at + 60, value.mode, true)
    view.setUint32(at + 64, value.nlink, true)
    view.setUint32(at + 68, value.uid, true)
    view.setUint32(at + 72, value.gid, true)
    view.setUint32(at + 76, value.rdev, true)
    view.setUint32(at + 80, value.blksize, true)
    view.setUint32(at + 84, value.flags, true)
  },
}

/**
 * A time of statx(2).
 * C: `struct fuse_sx_time`.
 */
export interface FuseSxTime {
  /** Seconds since 1970; negative before. */
  tvSec: number
  /** Nanoseconds. */
  tvNsec: number
}

/** Layout and codec of `struct fuse_sx_time`, 16 bytes. */
export const FuseSxTime: StructDescriptor<FuseSxTime, 16, { readonly tvSec: 0; readonly tvNsec: 8 }> = {
  cName: 'fuse_sx_time',
  size: 16,
  offsets: { tvSec: 0, tvNsec: 8 },
  fields: [
    { cName: 'tv_sec', cType: 'int64_t', kind: 'signed', keys: ['tvSec'], offset: 0, size: 8, struct: undefined },
    { cName: 'tv_nsec', cType: 'uint32_t', kind: 'number', keys: ['tvNsec'], offset: 8, size: 4, struct: undefined },
    { cName: '__reserved', cType: 'int32_t', kind: 'padding', keys: [], offset: 12, size: 4, struct: undefined },
  ],
  create(): FuseSxTime {
    return {
      tvSec: 0,
      tvNsec: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseSxTime): FuseSxTime {
    into.tvSec = view.getInt32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.tvNsec = view.getUint32(at + 8, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseSxTime>): void {
    view.setUint32(at, value.tvSec, true)
    view.setUint32(at + 4, Math.floor(value.tvSec / 4294967296), true)
    view.setUint32(at + 8, value.tvNsec, true)
    view.setUint32(at + 12, 0, true)
  },
}

/**
 * Attributes of a file in the sense of statx(2).
 * C: `struct fuse_statx`.
 */
export interface FuseStatx {
  /** Which fields are filled: `STATX_*` bits. */
  mask: number
  /** Preferred block size, bytes. */
  blksize: number
  /** `STATX_ATTR_*` bits. */
  attributes: bigint
  /** Count of hard links. */
  nlink: number
  /** Owner. */
  uid: number
  /** Group. */
  gid: number
  /** File type and permission bits. */
  mode: number
  /** Inode number. */
  ino: number | bigint
  /** Size, bytes. */
  size: number
  /** Space taken, units of 512 bytes. */
  blocks: number
  /** Which bits of `attributes` the file system knows. */
  attributesMask: bigint
  /** Last access. */
  atime: FuseSxTime
  /** Birth. */
  btime: FuseSxTime
  /** Last change of the inode. */
  ctime: FuseSxTime
  /** Last change of the data. */
  mtime: FuseSxTime
  /** Major number of a device node. */
  rdevMajor: number
  /** Minor number of a device node. */
  rdevMinor: number
  /** Major number of the device that holds the file. */
  devMajor: number
  /** Minor number of the device that holds the file. */
  devMinor: number
}

/** Layout and codec of `struct fuse_statx`, 256 bytes. */
export const FuseStatx: StructDescriptor<FuseStatx, 256, { readonly mask: 0; readonly blksize: 4; readonly attributes: 8; readonly nlink: 16; readonly uid: 20; readonly gid: 24; readonly mode: 28; readonly ino: 32; readonly size: 40; readonly blocks: 48; readonly attributesMask: 56; readonly atime: 64; readonly btime: 80; readonly ctime: 96; readonly mtime: 112; readonly rdevMajor: 128; readonly rdevMinor: 132; readonly devMajor: 136; readonly devMinor: 140 }> = {
  cName: 'fuse_statx',
  size: 256,
  offsets: { mask: 0, blksize: 4, attributes: 8, nlink: 16, uid: 20, gid: 24, mode: 28, ino: 32, size: 40, blocks: 48, attributesMask: 56, atime: 64, btime: 80, ctime: 96, mtime: 112, rdevMajor: 128, rdevMinor: 132, devMajor: 136, devMinor: 140 },
  fields: [
    { cName: 'mask', cType: 'uint32_t', kind: 'number', keys: ['mask'], offset: 0, size: 4, struct: undefined },
    { cName: 'blksize', cType: 'uint32_t', kind: 'number', keys: ['blksize'], offset: 4, size: 4, struct: undefined },
    { cName: 'attributes', cType: 'uint64_t', kind: 'bigint', keys: ['attributes'], offset: 8, size: 8, struct: undefined },
    { cName: 'nlink', cType: 'uint32_t', kind: 'number', keys: ['nlink'], offset: 16, size: 4, struct: undefined },
    { cName: 'uid', cType: 'uint32_t', kind: 'number', keys: ['uid'], offset: 20, size: 4, struct: undefined },
    { cName: 'gid', cType: 'uint32_t', kind: 'number', keys: ['gid'], offset: 24, size: 4, struct: undefined },
    { cName: 'mode', cType: 'uint16_t', kind: 'number', keys: ['mode'], offset: 28, size: 2, struct: undefined },
    { cName: '__spare0', cType: 'uint16_t[1]', kind: 'padding', keys: [], offset: 30, size: 2, struct: undefined },
    { cName: 'ino', cType: 'uint64_t', kind: 'ino', keys: ['ino'], offset: 32, size: 8, struct: undefined },
    { cName: 'size', cType: 'uint64_t', kind: 'number', keys: ['size'], offset: 40, size: 8, struct: undefined },
    { cName: 'blocks', cType: 'uint64_t', kind: 'number', keys: ['blocks'], offset: 48, size: 8, struct: undefined },
    { cName: 'attributes_mask', cType: 'uint64_t', kind: 'bigint', keys: ['attributesMask'], offset: 56, size: 8, struct: undefined },
    { cName: 'atime', cType: 'fuse_sx_time', kind: 'record', keys: ['atime'], offset: 64, size: 16, struct: FuseSxTime },
    { cName: 'btime', cType: 'fuse_sx_time', kind: 'record', keys: ['btime'], offset: 80, size: 16, struct: FuseSxTime },
    { cName: 'ctime', cType: 'fuse_sx_time', kind: 'record', keys: ['ctime'], offset: 96, size: 16, struct: FuseSxTime },
    { cName: 'mtime', cType: 'fuse_sx_time', kind: 'record', keys: ['mtime'], offset: 112, size: 16, struct: FuseSxTime },
    { cName: 'rdev_major', cType: 'uint32_t', kind: 'number', keys: ['rdevMajor'], offset: 128, size: 4, struct: undefined },
    { cName: 'rdev_minor', cType: 'uint32_t', kind: 'number', keys: ['rdevMinor'], offset: 132, size: 4, struct: undefined },
    { cName: 'dev_major', cType: 'uint32_t', kind: 'number', keys: ['devMajor'], offset: 136, size: 4, struct: undefined },
    { cName: 'dev_minor', cType: 'uint32_t', kind: 'number', keys: ['devMinor'], offset: 140, size: 4, struct: undefined },
    { cName: '__spare2', cType: 'uint64_t[14]', kind: 'padding', keys: [], offset: 144, size: 112, struct: undefined },
  ],
  create(): FuseStatx {
    return {
      mask: 0,
      blksize: 0,
      attributes: 0n,
      nlink: 0,
      uid: 0,
      gid: 0,
      mode: 0,
      ino: 0,
      size: 0,
      blocks: 0,
      attributesMask: 0n,
      atime: FuseSxTime.create(),
      btime: FuseSxTime.create(),
      ctime: FuseSxTime.create(),
      mtime: FuseSxTime.create(),
      rdevMajor: 0,
      rdevMinor: 0,
      devMajor: 0,
      devMinor: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseStatx): FuseStatx {
    into.mask = view.getUint32(at, true)
    into.blksize = view.getUint32(at + 4, true)
    into.attributes = view.getUint32(at + 8, true) === 0 && view.getUint32(at + 12, true) === 0 ? 0n : view.getBigUint64(at + 8, true)
    into.nlink = view.getUint32(at + 16, true)
    into.uid = view.getUint32(at + 20, true)
    into.gid = view.getUint32(at + 24, true)
    into.mode = view.getUint16(at + 28, true)
    const inoHigh = view.getUint32(at + 36, true)
    into.ino =
      inoHigh < 0x200000
        ? inoHigh * 4294967296 + view.getUint32(at + 32, true)
        : view.getBigUint64(at + 32, true)
    into.size = view.getUint32(at + 44, true) * 4294967296 + view.getUint32(at + 40, true)
    into.blocks = view.getUint32(at + 52, true) * 4294967296 + view.getUint32(at + 48, true)
    into.attributesMask = view.getUint32(at + 56, true) === 0 && view.getUint32(at + 60, true) === 0 ? 0n : view.getBigUint64(at + 56, true)
    FuseSxTime.decode(view, at + 64, into.atime)
    FuseSxTime.decode(view, at + 80, into.btime)
    FuseSxTime.decode(view, at + 96, into.ctime)
    FuseSxTime.decode(view, at + 112, into.mtime)
    into.rdevMajor = view.getUint32(at + 128, true)
    into.rdevMinor = view.getUint32(at + 132, true)
    into.devMajor = view.getUint32(at + 136, true)
    into.devMinor = view.getUint32(at + 140, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseStatx>): void {
    view.setUint32(at, value.mask, true)
    view.setUint32(at + 4, value.blksize, true)
    view.setBigUint64(at + 8, value.attributes, true)
    view.setUint32(at + 16, value.nlink, true)
    view.setUint32(at + 20, value.uid, true)
    view.setUint32(at + 24, value.gid, true)
    view.setUint16(at + 28, value.mode, true)
    view.setUint16(at + 30, 0, true)
    if (typeof value.ino === 'number') {
      view.setUint32(at + 32, value.ino, true)
      view.setUint32(at + 36, Math.floor(value.ino / 4294967296), true)
    } else view.setBigUint64(at + 32, value.ino, true)
    view.setUint32(at + 40, value.size, true)
    view.setUint32(at + 44, Math.floor(value.size / 4294967296), true)
    view.setUint32(at + 48, value.blocks, true)
    view.setUint32(at + 52, Math.floor(value.blocks / 4294967296), true)
    view.setBigUint64(at + 56, value.attributesMask, true)
    FuseSxTime.encode(view, at + 64, value.atime)
    FuseSxTime.encode(view, at + 80, value.btime)
    FuseSxTime.encode(view, at + 96, value.ctime)
    FuseSxTime.encode(view, at + 112, value.mtime)
    view.setUint32(at + 128, value.rdevMajor, true)
    view.setUint32(at + 132, value.rdevMinor, true)
    view.setUint32(at + 136, value.devMajor, true)
    view.setUint32(at + 140, value.devMinor, true)
    for (let i = 0; i < 112; i += 4) view.setUint32(at + 144 + i, 0, true)
  },
}

/**
 * Figures of a file system.
 * C: `struct fuse_kstatfs`.
 */
export interface FuseKstatfs {
  /** Size of the file system, units of `frsize`. */
  blocks: number
  /** Free space, units of `frsize`. */
  bfree: number
  /** Free space for ordinary users, units of `frsize`. */
  bavail: number
  /** Count of inodes. */
  files: number
  /** Count of free inodes. */
  ffree: number
  /** Preferred block size, bytes. */
  bsize: number
  /** Most bytes of a name. */
  namelen: number
  /** Unit of the block counts, bytes. */
  frsize: number
}

/** Layout and codec of `struct fuse_kstatfs`, 80 bytes. */
export const FuseKstatfs: StructDescriptor<FuseKstatfs, 80, { readonly blocks: 0; readonly bfree: 8; readonly bavail: 16; readonly files: 24; readonly ffree: 32; readonly bsize: 40; readonly namelen: 44; readonly frsize: 48 }> = {
  cName: 'fuse_kstatfs',
  size: 80,
  offsets: { blocks: 0, bfree: 8, bavail: 16, files: 24, ffree: 32, bsize: 40, namelen: 44, frsize: 48 },
  fields: [
    { cName: 'blocks', cType: 'uint64_t', kind: 'number', keys: ['blocks'], offset: 0, size: 8, struct: undefined },
    { cName: 'bfree', cType: 'uint64_t', kind: 'number', keys: ['bfree'], offset: 8, size: 8, struct: undefined },
    { cName: 'bavail', cType: 'uint64_t', kind: 'number', keys: ['bavail'], offset: 16, size: 8, struct: undefined },
    { cName: 'files', cType: 'uint64_t', kind: 'number', keys: ['files'], offset: 24, size: 8, struct: undefined },
    { cName: 'ffree', cType: 'uint64_t', kind: 'number', keys: ['ffree'], offset: 32, size: 8, struct: undefined },
    { cName: 'bsize', cType: 'uint32_t', kind: 'number', keys: ['bsize'], offset: 40, size: 4, struct: undefined },
    { cName: 'namelen', cType: 'uint32_t', kind: 'number', keys: ['namelen'], offset: 44, size: 4, struct: undefined },
    { cName: 'frsize', cType: 'uint32_t', kind: 'number', keys: ['frsize'], offset: 48, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 52, size: 4, struct: undefined },
    { cName: 'spare', cType: 'uint32_t[6]', kind: 'padding', keys: [], offset: 56, size: 24, struct: undefined },
  ],
  create(): FuseKstatfs {
    return {
      blocks: 0,
      bfree: 0,
      bavail: 0,
      files: 0,
      ffree: 0,
      bsize: 0,
      namelen: 0,
      frsize: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseKstatfs): FuseKstatfs {
    into.blocks = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.bfree = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.bavail = view.getUint32(at + 20, true) * 4294967296 + view.getUint32(at + 16, true)
    into.files = view.getUint32(at + 28, true) * 4294967296 + view.getUint32(at + 24, true)
    into.ffree = view.getUint32(at + 36, true) * 4294967296 + view.getUint32(at + 32, true)
    into.bsize = view.getUint32(at + 40, true)
    into.namelen = view.getUint32(at + 44, true)
    into.frsize = view.getUint32(at + 48, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseKstatfs>): void {
    view.setUint32(at, value.blocks, true)
    view.setUint32(at + 4, Math.floor(value.blocks / 4294967296), true)
    view.setUint32(at + 8, value.bfree, true)
    view.setUint32(at + 12, Math.floor(value.bfree / 4294967296), true)
    view.setUint32(at + 16, value.bavail, true)
    view.setUint32(at + 20, Math.floor(value.bavail / 4294967296), true)
    view.setUint32(at + 24, value.files, true)
    view.setUint32(at + 28, Math.floor(value.files / 4294967296), true)
    view.setUint32(at + 32, value.ffree, true)
    view.setUint32(at + 36, Math.floor(value.ffree / 4294967296), true)
    view.setUint32(at + 40, value.bsize, true)
    view.setUint32(at + 44, value.namelen, true)
    view.setUint32(at + 48, value.frsize, true)
    view.setUint32(at + 52, 0, true)
    for (let i = 0; i < 24; i += 4) view.setUint32(at + 56 + i, 0, true)
  },
}

/**
 * A lock on a range of a file.
 * C: `struct fuse_file_lock`.
 */
export interface FuseFileLock {
  /** First byte of the range. */
  start: bigint
  /** Last byte of the range; 2^63 - 1 is the end of the file. */
  end: bigint
  /** F_RDLCK, F_WRLCK or F_UNLCK. */
  type: number
  /** Process that holds the lock. */
  pid: number
}

/** Layout and codec of `struct fuse_file_lock`, 24 bytes. */
export const FuseFileLock: StructDescriptor<FuseFileLock, 24, { readonly start: 0; readonly end: 8; readonly type: 16; readonly pid: 20 }> = {
  cName: 'fuse_file_lock',
  size: 24,
  offsets: { start: 0, end: 8, type: 16, pid: 20 },
  fields: [
    { cName: 'start', cType: 'uint64_t', kind: 'bigint', keys: ['start'], offset: 0, size: 8, struct: undefined },
    { cName: 'end', cType: 'uint64_t', kind: 'bigint', keys: ['end'], offset: 8, size: 8, struct: undefined },
    { cName: 'type', cType: 'uint32_t', kind: 'number', keys: ['type'], offset: 16, size: 4, struct: undefined },
    { cName: 'pid', cType: 'uint32_t', kind: 'number', keys: ['pid'], offset: 20, size: 4, struct: undefined },
  ],
  create(): FuseFileLock {
    return {
      start: 0n,
      end: 0n,
      type: 0,
      pid: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseFileLock): FuseFileLock {
    into.start = view.getUint32(at, true) === 0 && view.getUint32(at + 4, true) === 0 ? 0n : view.getBigUint64(at, true)
    into.end = view.getUint32(at + 8, true) === 0 && view.getUint32(at + 12, true) === 0 ? 0n : view.getBigUint64(at + 8, true)
    into.type = view.getUint32(at + 16, true)
    into.pid = view.getUint32(at + 20, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseFileLock>): void {
    view.setBigUint64(at, value.start, true)
    view.setBigUint64(at + 8, value.end, true)
    view.setUint32(at + 16, value.type, true)
    view.setUint32(at + 20, value.pid, true)
  },
}
