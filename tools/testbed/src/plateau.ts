/** Fewer measurements than this say nothing. */
const LEAST = 8

/** A quantity that may grow at first, and that goes up and down, but has to level off. */
export class Plateau {
  readonly #values: number[] = []

  add(value: number): void {
    this.#values.push(value)
  }

  /** The first, lowest of the second quarter, lowest of the last quarter, and highest. */
  get summary(): readonly [number, number, number, number] {
    const [first = 0] = this.#values
    return [first, this.#lowest(1), this.#lowest(3), Math.max(0, ...this.#values)]
  }

  /**
   * How much higher the lowest of the last quarter is than the lowest of the second one: what a collector takes back from
   * time to time does not count, and neither does what is needed to get going. Throws for fewer than eight.
   */
  get growth(): number {
    if (this.#values.length < LEAST) throw new Error(`${this.#values.length} measurements say nothing`)
    return this.#lowest(3) - this.#lowest(1)
  }

  #lowest(quarter: number): number {
    const { length } = this.#values
    const [from, to] = [quarter, quarter + 1].map((each) => Math.floor((length * each) / 4))
    return Math.min(...this.#values.slice(from, to))
  }
}
