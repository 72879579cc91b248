import { Errno, type Outcome } from '@fb/api'

/** Whether a result comes later. */
export function isPromise<T>(outcome: Outcome<T>): outcome is Promise<T | Errno> {
  return (
    typeof outcome === 'object' &&
    outcome !== null &&
    typeof (outcome as { then?: unknown }).then === 'function'
  )
}

/** The errno that a result stands for: an `Errno`, or the negative number of an operation that counts. */
export function errnoOf(result: unknown): Errno | undefined {
  if (result instanceof Errno) return result
  return typeof result === 'number' && result < 0 ? Errno.of(result) : undefined
}

/** Applies `change` to what an operation gave, now or when it is there; errors pass. */
export function mapOutcome<T, U>(outcome: Outcome<T>, change: (value: T) => U | Errno): Outcome<U> {
  if (isPromise(outcome)) {
    return outcome.then((value) => (value instanceof Errno ? value : change(value)))
  }
  return outcome instanceof Errno ? outcome : change(outcome)
}
