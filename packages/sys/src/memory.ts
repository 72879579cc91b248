import { type Bindings, native } from './bindings.js'

/**
 * Where in a buffer the first aligned address is, as O_DIRECT wants its buffers. Valid as long as the buffer is not
 * resized or transferred.
 * @param alignment - a power of two, at most 2^30
 * @returns an offset 0 ... `buffer.length`, or `-ENOSPC` when the buffer ends before
 */
export const alignmentOffset: Bindings['alignmentOffset'] = native.alignmentOffset
