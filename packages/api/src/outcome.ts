import { Errno } from './errno.js'
import type { Outcome } from './file-system.js'

/** Whether an answer comes later. */
export function isPromise<T>(outcome: Outcome<T>): outcome is Promise<T | Errno> {
  return (
    typeof outcome === 'object' &&
    outcome !== null &&
    typeof (outcome as { then?: unknown }).then === 'function'
  )
}

/** Applies `change` to what an operation gave, now or when it is there; errors pass. */
export function mapOutcome<T, U>(outcome: Outcome<T>, change: (value: T) => U | Errno): Outcome<U> {
  if (isPromise(outcome)) {
    return outcome.then((value) => (value instanceof Errno ? value : change(value)))
  }
  return outcome instanceof Errno ? outcome : change(outcome)
}
