import { Errno, type FileSystem, type Outcome } from '@fb/api'
import { wrap } from '@fb/middleware'

const PREFIX = 'hang-'

/** What is told of an operation that hangs. */
export interface HangHooks {
  readonly onHang: (operation: string) => void
  readonly onInterrupt: (operation: string) => void
  /** Whether an operation that hangs is answered (EINTR) when it is interrupted. */
  readonly interruptible: boolean
}

/**
 * A file system in which an operation hangs on whatever is called after it: `hang-open` cannot be opened, `hang-lookup`
 * not even be found, all other operations on them work. Nothing hangs any more once `release` has been called.
 */
export class HangingFs {
  readonly fs: FileSystem
  readonly #hooks: HangHooks
  /** The operation that hangs on a node. */
  readonly #nodes = new Map<number, string>()
  readonly #waiting: (() => void)[] = []
  #released = false

  constructor(inner: FileSystem, hooks: HangHooks) {
    this.#hooks = hooks
    this.fs = wrap(inner, (operation, next) => (...args) => {
      const [node, name] = args
      const made = name instanceof Uint8Array ? this.#called(name) : undefined
      const hangs = operation === 'lookup' ? made : this.#nodes.get(node as number)
      if (!this.#released && hangs === operation) {
        return this.#hang(operation, args.at(-1) as Interruptible).then(
          (errno) => errno ?? own(next(...args)),
        )
      }
      const outcome = next(...args)
      if (made !== undefined) this.#remember(outcome, made)
      return outcome
    })
  }

  /** Lets everything go on that hangs, and hang no more. */
  release(): void {
    this.#released = true
    for (const go of this.#waiting.splice(0)) go()
  }

  #called(name: Uint8Array): string | undefined {
    const text = Buffer.from(name).toString()
    return text.startsWith(PREFIX) ? text.slice(PREFIX.length) : undefined
  }

  #remember(outcome: Outcome<unknown>, operation: string): void {
    if (typeof outcome !== 'object' || outcome === null || outcome instanceof Errno) return
    const entry = 'entry' in outcome ? outcome.entry : outcome
    if (typeof entry === 'object' && entry !== null && 'nodeid' in entry) {
      this.#nodes.set(entry.nodeid as number, operation)
    }
  }

  #hang(operation: string, { signal }: Interruptible): Promise<Errno | undefined> {
    this.#hooks.onHang(operation)
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(undefined))
      signal.addEventListener('abort', () => {
        this.#hooks.onInterrupt(operation)
        if (this.#hooks.interruptible) resolve(Errno.EINTR)
      })
    })
  }
}

/** An answer as an object of its own: what is given at once may be used again for the next answer. */
function own(outcome: Outcome<unknown>): Outcome<unknown> {
  return outcome instanceof Errno || outcome instanceof Promise ? outcome : structuredClone(outcome)
}

interface Interruptible {
  readonly signal: AbortSignal
}
