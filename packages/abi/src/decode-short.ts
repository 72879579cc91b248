import type { StructDescriptor } from './struct.js'

/**
 * Reads a struct of which only the first bytes are there, as older minors send it: what is missing is zero.
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
  const whole = new DataView(new ArrayBuffer(struct.size))
  for (let i = 0; i < length; i++) whole.setUint8(i, view.getUint8(at + i))
  return struct.decode(whole, 0, into)
}
