import { isPromise } from '@fb/api'

/** Steps that may have to wait: whatever is yielded comes back as what it resolves with. */
export type Steps<T> = Generator<unknown, T, unknown>

/**
 * Runs steps. As long as nothing that they yield is a promise, all is done before this returns; from the first promise on,
 * the rest follows when it settles. So one piece of code serves file systems that answer at once and those that do not.
 */
export function runSteps<T>(steps: Steps<T>): T | Promise<T> {
  let next = steps.next()
  while (next.done !== true) {
    if (isPromise(next.value)) return resume(steps, next.value)
    next = steps.next(next.value)
  }
  return next.value
}

async function resume<T>(steps: Steps<T>, first: Promise<unknown>): Promise<T> {
  let waiting = first
  for (;;) {
    const next = await step(steps, waiting)
    if (next.done === true) return next.value
    waiting = Promise.resolve(next.value)
  }
}

async function step<T>(steps: Steps<T>, waiting: Promise<unknown>): Promise<IteratorResult<unknown, T>> {
  let value: unknown
  try {
    value = await waiting
  } catch (error) {
    return steps.throw(error)
  }
  return steps.next(value)
}
