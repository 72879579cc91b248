import type { Metrics } from '@fb/middleware'
import type { OperationNumbers } from './control-protocol.js'

const MILLISECONDS = 1000

/** Metrics as plain data, by operation. */
export function operationNumbers(metrics: Metrics | undefined): Record<string, OperationNumbers> {
  const operations: Record<string, OperationNumbers> = {}
  for (const [operation, stats] of metrics?.operations ?? []) {
    const { count, inFlight, bytes, milliseconds, buckets } = stats
    const errors = [...stats.errors].map(([errno, times]) => [errno?.code ?? 'exception', times] as const)
    operations[operation] = {
      ...{ count, inFlight, bytes, seconds: milliseconds / MILLISECONDS, buckets: [...buckets] },
      errors: Object.fromEntries(errors),
    }
  }
  return operations
}
