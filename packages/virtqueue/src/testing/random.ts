const GOLDEN = 0x9e3779b9

/** A generator whose whole course follows from its seed (xorshift32), so that a printed seed repeats a failure. */
export class Random {
  #state: number

  /** @param stream - one of the courses of a seed, which have nothing to do with each other */
  constructor(seed: number, stream = 0) {
    this.#state = scramble(scramble(seed) + Math.imul(stream + 1, GOLDEN)) || 1
  }

  /** 0 ... 2^32 - 1 */
  word(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    return x >>> 0
  }

  /** 0 ... `limit` - 1 */
  below(limit: number): number {
    return this.word() % limit
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === 0
  }
}

/** Spreads neighbouring numbers over all 32 bits (the finalizer of MurmurHash3). */
function scramble(value: number): number {
  let x = value | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
