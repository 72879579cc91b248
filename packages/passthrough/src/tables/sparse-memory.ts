import { discardPages, mapWithoutReserve } from '@fb/sys'

/** glibc's largest threshold for taking a block from the kernel itself (DEFAULT_MMAP_THRESHOLD_MAX, mallopt(3)). */
const ALWAYS_MAPPED = 32 * 1024 * 1024
/** Below this it does not matter: a few pages. */
const SMALL = 16 * 1024

/**
 * Zeroed shared memory of at least `bytes` bytes that costs nothing where it is not touched, and goes back to the kernel
 * when it is let go.
 *
 * A block of middle size does neither for long: once one has been freed, glibc takes the next from its heap and writes
 * zeros into all of it, and file systems that come and go would keep megabytes each. So it is made large.
 */
export function sparseMemory(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes < SMALL ? bytes : Math.max(bytes, ALWAYS_MAPPED))
}

/**
 * As {@link sparseMemory}, for a table that is made for far more than it will hold. The kernel does not promise its memory:
 * else a process with some such tables could not start another one, for fork(2) must promise all of it again. Where the
 * process has no room for more mappings, it is memory like any other.
 */
export function unreservedMemory(bytes: number): SharedArrayBuffer {
  const memory = sparseMemory(bytes)
  mapWithoutReserve(new Uint8Array(memory))
  return memory
}

/** Gives back what memory takes that nobody uses any more: it may be long until it is collected. It reads as zero then. */
export function discard(memory: SharedArrayBuffer): void {
  discardPages(new Uint8Array(memory))
}

const PAGE = 4096

/** As {@link discard}, for the whole pages from a word on. */
export function discardFrom(words: Int32Array<ArrayBufferLike>, index: number): void {
  const start = Math.ceil((index * Int32Array.BYTES_PER_ELEMENT) / PAGE) * PAGE
  if (start < words.byteLength) discardPages(new Uint8Array(words.buffer, start, words.byteLength - start))
}
