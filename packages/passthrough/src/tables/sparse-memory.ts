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
