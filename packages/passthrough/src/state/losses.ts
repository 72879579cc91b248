import { Errno, StateError } from '@fb/api'

/** Most losses that are told one by one. */
const MOST = 100

/** What the client loses, or why that is not to be. */
export class Losses {
  readonly #tolerated: boolean
  readonly #lines: string[] = []
  #count = 0

  /** @param tolerated - otherwise the first loss is thrown */
  constructor(tolerated: boolean) {
    this.#tolerated = tolerated
  }

  /** Something is lost. Throws a StateError where that is not to be. */
  add(what: string, errno: Errno | number): void {
    const { code } = errno instanceof Errno ? errno : Errno.of(errno)
    const line = `${what}: ${code}`
    if (!this.#tolerated) throw new StateError(line)
    this.#count += 1
    if (this.#count <= MOST) this.#lines.push(line)
  }

  /** A line for each, as far as they are not too many. */
  get lines(): readonly string[] {
    const more = this.#count - this.#lines.length
    return more > 0 ? [...this.#lines, `${more} more`] : this.#lines
  }
}
