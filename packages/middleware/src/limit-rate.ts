import { Errno, type FileSystem, OPERATIONS, type Operation, type ReadSink, type WriteSource } from '@fb/api'
import { type Clock, systemClock } from './clock.js'
import { signalOf } from './context-of.js'
import { keepOutcome } from './outcome.js'
import { TokenBucket } from './token-bucket.js'
import { type Arguments, type Method, wrap } from './wrap.js'

/** How much may go through {@link limitRate}. */
export interface RateLimits {
  /** Operations per second. Default: no limit. */
  readonly operations?: number
  /** Bytes per second that READ asks for and WRITE brings. Default: no limit. */
  readonly bytes?: number
  /** Seconds' worth that may be used at once after a pause. Default 1. */
  readonly burst?: number
  /** Default: the clock of the process. */
  readonly clock?: Clock
}

/**
 * Slows a file system down to so many operations and bytes per second. What is within the limits passes at once, and
 * what is synchronous stays it; the rest waits its turn, and is answered EINTR when its caller is interrupted
 * meanwhile. `forget`, `release` and `releasedir` are neither counted nor delayed.
 *
 * Throws RangeError for a limit that is not a number above 0.
 */
export function limitRate(fs: FileSystem, limits: RateLimits): FileSystem {
  const { burst = 1, clock = systemClock } = limits
  const now = clock.now()
  const operations =
    limits.operations === undefined ? undefined : new TokenBucket(limits.operations, burst, now)
  const bytes = limits.bytes === undefined ? undefined : new TokenBucket(limits.bytes, burst, now)
  return wrap(fs, (operation, next) => {
    if (OPERATIONS[operation].releases) return next
    const moved = operation === 'read' || operation === 'write' ? bytes : undefined
    if (operations === undefined && moved === undefined) return next
    return limited(operation, next, operations, moved, clock)
  })
}

function limited(
  operation: Operation,
  next: Method,
  operations: TokenBucket | undefined,
  bytes: TokenBucket | undefined,
  clock: Clock,
): Method {
  return (a, b, c, d, e, f) => {
    const now = clock.now()
    const size = bytes === undefined ? 0 : (d as ReadSink | WriteSource).size
    const wait = Math.max(operations?.take(1, now) ?? 0, bytes?.take(size, now) ?? 0)
    if (wait === 0) return next(a, b, c, d, e, f)
    const args: Arguments = [a, b, c, d, e, f]
    return clock.sleep(wait, signalOf(operation, args)).then(
      () => keepOutcome(next(...args)),
      () => {
        operations?.refund(1)
        bytes?.refund(size)
        return Errno.EINTR
      },
    )
  }
}
