import { Errno, type FileSystem, type Operation } from '@fb/api'
import { type Clock, systemClock } from './clock.js'
import { OperationStats } from './operation-stats.js'
import { errnoOf } from './outcome.js'
import { watch } from './watch.js'
import { type Method, wrap } from './wrap.js'

/** Options of {@link Metrics}. */
export interface MetricsOptions {
  /** Labels of every sample, such as `{ mount: '/data' }`. */
  readonly labels?: Readonly<Record<string, string>>
  /** Upper bounds of the latency histogram in seconds, ascending. Default: 10 us ... 10 s. */
  readonly buckets?: readonly number[]
  /** Default: the clock of the process. */
  readonly clock?: Clock
}

const MILLISECONDS = 1000
const DEFAULT_BUCKETS = [
  1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10,
]
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/**
 * What a file system does, counted by {@link measure}: operations, errors, bytes, and how long they take. One object may
 * measure several file systems, which then count together. `prometheusText` writes it out.
 */
export class Metrics {
  readonly labels: Readonly<Record<string, string>>
  /** Upper bounds of the histogram, in seconds. */
  readonly buckets: readonly number[]
  /** What was measured so far; operations that were never asked for are not in it. */
  readonly operations = new Map<Operation, OperationStats>()
  readonly clock: Clock
  readonly #bounds: readonly number[]

  /** Throws RangeError for buckets that do not ascend, TypeError for a label that Prometheus does not take. */
  constructor(options: MetricsOptions = {}) {
    const { labels = {}, buckets = DEFAULT_BUCKETS, clock = systemClock } = options
    if (!buckets.every((bound, at) => bound > (buckets[at - 1] ?? 0))) {
      throw new RangeError('the buckets of a histogram ascend from above 0')
    }
    for (const name of Object.keys(labels)) {
      if (!LABEL.test(name)) throw new TypeError(`${JSON.stringify(name)} is no name for a label`)
    }
    this.labels = labels
    this.buckets = buckets
    this.clock = clock
    this.#bounds = buckets.map((seconds) => seconds * MILLISECONDS)
  }

  /** The counters of one operation, made when they are first asked for. */
  of(operation: Operation): OperationStats {
    const known = this.operations.get(operation)
    if (known !== undefined) return known
    const stats = new OperationStats(this.#bounds)
    this.operations.set(operation, stats)
    return stats
  }
}

/** Counts in `metrics` what goes through. Costs two looks at the clock for each operation. */
export function measure(fs: FileSystem, metrics: Metrics): FileSystem {
  return wrap(fs, (operation, next) => measured(operation, next, metrics))
}

function measured(operation: Operation, next: Method, metrics: Metrics): Method {
  const { clock } = metrics
  const moves = operation === 'read' || operation === 'write'
  return watch(next, {
    begun() {
      metrics.of(operation).inFlight += 1
      return clock.now()
    },
    ended(begun, result, failed) {
      const stats = metrics.of(operation)
      stats.inFlight -= 1
      stats.took(clock.now() - begun)
      const errno = failed ? Errno.from(result) : errnoOf(result)
      if (failed || errno !== undefined) stats.failed(errno)
      else if (moves) stats.bytes += typeof result === 'number' ? result : (result as Uint8Array).length
    },
  })
}
