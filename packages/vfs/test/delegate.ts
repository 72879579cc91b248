import { type FileSystem, OPERATION_NAMES } from '@fb/api'

type AnyMethod = (...args: unknown[]) => unknown

/** A file system that is whatever `current` gives at the moment, so that one can take the place of another. */
export function delegate(current: () => FileSystem): FileSystem {
  const methods = ['init', 'destroy', ...OPERATION_NAMES].map((name) => {
    const method: AnyMethod = (...args) => {
      const target = current() as unknown as Record<string, AnyMethod>
      return target[name]?.(...args)
    }
    return [name, method]
  })
  return Object.fromEntries(methods)
}
