import { Errno, nameToBytes } from '@fb/api'
import { VfsError } from '../vfs-error.js'

/** PATH_MAX and NAME_MAX (include/uapi/linux/limits.h). */
const MAX_PATH = 4096
const MAX_NAME = 255
const SLASH = 0x2f
const DOT = 0x2e
const DECODER = new TextDecoder()

/** Where something is mounted: an absolute path, as text or, because names need not be UTF-8, as bytes. */
export type MountPath = string | Uint8Array

/**
 * The names of an absolute path, without empty ones. Throws {@link VfsError}: EINVAL for a path that is not absolute, has
 * `.` or `..` in it or a NUL, ENAMETOOLONG for one that no program could use.
 */
export function splitPath(path: MountPath): Uint8Array[] {
  const bytes = typeof path === 'string' ? nameToBytes(path) : path
  if (bytes[0] !== SLASH) throw new VfsError(Errno.EINVAL, `${shownPath(bytes)} is not an absolute path`)
  if (bytes.includes(0)) throw new VfsError(Errno.EINVAL, 'a path has no NUL in it')
  const names: Uint8Array[] = []
  for (let start = 1; start <= bytes.length; ) {
    const slash = bytes.indexOf(SLASH, start)
    const end = slash < 0 ? bytes.length : slash
    if (end > start) names.push(bytes.slice(start, end))
    start = end + 1
  }
  for (const name of names) {
    if (name.length <= 2 && name.every((byte) => byte === DOT)) {
      throw new VfsError(Errno.EINVAL, `${shownPath(bytes)} has . or .. in it`)
    }
    if (name.length > MAX_NAME) throw new VfsError(Errno.ENAMETOOLONG, `a name has at most ${MAX_NAME} bytes`)
  }
  if (bytes.length >= MAX_PATH)
    throw new VfsError(Errno.ENAMETOOLONG, `a path has less than ${MAX_PATH} bytes`)
  return names
}

/** The path of names. */
export function joinPath(names: readonly Uint8Array[]): Uint8Array {
  if (names.length === 0) return Uint8Array.of(SLASH)
  const path = new Uint8Array(names.reduce((length, name) => length + 1 + name.length, 0))
  let at = 0
  for (const name of names) {
    path[at] = SLASH
    path.set(name, at + 1)
    at += 1 + name.length
  }
  return path
}

/** A path as text; bytes that are no UTF-8 become U+FFFD, so this is for people only. */
export function shownPath(path: Uint8Array): string {
  return DECODER.decode(path)
}
