import { AT_EMPTY_PATH, AT_NO_AUTOMOUNT, AT_SYMLINK_NOFOLLOW, readlinkat, statx } from '@fb/sys'
import { IDENTITY_MASK, type Stat } from '../attributes.js'
import { MAX_PATH } from './record.js'

const SLASH = 0x2f
const FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH

/** Finds out at which path below the source an inode is, by the name that the kernel has for its descriptor. */
export class NodePaths {
  readonly #procFd: number
  readonly #rootFd: number
  readonly #root: Uint8Array
  readonly #link = new Uint8Array(MAX_PATH + 1)

  /** @param rootFd - O_PATH descriptor of the source, the caller's */
  constructor(procFd: number, rootFd: number) {
    this.#procFd = procFd
    this.#rootFd = rootFd
    const length = readlinkat(procFd, String(rootFd), this.#link)
    this.#root = this.#link.slice(0, Math.max(0, length))
  }

  /**
   * The path of an inode that is open as `fd`: a view, valid until the next call. `undefined` where the kernel knows none,
   * or one that is not below the source: an inode that was opened by its handle often has none, and a network file system
   * may be wrong. Whether the inode is there is for {@link NodePaths.stat} to tell.
   */
  of(fd: number): Uint8Array | undefined {
    const link = this.#link
    const length = readlinkat(this.#procFd, String(fd), link)
    const root = this.#root
    // The root of the host ends with the slash that others have behind them.
    const start = root.length === 1 ? 1 : root.length + 1
    if (length <= start || length > MAX_PATH || link[start - 1] !== SLASH) return undefined
    for (let at = 0; at < root.length; at += 1) if (link[at] !== root[at]) return undefined
    return link.subarray(start, length)
  }

  /** The name that the kernel has for a descriptor, for people. */
  text(fd: number): string {
    const length = readlinkat(this.#procFd, String(fd), this.#link)
    return Buffer.from(this.#link.subarray(0, Math.max(0, length))).toString()
  }

  /** What is at a path below the source, which the empty one is: 0 or a negative errno. */
  stat(path: Uint8Array, stat: Stat): number {
    return statx(this.#rootFd, path, FLAGS, IDENTITY_MASK, stat.bytes)
  }
}
