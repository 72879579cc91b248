import {
  AT_EMPTY_PATH,
  close,
  nameToHandleAt,
  O_DIRECTORY,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  openat,
  openByHandleAt,
  S_IFMT,
  S_IFREG,
} from '@fb/sys'
import { reopen } from './descriptors.js'
import type { ResolvedOptions } from './options.js'
import { MAX_HANDLE_BYTES } from './tables/handle-arena.js'

/** Why inodes of a mount are not remembered by file handle: the call that failed, and its positive errno. */
export interface HandleRefusal {
  readonly step: 'inodeFileHandles' | 'open' | 'name_to_handle_at' | 'open_by_handle_at'
  /** 0 where the option says so. */
  readonly errno: number
}

/**
 * Tries out whether inodes of a mount can be opened by file handle, with the one whose descriptor is `fd`. Returns a
 * descriptor for open_by_handle_at(2), which takes none that is O_PATH, or what stood in the way. A special file
 * (a device that is mounted over a name) is never opened.
 */
export function openForHandles(
  options: ResolvedOptions,
  procFd: number,
  fd: number,
  mode: number,
): number | HandleRefusal {
  if (options.inodeFileHandles === 'never') return { step: 'inodeFileHandles', errno: 0 }
  const mountFd =
    (mode & S_IFMT) === S_IFREG
      ? reopen(procFd, fd, O_RDONLY | O_NONBLOCK)
      : openat(fd, '.', O_RDONLY | O_DIRECTORY, 0)
  if (mountFd < 0) return { step: 'open', errno: -mountFd }
  const handle = new Uint8Array(MAX_HANDLE_BYTES)
  const length = nameToHandleAt(fd, '', handle, AT_EMPTY_PATH)
  const opened = length < 0 ? length : openByHandleAt(mountFd, handle, length, O_PATH)
  if (opened >= 0) {
    close(opened)
    return mountFd
  }
  close(mountFd)
  return { step: length < 0 ? 'name_to_handle_at' : 'open_by_handle_at', errno: -opened }
}
