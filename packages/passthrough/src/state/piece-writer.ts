/** A piece is handed over once it has this many bytes. */
const FULL = 64 * 1024
/** No record is longer. */
const LONGEST_RECORD = 16 * 1024

/** Writes records of numbers (little-endian) and bytes into pieces of state. */
export class PieceWriter {
  readonly #bytes = new Uint8Array(FULL + LONGEST_RECORD)
  readonly #view = new DataView(this.#bytes.buffer)
  #length = 0

  /** Whether the piece is to be taken before the next record. */
  get full(): boolean {
    return this.#length >= FULL
  }

  get empty(): boolean {
    return this.#length === 0
  }

  /** What was written since this was last called: valid until something is written. */
  take(): Uint8Array {
    const piece = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    return piece
  }

  u8(value: number): void {
    this.#bytes[this.#length] = value
    this.#length += 1
  }

  /** 32 bits, with a sign or without. */
  u32(value: number): void {
    this.#view.setUint32(this.#length, value, true)
    this.#length += 4
  }

  u64(value: number | bigint): void {
    this.#view.setBigUint64(this.#length, BigInt.asUintN(64, BigInt(value)), true)
    this.#length += 8
  }

  /** Bytes, at most 4096, with their length in front. */
  bytes(value: Uint8Array): void {
    this.u32(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }
}
