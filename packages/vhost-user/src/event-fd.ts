import { AT_EMPTY_PATH, AT_STATX_DONT_SYNC, S_IFIFO, S_IFMT, STATX_TYPE, statx } from '@fb/sys'

/** Of stx_mode in struct statx. */
const MODE_OFFSET = 28

const result = new Uint8Array(256)
const view = new DataView(result.buffer)

/**
 * Whether a descriptor may stand for an event: a pipe, or what has no type at all, as an eventfd. Asks nobody but the
 * kernel.
 */
export function isEvent(fd: number): boolean {
  if (statx(fd, '', AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, result) < 0) return false
  const type = view.getUint16(MODE_OFFSET, true) & S_IFMT
  return type === 0 || type === S_IFIFO
}
