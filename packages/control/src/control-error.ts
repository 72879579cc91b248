import { Errno } from '@fb/api'
import { z } from 'zod'

/** Why something that was asked for was not done: `code` is the name of an errno, the message is one line for people. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  /** Symbolic name of an errno, such as `ENOENT`. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** What went wrong as a {@link ControlError}: wrong values are EINVAL, what has no errno is EIO. */
export function toControlError(error: unknown): ControlError {
  if (error instanceof ControlError) return error
  if (error instanceof z.ZodError) return new ControlError('EINVAL', describeIssues(error))
  if (error instanceof Errno) return new ControlError(error.code, `a back end answered ${error.code}`)
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof RangeError || error instanceof TypeError) return new ControlError('EINVAL', message)
  const errno = Errno.from(error)
  const code = errno?.code ?? 'EIO'
  return new ControlError(code, message.replace(new RegExp(`^${code}: `), ''))
}

/** What is wrong with a value, in one line. */
export function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${shownKeys(issue.path)}${issue.message}`).join('; ')
}

/** Where in a value something is wrong, as `mounts[0].cache: `. */
export function shownKeys(path: readonly PropertyKey[]): string {
  if (path.length === 0) return ''
  const keys = path.map((key, at) =>
    typeof key === 'number' ? `[${key}]` : `${at === 0 ? '' : '.'}${String(key)}`,
  )
  return `${keys.join('')}: `
}
