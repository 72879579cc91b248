import { Errno } from '@fb/api'
import {
  O_NOFOLLOW,
  O_PATH,
  openat2,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
} from '@fb/sys'

const EAGAIN = -Errno.EAGAIN.errno
/** Whoever renames directories all the time must not keep us. */
const ATTEMPTS = 64
const RESOLVE = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS
const HERE = Uint8Array.of(0x2e)

/**
 * Opens what is at a path below a directory (an empty path: the directory), never anything outside, and following no
 * symbolic link: one at the end is opened itself, with O_PATH. A descriptor or a negative errno.
 */
export function openBeneath(directory: number, path: Uint8Array, flags = O_PATH): number {
  let fd = EAGAIN
  // A rename above it may or may not have led out: the kernel says so, and is asked again.
  for (let attempt = 0; fd === EAGAIN && attempt < ATTEMPTS; attempt += 1) {
    fd = openat2(directory, path.length === 0 ? HERE : path, flags | O_NOFOLLOW, 0, RESOLVE)
  }
  return fd
}
