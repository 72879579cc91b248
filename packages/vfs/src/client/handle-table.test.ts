import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HandleKind } from '../kit/backing.js'
import { HandleTable } from './handle-table.js'

const NODE = 9
const NO_LIMIT = Number.POSITIVE_INFINITY

const step = fc.record({
  node: fc.constantFrom(NODE, NODE + 1),
  fh: fc.nat(2),
  kind: fc.constantFrom<HandleKind>('file', 'directory'),
  flags: fc.constantFrom(0, 2, 0xffff_ffff),
  close: fc.boolean(),
})

describe('HandleTable', () => {
  it('keeps apart what can be kept apart, and counts the rest', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new HandleTable()
        let model: string[] = []
        for (const { node, fh, kind, flags, close } of steps) {
          const start = `${node} ${fh} ${kind} `
          if (!close) {
            expect(table.add(node, 5, fh, kind, flags, NO_LIMIT)).toBe(true)
            model.push(start + flags)
          } else {
            const before = table.entries()
            const exact = model.indexOf(start + flags)
            const any = model.some((each) => each.startsWith(start))
            expect(table.remove(node, 5, fh, kind, flags)).toBe(any)
            if (exact >= 0) model.splice(exact, 1)
            else if (any) model = listed(table)
            else expect(table.entries()).toEqual(before)
          }
          expect(table.count(5)).toBe(model.length)
        }
        expect(listed(table)).toEqual(model.sort())
        table.clear()
        expect([table.entries(), table.count(5)]).toEqual([[], 0])
      }),
    )
  })

  it('closes one of several with other flags, where none has these', () => {
    const table = new HandleTable()
    for (const flags of [0, 2]) table.add(NODE, 5, 0, 'file', flags, NO_LIMIT)
    table.add(NODE, 5, 0, 'directory', 0, NO_LIMIT)
    expect(table.remove(NODE, 5, 0, 'file', 2 | 0o2000)).toBe(true)
    expect(listed(table)).toHaveLength(2)
    expect(table.remove(NODE, 5, 0, 'file', 0o2000)).toBe(true)
    expect(listed(table)).toEqual([`${NODE} 0 directory 0`])
    expect(table.remove(NODE, 5, 0, 'file', 0)).toBe(false)
  })

  it('opens no more than a limit', () => {
    const table = new HandleTable()
    expect([1, 2, 3].map((fh) => table.add(NODE, 5, fh, 'file', 0, 2))).toEqual([true, true, false])
    expect(table.add(NODE, 6, 3, 'file', 0, 2)).toBe(true)
    table.remove(NODE, 5, 1, 'file', 0)
    expect(table.add(NODE, 5, 3, 'directory', 0, 2)).toBe(true)
  })
})

function listed(table: HandleTable): string[] {
  return table
    .entries()
    .flatMap(({ node, fh, kind, flags, count }) =>
      Array.from({ length: count }, () => `${node} ${fh} ${kind} ${flags}`),
    )
    .sort()
}
