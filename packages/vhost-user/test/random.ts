/** A generator whose whole course follows from its seed (xorshift32), so that a printed seed repeats a failure. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 1
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

/** The seed and the number of rounds of an attack: FB_ATTACK_SEED and FB_ATTACK_ROUNDS, printed. */
export function attack(name: string, rounds: number): { random: Random; rounds: number; seed: number } {
  const seed = Number(process.env['FB_ATTACK_SEED'] ?? (Date.now() ^ process.pid) >>> 0)
  const wanted = Number(process.env['FB_ATTACK_ROUNDS'] ?? rounds)
  process.stdout.write(`${name}: ${wanted} rounds, FB_ATTACK_SEED=${seed}\n`)
  return { random: new Random(seed), rounds: wanted, seed }
}
