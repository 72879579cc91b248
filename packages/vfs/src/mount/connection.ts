import type { Notifier } from '@fb/api'
import { Connection } from '@fb/api'

/**
 * The connection as one back end sees it. While the back end is set up, it says here what it wants; what becomes of that
 * is decided for all back ends together. From then on it tells what is on for the whole connection.
 */
export class MountConnection extends Connection {
  #outer: Connection | undefined

  /** @param offered what the back end may ask for */
  constructor(outer: Connection, offered: bigint, notifier: Notifier | undefined) {
    super(
      { major: outer.major, minor: outer.minor, offered },
      { ...outer.limits },
      notifier,
      outer.localCallers,
    )
  }

  /** From now on the wishes are fixed, and `outer` says what is on. */
  settleTo(outer: Connection): void {
    this.#outer = outer
    Object.assign(this.limits, outer.limits)
  }

  override get flags(): bigint {
    return this.#outer?.flags ?? super.flags
  }

  override has(flag: bigint): boolean {
    return (this.flags & flag) === flag
  }

  override enable(flag: bigint): boolean {
    return this.#outer === undefined ? super.enable(flag) : this.has(flag)
  }

  override disable(flag: bigint): void {
    if (this.#outer === undefined) super.disable(flag)
  }
}
