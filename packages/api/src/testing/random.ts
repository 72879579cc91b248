const GOLDEN = 0x9e3779b9

/** Random numbers that come again for the same seed: what a generated test is replayed with. */
export class SeededRandom {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** @param seed any whole number; @param stream numbers of one seed that have nothing to do with each other */
  constructor(seed: number, stream = 0) {
    this.#a = seed | 0
    this.#b = Math.floor(seed / 2 ** 32) | 0
    this.#c = Math.imul(stream + 1, GOLDEN) | 0
    for (let round = 0; round < 12; round += 1) this.uint32()
  }

  /** A whole number of 0...2^32-1 (Chris Doty-Humphrey's sfc32). */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    this.#c |= 0
    return sum >>> 0
  }

  /** A whole number of 0...`limit` - 1. */
  below(limit: number): number {
    return Math.floor((this.uint32() / 2 ** 32) * limit)
  }

  /** True with a probability of `percent` in a hundred. */
  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  /** One of the given ones. Throws RangeError where there are none. */
  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new RangeError('there is nothing to pick from')
    return choices[this.below(choices.length)] as T
  }

  /** 64 random bits. */
  uint64(): bigint {
    return (BigInt(this.uint32()) << 32n) | BigInt(this.uint32())
  }

  /** `length` random bytes. */
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 1) bytes[at] = this.uint32() & 0xff
    return bytes
  }
}
