import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NodeCounts } from './node-counts.js'
import { SHARE } from './node-ids.js'

// Few distinct nodes, so that they come again; and some that are far apart.
const node = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: SHARE - 5, max: SHARE - 1 }))
const step = fc.record({ node, lookups: fc.integer({ min: 1, max: 4 }), drop: fc.boolean() })

describe('NodeCounts', () => {
  it('does what a Map with a limit does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.array(step, { maxLength: 300 }), (limit, steps) => {
        const table = new NodeCounts(limit)
        const model = new Map<number, number>()
        for (const { node, lookups, drop } of steps) {
          const known = model.get(node) ?? 0
          if (drop) {
            table.subtract(node, lookups)
            if (known > lookups) model.set(node, known - lookups)
            else model.delete(node)
          } else {
            const room = model.has(node) || model.size < limit
            expect(table.add(node)).toBe(room)
            if (room) model.set(node, known + 1)
          }
          expect(table.size).toBe(model.size)
        }
        expect(new Map(table.entries())).toEqual(model)
      }),
    )
  })

  it('is shared through its memory', () => {
    const first = new NodeCounts(100)
    const second = new NodeCounts(100, first.buffer)
    first.add(5)
    second.add(5)
    second.add(6)
    first.subtract(5, 2)
    expect(first.entries()).toEqual([[6, 1]])
    expect(() => new NodeCounts(1000, first.buffer)).toThrow(RangeError)
  })

  it('goes through all nodes in portions', () => {
    const table = NodeCounts.of(
      50,
      Array.from({ length: 50 }, (_, at) => [at + 1, at + 1] as const),
    )
    const seen: number[] = []
    let from = 0
    do {
      const { nodes, next } = table.some(from, 7)
      expect(nodes.length).toBeLessThanOrEqual(7)
      seen.push(...nodes)
      from = next
    } while (from !== 0)
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1))
    expect(new Map(table.entries()).get(50)).toBe(50)
    table.clear()
    expect([table.size, table.some(0, 7).nodes]).toEqual([0, []])
  })

  it('refuses limits that are none', () => {
    for (const limit of [0, -1, 1.5, 2 ** 26 + 1]) expect(() => new NodeCounts(limit)).toThrow(RangeError)
  })
})
