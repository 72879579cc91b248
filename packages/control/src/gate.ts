import {
  type Context,
  Errno,
  type FileSystem,
  isPromise,
  OPERATIONS,
  type Operation,
  type Outcome,
} from '@fb/api'
import { type Arguments, keepOutcome, type Method, wrap } from '@fb/middleware'

interface Held {
  /** Goes on with it. */
  readonly run: () => void
  /** Answers it without doing it. */
  readonly cancel: () => void
}

/**
 * Stops a file system for a while: while it is closed, operations wait, and go on in their order when it opens. Nothing is
 * lost: an operation is either done or answered EINTR because its caller was interrupted. One that is answered at once costs
 * a comparison.
 */
export class Gate {
  /** What waits; `undefined` while it is open. */
  #held: Set<Held> | undefined
  #inFlight = 0
  /** Lock requests that wait for other holders, for which closing does not wait: they may take for ever. */
  #waiting = 0
  /** Called once, when nothing is under way any more. */
  #onDrained: (() => void)[] = []
  /** Settles when the gate opens again; set while it is closed. */
  #opening: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  /** Whether operations wait. */
  get isClosed(): boolean {
    return this.#held !== undefined
  }

  /** Operations that have begun and not ended. */
  get inFlight(): number {
    return this.#inFlight + this.#waiting
  }

  /** Operations that wait for it to open. */
  get held(): number {
    return this.#held?.size ?? 0
  }

  /** The file system behind the gate. */
  guard(fs: FileSystem): FileSystem {
    const guarded = wrap(fs, (operation, next) => this.#guarded(operation, next))
    return {
      ...guarded,
      // Who waited has no connection any more to be answered on.
      destroy: () => {
        for (const { cancel } of [...(this.#held ?? [])]) cancel()
        return fs.destroy?.()
      },
    }
  }

  /**
   * Closes, and resolves when every operation that had begun has ended; a lock request that waits for another holder does
   * not count, but is not answered either before the gate opens. False where it is open again by then: somebody else has
   * opened it, or it has itself, after `milliseconds` in which an operation did not end.
   */
  async close(milliseconds: number): Promise<boolean> {
    this.#held ??= new Set()
    this.#opening ??= makeOpening()
    const { promise: opening } = this.#opening
    if (this.#inFlight === 0) return true
    const drained = new Promise<'drained'>((resolve) => this.#onDrained.push(() => resolve('drained')))
    const opened = opening.then(() => 'opened' as const)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, milliseconds, 'late')
    })
    const outcome = await Promise.race([drained, opened, late])
    clearTimeout(timer)
    if (outcome === 'late') this.open()
    return outcome === 'drained'
  }

  /** Opens, and goes on with what waited, in its order. How many that were; `undefined` where it is open already. */
  open(): number | undefined {
    const held = this.#held
    if (held === undefined) return undefined
    this.#held = undefined
    this.#onDrained = []
    this.#opening?.resolve()
    this.#opening = undefined
    const count = held.size
    for (const { run } of held) run()
    return count
  }

  #guarded(operation: Operation, next: Method): Method {
    if (OPERATIONS[operation].waits) return (...args) => this.#waitable(operation, next, args)
    return (a, b, c, d, e, f) => {
      if (this.#held !== undefined) return this.#hold(this.#held, operation, next, [a, b, c, d, e, f])
      const outcome = next(a, b, c, d, e, f)
      return isPromise(outcome) ? this.#follow(outcome) : outcome
    }
  }

  #waitable(operation: Operation, next: Method, args: Arguments): Outcome<unknown> {
    if (this.#held !== undefined) return this.#hold(this.#held, operation, next, args)
    const outcome = next(...args)
    return isPromise(outcome) ? this.#followLock(outcome) : outcome
  }

  async #followLock(outcome: Promise<unknown>): Promise<unknown> {
    this.#waiting += 1
    try {
      return await outcome
    } finally {
      await this.#opening?.promise
      this.#waiting -= 1
    }
  }

  async #follow(outcome: Promise<unknown>): Promise<unknown> {
    this.#inFlight += 1
    try {
      return await outcome
    } finally {
      this.#inFlight -= 1
      if (this.#inFlight === 0) {
        for (const tell of this.#onDrained.splice(0)) tell()
      }
    }
  }

  #hold(held: Set<Held>, operation: Operation, next: Method, args: Arguments): Outcome<unknown> {
    const { context, releases } = OPERATIONS[operation]
    if (context === -1) {
      const entry: Held = {
        // Nobody is answered, and nobody else may suffer from what it throws.
        run: () => void attempt(() => next(...args)).catch(() => {}),
        cancel: () => held.delete(entry),
      }
      held.add(entry)
      return undefined
    }
    const { signal } = args[context] as Context
    return new Promise((resolve) => {
      const entry: Held = {
        run: () => {
          signal.removeEventListener('abort', entry.cancel)
          // One runs after the other before any answer is taken.
          resolve(attempt(() => keepOutcome(this.#guarded(operation, next)(...args))))
        },
        cancel: () => {
          if (held.delete(entry)) resolve(Errno.EINTR)
        },
      }
      held.add(entry)
      if (!releases) signal.addEventListener('abort', entry.cancel, { once: true })
    })
  }
}

/** What a method gives back, with what it throws as a rejection. */
async function attempt(call: () => Outcome<unknown>): Promise<unknown> {
  return call()
}

function makeOpening(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
