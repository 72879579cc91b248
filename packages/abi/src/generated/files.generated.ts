// Generated from schema/ by `pnpm run generate`: change the schema, not this file.

// Requests on open files.

import type { StructDescriptor } from '../struct.js'

/**
 * OPEN and OPENDIR.
 * C: `struct fuse_open_in`.
 */
export interface FuseOpenIn {
  /** Flags of open(2), without O_CREAT, O_EXCL and O_NOCTTY. */
  flags: number
  /** Bits of `OpenInFlag`. */
  openFlags: number
}

/** Layout and codec of `struct fuse_open_in`, 8 bytes. */
export const FuseOpenIn: StructDescriptor<FuseOpenIn, 8, { readonly flags: 0; readonly openFlags: 4 }> = {
  cName: 'fuse_open_in',
  size: 8,
  offsets: { flags: 0, openFlags: 4 },
  fields: [
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 0, size: 4, struct: undefined },
    { cName: 'open_flags', cType: 'uint32_t', kind: 'number', keys: ['openFlags'], offset: 4, size: 4, struct: undefined },
  ],
  create(): FuseOpenIn {
    return {
      flags: 0,
      openFlags: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseOpenIn): FuseOpenIn {
    into.flags = view.getUint32(at, true)
    into.openFlags = view.getUint32(at + 4, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseOpenIn>): void {
    view.setUint32(at, value.flags, true)
    view.setUint32(at + 4, value.openFlags, true)
  },
}

/**
 * CREATE and TMPFILE; the name follows. Below minor 12 only the first 8 bytes are sent.
 * C: `struct fuse_create_in`.
 */
export interface FuseCreateIn {
  /** Flags of open(2). */
  flags: number
  /** File type and permission bits. */
  mode: number
  /** Umask of the caller. */
  umask: number
  /** Bits of `OpenInFlag`. */
  openFlags: number
}

/** Layout and codec of `struct fuse_create_in`, 16 bytes. */
export const FuseCreateIn: StructDescriptor<FuseCreateIn, 16, { readonly flags: 0; readonly mode: 4; readonly umask: 8; readonly openFlags: 12 }> = {
  cName: 'fuse_create_in',
  size: 16,
  offsets: { flags: 0, mode: 4, umask: 8, openFlags: 12 },
  fields: [
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 0, size: 4, struct: undefined },
    { cName: 'mode', cType: 'uint32_t', kind: 'number', keys: ['mode'], offset: 4, size: 4, struct: undefined },
    { cName: 'umask', cType: 'uint32_t', kind: 'number', keys: ['umask'], offset: 8, size: 4, struct: undefined },
    { cName: 'open_flags', cType: 'uint32_t', kind: 'number', keys: ['openFlags'], offset: 12, size: 4, struct: undefined },
  ],
  create(): FuseCreateIn {
    return {
      flags: 0,
      mode: 0,
      umask: 0,
      openFlags: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseCreateIn): FuseCreateIn {
    into.flags = view.getUint32(at, true)
    into.mode = view.getUint32(at + 4, true)
    into.umask = view.getUint32(at + 8, true)
    into.openFlags = view.getUint32(at + 12, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseCreateIn>): void {
    view.setUint32(at, value.flags, true)
    view.setUint32(at + 4, value.mode, true)
    view.setUint32(at + 8, value.umask, true)
    view.setUint32(at + 12, value.openFlags, true)
  },
}

/**
 * Reply to OPEN and OPENDIR; second part of the reply to CREATE and TMPFILE.
 * C: `struct fuse_open_out`.
 */
export interface FuseOpenOut {
  /** File handle of the server, sent back with every request on this file. */
  fh: number
  /** Bits of `OpenReplyFlag`. */
  openFlags: number
  /** Id of a backing file, with `OpenReplyFlag.PASSTHROUGH`. */
  backingId: number
}

/** Layout and codec of `struct fuse_open_out`, 16 bytes. */
export const FuseOpenOut: StructDescriptor<FuseOpenOut, 16, { readonly fh: 0; readonly openFlags: 8; readonly backingId: 12 }> = {
  cName: 'fuse_open_out',
  size: 16,
  offsets: { fh: 0, openFlags: 8, backingId: 12 },
  fields: [
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 0, size: 8, struct: undefined },
    { cName: 'open_flags', cType: 'uint32_t', kind: 'number', keys: ['openFlags'], offset: 8, size: 4, struct: undefined },
    { cName: 'backing_id', cType: 'int32_t', kind: 'signed', keys: ['backingId'], offset: 12, size: 4, struct: undefined },
  ],
  create(): FuseOpenOut {
    return {
      fh: 0,
      openFlags: 0,
      backingId: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseOpenOut): FuseOpenOut {
    into.fh = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.openFlags = view.getUint32(at + 8, true)
    into.backingId = view.getInt32(at + 12, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseOpenOut>): void {
    view.setUint32(at, value.fh, true)
    view.setUint32(at + 4, Math.floor(value.fh / 4294967296), true)
    view.setUint32(at + 8, value.openFlags, true)
    view.setUint32(at + 12, value.backingId, true)
  },
}

/**
 * RELEASE and RELEASEDIR.
 * C: `struct fuse_release_in`.
 */
export interface FuseReleaseIn {
  /** File handle. */
  fh: number
  /** Flags that the file was opened with. */
  flags: number
  /** Bits of `ReleaseFlag`. */
  releaseFlags: number
  /** Owner of the locks to drop. */
  lockOwner: bigint
}

/** Layout and codec of `struct fuse_release_in`, 24 bytes. */
export const FuseReleaseIn: StructDescriptor<FuseReleaseIn, 24, { readonly fh: 0; readonly flags: 8; readonly releaseFlags: 12; readonly lockOwner: 16 }> = {
  cName: 'fuse_release_in',
  size: 24,
  offsets: { fh: 0, flags: 8, releaseFlags: 12, lockOwner: 16 },
  fields: [
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 0, size: 8, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 8, size: 4, struct: undefined },
    { cName: 'release_flags', cType: 'uint32_t', kind: 'number', keys: ['releaseFlags'], offset: 12, size: 4, struct: undefined },
    { cName: 'lock_owner', cType: 'uint64_t', kind: 'bigint', keys: ['lockOwner'], offset: 16, size: 8, struct: undefined },
  ],
  create(): FuseReleaseIn {
    return {
      fh: 0,
      flags: 0,
      releaseFlags: 0,
      lockOwner: 0n,
    }
  },
  decode(view: DataView, at: number, into: FuseReleaseIn): FuseReleaseIn {
    into.fh = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.flags = view.getUint32(at + 8, true)
    into.releaseFlags = view.getUint32(at + 12, true)
    into.lockOwner = view.getUint32(at + 16, true) === 0 && view.getUint32(at + 20, true) === 0 ? 0n : view.getBigUint64(at + 16, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseReleaseIn>): void {
    view.setUint32(at, value.fh, true)
    view.setUint32(at + 4, Math.floor(value.fh / 4294967296), true)
    view.setUint32(at + 8, value.flags, true)
    view.setUint32(at + 12, value.releaseFlags, true)
    view.setBigUint64(at + 16, value.lockOwner, true)
  },
}

/**
 * FLUSH.
 * C: `struct fuse_flush_in`.
 */
export interface FuseFlushIn {
  /** File handle. */
  fh: number
  /** Owner whose POSIX locks on this file end. */
  lockOwner: bigint
}

/** Layout and codec of `struct fuse_flush_in`, 24 bytes. */
export const FuseFlushIn: StructDescriptor<FuseFlushIn, 24, { readonly fh: 0; readonly lockOwner: 16 }> = {
  cName: 'fuse_flush_in',
  size: 24,
  offsets: { fh: 0, lockOwner: 16 },
  fields: [
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 0, size: 8, struct: undefined },
    { cName: 'unused', cType: 'uint32_t', kind: 'padding', keys: [], offset: 8, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 12, size: 4, struct: undefined },
    { cName: 'lock_owner', cType: 'uint64_t', kind: 'bigint', keys: ['lockOwner'], offset: 16, size: 8, struct: undefined },
  ],
  create(): FuseFlushIn {
    return {
      fh: 0,
      lockOwner: 0n,
    }
  },
  decode(view: DataView, at: number, into: FuseFlushIn): FuseFlushIn {
    into.fh = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.lockOwner = view.getUint32(at + 16, true) === 0 && view.getUint32(at + 20, true) === 0 ? 0n : view.getBigUint64(at + 16, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseFlushIn>): void {
    view.setUint32(at, value.fh, true)
    view.setUint32(at + 4, Math.floor(value.fh / 4294967296), true)
    view.setUint32(at + 8, 0, true)
    view.setUint32(at + 12, 0, true)
    view.setBigUint64(at + 16, value.lockOwner, true)
  },
}

/**
 * READ, READDIR and READDIRPLUS.
 * C: `struct fuse_read_in`.
 */
export interface FuseReadIn {
  /** File handle. */
  fh: number
  /** Where to read, bytes. For directories this is a cookie: see `readdirCookie`. */
  offset: number
  /** Most bytes of the reply, without its header. */
  size: number
  /** Bits of `ReadFlag`. */
  readFlags: number
  /** Owner for mandatory locking, if the flags say so. */
  lockOwner: bigint
  /** Flags that the file was opened with. */
  flags: number
}

/** Layout and codec of `struct fuse_read_in`, 40 bytes. */
export const FuseReadIn: StructDescriptor<FuseReadIn, 40, { readonly fh: 0; readonly offset: 8; readonly size: 16; readonly readFlags: 20; readonly lockOwner: 24; readonly flags: 32 }> = {
  cName: 'fuse_read_in',
  size: 40,
  offsets: { fh: 0, offset: 8, size: 16, readFlags: 20, lockOwner: 24, flags: 32 },
  fields: [
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 0, size: 8, struct: undefined },
    { cName: 'offset', cType: 'uint64_t', kind: 'number', keys: ['offset'], offset: 8, size: 8, struct: undefined },
    { cName: 'size', cType: 'uint32_t', kind: 'number', keys: ['size'], offset: 16, size: 4, struct: undefined },
    { cName: 'read_flags', cType: 'uint32_t', kind: 'number', keys: ['readFlags'], offset: 20, size: 4, struct: undefined },
    { cName: 'lock_owner', cType: 'uint64_t', kind: 'bigint', keys: ['lockOwner'], offset: 24, size: 8, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 32, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 36, size: 4, struct: undefined },
  ],
  create(): FuseReadIn {
    return {
      fh: 0,
      offset: 0,
      size: 0,
      readFlags: 0,
      lockOwner: 0n,
      flags: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseReadIn): FuseReadIn {
    into.fh = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.offset = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.size = view.getUint32(at + 16, true)
    into.readFlags = view.getUint32(at + 20, true)
    into.lockOwner = view.getUint32(at + 24, true) === 0 && view.getUint32(at + 28, true) === 0 ? 0n : view.getBigUint64(at + 24, true)
    into.flags = view.getUint32(at + 32, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseReadIn>): void {
    view.setUint32(at, value.fh, true)
    view.setUint32(at + 4, Math.floor(value.fh / 4294967296), true)
    view.setUint32(at + 8, value.offset, true)
    view.setUint32(at + 12, Math.floor(value.offset / 4294967296), true)
    view.setUint32(at + 16, value.size, true)
    view.setUint32(at + 20, value.readFlags, true)
    view.setBigUint64(at + 24, value.lockOwner, true)
    view.setUint32(at + 32, value.flags, true)
    view.setUint32(at + 36, 0, true)
  },
}

/**
 * WRITE; the data follows. Below minor 9 only the first 24 bytes are sent.
 * C: `struct fuse_write_in`.
 */
export interface FuseWriteIn {
  /** File handle. */
  fh: number
  /** Where to write, bytes. */
  offset: number
  /** Length of the data, bytes. */
  size: number
  /** Bits of `WriteFlag`. */
  writeFlags: number
  /** Owner for mandatory locking, if the flags say so. */
  lockOwner: bigint
  /** Flags that the file was opened with. */
  flags: number
}

/** Layout and codec of `struct fuse_write_in`, 40 bytes. */
export const FuseWriteIn: StructDescriptor<FuseWriteIn, 40, { readonly fh: 0; readonly offset: 8; readonly size: 16; readonly writeFlags: 20; readonly lockOwner: 24; readonly flags: 32 }> = {
  cName: 'fuse_write_in',
  size: 40,
  offsets: { fh: 0, offset: 8, size: 16, writeFlags: 20, lockOwner: 24, flags: 32 },
  fields: [
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 0, size: 8, struct: undefined },
    { cName: 'offset', cType: 'uint64_t', kind: 'number', keys: ['offset'], offset: 8, size: 8, struct: undefined },
    { cName: 'size', cType: 'uint32_t', kind: 'number', keys: ['size'], offset: 16, size: 4, struct: undefined },
    { cName: 'write_flags', cType: 'uint32_t', kind: 'number', keys: ['writeFlags'], offset: 20, size: 4, struct: undefined },
    { cName: 'lock_owner', cType: 'uint64_t', kind: 'bigint', keys: ['lockOwner'], offset: 24, size: 8, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 32, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 36, size: 4, struct: undefined },
  ],
  create(): FuseWriteIn {
    return {
      fh: 0,
      offset: 0,
      size: 0,
      writeFlags: 0,
      lockOwner: 0n,
      flags: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseWriteIn): FuseWriteIn {
    into.fh = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.offset = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.size = view.getUint32(at + 16, true)
    into.writeFlags = view.getUint32(at + 20, true)
    into.lockOwner = view.getUint32(at + 24, true) === 0 && view.getUint32(at + 28, true) === 0 ? 0n : view.getBigUint64(at + 24, true)
    into.flags = view.getUint32(at + 32, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseWriteIn>): void {
    view.setUint32(at, value.fh, true)
    view.setUint32(at + 4, Math.floor(value.fh / 4294967296), true)
    view.setUint32(at + 8, value.offset, true)
    view.setUint32(at + 12, Math.floor(value.offset / 4294967296), true)
    view.setUint32(at + 16, value.size, true)
    view.setUint32(at + 20, value.writeFlags, true)
    view.setBigUint64(at + 24, value.lockOwner, true)
    view.setUint32(at + 32, value.flags, true)
    view.setUint32(at + 36, 0, true)
  },
}

/**
 * Reply to WRITE and COPY_FILE_RANGE.
 * C: `struct fuse_write_out`.
 */
export interface FuseWriteOut {
  /** Bytes written. */
  size: number
}

/** Layout and codec of `struct fuse_write_out`, 8 bytes. */
export const FuseWriteOut: StructDescriptor<FuseWriteOut, 8, { readonly size: 0 }> = {
  cName: 'fuse_write_out',
  size: 8,
  offsets: { size: 0 },
  fields: [
    { cName: 'size', cType: 'uint32_t', kind: 'number', keys: ['size'], offset: 0, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 4, size: 4, struct: undefined },
  ],
  create(): FuseWriteOut {
    return {
      size: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseWriteOut): FuseWriteOut {
    into.size = view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseWriteOut>): void {
    view.setUint32(at, value.size, true)
    view.setUint32(at + 4, 0, true)
  },
}

/**
 * FSYNC and FSYNCDIR.
 * C: `struct fuse_fsync_in`.
 */
export interface FuseFsyncIn {
  /** File handle. */
  fh: number
  /** Bits of `FsyncFlag`. */
  fsyncFlags: number
}

/** Layout and codec of `struct fuse_fsync_in`, 16 bytes. */
export const FuseFsyncIn: StructDescriptor<FuseFsyncIn, 16, { readonly fh: 0; readonly fsyncFlags: 8 }> = {
  cName: 'fuse_fsync_in',
  size: 16,
  offsets: { fh: 0, fsyncFlags: 8 },
  fields: [
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 0, size: 8, struct: undefined },
    { cName: 'fsync_flags', cType: 'uint32_t', kind: 'number', keys: ['fsyncFlags'], offset: 8, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 12, size: 4, struct: undefined },
  ],
  create(): FuseFsyncIn {
    return {
      fh: 0,
      fsyncFlags: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseFsyncIn): FuseFsyncIn {
    into.fh = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.fsyncFlags = view.getUint32(at + 8, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseFsyncIn>): void {
    view.setUint32(at, value.fh, true)
    view.setUint32(at + 4, Math.floor(value.fh / 4294967296), true)
    view.setUint32(at + 8, value.fsyncFlags, true)
    view.setUint32(at + 12, 0, true)
  },
}

/**
 * FALLOCATE.
 * C: `struct fuse_fallocate_in`.
 */
export interface FuseFallocateIn {
  /** File handle. */
  fh: number
  /** Start of the range, bytes. */
  offset: number
  /** Length of the range, bytes. */
  length: number
  /** `FALLOC_FL_*` bits. */
  mode: number
}

/** Layout and codec of `struct fuse_fallocate_in`, 32 bytes. */
export const FuseFallocateIn: StructDescriptor<FuseFallocateIn, 32, { readonly fh: 0; readonly offset: 8; readonly length: 16; readonly mode: 24 }> = {
  cName: 'fuse_fallocate_in',
  size: 32,
  offsets: { fh: 0, offset: 8, length: 16, mode: 24 },
  fields: [
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 0, size: 8, struct: undefined },
    { cName: 'offset', cType: 'uint64_t', kind: 'number', keys: ['offset'], offset: 8, size: 8, struct: undefined },
    { cName: 'length', cType: 'uint64_t', kind: 'number', keys: ['length'], offset: 16, size: 8, struct: undefined },
    { cName: 'mode', cType: 'uint32_t', kind: 'number', keys: ['mode'], offset: 24, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 28, size: 4, struct: undefined },
  ],
  create(): FuseFallocateIn {
    return {
      fh: 0,
      offset: 0,
      length: 0,
      mode: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseFallocateIn): FuseFallocateIn {
    into.fh = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.offset = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.length = view.getUint32(at + 20, true) * 4294967296 + view.getUint32(at + 16, true)
    into.mode = view.getUint32(at + 24, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseFallocateIn>): void {
    view.setUint32(at, value.fh, true)
    view.setUint32(at + 4, Math.floor(value.fh / 4294967296), true)
    view.setUint32(at + 8, value.offset, true)
    view.setUint32(at + 12, Math.floor(value.offset / 4294967296), true)
    view.setUint32(at + 16, value.length, true)
    view.setUint32(at + 20, Math.floor(value.length / 4294967296), true)
    view.setUint32(at + 24, value.mode, true)
    view.setUint32(at + 28, 0, true)
  },
}

/**
 * LSEEK.
 * C: `struct fuse_lseek_in`.
 */
export interface FuseLseekIn {
  /** File handle. */
  fh: number
  /** Where to begin, bytes; an off_t, so a caller may make it negative. */
  offset: number
  /** SEEK_DATA or SEEK_HOLE. */
  whence: number
}

/** Layout and codec of `struct fuse_lseek_in`, 24 bytes. */
export const FuseLseekIn: StructDescriptor<FuseLseekIn, 24, { readonly fh: 0; readonly offset: 8; readonly whence: 16 }> = {
  cName: 'fuse_lseek_in',
  size: 24,
  offsets: { fh: 0, offset: 8, whence: 16 },
  fields: [
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 0, size: 8, struct: undefined },
    { cName: 'offset', cType: 'uint64_t', kind: 'signed', keys: ['offset'], offset: 8, size: 8, struct: undefined },
    { cName: 'whence', cType: 'uint32_t', kind: 'number', keys: ['whence'], offset: 16, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 20, size: 4, struct: undefined },
  ],
  create(): FuseLseekIn {
    return {
      fh: 0,
      offset: 0,
      whence: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseLseekIn): FuseLseekIn {
    into.fh = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.offset = view.getInt32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.whence = view.getUint32(at + 16, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseLseekIn>): void {
    view.setUint32(at, value.fh, true)
    view.setUint32(at + 4, Math.floor(value.fh / 4294967296), true)
    view.setUint32(at + 8, value.offset, true)
    view.setUint32(at + 12, Math.floor(value.offset / 4294967296), true)
    view.setUint32(at + 16, value.whence, true)
    view.setUint32(at + 20, 0, true)
  },
}

/**
 * Reply to LSEEK.
 * C: `struct fuse_lseek_out`.
 */
export interface FuseLseekOut {
  /** Place found, bytes. */
  offset: number
}

/** Layout and codec of `struct fuse_lseek_out`, 8 bytes. */
export const FuseLseekOut: StructDescriptor<FuseLseekOut, 8, { readonly offset: 0 }> = {
  cName: 'fuse_lseek_out',
  size: 8,
  offsets: { offset: 0 },
  fields: [
    { cName: 'offset', cType: 'uint64_t', kind: 'number', keys: ['offset'], offset: 0, size: 8, struct: undefined },
  ],
  create(): FuseLseekOut {
    return {
      offset: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseLseekOut): FuseLseekOut {
    into.offset = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseLseekOut>): void {
    view.setUint32(at, value.offset, true)
    view.setUint32(at + 4, Math.floor(value.offset / 4294967296), true)
  },
}

/**
 * COPY_FILE_RANGE and COPY_FILE_RANGE_64; the node of the header is the source.
 * C: `struct fuse_copy_file_range_in`.
 */
export interface FuseCopyFileRangeIn {
  /** File handle of the source. */
  fhIn: number
  /** Where to read, bytes. */
  offIn: number
  /** Node of the destination. */
  nodeidOut: number
  /** File handle of the destination. */
  fhOut: number
  /** Where to write, bytes. */
  offOut: number
  /** Most bytes to copy. */
  len: number
  /** Zero: no flag is defined. */
  flags: number
}

/** Layout and codec of `struct fuse_copy_file_range_in`, 56 bytes. */
export const FuseCopyFileRangeIn: StructDescriptor<FuseCopyFileRangeIn, 56, { readonly fhIn: 0; readonly offIn: 8; readonly nodeidOut: 16; readonly fhOut: 24; readonly offOut: 32; readonly len: 40; readonly flags: 48 }> = {
  cName: 'fuse_copy_file_range_in',
  size: 56,
  offsets: { fhIn: 0, offIn: 8, nodeidOut: 16, fhOut: 24, offOut: 32, len: 40, flags: 48 },
  fields: [
    { cName: 'fh_in', cType: 'uint64_t', kind: 'number', keys: ['fhIn'], offset: 0, size: 8, struct: undefined },
    { cName: 'off_in', cType: 'uint64_t', kind: 'number', keys: ['offIn'], offset: 8, size: 8, struct: undefined },
    { cName: 'nodeid_out', cType: 'uint64_t', kind: 'number', keys: ['nodeidOut'], offset: 16, size: 8, struct: undefined },
    { cName: 'fh_out', cType: 'uint64_t', kind: 'number', keys: ['fhOut'], offset: 24, size: 8, struct: undefined },
    { cName: 'off_out', cType: 'uint64_t', kind: 'number', keys: ['offOut'], offset: 32, size: 8, struct: undefined },
    { cName: 'len', cType: 'uint64_t', kind: 'number', keys: ['len'], offset: 40, size: 8, struct: undefined },
    { cName: 'flags', cType: 'uint64_t', kind: 'number', keys: ['flags'], offset: 48, size: 8, struct: undefined },
  ],
  create(): FuseCopyFileRangeIn {
    return {
      fhIn: 0,
      offIn: 0,
      nodeidOut: 0,
      fhOut: 0,
      offOut: 0,
      len: 0,
      flags: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseCopyFileRangeIn): FuseCopyFileRangeIn {
    into.fhIn = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.offIn = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.nodeidOut = view.getUint32(at + 20, true) * 4294967296 + view.getUint32(at + 16, true)
    into.fhOut = view.getUint32(at + 28, true) * 4294967296 + view.getUint32(at + 24, true)
    into.offOut = view.getUint32(at + 36, true) * 4294967296 + view.getUint32(at + 32, true)
    into.len = view.getUint32(at + 44, true) * 4294967296 + view.getUint32(at + 40, true)
    into.flags = view.getUint32(at + 52, true) * 4294967296 + view.getUint32(at + 48, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseCopyFileRangeIn>): void {
    view.setUint32(at, value.fhIn, true)
    view.setUint32(at + 4, Math.floor(value.fhIn / 4294967296), true)
    view.setUint32(at + 8, value.offIn, true)
    view.setUint32(at + 12, Math.floor(value.offIn / 4294967296), true)
    view.setUint32(at + 16, value.nodeidOut, true)
    view.setUint32(at + 20, Math.floor(value.nodeidOut / 4294967296), true)
    view.setUint32(at + 24, value.fhOut, true)
    view.setUint32(at + 28, Math.floor(value.fhOut / 4294967296), true)
    view.setUint32(at + 32, value.offOut, true)
    view.setUint32(at + 36, Math.floor(value.offOut / 4294967296), true)
    view.setUint32(at + 40, value.len, true)
    view.setUint32(at + 44, Math.floor(value.len / 4294967296), true)
    view.setUint32(at + 48, value.flags, true)
    view.setUint32(at + 52, Math.floor(value.flags / 4294967296), true)
  },
}

/**
 * Reply to COPY_FILE_RANGE_64.
 * C: `struct fuse_copy_file_range_out`.
 */
export interface FuseCopyFileRangeOut {
  /** Bytes copied. */
  bytesCopied: number
}

/** Layout and codec of `struct fuse_copy_file_range_out`, 8 bytes. */
export const FuseCopyFileRangeOut: StructDescriptor<FuseCopyFileRangeOut, 8, { readonly bytesCopied: 0 }> = {
  cName: 'fuse_copy_file_range_out',
  size: 8,
  offsets: { bytesCopied: 0 },
  fields: [
    { cName: 'bytes_copied', cType: 'uint64_t', kind: 'number', keys: ['bytesCopied'], offset: 0, size: 8, struct: undefined },
  ],
  create(): FuseCopyFileRangeOut {
    return {
      bytesCopied: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseCopyFileRangeOut): FuseCopyFileRangeOut {
    into.bytesCopied = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseCopyFileRangeOut>): void {
    view.setUint32(at, value.bytesCopied, true)
    view.setUint32(at + 4, Math.floor(value.bytesCopied / 4294967296), true)
  },
}

/**
 * BMAP.
 * C: `struct fuse_bmap_in`.
 */
export interface FuseBmapIn {
  /** Block of the file. */
  block: number
  /** Size of a block, bytes. */
  blocksize: number
}

/** Layout and codec of `struct fuse_bmap_in`, 16 bytes. */
export const FuseBmapIn: StructDescriptor<FuseBmapIn, 16, { readonly block: 0; readonly blocksize: 8 }> = {
  cName: 'fuse_bmap_in',
  size: 16,
  offsets: { block: 0, blocksize: 8 },
  fields: [
    { cName: 'block', cType: 'uint64_t', kind: 'number', keys: ['block'], offset: 0, size: 8, struct: undefined },
    { cName: 'blocksize', cType: 'uint32_t', kind: 'number', keys: ['blocksize'], offset: 8, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 12, size: 4, struct: undefined },
  ],
  create(): FuseBmapIn {
    return {
      block: 0,
      blocksize: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseBmapIn): FuseBmapIn {
    into.block = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.blocksize = view.getUint32(at + 8, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseBmapIn>): void {
    view.setUint32(at, value.block, true)
    view.setUint32(at + 4, Math.floor(value.block / 4294967296), true)
    view.setUint32(at + 8, value.blocksize, true)
    view.setUint32(at + 12, 0, true)
  },
}

/**
 * Reply to BMAP.
 * C: `struct fuse_bmap_out`.
 */
export interface FuseBmapOut {
  /** Block of the device. */
  block: number
}

/** Layout and codec of `struct fuse_bmap_out`, 8 bytes. */
export const FuseBmapOut: StructDescriptor<FuseBmapOut, 8, { readonly block: 0 }> = {
  cName: 'fuse_bmap_out',
  size: 8,
  offsets: { block: 0 },
  fields: [
    { cName: 'block', cType: 'uint64_t', kind: 'number', keys: ['block'], offset: 0, size: 8, struct: undefined },
  ],
  create(): FuseBmapOut {
    return {
      block: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseBmapOut): FuseBmapOut {
    into.block = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseBmapOut>): void {
    view.setUint32(at, value.block, true)
    view.setUint32(at + 4, Math.floor(value.block / 4294967296), true)
  },
}
