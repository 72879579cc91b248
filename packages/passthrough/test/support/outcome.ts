import { Errno, type Outcome } from '@fb/api'

/** The value of an outcome that was there at once. Throws what it is where that is an error or a promise. */
export function ok<T>(outcome: Outcome<T>): T {
  if (outcome instanceof Errno) throw new Error(`answered ${outcome.code}`)
  if (outcome instanceof Promise) throw new Error('answered with a promise')
  if (typeof outcome === 'number' && outcome < 0) throw new Error(`answered ${Errno.of(outcome).code}`)
  return outcome
}

/** The value of an outcome, now or later. */
export async function later<T>(outcome: Outcome<T>): Promise<T> {
  return ok(await outcome)
}

/** The name of the error of an outcome, `undefined` where it succeeded. */
export function code(outcome: Outcome<unknown>): string | undefined {
  if (outcome instanceof Promise) throw new Error('answered with a promise')
  if (outcome instanceof Errno) return outcome.code
  return typeof outcome === 'number' && outcome < 0 ? Errno.of(outcome).code : undefined
}

/** As {@link code}, now or later. */
export async function codeLater(outcome: Outcome<unknown>): Promise<string | undefined> {
  return code(await outcome)
}
