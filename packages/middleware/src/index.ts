/**
 * Layers between a server and a file system. Each takes a `FileSystem` and gives one with the same methods, so that they
 * go on top of each other in any order, and cost nothing where they are not used.
 *
 * ```ts
 * import { measure, Metrics, prometheusText, readOnly, trace } from '@fb/middleware'
 *
 * const metrics = new Metrics({ labels: { mount: '/data' } })
 * const served = trace(measure(readOnly(fs), metrics))
 * console.log(prometheusText(metrics))
 * ```
 *
 * {@link wrap} is what they are made with, and what to make others with.
 *
 * @packageDocumentation
 */

export { type Clock, systemClock } from './clock.js'
export { type Fault, type FaultRule, Faults } from './faults.js'
export type { IdMap, IdRange } from './id-ranges.js'
export { injectFaults } from './inject-faults.js'
export { limitRate, type RateLimits } from './limit-rate.js'
export { mapIds } from './map-ids.js'
export { Metrics, type MetricsOptions, measure } from './metrics.js'
export type { OperationStats } from './operation-stats.js'
export { errnoOf, keepOutcome } from './outcome.js'
export { gaugeText, prometheusText } from './prometheus-text.js'
export { readOnly } from './read-only.js'
export { type TraceOptions, trace } from './trace.js'
export { type Arguments, type Around, type Method, wrap } from './wrap.js'
