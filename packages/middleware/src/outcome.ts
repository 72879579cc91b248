import { Errno, isPromise, type Outcome } from '@fb/api'

/** The errno that a result stands for: an `Errno`, or the negative number of an operation that counts. */
export function errnoOf(result: unknown): Errno | undefined {
  if (result instanceof Errno) return result
  return typeof result === 'number' && result < 0 ? Errno.of(result) : undefined
}

/**
 * What a file system gave back at once, for a layer that hands it on later: records and bytes that the file system may use
 * again with its next answer are copied. A promise stays what it is, for what it resolves with is used once.
 */
export function keepOutcome(outcome: Outcome<unknown>): Outcome<unknown> {
  return isPromise(outcome) ? outcome : copyOf(outcome)
}

function copyOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (Array.isArray(value)) return value.map(copyOf)
  if (typeof value !== 'object' || value === null || value instanceof Errno) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copyOf(part)]))
}
