/**
 * Reading a raw `struct statx` (linux/stat.h) that {@link statx} filled, through a DataView over its 256 bytes:
 * one function per field, no allocation but for bigints.
 */

/** Bytes of `struct statx`. */
export const STATX_BYTES = 256

// Offsets of the fields in bytes. Times are `__s64` seconds and, 8 further, `__u32` nanoseconds.
const OFFSET = {
  mask: 0,
  blksize: 4,
  attributes: 8,
  nlink: 16,
  uid: 20,
  gid: 24,
  mode: 28,
  ino: 32,
  size: 40,
  blocks: 48,
  atime: 64,
  btime: 80,
  ctime: 96,
  mtime: 112,
  rdevMajor: 128,
  rdevMinor: 132,
  devMajor: 136,
  devMinor: 140,
  mntId: 144,
} as const

const NSEC = 8
const LE = true
const TWO_32 = 0x1_0000_0000

// Exact up to 2^53 - 1, which no size or time of a real file exceeds.
function unsigned64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, LE) * TWO_32 + view.getUint32(offset, LE)
}

function signed64(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, LE) * TWO_32 + view.getUint32(offset, LE)
}

/** STATX_* that were answered. */
export function statxMask(view: DataView): number {
  return view.getUint32(OFFSET.mask, LE)
}

/** Preferred size of I/O in bytes. */
export function statxBlksize(view: DataView): number {
  return view.getUint32(OFFSET.blksize, LE)
}

/** STATX_ATTR_* that are set. The known ones fit 32 bits. */
export function statxAttributes(view: DataView): number {
  return view.getUint32(OFFSET.attributes, LE)
}

/** Number of hard links. */
export function statxNlink(view: DataView): number {
  return view.getUint32(OFFSET.nlink, LE)
}

/** Owner. */
export function statxUid(view: DataView): number {
  return view.getUint32(OFFSET.uid, LE)
}

/** Group. */
export function statxGid(view: DataView): number {
  return view.getUint32(OFFSET.gid, LE)
}

/** Type and permissions (S_*). */
export function statxMode(view: DataView): number {
  return view.getUint16(OFFSET.mode, LE)
}

/** Inode number, 64 bits. */
export function statxIno(view: DataView): bigint {
  return view.getBigUint64(OFFSET.ino, LE)
}

/** Lower half of the inode number. */
export function statxInoLow(view: DataView): number {
  return view.getUint32(OFFSET.ino, LE)
}

/** Upper half of the inode number. */
export function statxInoHigh(view: DataView): number {
  return view.getUint32(OFFSET.ino + 4, LE)
}

/** Size in bytes. */
export function statxSize(view: DataView): number {
  return unsigned64(view, OFFSET.size)
}

/** Blocks of 512 bytes that are allocated. */
export function statxBlocks(view: DataView): number {
  return unsigned64(view, OFFSET.blocks)
}

/** Last access, seconds since 1970. */
export function statxAtimeSec(view: DataView): number {
  return signed64(view, OFFSET.atime)
}

/** Last access, nanoseconds within the second. */
export function statxAtimeNsec(view: DataView): number {
  return view.getUint32(OFFSET.atime + NSEC, LE)
}

/** Birth, seconds since 1970; valid when {@link statxMask} has STATX_BTIME. */
export function statxBtimeSec(view: DataView): number {
  return signed64(view, OFFSET.btime)
}

/** Birth, nanoseconds within the second. */
export function statxBtimeNsec(view: DataView): number {
  return view.getUint32(OFFSET.btime + NSEC, LE)
}

/** Last change of attributes, seconds since 1970. */
export function statxCtimeSec(view: DataView): number {
  return signed64(view, OFFSET.ctime)
}

/** Last change of attributes, nanoseconds within the second. */
export function statxCtimeNsec(view: DataView): number {
  return view.getUint32(OFFSET.ctime + NSEC, LE)
}

/** Last modification, seconds since 1970. */
export function statxMtimeSec(view: DataView): number {
  return signed64(view, OFFSET.mtime)
}

/** Last modification, nanoseconds within the second. */
export function statxMtimeNsec(view: DataView): number {
  return view.getUint32(OFFSET.mtime + NSEC, LE)
}

/** Major number of the device that the file is. */
export function statxRdevMajor(view: DataView): number {
  return view.getUint32(OFFSET.rdevMajor, LE)
}

/** Minor number of the device that the file is. */
export function statxRdevMinor(view: DataView): number {
  return view.getUint32(OFFSET.rdevMinor, LE)
}

/** Major number of the device that the file is on. */
export function statxDevMajor(view: DataView): number {
  return view.getUint32(OFFSET.devMajor, LE)
}

/** Minor number of the device that the file is on. */
export function statxDevMinor(view: DataView): number {
  return view.getUint32(OFFSET.devMinor, LE)
}

/** Identifier of the mount; valid when {@link statxMask} has STATX_MNT_ID (or STATX_MNT_ID_UNIQUE, then 64 bits). */
export function statxMntId(view: DataView): number {
  return unsigned64(view, OFFSET.mntId)
}
