import type { FileSystem } from '@fb/api'
import { OPERATIONS } from '@fb/middleware'

type AnyMethod = (...args: unknown[]) => unknown

/** A file system that is whatever `current` gives at the moment, so that one can take the place of another. */
export function delegate(current: () => FileSystem): FileSystem {
  const methods = ['init', 'destroy', ...OPERATIONS].map((name) => {
    const method: AnyMethod = (...args) => {
      const target = current() as unknown as Record<string, AnyMethod>
      return target[name]?.(...args)
    }
    return [name, method]
  })
  return Object.fromEntries(methods)
}
