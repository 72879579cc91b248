import { FuseStatxOut } from './generated/entries.generated.js'
import type { StructDescriptor } from './struct.js'

/** Holds a filled-up struct for the time of one call: as long as the longest struct that a message has. */
const scratch = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(FuseStatxOut.size))

/**
 * Reads a struct of which only the first bytes are there, as older minors send it: what is missing is zero.
 * Allocates nothing.
 *
 * @param struct the whole struct.
 * @param view where to read.
 * @param at position of the struct in the view.
 * @param length bytes that are there; with the whole size or more this is `struct.decode`.
 * @param into record that is filled and returned.
 * @throws RangeError when the view does not hold `length` bytes (or the whole struct) at `at`.
 */
export function decodeShort<T extends object>(
  struct: StructDescriptor<T>,
  view: DataView,
  at: number,
  length: number,
  into: T,
): T {
  if (length >= struct.size) return struct.decode(view, at, into)
  for (let i = 0; i < length; i++) scratch.setUint8(i, view.getUint8(at + i))
  for (let i = length; i < struct.size; i++) scratch.setUint8(i, 0)
  return struct.decode(scratch, 0, into)
}
