/** What a {@link MountError} is made from. */
export interface MountErrorInit {
  readonly code: string
  readonly mountpoint: string
  readonly reason: string
  readonly remedy: string
  readonly cause?: unknown
}

/**
 * Mounting or unmounting failed. The message holds the reason and what to do about it; `code` is the name of the
 * errno (`EPERM`, `ENOTCONN`, `EBUSY` ...), `ENOFUSERMOUNT` where `fusermount3` is missing, or `EFUSERMOUNT` where it
 * refused for a reason of its own.
 */
export class MountError extends Error {
  override readonly name = 'MountError'
  readonly code: string
  readonly mountpoint: string
  /** What to do about it. */
  readonly remedy: string

  constructor(init: MountErrorInit) {
    super(`${init.reason}. ${init.remedy}.`, init.cause === undefined ? {} : { cause: init.cause })
    this.code = init.code
    this.mountpoint = init.mountpoint
    this.remedy = init.remedy
  }
}
