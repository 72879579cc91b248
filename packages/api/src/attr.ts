/**
 * Attributes of a node, as `stat` shows them (kernel: struct fuse_attr).
 *
 * A plain mutable record: a synchronous file system may return the same object again and again, because the
 * server reads it before it calls anything else. One that answers with a promise must not reuse it.
 */
export interface Attr {
  /** Inode number shown to programs (`st_ino`); need not be the nodeid. A number where it is safe. */
  ino: number | bigint
  /** Size in bytes. */
  size: number
  /** Allocated blocks of 512 bytes. */
  blocks: number
  /** Last access: whole seconds since 1970, negative before. */
  atime: number
  /** Last change of content: seconds. */
  mtime: number
  /** Last change of attributes: seconds. */
  ctime: number
  /** Nanoseconds within the second, 0...999999999. */
  atimensec: number
  mtimensec: number
  ctimensec: number
  /** File type and permissions (`S_IFREG | 0o644`). A wrong type makes the kernel answer EIO. */
  mode: number
  /** Number of hard links. */
  nlink: number
  uid: number
  gid: number
  /** Device number of a device node, as `makedev` of the kernel's 32-bit encoding: see {@link encodeDevice}. */
  rdev: number
  /** Preferred size of input and output, in bytes. */
  blksize: number
  /** `AttrFlag` bits of `@fb/abi` (SUBMOUNT, DAX). */
  flags: number
}

/** What {@link makeAttr} takes: only `mode` is needed. Times may be a `Date` or nanoseconds as a `bigint`. */
export interface AttrInit
  extends Partial<
    Omit<Attr, 'mode' | 'atime' | 'mtime' | 'ctime' | 'atimensec' | 'mtimensec' | 'ctimensec'>
  > {
  mode: number
  atime?: Time
  mtime?: Time
  ctime?: Time
}

/** A point in time: a `Date`, or nanoseconds since 1970. */
export type Time = Date | bigint

const NS_PER_SECOND = 1_000_000_000n
const NS_PER_MILLISECOND = 1_000_000n
const BLOCK = 512

/** Nanoseconds since 1970 of a {@link Time}. */
export function toNanoseconds(time: Time): bigint {
  return typeof time === 'bigint' ? time : BigInt(time.getTime()) * NS_PER_MILLISECOND
}

/** Whole seconds and the nanoseconds within them (0...999999999), also for times before 1970. */
export function splitTime(time: Time): { seconds: number; nanoseconds: number } {
  const total = toNanoseconds(time)
  let seconds = total / NS_PER_SECOND
  let rest = total % NS_PER_SECOND
  if (rest < 0n) {
    rest += NS_PER_SECOND
    seconds -= 1n
  }
  return { seconds: Number(seconds), nanoseconds: Number(rest) }
}

/** Joins seconds and nanoseconds to a `bigint` of nanoseconds. */
export function joinTime(seconds: number, nanoseconds: number): bigint {
  return BigInt(seconds) * NS_PER_SECOND + BigInt(nanoseconds)
}

const EPOCH = { seconds: 0, nanoseconds: 0 }

/**
 * A complete {@link Attr} from what is known, with sensible values for the rest: one link, owner root, times
 * of 1970, blocks that fit the size.
 */
export function makeAttr(init: AttrInit): Attr {
  const atime = init.atime === undefined ? EPOCH : splitTime(init.atime)
  const mtime = init.mtime === undefined ? EPOCH : splitTime(init.mtime)
  const ctime = init.ctime === undefined ? mtime : splitTime(init.ctime)
  const size = init.size ?? 0
  return {
    ino: init.ino ?? 0,
    size,
    blocks: init.blocks ?? Math.ceil(size / BLOCK),
    atime: atime.seconds,
    mtime: mtime.seconds,
    ctime: ctime.seconds,
    atimensec: atime.nanoseconds,
    mtimensec: mtime.nanoseconds,
    ctimensec: ctime.nanoseconds,
    mode: init.mode,
    nlink: init.nlink ?? 1,
    uid: init.uid ?? 0,
    gid: init.gid ?? 0,
    rdev: init.rdev ?? 0,
    blksize: init.blksize ?? 4096,
    flags: init.flags ?? 0,
  }
}

/**
 * The kernel's 32-bit encoding of a device number (`new_encode_dev`, include/linux/kdev_t.h), as
 * {@link Attr.rdev} and MKNOD carry it: 12 bits of major, 20 of minor.
 */
export function encodeDevice(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0
}

/** The inverse of {@link encodeDevice}. */
export function decodeDevice(rdev: number): { major: number; minor: number } {
  return { major: (rdev >>> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00) }
}
