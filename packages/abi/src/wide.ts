/** Reads an unsigned 64-bit number; at or above 2^53 it is rounded and `Number.isSafeInteger` refuses it. */
export function readU64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
}

/** Writes an unsigned 64-bit number, which must be a safe integer: a list of node ids, for example. */
export function writeU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true)
  view.setUint32(at + 4, Math.floor(value / 4294967296), true)
}

/**
 * Puts the halves of a request's unique number together, as `fuse_interrupt_in` names it.
 * Both halves are unsigned 32-bit numbers, as the headers are decoded.
 */
export function uniqueToBigint(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}
