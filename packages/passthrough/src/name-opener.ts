import { Errno } from '@fb/api'
import {
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  O_NOFOLLOW,
  O_PATH,
  openat,
  openat2,
  type PathLike,
  RESOLVE_NO_XDEV,
} from '@fb/sys'
import { Stat } from './attributes.js'
import { closeIfAny } from './descriptors.js'
import { OwnMount, QUIET } from './own-mount.js'

const EXDEV = -Errno.EXDEV.errno

/** How a thread opens names: never through the mount at which its process serves. */
export class NameOpener {
  readonly #own: OwnMount | undefined
  /** Whether the kernel says by itself that something is mounted over a name (openat2(2), Linux 5.6, where no filter forbids it). */
  readonly #tells: boolean
  readonly #stat = new Stat()

  constructor(ownMount: SharedArrayBuffer | undefined) {
    this.#own = ownMount === undefined ? undefined : new OwnMount(ownMount)
    const probe = this.#own === undefined ? -1 : openat2(AT_FDCWD, '/', O_PATH, 0, RESOLVE_NO_XDEV)
    this.#tells = probe >= 0
    closeIfAny(probe)
  }

  /** openat(2) with O_PATH, not following a last symbolic link. A descriptor or a negative errno. */
  open(dirfd: number, name: PathLike, flags: number): number {
    const all = O_PATH | O_NOFOLLOW | flags
    const own = this.#own
    if (own === undefined) return openat(dirfd, name, all, 0)
    if (this.#tells) {
      const fd = openat2(dirfd, name, all, 0, RESOLVE_NO_XDEV)
      if (fd !== EXDEV) return fd
    }
    const fd = openat(dirfd, name, all, 0)
    return fd < 0 ? fd : own.instead(fd, this.#stat)
  }

  /** AT_* flags with which a name can be looked at though the own mount may be what it leads to. */
  get quiet(): number {
    return this.#own?.isKnown === true ? QUIET : AT_NO_AUTOMOUNT
  }
}
