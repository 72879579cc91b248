import { createHash } from 'node:crypto'
import { liveMemory } from './live-memory.js'
import { Plateau } from './plateau.js'
import { memory } from './proc.js'

const MIB = 2 ** 20
/** Times that memory is measured. */
const MEASUREMENTS = 32
/** What may be referred to in the end that was not before. Some bytes left behind by each input come to more. */
const MOST_LIVE_GROWTH = 4 * MIB
/** What the process may have in the end beside that: allocators and the collector keep what they may need again. */
const MOST_ANONYMOUS_GROWTH = 48 * MIB

/** How {@link Attack} measures memory. */
export interface AttackOptions {
  /** The process that is attacked, where it is not this one. */
  readonly pid?: number
}

/**
 * A test that sends as much as it is told, from the seed that it is told, and that watches the memory of what it attacks:
 * FB_ATTACK_INPUTS, FB_ATTACK_SEED, and FB_ATTACK_UNIT for one unit alone (a round, a connection, a session) as a failure
 * names it. `tools/fuzz` runs all there are.
 */
export class Attack {
  /** Whole number from which all inputs follow. */
  readonly seed: number
  /** Inputs to send at least. */
  readonly wanted: number
  readonly #only: number | undefined
  readonly #pid: number | undefined
  readonly #hash = createHash('sha256')
  readonly #live = new Plateau()
  readonly #anonymous = new Plateau()
  #sent = 0
  #hashed = false
  #measured = 0

  /** @param inputs - how many where nobody says */
  constructor(name: string, inputs: number, { pid }: AttackOptions = {}) {
    const { FB_ATTACK_SEED, FB_ATTACK_INPUTS, FB_ATTACK_UNIT } = process.env
    this.seed = Number(FB_ATTACK_SEED ?? (Date.now() ^ process.pid) >>> 0)
    this.wanted = Number(FB_ATTACK_INPUTS ?? inputs)
    this.#only = FB_ATTACK_UNIT === undefined ? undefined : Number(FB_ATTACK_UNIT)
    this.#pid = pid
    process.stdout.write(`${name}: ${this.wanted} inputs, FB_ATTACK_SEED=${this.seed}\n`)
  }

  /** Inputs sent so far. */
  get sent(): number {
    return this.#sent
  }

  /**
   * Plays one unit after the other until enough has been sent, or the one that was asked for. What a unit sends must
   * follow from the seed and its number alone. An error of it names both.
   */
  async play(unit: (number: number) => Promise<void> | void): Promise<void> {
    for (let number = this.#only ?? 0; this.#sent < this.wanted; number += 1) {
      try {
        await unit(number)
      } catch (error) {
        const again = `FB_ATTACK_SEED=${this.seed} FB_ATTACK_UNIT=${number}`
        throw new Error(`${(error as Error).message} (play it again: ${again})`, { cause: error })
      }
      this.#measure()
      if (this.#only !== undefined) return
    }
  }

  /** An input is sent, in so many parts. */
  input(...parts: readonly Uint8Array[]): void {
    this.#sent += 1
    this.#hashed = true
    for (const part of parts) this.#hash.update(part)
  }

  /** Inputs are sent whose bytes depend on more than the seed, so that they are only counted. */
  inputs(count: number): void {
    this.#sent += count
  }

  /**
   * Says what was done, in a line that `tools/fuzz` reads, and throws where memory does not level off. One unit alone
   * says nothing about memory.
   */
  finish(counts: object): void {
    const inMiB = (plateau: Plateau) => plateau.summary.map((bytes) => Math.round((bytes / MIB) * 10) / 10)
    const found = {
      inputs: this.#sent,
      ...(this.#hashed ? { digest: this.#hash.digest('hex').slice(0, 16) } : {}),
      anonymousMiB: inMiB(this.#anonymous),
      ...(this.#pid === undefined ? { liveMiB: inMiB(this.#live) } : {}),
      ...counts,
    }
    process.stdout.write(`  attacked ${JSON.stringify(found)}\n`)
    if (this.#only !== undefined) return
    const grown = (what: string, plateau: Plateau, most: number): void => {
      if (plateau.growth > most) throw new Error(`${what} grows: ${inMiB(plateau).join(', ')} MiB`)
    }
    grown('anonymous memory', this.#anonymous, MOST_ANONYMOUS_GROWTH)
    if (this.#pid === undefined) grown('what is referred to', this.#live, MOST_LIVE_GROWTH)
  }

  #measure(): void {
    if (this.#sent < (this.#measured * this.wanted) / MEASUREMENTS) return
    this.#measured += 1
    if (this.#pid === undefined) this.#live.add(liveMemory())
    this.#anonymous.add(memory(this.#pid).anonymous)
  }
}
