import { direntplusSize, direntSize } from './compat.js'
import { FUSE_NAME_OFFSET, FUSE_NAME_OFFSET_DIRENTPLUS } from './constants/limits.js'
import { FuseDirent, FuseEntryOut } from './generated/entries.generated.js'
import { FuseReadIn } from './generated/files.generated.js'
import { ProtocolError } from './protocol-error.js'

/** One entry of a READDIR reply, read back. */
export interface Dirent {
  /** Inode number. */
  readonly ino: number | bigint
  /** Cookie of the place after this entry. */
  readonly cookie: bigint
  /** File type: bits 12 to 15 of the mode. */
  readonly type: number
  /** The name: a view into the bytes that were read, not a copy. */
  readonly name: Uint8Array
}

/** One entry of a READDIRPLUS reply, read back. */
export interface Direntplus extends Dirent {
  /** What LOOKUP would have answered; its node id is 0 where the server gave no answer. */
  readonly entry: FuseEntryOut
}

/**
 * Reads the cookie of a READDIR or READDIRPLUS request: the `offset` of its `fuse_read_in`, all 64 bits of it,
 * where {@link FuseReadIn} shows a number.
 *
 * @param at position of the `fuse_read_in` in the view.
 */
export function readdirCookie(view: DataView, at: number): bigint {
  return view.getBigUint64(at + FuseReadIn.offsets.offset, true)
}

/**
 * Adds an entry to a READDIR reply, its padding zeroed.
 *
 * @param view the reply.
 * @param bytes the same memory as `view`, from the same byte on.
 * @param at where the entry goes; the first one begins at a multiple of 8 bytes after the header.
 * @param end position after the last byte that may be written.
 * @param ino inode number. The kernel skips no entry for it, but programs treat 0 as a hole.
 * @param cookie what the kernel sends to go on after this entry; unsigned 64 bits, never 0.
 * @param type file type: bits 12 to 15 of the mode, `(mode >>> 12) & 15`.
 * @param name 1 to 255 bytes without a NUL or a slash; the kernel fails the whole reply with EIO for others.
 * @returns position after the entry, or -1 if it does not fit, with nothing written.
 */
export function encodeDirent(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  end: number,
  ino: number | bigint,
  cookie: number | bigint,
  type: number,
  name: Uint8Array,
): number {
  const next = at + direntSize(name.length)
  if (next > end) return -1
  putDirent(view, bytes, at, next, ino, cookie, type, name)
  return next
}

/**
 * Adds an entry to a READDIRPLUS reply. As {@link encodeDirent}, with what LOOKUP would have answered in front.
 * Every entry whose node id is not 0 counts as a lookup, except those of "." and "..": count it only when it fitted.
 */
export function encodeDirentplus(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  end: number,
  ino: number | bigint,
  cookie: number | bigint,
  type: number,
  name: Uint8Array,
  entry: Readonly<FuseEntryOut>,
): number {
  const next = at + direntplusSize(name.length)
  if (next > end) return -1
  FuseEntryOut.encode(view, at, entry)
  putDirent(view, bytes, at + FuseEntryOut.size, next, ino, cookie, type, name)
  return next
}

function putDirent(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  next: number,
  ino: number | bigint,
  cookie: number | bigint,
  type: number,
  name: Uint8Array,
): void {
  const { length } = name
  putWide(view, at + FuseDirent.offsets.ino, ino)
  putWide(view, at + FuseDirent.offsets.off, cookie)
  view.setUint32(at + FuseDirent.offsets.namelen, length, true)
  view.setUint32(at + FuseDirent.offsets.type, type, true)
  const start = at + FUSE_NAME_OFFSET
  // Names are short: a loop costs less than a call of `set`.
  for (let i = 0; i < length; i++) bytes[start + i] = name[i] as number
  for (let i = start + length; i < next; i++) bytes[i] = 0
}

function putWide(view: DataView, at: number, value: number | bigint): void {
  if (typeof value === 'number') {
    view.setUint32(at, value, true)
    view.setUint32(at + 4, Math.floor(value / 4294967296), true)
  } else view.setBigUint64(at, value, true)
}

/**
 * Walks the entries of a READDIR reply, for clients and tests.
 *
 * @param view the reply.
 * @param at position after the header of the reply.
 * @param end position after the last byte of the reply.
 * @throws ProtocolError while walking, where an entry is cut short or its name is empty.
 */
export function* decodeDirents(view: DataView, at: number, end: number): Generator<Dirent, void, undefined> {
  for (let position = at; position < end; ) {
    const { name, next } = nameOf(view, position, position, FUSE_NAME_OFFSET, end)
    yield takeDirent(view, position, name)
    position = next
  }
}

/**
 * Walks the entries of a READDIRPLUS reply, for clients and tests. As {@link decodeDirents}.
 */
export function* decodeDirentplus(
  view: DataView,
  at: number,
  end: number,
): Generator<Direntplus, void, undefined> {
  for (let position = at; position < end; ) {
    const dirent = position + FuseEntryOut.size
    const { name, next } = nameOf(view, position, dirent, FUSE_NAME_OFFSET_DIRENTPLUS, end)
    const entry = FuseEntryOut.decode(view, position, FuseEntryOut.create())
    yield { ...takeDirent(view, dirent, name), entry }
    position = next
  }
}

function takeDirent(view: DataView, at: number, name: Uint8Array): Dirent {
  const { ino, off, type } = FuseDirent.decode(view, at, FuseDirent.create())
  return { ino, cookie: off, type, name }
}

function nameOf(
  view: DataView,
  entry: number,
  dirent: number,
  nameOffset: number,
  end: number,
): { readonly name: Uint8Array; readonly next: number } {
  if (entry + nameOffset > end) throw new ProtocolError('directory entry cut short', entry)
  const lengthAt = dirent + FuseDirent.offsets.namelen
  const length = view.getUint32(lengthAt, true)
  if (length === 0) throw new ProtocolError('directory entry without a name', lengthAt)
  const next = entry + Math.ceil((nameOffset + length) / 8) * 8
  if (next > end) throw new ProtocolError('name of a directory entry cut short', lengthAt)
  return { name: new Uint8Array(view.buffer, view.byteOffset + entry + nameOffset, length), next }
}
