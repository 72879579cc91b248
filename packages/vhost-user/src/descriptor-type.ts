import { AT_EMPTY_PATH, AT_STATX_DONT_SYNC, S_IFMT, STATX_TYPE, statx } from '@fb/sys'

/** Of stx_mode in struct statx. */
const MODE_OFFSET = 28

const result = new Uint8Array(256)
const view = new DataView(result.buffer)

/**
 * What a descriptor is: an S_IF* value, 0 for what has no type, as an eventfd; `undefined` for none. Asks nobody but the
 * kernel.
 */
export function descriptorType(fd: number): number | undefined {
  if (statx(fd, '', AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, result) < 0) return undefined
  return view.getUint16(MODE_OFFSET, true) & S_IFMT
}
