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

/** Much more than a heap grows by itself over a run, much less than what some bytes left behind per input come to. */
const MOST_GROWTH = 128 * 2 ** 20

/** Says what an attack did, and fails where memory has grown since `early`, the resident bytes when it had just begun. */
export function bounded(inputs: number, early: number, counts: object): void {
  const late = process.memoryUsage.rss()
  const rssMiB = [early, late].map((bytes) => Math.round(bytes / 2 ** 20))
  process.stdout.write(`  attacked ${JSON.stringify({ inputs, rssMiB, ...counts })}\n`)
  if (late - early > MOST_GROWTH) throw new Error(`resident memory grew from ${rssMiB.join(' to ')} MiB`)
}
