import { Errno, OPERATIONS, type Operation, type OperationMethod, type Outcome } from '@fb/api'
import type { Backing } from './backing.js'

type Method = (...args: readonly unknown[]) => Outcome<unknown>

/** Asks a back end for an operation, with the arguments of its method. */
export type Ask<O extends Operation> = (
  back: Backing,
  ...args: Parameters<OperationMethod<O>>
) => ReturnType<OperationMethod<O>> | Errno

/**
 * Makes what asks back ends for an operation: gives what they give, and ENOSYS where one lacks it, whether it has no method or
 * throws ENOSYS. {@link Answers} turns that into what the client is told. Other exceptions go on.
 */
export function asker<O extends Operation>(operation: O): Ask<O> {
  const count = Math.max(OPERATIONS[operation].context, 1) + 1
  const ask = (
    { fs }: Backing,
    a: unknown,
    b: unknown,
    c: unknown,
    d: unknown,
    e: unknown,
    f: unknown,
  ): Outcome<unknown> => {
    const method = fs[operation] as Method | undefined
    if (method === undefined) return Errno.ENOSYS
    try {
      switch (count) {
        case 2:
          return method.call(fs, a, b)
        case 3:
          return method.call(fs, a, b, c)
        case 4:
          return method.call(fs, a, b, c, d)
        case 5:
          return method.call(fs, a, b, c, d, e)
        default:
          return method.call(fs, a, b, c, d, e, f)
      }
    } catch (error) {
      return lacking(error)
    }
  }
  return ask as unknown as Ask<O>
}

/** ENOSYS for an exception that says so; others go on. */
export function lacking(error: unknown): Errno {
  if (Errno.from(error) === Errno.ENOSYS) return Errno.ENOSYS
  throw error
}
