import type { StructDescriptor } from '@fb/abi'

const ENCODER = new TextEncoder()
const FIRST_SIZE = 256

/** Builds what follows the header of a request: structs, names and data, in the order of the protocol. */
export class RequestBody {
  #bytes = new Uint8Array(FIRST_SIZE)
  #view = new DataView(this.#bytes.buffer)
  #end = 0

  /**
   * Adds a struct; fields that are left out are zero.
   * @param size bytes of it to keep, where an older minor sends only its beginning
   */
  struct<T extends object>(
    descriptor: StructDescriptor<T>,
    value: Partial<T> = {},
    size = descriptor.size,
  ): this {
    this.#reserve(descriptor.size)
    descriptor.encode(this.#view, this.#end, Object.assign(descriptor.create(), value))
    this.#end += size
    return this
  }

  /** Adds a name and its NUL. It is not checked: a test may want a wrong one. */
  name(name: Uint8Array | string): this {
    return this.bytes(typeof name === 'string' ? ENCODER.encode(name) : name).bytes(new Uint8Array(1))
  }

  /** Adds data as it is. */
  bytes(data: Uint8Array): this {
    this.#reserve(data.length)
    this.#bytes.set(data, this.#end)
    this.#end += data.length
    return this
  }

  /** Overwrites a 64-bit field with a number that no safe integer holds. */
  patch64(at: number, value: bigint): this {
    this.#view.setBigUint64(at, value, true)
    return this
  }

  /** The body so far. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#end)
  }

  #reserve(size: number): void {
    const needed = this.#end + size
    if (needed <= this.#bytes.length) return
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    bytes.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}
