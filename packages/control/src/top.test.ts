import { describe, expect, it } from 'vitest'
import type { MountStats, OperationNumbers, Stats } from './control-protocol.js'
import { quantile, shownSeconds } from './histogram.js'
import { ratesBetween } from './top.js'

const bounds = [0.001, 0.01]

function numbers(changes: Partial<OperationNumbers>): OperationNumbers {
  return { count: 0, inFlight: 0, bytes: 0, seconds: 0, errors: {}, buckets: [0, 0, 0], ...changes }
}

function stats(...mounts: Pick<MountStats, 'id' | 'operations'>[]): Stats {
  return {
    ...{ bounds, inFlight: 0, held: 0 },
    mounts: mounts.map((mount) => ({ path: `/${mount.id}`, state: 'mounted', openFiles: 0, ...mount })),
  }
}

describe('ratesBetween', () => {
  it('shows what was done since, each second, the most frequent first', () => {
    const before = stats({
      id: 1,
      operations: {
        read: numbers({ count: 10, bytes: 1000, seconds: 5, buckets: [10, 0, 0], errors: { EIO: 1 } }),
        idle: numbers({ count: 99, buckets: [99, 0, 0] }),
      },
    })
    const after = stats(
      {
        id: 1,
        operations: {
          read: numbers({
            count: 30,
            bytes: 5000,
            seconds: 6,
            buckets: [10, 19, 1],
            errors: { EIO: 2, EINTR: 4 },
          }),
          idle: numbers({ count: 99, buckets: [99, 0, 0] }),
          hangs: numbers({ inFlight: 1 }),
        },
      },
      { id: 2, operations: { lookup: numbers({ count: 100, seconds: 0.1, buckets: [100, 0, 0] }) } },
    )
    expect(ratesBetween(before, after, 2)).toEqual([
      {
        ...{ path: '/2', operation: 'lookup', operations: 50, errors: 0, bytes: 0, mean: 0.001 },
        ...{ p50: 0.001, p99: 0.001, inFlight: 0 },
      },
      {
        ...{ path: '/1', operation: 'read', operations: 10, errors: 2.5, bytes: 2000, mean: 0.05 },
        ...{ p50: 0.01, p99: Number.POSITIVE_INFINITY, inFlight: 0 },
      },
      {
        ...{ path: '/1', operation: 'hangs', operations: 0, errors: 0, bytes: 0, mean: 0 },
        ...{ p50: undefined, p99: undefined, inFlight: 1 },
      },
    ])
  })
})

describe('quantile', () => {
  it('is the bound of the bucket that reaches a part of all', () => {
    expect(quantile(bounds, [0, 0, 0], 0.5)).toBeUndefined()
    expect(quantile(bounds, [1, 1, 0], 0.5)).toBe(0.001)
    expect(quantile(bounds, [1, 1, 0], 0.51)).toBe(0.01)
    expect(quantile(bounds, [0, 99, 1], 0.99)).toBe(0.01)
    expect(quantile(bounds, [0, 98, 2], 0.99)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('shownSeconds', () => {
  it('has a unit that suits', () => {
    const shown = [2.5e-5, 0.0025, 0.25, 10, 0, Number.POSITIVE_INFINITY, undefined].map(shownSeconds)
    expect(shown).toEqual(['25 us', '2.5 ms', '250 ms', '10 s', '0 us', 'longer', '-'])
  })
})
