import { StateError } from '@fb/api'

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)

/** Reads what a `PieceWriter` wrote. Every method throws a StateError where the piece does not hold what it asks for. */
export class PieceReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(piece: Uint8Array) {
    this.#bytes = piece
    this.#view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength)
  }

  /** Whether all of it was read. */
  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  /** 64 bits that a safe integer holds. */
  safe(): number {
    const value = this.u64()
    if (value > MAX_SAFE) throw new StateError(`the state has ${value} where a smaller number must be`)
    return Number(value)
  }

  /** Bytes behind their length: a view. */
  bytes(most: number): Uint8Array {
    const length = this.u32()
    if (length > most) throw new StateError(`the state has ${length} bytes where at most ${most} can be`)
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  #take(length: number): number {
    const start = this.#at
    if (length > this.#bytes.length - start) throw new StateError('a record of the state is cut off')
    this.#at = start + length
    return start
  }
}
