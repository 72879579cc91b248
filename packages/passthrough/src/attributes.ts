import { type Attr, encodeDevice, makeAttr } from '@fb/api'
import {
  S_IFDIR,
  S_IFMT,
  STATX_BASIC_STATS,
  STATX_BTIME,
  STATX_BYTES,
  STATX_MNT_ID,
  STATX_MNT_ID_UNIQUE,
  statxAtimeNsec,
  statxAtimeSec,
  statxBlksize,
  statxBlocks,
  statxCtimeNsec,
  statxCtimeSec,
  statxDevMajor,
  statxDevMinor,
  statxGid,
  statxInoHigh,
  statxInoLow,
  statxMntId,
  statxMode,
  statxMtimeNsec,
  statxMtimeSec,
  statxNlink,
  statxRdevMajor,
  statxRdevMinor,
  statxSize,
  statxUid,
} from '@fb/sys'

const TWO_32 = 0x1_0000_0000
/** Upper words of inode numbers that still make a safe integer. */
const SAFE_HIGH = 1 << 21

/** What is asked of statx(2) wherever an inode is to be recognised. */
export const IDENTITY_MASK = STATX_BASIC_STATS | STATX_MNT_ID | STATX_MNT_ID_UNIQUE
/** What statx(2) can tell a client. */
export const FULL_MASK = STATX_BASIC_STATS | STATX_BTIME

/** The result of one statx(2), read in place. */
export class Stat {
  readonly bytes = new Uint8Array(STATX_BYTES)
  readonly view = new DataView(this.bytes.buffer)

  get mode(): number {
    return statxMode(this.view)
  }
  get isDirectory(): boolean {
    return (this.mode & S_IFMT) === S_IFDIR
  }
  get nlink(): number {
    return statxNlink(this.view)
  }
  get inoLow(): number {
    return statxInoLow(this.view)
  }
  get inoHigh(): number {
    return statxInoHigh(this.view)
  }
  /** The device in the kernel's 32-bit encoding. */
  get device(): number {
    return encodeDevice(statxDevMajor(this.view), statxDevMinor(this.view))
  }
  /** Mount id, in two words. */
  get mountLow(): number {
    return statxMntId(this.view) >>> 0
  }
  get mountHigh(): number {
    return Math.floor(statxMntId(this.view) / TWO_32)
  }
  /** Whether both are of one inode, reached over one mount. */
  isSameInode(other: Stat): boolean {
    return (
      this.inoLow === other.inoLow &&
      this.inoHigh === other.inoHigh &&
      this.device === other.device &&
      this.mountLow === other.mountLow &&
      this.mountHigh === other.mountHigh
    )
  }
}

/**
 * The inode number that programs see: the host's on the device of the root; elsewhere with the device mixed into its
 * upper half, because files of different file systems would otherwise pass for hard links of each other.
 */
export function shownInode(low: number, high: number, device: number, rootDevice: number): number | bigint {
  const upper = device === rootDevice ? high : (high ^ device) >>> 0
  return upper < SAFE_HIGH ? upper * TWO_32 + low : (BigInt(upper) << 32n) | BigInt(low)
}

/** An {@link Attr} to be filled again and again. */
export function emptyAttr(): Attr {
  return makeAttr({ mode: 0 })
}

/** Puts what statx(2) told into `attr`, but for `ino` and `flags`. */
export function fillAttr(attr: Attr, view: DataView): void {
  attr.size = statxSize(view)
  attr.blocks = statxBlocks(view)
  attr.atime = statxAtimeSec(view)
  attr.mtime = statxMtimeSec(view)
  attr.ctime = statxCtimeSec(view)
  attr.atimensec = statxAtimeNsec(view)
  attr.mtimensec = statxMtimeNsec(view)
  attr.ctimensec = statxCtimeNsec(view)
  attr.mode = statxMode(view)
  attr.nlink = statxNlink(view)
  attr.uid = statxUid(view)
  attr.gid = statxGid(view)
  attr.rdev = encodeDevice(statxRdevMajor(view), statxRdevMinor(view))
  attr.blksize = statxBlksize(view)
}
