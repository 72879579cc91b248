import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SHARE } from '../node-ids.js'
import { CELLS, MOST_RECORDS, RecordTable } from './record-table.js'

const VALUE = 2
/** Bad enough that records are in each other's way. */
const hash = (first: number, second: number) => Math.imul(first % 1000, 0x0900_0000) ^ (second << 30)
const hashOf = (cells: Float64Array, at: number) => hash(cells[at] as number, cells[at + 1] as number)
/** A good one. */
const spread = (first: number) => Math.imul(first, 0x9e37_79b1)
const spreadOf = (cells: Float64Array, at: number) => spread(cells[at] as number)

// Few distinct keys, so that they come again; and some that are far apart.
const key = fc.oneof(
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 5 * SHARE, max: 5 * SHARE + 100 }),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, 2 ** 32, 2 ** 32 + 1, 2 ** 31),
)
const step = fc.record({ first: key, second: fc.nat(3), value: fc.nat(100), remove: fc.boolean() })

function tables(): RecordTable[] {
  const shared = new SharedArrayBuffer(64 + RecordTable.byteLength(100))
  return [new RecordTable(hashOf), new RecordTable(hashOf, shared, 64)]
}

function contents(table: RecordTable): string[] {
  const list: string[] = []
  for (let at = 0; at < table.slots * CELLS; at += CELLS) {
    if (table.cells[at] !== 0) list.push(table.cells.slice(at, at + VALUE + 1).join(' '))
  }
  return list.sort()
}

describe('RecordTable', () => {
  it('does what a list does, with keys that may come twice', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        for (const table of tables()) {
          const model: [first: number, second: number, value: number][] = []
          for (const { first, second, value, remove } of steps) {
            let at = table.find(hash(first, second), first, second)
            const same = model.findIndex((record) => record[0] === first && record[1] === second)
            expect(at >= 0).toBe(same >= 0)
            if (remove) {
              if (at < 0) continue
              const removed = table.cells[at * CELLS + VALUE]
              table.remove(at)
              const index = model.findIndex((r) => r[0] === first && r[1] === second && r[2] === removed)
              model.splice(index, 1)
            } else if (model.length < 100) {
              while (at >= 0) at = table.next(at, first, second)
              at = table.insert(at, hash(first, second), first, second)
              expect(table.cells[at * CELLS + VALUE]).toBe(0)
              table.cells[at * CELLS + VALUE] = value
              model.push([first, second, value])
            }
            expect(table.size).toBe(model.length)
          }
          expect(contents(table)).toEqual(model.map((record) => record.join(' ')).sort())
        }
      }),
    )
  })

  it('finds every record with the same keys', () => {
    const [table] = tables() as [RecordTable]
    for (let value = 0; value < 40; value += 1) {
      let at = table.find(hash(7, 1), 7, 1)
      while (at >= 0) at = table.next(at, 7, 1)
      at = table.insert(at, hash(7, 1), 7, 1)
      table.cells[at * CELLS + VALUE] = value
      table.insert(table.find(hash(8, value), 8, value), hash(8, value), 8, value)
    }
    const values = new Set<number>()
    for (let at = table.find(hash(7, 1), 7, 1); at >= 0; at = table.next(at, 7, 1))
      values.add(table.cells[at * CELLS + VALUE] as number)
    expect(values.size).toBe(40)
  })

  it('grows with what is in it, and shrinks when that is gone', () => {
    const table = new RecordTable(spreadOf)
    const count = 100_000
    for (let i = 1; i <= count; i += 1)
      table.insert(table.find(spread(i * 1024), i * 1024, 0), spread(i * 1024), i * 1024, 0)
    expect([table.size, table.slots]).toEqual([count, 2 ** 18])
    for (let i = 1; i <= count; i += 1)
      expect(table.find(spread(i * 1024), i * 1024, 0)).toBeGreaterThanOrEqual(0)
    for (let i = 1; i <= count; i += 1) table.remove(table.find(spread(i * 1024), i * 1024, 0))
    expect([table.size, table.slots]).toEqual([0, 2 ** 10])
    table.insert(table.find(spread(5), 5, 0), spread(5), 5, 0)
    table.clear()
    expect([table.size, table.find(spread(5), 5, 0) < 0]).toEqual([0, true])
  })

  it('stays within shared memory, which others see', () => {
    const memory = new SharedArrayBuffer(RecordTable.byteLength(100))
    const [one, two] = [new RecordTable(spreadOf, memory), new RecordTable(spreadOf, memory)]
    const find = (table: RecordTable, key: number) => table.find(spread(key), key, 0)
    let made = 0
    while (one.insert(find(one, made + 1), spread(made + 1), made + 1, 0) >= 0) {
      made += 1
      expect(find(two, made)).toBe(find(one, made))
    }
    expect(made).toBeGreaterThanOrEqual(100)
    expect([two.size, two.isShared]).toEqual([made, true])
    two.clear()
    expect([one.size, find(one, 1) < 0]).toEqual([0, true])
  })

  it('refuses sizes that are none', () => {
    for (const records of [0, -1, 1.5, MOST_RECORDS + 1])
      expect(() => RecordTable.byteLength(records)).toThrow(RangeError)
  })
})
