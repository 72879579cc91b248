/*
 * Sizes that depend on the negotiated minor version or on a feature. All short forms are prefixes of the whole
 * structs, so that a server may encode the whole one and send its beginning, and decode with `decodeShort`.
 * Sources: the protocol changelog in <linux/fuse.h> and `fuse_adjust_compat` of the Linux client.
 *
 * For requests with nothing behind the struct, a kernel that was negotiated down may send more bytes than given
 * here; for those with a name or data behind it the size is exact.
 */
import { CompatSize, FUSE_NAME_OFFSET, FUSE_NAME_OFFSET_DIRENTPLUS } from './constants/limits.js'
import { FuseInitIn, FuseInitOut, FuseLkIn } from './generated/control.generated.js'
import { FuseAttrOut, FuseEntryOut, FuseGetattrIn, FuseStatfsOut } from './generated/entries.generated.js'
import { FuseCreateIn, FuseReadIn, FuseWriteIn } from './generated/files.generated.js'
import { FuseMknodIn, FuseSetxattrIn } from './generated/names.generated.js'

const initExt = 1 << 30

/**
 * Least bytes of `fuse_init_in`: 8 below minor 6 (no readahead, no flags), 16 without INIT_EXT, else 64.
 *
 * @param minor the minor that this INIT names.
 * @param flags the first word of flags that this INIT names.
 */
export function initInSize(minor: number, flags: number): number {
  if (minor < 6) return 8
  return (flags & initExt) === 0 ? 16 : FuseInitIn.size
}

/** Bytes of `fuse_init_out` to answer a kernel of this minor with: 8 below 5, 24 below 23, else 64. */
export function initOutSize(minor: number): number {
  if (minor < 5) return CompatSize.INIT_OUT_SIZE
  return minor < 23 ? CompatSize['22_INIT_OUT_SIZE'] : FuseInitOut.size
}

/** Bytes of `fuse_entry_out`: 120 below minor 9 (no block size), else 128. */
export function entryOutSize(minor: number): number {
  return minor < 9 ? CompatSize.ENTRY_OUT_SIZE : FuseEntryOut.size
}

/** Bytes of `fuse_attr_out`: 96 below minor 9 (no block size), else 104. */
export function attrOutSize(minor: number): number {
  return minor < 9 ? CompatSize.ATTR_OUT_SIZE : FuseAttrOut.size
}

/** Bytes of `fuse_statfs_out`: 48 below minor 4 (no fragment size), else 80. */
export function statfsOutSize(minor: number): number {
  return minor < 4 ? CompatSize.STATFS_SIZE : FuseStatfsOut.size
}

/** Bytes of `fuse_getattr_in`: none below minor 9, else 16. */
export function getattrInSize(minor: number): number {
  return minor < 9 ? 0 : FuseGetattrIn.size
}

/** Bytes of `fuse_mknod_in`: 8 below minor 12 (no umask), else 16. */
export function mknodInSize(minor: number): number {
  return minor < 12 ? CompatSize.MKNOD_IN_SIZE : FuseMknodIn.size
}

/** Bytes of `fuse_create_in`: 8 below minor 12 (no umask), else 16. */
export function createInSize(minor: number): number {
  return minor < 12 ? 8 : FuseCreateIn.size
}

/** Bytes of `fuse_read_in`: 24 below minor 9 (no lock owner, no open flags), else 40. */
export function readInSize(minor: number): number {
  return minor < 9 ? 24 : FuseReadIn.size
}

/** Bytes of `fuse_write_in`: 24 below minor 9 (no lock owner, no open flags), else 40. */
export function writeInSize(minor: number): number {
  return minor < 9 ? CompatSize.WRITE_IN_SIZE : FuseWriteIn.size
}

/** Bytes of `fuse_lk_in`: 40 below minor 9 (no lock flags), else 48. */
export function lkInSize(minor: number): number {
  return minor < 9 ? 40 : FuseLkIn.size
}

/** Bytes of `fuse_setxattr_in`: 16 if SETXATTR_EXT was negotiated, else 8. No minor decides this. */
export function setxattrInSize(setxattrExt: boolean): number {
  return setxattrExt ? FuseSetxattrIn.size : CompatSize.SETXATTR_IN_SIZE
}

/** Bytes of a `fuse_dirent` with a name of so many bytes, padding included. */
export function direntSize(nameLength: number): number {
  return Math.ceil((FUSE_NAME_OFFSET + nameLength) / 8) * 8
}

/** Bytes of a `fuse_direntplus` with a name of so many bytes, padding included. READDIRPLUS needs minor 21. */
export function direntplusSize(nameLength: number): number {
  return Math.ceil((FUSE_NAME_OFFSET_DIRENTPLUS + nameLength) / 8) * 8
}
