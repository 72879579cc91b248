import { type Context, type FileSystem, OPERATIONS, type Operation } from '@fb/api'
import { type Clock, systemClock } from './clock.js'
import { contextOf } from './context-of.js'
import { formatArgument, formatResult } from './format.js'
import { watch } from './watch.js'
import { type Method, wrap } from './wrap.js'

/** Options of {@link trace}. */
export interface TraceOptions {
  /** Takes each line, without a line feed. Default: writes it to stderr. */
  readonly write?: (line: string) => void
  /** Operations to trace. Default: all. */
  readonly operations?: readonly Operation[]
  /** Stands before each line, to tell several file systems apart. */
  readonly prefix?: string
  /** Default: the clock of the process. */
  readonly clock?: Clock
}

/**
 * Writes a line for every operation when it has ended: who asked what, what came of it, and how long it took. This is what
 * the file system sees; `@fb/api/trace` shows what a client sends.
 *
 * ```text
 * lookup(1, "hello.txt") uid=1000 pid=4242 = node 2 mode 0100444 size 3, 0.02 ms
 * lookup(1, "nope") uid=1000 pid=4242 = ENOENT, 0.01 ms
 * ```
 */
export function trace(fs: FileSystem, options: TraceOptions = {}): FileSystem {
  const { write = writeToStderr, operations, prefix = '', clock = systemClock } = options
  const chosen = operations === undefined ? undefined : new Set(operations)
  return wrap(fs, (operation, next) => {
    if (chosen !== undefined && !chosen.has(operation)) return next
    return traced(operation, next, clock, (line) => write(prefix + line))
  })
}

function traced(operation: Operation, next: Method, clock: Clock, write: (line: string) => void): Method {
  return watch(next, {
    begun: () => clock.now(),
    ended(begun, result, failed, args) {
      const shown = args
        .slice(0, operation === 'forget' ? 2 : OPERATIONS[operation].context)
        .map(formatArgument)
        .join(', ')
      const milliseconds = (clock.now() - begun).toFixed(2)
      write(
        `${operation}(${shown})${caller(contextOf(operation, args))} = ${formatResult(result, failed)}, ${milliseconds} ms`,
      )
    },
  })
}

function caller(context: Context | undefined): string {
  return context === undefined ? '' : ` uid=${context.uid} pid=${context.pid}`
}

function writeToStderr(line: string): void {
  process.stderr.write(`${line}\n`)
}
