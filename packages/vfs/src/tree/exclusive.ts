/** One change at a time: each begins when the one before has ended, well or not. */
export class Exclusive {
  /** The last change that has not ended. */
  #last: Promise<unknown> | undefined

  /** Runs a change: at once where nothing is under way, and to its end before this returns where nothing has to wait. */
  run<T>(change: () => T | Promise<T>): T | Promise<T> {
    if (this.#last !== undefined) return this.#follow(this.#last.then(change, change))
    const outcome = change()
    return outcome instanceof Promise ? this.#follow(outcome) : outcome
  }

  #follow<T>(outcome: Promise<T>): Promise<T> {
    const ended = outcome.then(
      () => {},
      () => {},
    )
    const done = ended.then(() => {
      if (this.#last === done) this.#last = undefined
    })
    this.#last = done
    return outcome
  }
}
