import { setImmediate as nextTurn } from 'node:timers/promises'
import { MAX_STATE_PIECE } from '@fb/api'
import { SysError, WATCH_WRITABLE, write } from '@fb/sys'
import { LENGTH_BYTES, STATE_MAGIC } from './state-format.js'
import { makeNonBlocking, streamReady } from './stream-ready.js'

const EAGAIN = -11
const EINTR = -4

/** Writes state to a pipe of the front end, and never makes the event loop wait for it. */
export class StateOutput {
  readonly #fd: number
  readonly #signal: AbortSignal
  readonly #length = new Uint8Array(LENGTH_BYTES)

  /** @param fd - stays the caller's; made non-blocking */
  constructor(fd: number, signal: AbortSignal) {
    makeNonBlocking(fd)
    this.#fd = fd
    this.#signal = signal
  }

  /** Says what it is. Rejects as {@link StateOutput.piece}. */
  begin(): Promise<void> {
    return this.#write(STATE_MAGIC)
  }

  /**
   * Writes a piece of 1 to `MAX_STATE_PIECE` bytes.
   * Rejects with a SysError where the front end has closed its end, and with the reason of the signal.
   */
  async piece(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0 || bytes.length > MAX_STATE_PIECE) {
      throw new RangeError(`a piece of state has 1 to ${MAX_STATE_PIECE} bytes, not ${bytes.length}`)
    }
    await this.#writeLength(bytes.length)
    await this.#write(bytes)
    // Whoever reads may be faster than we: the loop gets its turns all the same.
    await nextTurn()
  }

  /** Says that this is all. Rejects as {@link StateOutput.piece}. */
  end(): Promise<void> {
    return this.#writeLength(0)
  }

  #writeLength(length: number): Promise<void> {
    new DataView(this.#length.buffer).setUint32(0, length, true)
    return this.#write(this.#length)
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      this.#signal.throwIfAborted()
      const result = write(this.#fd, bytes, done, bytes.length - done)
      if (result === EAGAIN) await streamReady(this.#fd, WATCH_WRITABLE, this.#signal)
      else if (result >= 0) done += result
      else if (result !== EINTR) throw new SysError(result, 'writing the state')
    }
  }
}
