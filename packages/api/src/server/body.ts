import { nameEnd } from '@fb/abi'
import { Errno } from '../errno.js'
import type { Call } from './call.js'

const SLASH = 0x2f
const DOT = 0x2e

/** Takes `size` bytes of fixed arguments: their position, or -1 where the body is shorter. */
export function takeStruct(call: Call, size: number): number {
  const { at } = call
  if (call.end - at < size) return -1
  call.at = at + size
  return at
}

/**
 * Takes one NUL-terminated name: a view of its bytes without the NUL. `undefined` where it is empty, has no
 * NUL, or (for a path component) holds a slash: a path must never be built from what a client sends.
 */
export function takeName(call: Call): Uint8Array | undefined {
  const name = takeText(call)
  return name === undefined || name.includes(SLASH) ? undefined : name
}

/** Takes one NUL-terminated text that may hold slashes: the target of a symbolic link, or an attribute's name. */
export function takeText(call: Call): Uint8Array | undefined {
  const { bytes } = call.request
  const stop = nameEnd(bytes, call.at, call.end)
  if (stop < 0) return undefined
  const text = bytes.subarray(call.at, stop)
  call.at = stop + 1
  return text
}

/** Whether a name is `.` or `..`, which no operation may make, remove or rename. */
export function isDotName(name: Uint8Array): boolean {
  return name[0] === DOT && (name.length === 1 || (name.length === 2 && name[1] === DOT))
}

/** Takes a name that is to be made, removed or renamed: as `takeName`, and neither `.` nor `..`. */
export function takeNewName(call: Call): Uint8Array | undefined {
  const name = takeName(call)
  return name === undefined || isDotName(name) ? undefined : name
}

/** Whether the body ends where the arguments do. Names and payloads leave no rest. */
export function atEnd(call: Call): boolean {
  return call.at === call.end
}

/** EFBIG where a size or offset of the client is not a safe integer; it is never rounded. */
export function checkRange(offset: number, length = 0): Errno | undefined {
  return offset >= 0 &&
    length >= 0 &&
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    Number.isSafeInteger(offset + length)
    ? undefined
    : Errno.EFBIG
}

/** Whether a nodeid or file handle of the client is one that a file system can have given. */
export function isId(value: number): boolean {
  return Number.isSafeInteger(value)
}
