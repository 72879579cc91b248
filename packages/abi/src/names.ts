/**
 * Finds the end of a NUL-terminated name.
 *
 * Whether the name is one that a directory may hold ("." or a slash are not) is for the caller to judge.
 *
 * @param bytes the request.
 * @param start first byte of the name.
 * @param end position after the last byte that may belong to it; nothing at or after it is read.
 * @returns position of the NUL, so that the name is `bytes.subarray(start, result)` and the next one begins at
 * `result + 1`; -1 if there is no NUL before `end`, or the name is empty.
 */
export function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    if (bytes[i] === 0) return i === start ? -1 : i
  }
  return -1
}
