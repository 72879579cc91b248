import { isPromise, type Outcome } from '@fb/api'
import type { Method } from './wrap.js'

/** What looks on while an operation runs. */
export interface Watcher {
  /** Called before it; what it returns goes to `ended`: a time, in milliseconds. */
  begun(): number
  /**
   * Called once, when it has ended.
   * @param failed whether `result` was thrown, or the promise rejected with it
   * @param args the arguments, still valid
   */
  ended(begun: number, result: unknown, failed: boolean, args: readonly unknown[]): void
}

/** A method that does what `next` does, watched. */
export function watch(next: Method, watcher: Watcher): Method {
  return (a, b, c, d, e, f) => {
    const args = [a, b, c, d, e, f]
    const begun = watcher.begun()
    let outcome: Outcome<unknown>
    try {
      outcome = next(a, b, c, d, e, f)
    } catch (error) {
      watcher.ended(begun, error, true, args)
      throw error
    }
    if (isPromise(outcome)) return watchPromise(outcome, begun, watcher, args)
    watcher.ended(begun, outcome, false, args)
    return outcome
  }
}

function watchPromise(
  promise: Promise<unknown>,
  begun: number,
  watcher: Watcher,
  args: readonly unknown[],
): Promise<unknown> {
  return promise.then(
    (result) => {
      watcher.ended(begun, result, false, args)
      return result
    },
    (error: unknown) => {
      watcher.ended(begun, error, true, args)
      throw error
    },
  )
}
