import { close } from '@fb/sys'

/** A descriptor with one owner, who closes it once. */
export class OwnedFd {
  #fd: number

  constructor(fd: number) {
    this.#fd = fd
  }

  /** The descriptor; throws after it was closed or given away. */
  get fd(): number {
    if (this.#fd < 0) throw new Error('the descriptor is closed')
    return this.#fd
  }

  /** Gives the descriptor to somebody else, who closes it. */
  release(): number {
    const fd = this.fd
    this.#fd = -1
    return fd
  }

  /** Idempotent. */
  close(): void {
    if (this.#fd < 0) return
    close(this.#fd)
    this.#fd = -1
  }
}
