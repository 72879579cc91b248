import { type FileSystem, LIFECYCLE, OPERATION_NAMES, type Operation, type Outcome } from '@fb/api'

/** Any operation as a function of its arguments, bound to its file system. None has more than six. */
export type Method = (
  a?: unknown,
  b?: unknown,
  c?: unknown,
  d?: unknown,
  e?: unknown,
  f?: unknown,
) => Outcome<unknown>

/** The arguments of a {@link Method}. */
export type Arguments = Parameters<Method>

/**
 * Makes the method that stands before `next`. Called once for each operation when the layer is made; return `next`
 * itself for an operation that the layer leaves alone.
 */
export type Around = (operation: Operation, next: Method) => Method

/**
 * A file system that has exactly the methods of `inner`, each led through `around`. Which methods there are decides what
 * is negotiated with the kernel, so a layer neither adds nor hides any.
 *
 * What a synchronous method gives back is still synchronous, unless `around` makes a promise of it. `init`, `destroy`
 * and those of its state go straight to `inner`. Methods that `inner` gets afterwards are not seen.
 */
export function wrap(inner: FileSystem, around: Around): FileSystem {
  const methods: [name: string, method: unknown][] = []
  for (const name of LIFECYCLE) {
    const method: ((...args: never[]) => unknown) | undefined = inner[name]
    if (method !== undefined) methods.push([name, method.bind(inner)])
  }
  for (const operation of OPERATION_NAMES) {
    const method = inner[operation] as Method | undefined
    if (method !== undefined) methods.push([operation, around(operation, method.bind(inner))])
  }
  return Object.fromEntries(methods)
}
