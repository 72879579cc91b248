import type { Errno } from '@fb/api'

/** Why a mount, umount or move was refused. `code` and `errno` say which error it is, the message what about. */
export class VfsError extends Error {
  override readonly name = 'VfsError'
  /** Symbolic name, such as `EBUSY`. */
  readonly code: string
  /** Positive error number. */
  readonly errno: number

  constructor(errno: Errno, message: string) {
    super(`${errno.code}: ${message}`)
    this.code = errno.code
    this.errno = errno.errno
  }
}
