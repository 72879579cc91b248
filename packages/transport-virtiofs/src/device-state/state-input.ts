import { setImmediate as nextTurn } from 'node:timers/promises'
import { MAX_STATE_PIECE, StateError } from '@fb/api'
import { read, SysError, WATCH_READABLE } from '@fb/sys'
import { LENGTH_BYTES, STATE_MAGIC } from './state-format.js'
import { makeNonBlocking, streamReady } from './stream-ready.js'

const EAGAIN = -11
const EINTR = -4
/** Memory for pieces at first; most are no larger. */
const USUAL_PIECE = 128 * 1024

/** Reads state from a pipe of the front end, and never makes the event loop wait for it. */
export class StateInput {
  readonly #fd: number
  readonly #signal: AbortSignal
  readonly #length = new Uint8Array(LENGTH_BYTES)
  #buffer = new Uint8Array(USUAL_PIECE)
  #ended = false

  /** @param fd - stays the caller's; made non-blocking */
  constructor(fd: number, signal: AbortSignal) {
    makeNonBlocking(fd)
    this.#fd = fd
    this.#signal = signal
  }

  /** Reads what says that it is state. Rejects as {@link StateInput.piece}. */
  async begin(): Promise<void> {
    const magic = new Uint8Array(STATE_MAGIC.length)
    await this.#fill(magic, magic.length)
    if (Buffer.compare(magic, STATE_MAGIC) !== 0)
      throw new StateError('this is not the state of such a device')
  }

  /**
   * The next piece, valid until the one after it is asked for; `undefined` at the end, behind which there must be nothing.
   * Rejects with a StateError where there is something else, with a SysError and with the reason of the signal.
   */
  async piece(): Promise<Uint8Array | undefined> {
    if (this.#ended) return undefined
    await this.#fill(this.#length, LENGTH_BYTES)
    const length = new DataView(this.#length.buffer).getUint32(0, true)
    if (length > MAX_STATE_PIECE) throw new StateError(`the state has a piece of ${length} bytes`)
    if (length === 0) {
      if ((await this.#some(this.#length, 0, 1)) > 0)
        throw new StateError('there is something behind the state')
      this.#ended = true
      return undefined
    }
    if (length > this.#buffer.length) this.#buffer = new Uint8Array(MAX_STATE_PIECE)
    await this.#fill(this.#buffer, length)
    await nextTurn()
    return this.#buffer.subarray(0, length)
  }

  /** The pieces that are left. */
  async *pieces(): AsyncGenerator<Uint8Array, void, void> {
    for (let piece = await this.piece(); piece !== undefined; piece = await this.piece()) yield piece
  }

  async #fill(target: Uint8Array, length: number): Promise<void> {
    for (let filled = 0; filled < length; ) {
      const count = await this.#some(target, filled, length - filled)
      if (count === 0) throw new StateError('the state is cut off')
      filled += count
    }
  }

  /** At least one byte, or 0 at the end of the file. */
  async #some(target: Uint8Array, offset: number, length: number): Promise<number> {
    for (;;) {
      this.#signal.throwIfAborted()
      const result = read(this.#fd, target, offset, length)
      if (result >= 0) return result
      if (result === EAGAIN) await streamReady(this.#fd, WATCH_READABLE, this.#signal)
      else if (result !== EINTR) throw new SysError(result, 'reading the state')
    }
  }
}
