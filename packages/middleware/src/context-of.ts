import { type Context, OPERATIONS, type Operation } from '@fb/api'

/** The context among the arguments of an operation; `undefined` for `forget`. */
export function contextOf(operation: Operation, args: readonly unknown[]): Context | undefined {
  return args[OPERATIONS[operation].context] as Context | undefined
}

/** Signal of the caller; one that is never aborted for `forget`. */
export function signalOf(operation: Operation, args: readonly unknown[]): AbortSignal {
  return contextOf(operation, args)?.signal ?? new AbortController().signal
}
