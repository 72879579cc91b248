import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SHARE } from '../node-ids.js'
import { NodeTable } from './node-table.js'

const step = fc.record({
  index: fc.constantFrom(0, 1, 7, 65535),
  local: fc.integer({ min: 1, max: 6 }),
  nlookup: fc.integer({ min: 1, max: 4 }),
  take: fc.boolean(),
})

describe('NodeTable', () => {
  it('counts as a Map with a limit for each mount does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 200 }), (limit, steps) => {
        const table = new NodeTable()
        const model = new Map<number, number>()
        const nodesOf = (index: number) =>
          [...model.keys()].filter((node) => Math.floor(node / SHARE) === index && node % SHARE !== 1).length
        for (const { index, local, nlookup, take } of steps) {
          const node = index * SHARE + local
          const known = model.get(node) ?? 0
          if (take) {
            expect(table.take(local, index, nlookup)).toBe(Math.min(known, nlookup))
            if (known > nlookup) model.set(node, known - nlookup)
            else model.delete(node)
          } else {
            const room = known > 0 || local === 1 || nodesOf(index) < limit
            expect(table.add(local, index, local * 10, limit)).toBe(room)
            if (room) model.set(node, known + 1)
          }
          expect(table.nodes(index)).toBe(nodesOf(index))
        }
        expect(table.entries()).toEqual(
          [...model]
            .sort(([a], [b]) => a - b)
            .map(([node, lookups]) => ({
              ...{ node: node % SHARE, index: Math.floor(node / SHARE) },
              ...{ generation: (node % SHARE) * 10, lookups },
            })),
        )
        for (const index of [0, 1, 7, 65535]) {
          const sum = [...model].filter(([node]) => Math.floor(node / SHARE) === index)
          expect(table.lookups(index)).toBe(sum.reduce((total, [, lookups]) => total + lookups, 0))
        }
        table.clear()
        expect([table.entries(), table.lookups(7), table.nodes(7)]).toEqual([[], 0, 0])
      }),
    )
  })

  it('counts beyond 32 bits', () => {
    const table = new NodeTable()
    table.add(9, 0, 0, 10, 2 ** 40)
    expect([table.lookups(0), table.take(9, 0, 1), table.lookups(0)]).toEqual([2 ** 40, 1, 2 ** 40 - 1])
  })

  it('goes through the nodes of a mount in portions, among those of others', () => {
    const table = new NodeTable()
    for (let local = 1; local <= 3000; local += 1) {
      for (const index of [2, 3]) table.add(local, index, 0, Number.POSITIVE_INFINITY)
    }
    const seen = new Set<number>()
    let from = 0
    for (let round = 0; round < 1000 && seen.size < 2999; round += 1) {
      const { nodes, next } = table.some(3, from, 100)
      expect(nodes.length).toBeLessThanOrEqual(100)
      for (const node of nodes) seen.add(node)
      from = next
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 2999 }, (_, at) => at + 2))
    expect(table.some(4, 0, 100).nodes).toEqual([])
  })
})
