import { check, dup3, EFD_NONBLOCK, eventfd, getfl, O_NONBLOCK, setfl, write } from '@fb/sys'
import { OwnedFd } from './owned-fd.js'

const ONE = new Uint8Array(BigUint64Array.of(1n).buffer)

/**
 * A descriptor whose number stays the same while the file behind it is exchanged, so that a worker that writes to it
 * need not be told. Without a file of the front end there is one of ours, to which writing has no effect.
 */
export class StableFd {
  readonly #fd = new OwnedFd(check(eventfd(0, EFD_NONBLOCK), 'eventfd'))
  #given = false

  get fd(): number {
    return this.#fd.fd
  }

  /** Whether the front end has given a file. */
  get given(): boolean {
    return this.#given
  }

  /** Puts another file behind the number; `undefined` for none. Takes the descriptor. */
  set(file: OwnedFd | undefined): void {
    const own = file ?? new OwnedFd(check(eventfd(0, EFD_NONBLOCK), 'eventfd'))
    try {
      // The front end must not make a writer wait.
      const flags = check(getfl(own.fd), 'fcntl')
      check(setfl(own.fd, flags | O_NONBLOCK), 'fcntl')
      check(dup3(own.fd, this.#fd.fd), 'dup3')
      this.#given = file !== undefined
    } finally {
      own.close()
    }
  }

  /** Signals whoever waits for it. */
  signal(): void {
    write(this.#fd.fd, ONE, 0, ONE.length)
  }

  close(): void {
    this.#fd.close()
  }
}
