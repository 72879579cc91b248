// Generated from schema/ by `pnpm run generate`: change the schema, not this file.

// Connection set-up, locks, interrupts, ioctl and poll.

import type { StructDescriptor } from '../struct.js'
import { FuseFileLock } from './attributes.generated.js'

/**
 * INIT. Below minor 36 only the first 16 bytes are sent, below minor 6 only 8.
 * C: `struct fuse_init_in`.
 */
export interface FuseInitIn {
  /** Major version of the kernel. */
  major: number
  /** Minor version of the kernel. */
  minor: number
  /** Most bytes that the kernel reads ahead. */
  maxReadahead: number
  /** Features on offer: bits 0 to 31 of `InitFlag`. */
  flags: number
  /** Features on offer: bits 32 to 63 of `InitFlag`, with INIT_EXT. */
  flags2: number
}

/** Layout and codec of `struct fuse_init_in`, 64 bytes. */
export const FuseInitIn: StructDescriptor<FuseInitIn, 64, { readonly major: 0; readonly minor: 4; readonly maxReadahead: 8; readonly flags: 12; readonly flags2: 16 }> = {
  cName: 'fuse_init_in',
  size: 64,
  offsets: { major: 0, minor: 4, maxReadahead: 8, flags: 12, flags2: 16 },
  fields: [
    { cName: 'major', cType: 'uint32_t', kind: 'number', keys: ['major'], offset: 0, size: 4, struct: undefined },
    { cName: 'minor', cType: 'uint32_t', kind: 'number', keys: ['minor'], offset: 4, size: 4, struct: undefined },
    { cName: 'max_readahead', cType: 'uint32_t', kind: 'number', keys: ['maxReadahead'], offset: 8, size: 4, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 12, size: 4, struct: undefined },
    { cName: 'flags2', cType: 'uint32_t', kind: 'number', keys: ['flags2'], offset: 16, size: 4, struct: undefined },
    { cName: 'unused', cType: 'uint32_t[11]', kind: 'padding', keys: [], offset: 20, size: 44, struct: undefined },
  ],
  create(): FuseInitIn {
    return {
      major: 0,
      minor: 0,
      maxReadahead: 0,
      flags: 0,
      flags2: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseInitIn): FuseInitIn {
    into.major = view.getUint32(at, true)
    into.minor = view.getUint32(at + 4, true)
    into.maxReadahead = view.getUint32(at + 8, true)
    into.flags = view.getUint32(at + 12, true)
    into.flags2 = view.getUint32(at + 16, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseInitIn>): void {
    view.setUint32(at, value.major, true)
    view.setUint32(at + 4, value.minor, true)
    view.setUint32(at + 8, value.maxReadahead, true)
    view.setUint32(at + 12, value.flags, true)
    view.setUint32(at + 16, value.flags2, true)
    for (let i = 0; i < 44; i += 4) view.setUint32(at + 20 + i, 0, true)
  },
}

/**
 * Reply to INIT. To minors below 23 only the first 24 bytes are sent, below 5 only 8.
 * C: `struct fuse_init_out`.
 */
export interface FuseInitOut {
  /** Major version of the server. */
  major: number
  /** Minor version of the server; the lower one of both counts. */
  minor: number
  /** Most bytes to read ahead; not above what the kernel named. */
  maxReadahead: number
  /** Features taken: bits 0 to 31 of `InitFlag`. */
  flags: number
  /** Most requests in the background. */
  maxBackground: number
  /** Requests in the background from which the kernel holds back. */
  congestionThreshold: number
  /** Most bytes of one WRITE. */
  maxWrite: number
  /** Granularity of times, nanoseconds: a power of ten up to 10^9. */
  timeGran: number
  /** Most pages of one request, with MAX_PAGES. */
  maxPages: number
  /** Logarithm to base 2 of the alignment of DAX mappings, with MAP_ALIGNMENT. */
  mapAlignment: number
  /** Features taken: bits 32 to 63 of `InitFlag`, with INIT_EXT. */
  flags2: number
  /** Depth of stacked file systems, 1 or 2, with PASSTHROUGH. */
  maxStackDepth: number
  /** Time after which a request ends the connection, seconds, with REQUEST_TIMEOUT. */
  requestTimeout: number
}

/** Layout and codec of `struct fuse_init_out`, 64 bytes. */
export const FuseInitOut: StructDescriptor<FuseInitOut, 64, { readonly major: 0; readonly minor: 4; readonly maxReadahead: 8; readonly flags: 12; readonly maxBackground: 16; readonly congestionThreshold: 18; readonly maxWrite: 20; readonly timeGran: 24; readonly maxPages: 28; readonly mapAlignment: 30; readonly flags2: 32; readonly maxStackDepth: 36; readonly requestTimeout: 40 }> = {
  cName: 'fuse_init_out',
  size: 64,
  offsets: { major: 0, minor: 4, maxReadahead: 8, flags: 12, maxBackground: 16, congestionThreshold: 18, maxWrite: 20, timeGran: 24, maxPages: 28, mapAlignment: 30, flags2: 32, maxStackDepth: 36, requestTimeout: 40 },
  fields: [
    { cName: 'major', cType: 'uint32_t', kind: 'number', keys: ['major'], offset: 0, size: 4, struct: undefined },
    { cName: 'minor', cType: 'uint32_t', kind: 'number', keys: ['minor'], offset: 4, size: 4, struct: undefined },
    { cName: 'max_readahead', cType: 'uint32_t', kind: 'number', keys: ['maxReadahead'], offset: 8, size: 4, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 12, size: 4, struct: undefined },
    { cName: 'max_background', cType: 'uint16_t', kind: 'number', keys: ['maxBackground'], offset: 16, size: 2, struct: undefined },
    { cName: 'congestion_threshold', cType: 'uint16_t', kind: 'number', keys: ['congestionThreshold'], offset: 18, size: 2, struct: undefined },
    { cName: 'max_write', cType: 'uint32_t', kind: 'number', keys: ['maxWrite'], offset: 20, size: 4, struct: undefined },
    { cName: 'time_gran', cType: 'uint32_t', kind: 'number', keys: ['timeGran'], offset: 24, size: 4, struct: undefined },
    { cName: 'max_pages', cType: 'uint16_t', kind: 'number', keys: ['maxPages'], offset: 28, size: 2, struct: undefined },
    { cName: 'map_alignment', cType: 'uint16_t', kind: 'number', keys: ['mapAlignment'], offset: 30, size: 2, struct: undefined },
    { cName: 'flags2', cType: 'uint32_t', kind: 'number', keys: ['flags2'], offset: 32, size: 4, struct: undefined },
    { cName: 'max_stack_depth', cType: 'uint32_t', kind: 'number', keys: ['maxStackDepth'], offset: 36, size: 4, struct: undefined },
    { cName: 'request_timeout', cType: 'uint16_t', kind: 'number', keys: ['requestTimeout'], offset: 40, size: 2, struct: undefined },
    { cName: 'unused', cType: 'uint16_t[11]', kind: 'padding', keys: [], offset: 42, size: 22, struct: undefined },
  ],
  create(): FuseInitOut {
    return {
      major: 0,
      minor: 0,
      maxReadahead: 0,
      flags: 0,
      maxBackground: 0,
      congestionThreshold: 0,
      maxWrite: 0,
      timeGran: 0,
      maxPages: 0,
      mapAlignment: 0,
      flags2: 0,
      maxStackDepth: 0,
      requestTimeout: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseInitOut): FuseInitOut {
    into.major = view.getUint32(at, true)
    into.minor = view.getUint32(at + 4, true)
    into.maxReadahead = view.getUint32(at + 8, true)
    into.flags = view.getUint32(at + 12, true)
    into.maxBackground = view.getUint16(at + 16, true)
    into.congestionThreshold = view.getUint16(at + 18, true)
    into.maxWrite = view.getUint32(at + 20, true)
    into.timeGran = view.getUint32(at + 24, true)
    into.maxPages = view.getUint16(at + 28, true)
    into.mapAlignment = view.getUint16(at + 30, true)
    into.flags2 = view.getUint32(at + 32, true)
    into.maxStackDepth = view.getUint32(at + 36, true)
    into.requestTimeout = view.getUint16(at + 40, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseInitOut>): void {
    view.setUint32(at, value.major, true)
    view.setUint32(at + 4, value.minor, true)
    view.setUint32(at + 8, value.maxReadahead, true)
    view.setUint32(at + 12, value.flags, true)
    view.setUint16(at + 16, value.maxBackground, true)
    view.setUint16(at + 18, value.congestionThreshold, true)
    view.setUint32(at + 20, value.maxWrite, true)
    view.setUint32(at + 24, value.timeGran, true)
    view.setUint16(at + 28, value.maxPages, true)
    view.setUint16(at + 30, value.mapAlignment, true)
    view.setUint32(at + 32, value.flags2, true)
    view.setUint32(at + 36, value.maxStackDepth, true)
    view.setUint16(at + 40, value.requestTimeout, true)
    view.setUint16(at + 42, 0, true)
    for (let i = 0; i < 20; i += 4) view.setUint32(at + 44 + i, 0, true)
  },
}

/**
 * CUSE_INIT.
 * C: `struct cuse_init_in`.
 */
export interface CuseInitIn {
  /** Major version of the kernel. */
  major: number
  /** Minor version of the kernel. */
  minor: number
  /** Features on offer: bits of `CuseInitFlag`. */
  flags: number
}

/** Layout and codec of `struct cuse_init_in`, 16 bytes. */
export const CuseInitIn: StructDescriptor<CuseInitIn, 16, { readonly major: 0; readonly minor: 4; readonly flags: 12 }> = {
  cName: 'cuse_init_in',
  size: 16,
  offsets: { major: 0, minor: 4, flags: 12 },
  fields: [
    { cName: 'major', cType: 'uint32_t', kind: 'number', keys: ['major'], offset: 0, size: 4, struct: undefined },
    { cName: 'minor', cType: 'uint32_t', kind: 'number', keys: ['minor'], offset: 4, size: 4, struct: undefined },
    { cName: 'unused', cType: 'uint32_t', kind: 'padding', keys: [], offset: 8, size: 4, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 12, size: 4, struct: undefined },
  ],
  create(): CuseInitIn {
    return {
      major: 0,
      minor: 0,
      flags: 0,
    }
  },
  decode(view: DataView, at: number, into: CuseInitIn): CuseInitIn {
    into.major = view.getUint32(at, true)
    into.minor = view.getUint32(at + 4, true)
    into.flags = view.getUint32(at + 12, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<CuseInitIn>): void {
    view.setUint32(at, value.major, true)
    view.setUint32(at + 4, value.minor, true)
    view.setUint32(at + 8, 0, true)
    view.setUint32(at + 12, value.flags, true)
  },
}

/**
 * Reply to CUSE_INIT; device properties follow as NUL-terminated `KEY=value` strings.
 * C: `struct cuse_init_out`.
 */
export interface CuseInitOut {
  /** Major version of the server. */
  major: number
  /** Minor version of the server. */
  minor: number
  /** Features taken: bits of `CuseInitFlag`. */
  flags: number
  /** Most bytes of one READ. */
  maxRead: number
  /** Most bytes of one WRITE. */
  maxWrite: number
  /** Major number of the device. */
  devMajor: number
  /** Minor number of the device. */
  devMinor: number
}

/** Layout and codec of `struct cuse_init_out`, 72 bytes. */
export const CuseInitOut: StructDescriptor<CuseInitOut, 72, { readonly major: 0; readonly minor: 4; readonly flags: 12; readonly maxRead: 16; readonly maxWrite: 20; readonly devMajor: 24; readonly devMinor: 28 }> = {
  cName: 'cuse_init_out',
  size: 72,
  offsets: { major: 0, minor: 4, flags: 12, maxRead: 16, maxWrite: 20, devMajor: 24, devMinor: 28 },
  fields: [
    { cName: 'major', cType: 'uint32_t', kind: 'number', keys: ['major'], offset: 0, size: 4, struct: undefined },
    { cName: 'minor', cType: 'uint32_t', kind: 'number', keys: ['minor'], offset: 4, size: 4, struct: undefined },
    { cName: 'unused', cType: 'uint32_t', kind: 'padding', keys: [], offset: 8, size: 4, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 12, size: 4, struct: undefined },
    { cName: 'max_read', cType: 'uint32_t', kind: 'number', keys: ['maxRead'], offset: 16, size: 4, struct: undefined },
    { cName: 'max_write', cType: 'uint32_t', kind: 'number', keys: ['maxWrite'], offset: 20, size: 4, struct: undefined },
    { cName: 'dev_major', cType: 'uint32_t', kind: 'number', keys: ['devMajor'], offset: 24, size: 4, struct: undefined },
    { cName: 'dev_minor', cType: 'uint32_t', kind: 'number', keys: ['devMinor'], offset: 28, size: 4, struct: undefined },
    { cName: 'spare', cType: 'uint32_t[10]', kind: 'padding', keys: [], offset: 32, size: 40, struct: undefined },
  ],
  create(): CuseInitOut {
    return {
      major: 0,
      minor: 0,
      flags: 0,
      maxRead: 0,
      maxWrite: 0,
      devMajor: 0,
      devMinor: 0,
    }
  },
  decode(view: DataView, at: number, into: CuseInitOut): CuseInitOut {
    into.major = view.getUint32(at, true)
    into.minor = view.getUint32(at + 4, true)
    into.flags = view.getUint32(at + 12, true)
    into.maxRead = view.getUint32(at + 16, true)
    into.maxWrite = view.getUint32(at + 20, true)
    into.devMajor = view.getUint32(at + 24, true)
    into.devMinor = view.getUint32(at + 28, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<CuseInitOut>): void {
    view.setUint32(at, value.major, true)
    view.setUint32(at + 4, value.minor, true)
    view.setUint32(at + 8, 0, true)
    view.setUint32(at + 12, value.flags, true)
    view.setUint32(at + 16, value.maxRead, true)
    view.setUint32(at + 20, value.maxWrite, true)
    view.setUint32(at + 24, value.devMajor, true)
    view.setUint32(at + 28, value.devMinor, true)
    for (let i = 0; i < 40; i += 4) view.setUint32(at + 32 + i, 0, true)
  },
}

/**
 * GETLK, SETLK and SETLKW. Below minor 9 only the first 40 bytes are sent.
 * C: `struct fuse_lk_in`.
 */
export interface FuseLkIn {
  /** File handle. */
  fh: number
  /** Owner of the lock. */
  owner: bigint
  /** The lock. */
  lk: FuseFileLock
  /** Bits of `LockFlag`. */
  lkFlags: number
}

/** Layout and codec of `struct fuse_lk_in`, 48 bytes. */
export const FuseLkIn: StructDescriptor<FuseLkIn, 48, { readonly fh: 0; readonly owner: 8; readonly lk: 16; readonly lkFlags: 40 }> = {
  cName: 'fuse_lk_in',
  size: 48,
  offsets: { fh: 0, owner: 8, lk: 16, lkFlags: 40 },
  fields: [
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 0, size: 8, struct: undefined },
    { cName: 'owner', cType: 'uint64_t', kind: 'bigint', keys: ['owner'], offset: 8, size: 8, struct: undefined },
    { cName: 'lk', cType: 'fuse_file_lock', kind: 'record', keys: ['lk'], offset: 16, size: 24, struct: FuseFileLock },
    { cName: 'lk_flags', cType: 'uint32_t', kind: 'number', keys: ['lkFlags'], offset: 40, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 44, size: 4, struct: undefined },
  ],
  create(): FuseLkIn {
    return {
      fh: 0,
      owner: 0n,
      lk: FuseFileLock.create(),
      lkFlags: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseLkIn): FuseLkIn {
    into.fh = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.owner = view.getUint32(at + 8, true) === 0 && view.getUint32(at + 12, true) === 0 ? 0n : view.getBigUint64(at + 8, true)
    FuseFileLock.decode(view, at + 16, into.lk)
    into.lkFlags = view.getUint32(at + 40, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseLkIn>): void {
    view.setUint32(at, value.fh, true)
    view.setUint32(at + 4, Math.floor(value.fh / 4294967296), true)
    view.setBigUint64(at + 8, value.owner, true)
    FuseFileLock.encode(view, at + 16, value.lk)
    view.setUint32(at + 40, value.lkFlags, true)
    view.setUint32(at + 44, 0, true)
  },
}

/**
 * Reply to GETLK.
 * C: `struct fuse_lk_out`.
 */
export interface FuseLkOut {
  /** The lock that is in the way, or type F_UNLCK. */
  lk: FuseFileLock
}

/** Layout and codec of `struct fuse_lk_out`, 24 bytes. */
export const FuseLkOut: StructDescriptor<FuseLkOut, 24, { readonly lk: 0 }> = {
  cName: 'fuse_lk_out',
  size: 24,
  offsets: { lk: 0 },
  fields: [
    { cName: 'lk', cType: 'fuse_file_lock', kind: 'record', keys: ['lk'], offset: 0, size: 24, struct: FuseFileLock },
  ],
  create(): FuseLkOut {
    return {
      lk: FuseFileLock.create(),
    }
  },
  decode(view: DataView, at: number, into: FuseLkOut): FuseLkOut {
    FuseFileLock.decode(view, at, into.lk)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseLkOut>): void {
    FuseFileLock.encode(view, at, value.lk)
  },
}

/**
 * INTERRUPT.
 * C: `struct fuse_interrupt_in`.
 */
export interface FuseInterruptIn {
  /** Number of the request to stop. */
  unique: bigint
}

/** Layout and codec of `struct fuse_interrupt_in`, 8 bytes. */
export const FuseInterruptIn: StructDescriptor<FuseInterruptIn, 8, { readonly unique: 0 }> = {
  cName: 'fuse_interrupt_in',
  size: 8,
  offsets: { unique: 0 },
  fields: [
    { cName: 'unique', cType: 'uint64_t', kind: 'bigint', keys: ['unique'], offset: 0, size: 8, struct: undefined },
  ],
  create(): FuseInterruptIn {
    return {
      unique: 0n,
    }
  },
  decode(view: DataView, at: number, into: FuseInterruptIn): FuseInterruptIn {
    into.unique = view.getUint32(at, true) === 0 && view.getUint32(at + 4, true) === 0 ? 0n : view.getBigUint64(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseInterruptIn>): void {
    view.setBigUint64(at, value.unique, true)
  },
}

/**
 * IOCTL; the input data follows.
 * C: `struct fuse_ioctl_in`.
 */
export interface FuseIoctlIn {
  /** File handle. */
  fh: number
  /** Bits of `IoctlFlag`. */
  flags: number
  /** Request number of ioctl(2). */
  cmd: number
  /** Argument of ioctl(2): a value, or an address of the caller. */
  arg: bigint
  /** Length of the input data, bytes. */
  inSize: number
  /** Room for output data, bytes. */
  outSize: number
}

/** Layout and codec of `struct fuse_ioctl_in`, 32 bytes. */
export const FuseIoctlIn: StructDescriptor<FuseIoctlIn, 32, { readonly fh: 0; readonly flags: 8; readonly cmd: 12; readonly arg: 16; readonly inSize: 24; readonly outSize: 28 }> = {
  cName: 'fuse_ioctl_in',
  size: 32,
  offsets: { fh: 0, flags: 8, cmd: 12, arg: 16, inSize: 24, outSize: 28 },
  fields: [
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 0, size: 8, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 8, size: 4, struct: undefined },
    { cName: 'cmd', cType: 'uint32_t', kind: 'number', keys: ['cmd'], offset: 12, size: 4, struct: undefined },
    { cName: 'arg', cType: 'uint64_t', kind: 'bigint', keys: ['arg'], offset: 16, size: 8, struct: undefined },
    { cName: 'in_size', cType: 'uint32_t', kind: 'number', keys: ['inSize'], offset: 24, size: 4, struct: undefined },
    { cName: 'out_size', cType: 'uint32_t', kind: 'number', keys: ['outSize'], offset: 28, size: 4, struct: undefined },
  ],
  create(): FuseIoctlIn {
    return {
      fh: 0,
      flags: 0,
      cmd: 0,
      arg: 0n,
      inSize: 0,
      outSize: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseIoctlIn): FuseIoctlIn {
    into.fh = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.flags = view.getUint32(at + 8, true)
    into.cmd = view.getUint32(at + 12, true)
    into.arg = view.getUint32(at + 16, true) === 0 && view.getUint32(at + 20, true) === 0 ? 0n : view.getBigUint64(at + 16, true)
    into.inSize = view.getUint32(at + 24, true)
    into.outSize = view.getUint32(at + 28, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseIoctlIn>): void {
    view.setUint32(at, value.fh, true)
    view.setUint32(at + 4, Math.floor(value.fh / 4294967296), true)
    view.setUint32(at + 8, value.flags, true)
    view.setUint32(at + 12, value.cmd, true)
    view.setBigUint64(at + 16, value.arg, true)
    view.setUint32(at + 24, value.inSize, true)
    view.setUint32(at + 28, value.outSize, true)
  },
}

/**
 * A buffer that an IOCTL reply with RETRY asks for.
 * C: `struct fuse_ioctl_iovec`.
 */
export interface FuseIoctlIovec {
  /** Address in the caller. */
  base: bigint
  /** Length, bytes. */
  len: number
}

/** Layout and codec of `struct fuse_ioctl_iovec`, 16 bytes. */
export const FuseIoctlIovec: StructDescriptor<FuseIoctlIovec, 16, { readonly base: 0; readonly len: 8 }> = {
  cName: 'fuse_ioctl_iovec',
  size: 16,
  offsets: { base: 0, len: 8 },
  fields: [
    { cName: 'base', cType: 'uint64_t', kind: 'bigint', keys: ['base'], offset: 0, size: 8, struct: undefined },
    { cName: 'len', cType: 'uint64_t', kind: 'number', keys: ['len'], offset: 8, size: 8, struct: undefined },
  ],
  create(): FuseIoctlIovec {
    return {
      base: 0n,
      len: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseIoctlIovec): FuseIoctlIovec {
    into.base = view.getUint32(at, true) === 0 && view.getUint32(at + 4, true) === 0 ? 0n : view.getBigUint64(at, true)
    into.len = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseIoctlIovec>): void {
    view.setBigUint64(at, value.base, true)
    view.setUint32(at + 8, value.len, true)
    view.setUint32(at + 12, Math.floor(value.len / 4294967296), true)
  },
}

/**
 * Reply to IOCTL; the output data follows, or with RETRY the buffers.
 * C: `struct fuse_ioctl_out`.
 */
export interface FuseIoctlOut {
  /** Result of ioctl(2). */
  result: number
  /** Bits of `IoctlFlag`. */
  flags: number
  /** Input buffers that follow, with RETRY. */
  inIovs: number
  /** Output buffers that follow those, with RETRY. */
  outIovs: number
}

/** Layout and codec of `struct fuse_ioctl_out`, 16 bytes. */
export const FuseIoctlOut: StructDescriptor<FuseIoctlOut, 16, { readonly result: 0; readonly flags: 4; readonly inIovs: 8; readonly outIovs: 12 }> = {
  cName: 'fuse_ioctl_out',
  size: 16,
  offsets: { result: 0, flags: 4, inIovs: 8, outIovs: 12 },
  fields: [
    { cName: 'result', cType: 'int32_t', kind: 'signed', keys: ['result'], offset: 0, size: 4, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 4, size: 4, struct: undefined },
    { cName: 'in_iovs', cType: 'uint32_t', kind: 'number', keys: ['inIovs'], offset: 8, size: 4, struct: undefined },
    { cName: 'out_iovs', cType: 'uint32_t', kind: 'number', keys: ['outIovs'], offset: 12, size: 4, struct: undefined },
  ],
  create(): FuseIoctlOut {
    return {
      result: 0,
      flags: 0,
      inIovs: 0,
      outIovs: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseIoctlOut): FuseIoctlOut {
    into.result = view.getInt32(at, true)
    into.flags = view.getUint32(at + 4, true)
    into.inIovs = view.getUint32(at + 8, true)
    into.outIovs = view.getUint32(at + 12, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseIoctlOut>): void {
    view.setUint32(at, value.result, true)
    view.setUint32(at + 4, value.flags, true)
    view.setUint32(at + 8, value.inIovs, true)
    view.setUint32(at + 12, value.outIovs, true)
  },
}

/**
 * POLL.
 * C: `struct fuse_poll_in`.
 */
export interface FusePollIn {
  /** File handle. */
  fh: number
  /** Handle of the kernel for NOTIFY_POLL. */
  kh: bigint
  /** Bits of `PollFlag`. */
  flags: number
  /** Events that the caller waits for (since minor 21). */
  events: number
}

/** Layout and codec of `struct fuse_poll_in`, 24 bytes. */
export const FusePollIn: StructDescriptor<FusePollIn, 24, { readonly fh: 0; readonly kh: 8; readonly flags: 16; readonly events: 20 }> = {
  cName: 'fuse_poll_in',
  size: 24,
  offsets: { fh: 0, kh: 8, flags: 16, events: 20 },
  fields: [
    { cName: 'fh', cType: 'uint64_t', kind: 'number', keys: ['fh'], offset: 0, size: 8, struct: undefined },
    { cName: 'kh', cType: 'uint64_t', kind: 'bigint', keys: ['kh'], offset: 8, size: 8, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 16, size: 4, struct: undefined },
    { cName: 'events', cType: 'uint32_t', kind: 'number', keys: ['events'], offset: 20, size: 4, struct: undefined },
  ],
  create(): FusePollIn {
    return {
      fh: 0,
      kh: 0n,
      flags: 0,
      events: 0,
    }
  },
  decode(view: DataView, at: number, into: FusePollIn): FusePollIn {
    into.fh = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.kh = view.getUint32(at + 8, true) === 0 && view.getUint32(at + 12, true) === 0 ? 0n : view.getBigUint64(at + 8, true)
    into.flags = view.getUint32(at + 16, true)
    into.events = view.getUint32(at + 20, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FusePollIn>): void {
    view.setUint32(at, value.fh, true)
    view.setUint32(at + 4, Math.floor(value.fh / 4294967296), true)
    view.setBigUint64(at + 8, value.kh, true)
    view.setUint32(at + 16, value.flags, true)
    view.setUint32(at + 20, value.events, true)
  },
}

/**
 * Reply to POLL.
 * C: `struct fuse_poll_out`.
 */
export interface FusePollOut {
  /** Events that are ready. */
  revents: number
}

/** Layout and codec of `struct fuse_poll_out`, 8 bytes. */
export const FusePollOut: StructDescriptor<FusePollOut, 8, { readonly revents: 0 }> = {
  cName: 'fuse_poll_out',
  size: 8,
  offsets: { revents: 0 },
  fields: [
    { cName: 'revents', cType: 'uint32_t', kind: 'number', keys: ['revents'], offset: 0, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 4, size: 4, struct: undefined },
  ],
  create(): FusePollOut {
    return {
      revents: 0,
    }
  },
  decode(view: DataView, at: number, into: FusePollOut): FusePollOut {
    into.revents = view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FusePollOut>): void {
    view.setUint32(at, value.revents, true)
    view.setUint32(at + 4, 0, true)
  },
}

/**
 * SYNCFS.
 * C: `struct fuse_syncfs_in`.
 */
export interface FuseSyncfsIn {}

/** Layout and codec of `struct fuse_syncfs_in`, 8 bytes. */
export const FuseSyncfsIn: StructDescriptor<FuseSyncfsIn, 8, Readonly<Record<string, never>>> = {
  cName: 'fuse_syncfs_in',
  size: 8,
  offsets: {},
  fields: [
    { cName: 'padding', cType: 'uint64_t', kind: 'padding', keys: [], offset: 0, size: 8, struct: undefined },
  ],
  create(): FuseSyncfsIn {
    return {}
  },
  decode(_view: DataView, _at: number, into: FuseSyncfsIn): FuseSyncfsIn {
    return into
  },
  encode(view: DataView, at: number, _value: Readonly<FuseSyncfsIn>): void {
    view.setUint32(at, 0, true)
    view.setUint32(at + 4, 0, true)
  },
}
