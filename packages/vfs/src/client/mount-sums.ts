import { INDEX_COUNT } from '../node-ids.js'

/** Sums by index of the mount, one after the other. */
export function mountSums(memory: ArrayBufferLike, at: number): Float64Array {
  return new Float64Array(memory, at * INDEX_COUNT * Float64Array.BYTES_PER_ELEMENT, INDEX_COUNT)
}

/** Bytes of so many sums for every mount. */
export function sumBytes(count: number): number {
  return count * INDEX_COUNT * Float64Array.BYTES_PER_ELEMENT
}
