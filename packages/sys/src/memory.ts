import { type Bindings, native } from './bindings.js'

/**
 * Where in a buffer the first aligned address is, as O_DIRECT wants its buffers. Valid as long as the buffer is not
 * resized or transferred.
 * @param alignment - a power of two, at most 2^30
 * @returns an offset 0 ... `buffer.length`, or `-ENOSPC` when the buffer ends before
 */
export const alignmentOffset: Bindings['alignmentOffset'] = native.alignmentOffset

/**
 * mmap(2) with MAP_NORESERVE in place of the whole pages of a buffer: they become zero, and no longer count as memory that
 * is promised. A process with much memory that it never touches can then still fork(2), as spawning programs does. Only for a
 * buffer that nothing has been written to. Without effect where the system promises all memory (vm.overcommit_memory 2).
 * @returns bytes of these pages, or `-errno`; `-ENOMEM` when the process has too many mappings
 */
export const mapWithoutReserve: Bindings['mapWithoutReserve'] = native.mapWithoutReserve

/**
 * madvise(2) with MADV_DONTNEED: the whole pages of a buffer go back to the kernel at once, and read as zero from now on. Only for
 * a buffer whose content nobody needs any more, but which may live until it is collected.
 * @returns bytes of these pages, or `-errno`
 */
export const discardPages: Bindings['discardPages'] = native.discardPages
