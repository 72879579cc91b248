import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HandleFlag, HandleKind, HandleTable } from './handle-table.js'

function table(capacity = 8): HandleTable {
  return new HandleTable(HandleTable.create(capacity))
}

describe('HandleTable', () => {
  it('takes open files over with their numbers, and gives out none that was given out before', () => {
    const first = table()
    const given = [1, 2, 3, 4].map((fd) => first.add(fd, fd, 0, 0))
    for (const at of [1, 3]) expect(first.endAt(at)).toBe(at + 1)
    const again = first.add(9, 9, 2, HandleFlag.DIRECTORY)
    first.endAt(2)
    const second = table()
    second.add(1, 1, 0, 0)
    second.endAt(0)
    expect(second.beginRestore()).toBe(true)
    for (let index = 0; index < first.highWater; index += 1) {
      const node = first.node(index)
      if (node === 0) continue
      const flags = first.has(index, HandleFlag.DIRECTORY) ? HandleFlag.DIRECTORY : 0
      expect(
        second.restore(index, first.generation(index), 100 + index, node, first.openFlags(index), flags),
      ).toBe(true)
    }
    expect([second.restore(0, 1, 5, 1, 0, 0), second.restore(8, 1, 5, 1, 0, 0)]).toEqual([false, false])
    second.endRestore(first.highWater, first.lastGeneration)
    expect(second.count).toBe(2)
    expect(second.fd(second.acquire(given[0] as number, 1, HandleKind.FILE))).toBe(100)
    expect(second.fd(second.acquire(again, 9, HandleKind.DIRECTORY))).toBe(103)
    expect(second.acquire(given[2] as number, 3, HandleKind.ANY)).toBe(-1)
    const later = Array.from({ length: 6 }, (_, fd) => second.add(fd, 7, 0, 0))
    expect(later.filter((fh) => given.includes(fh) || fh === again || fh < 0)).toEqual([])
    expect(second.full).toBe(true)
    expect(second.beginRestore()).toBe(false)
  })

  it('finds an open file by its number, node and kind', () => {
    const handles = table()
    const file = handles.add(10, 5, 2, 0)
    const directory = handles.add(11, 6, 0, HandleFlag.DIRECTORY)
    const index = handles.acquire(file, 5, HandleKind.FILE)
    expect(handles.fd(index)).toBe(10)
    expect(handles.openFlags(index)).toBe(2)
    expect(handles.acquire(file, 6, HandleKind.FILE)).toBe(-1)
    expect(handles.acquire(file, 5, HandleKind.DIRECTORY)).toBe(-1)
    expect(handles.acquire(directory, 6, HandleKind.FILE)).toBe(-1)
    expect(handles.acquire(directory, 6, HandleKind.ANY)).toBeGreaterThanOrEqual(0)
  })

  it('never takes a stale number for the next file in the same record', () => {
    const handles = table(1)
    const first = handles.add(10, 5, 0, 0)
    const index = handles.acquire(first, 5, HandleKind.FILE)
    expect(handles.end(index)).toBe(true)
    expect(handles.release(index)).toBe(10)
    const second = handles.add(11, 5, 0, 0)
    expect(second).not.toBe(first)
    expect(handles.acquire(first, 5, HandleKind.FILE)).toBe(-1)
    expect(handles.fd(handles.acquire(second, 5, HandleKind.FILE))).toBe(11)
  })

  it('takes any number as a file handle', () => {
    const handles = table()
    const fh = handles.add(10, 5, 0, 0)
    const odd = [
      0,
      -1,
      -fh,
      fh + 0.5,
      fh + 1,
      fh + 2 ** 20,
      fh * 2 ** 20,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 53,
    ]
    for (const number of odd) expect(handles.acquire(number, 5, HandleKind.ANY)).toBe(-1)
  })

  it('leaves the descriptor to its last user when the file is released meanwhile', () => {
    const handles = table()
    const fh = handles.add(10, 5, 0, 0)
    const reader = handles.acquire(fh, 5, HandleKind.FILE)
    const releaser = handles.acquire(fh, 5, HandleKind.FILE)
    expect(handles.end(releaser)).toBe(true)
    expect(handles.end(releaser)).toBe(false)
    expect(handles.release(releaser)).toBe(-1)
    expect(handles.acquire(fh, 5, HandleKind.FILE)).toBe(-1)
    expect(handles.fd(reader)).toBe(10)
    expect(handles.count).toBe(1)
    expect(handles.release(reader)).toBe(10)
    expect(handles.count).toBe(0)
  })

  it('answers -1 when it is full', () => {
    const handles = table(2)
    handles.add(10, 5, 0, 0)
    expect(handles.full).toBe(false)
    const fh = handles.add(11, 5, 0, 0)
    expect(handles.full).toBe(true)
    expect(handles.add(12, 5, 0, 0)).toBe(-1)
    const index = handles.acquire(fh, 5, HandleKind.FILE)
    handles.end(index)
    handles.release(index)
    expect(handles.add(12, 5, 0, 0)).toBeGreaterThan(0)
  })

  it('finds any open file of a node, and ends whatever is open', () => {
    const handles = table()
    handles.add(10, 5, 0, 0)
    handles.add(11, 6, 0, 0)
    const index = handles.acquireAny(6)
    expect(handles.fd(index)).toBe(11)
    expect(handles.acquireAny(7)).toBe(-1)
    expect([...Array(handles.highWater).keys()].map((at) => handles.endAt(at))).toEqual([10, -1])
    expect(handles.acquireAny(5)).toBe(-1)
    expect(handles.release(index)).toBe(11)
    expect(handles.count).toBe(0)
  })

  it('behaves as a map of numbers to descriptors', () => {
    const step = fc.record({
      act: fc.constantFrom('add', 'acquire', 'release', 'end'),
      at: fc.nat(),
      node: fc.nat(2),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const handles = table(5)
        const open = new Map<number, { fd: number; node: number }>()
        const used: { index: number; fd: number }[] = []
        const closed: number[] = []
        let next = 10
        for (const { act, at, node } of steps) {
          const known = [...open.keys()]
          const fh = known[at % Math.max(1, known.length)]
          if (act === 'add') {
            const added = handles.add(next, node, 0, 0)
            if (added >= 0) open.set(added, { fd: next, node })
            next += 1
          } else if (act === 'release' && used.length > 0) {
            const [use] = used.splice(at % used.length, 1)
            if (use === undefined) continue
            const fd = handles.release(use.index)
            if (fd >= 0) closed.push(fd)
            const stillUsed = used.some((other) => other.fd === use.fd)
            const stillOpen = [...open.values()].some((other) => other.fd === use.fd)
            expect(fd).toBe(stillUsed || stillOpen ? -1 : use.fd)
          } else if (fh !== undefined) {
            const entry = open.get(fh)
            const index = handles.acquire(fh, entry?.node ?? -1, HandleKind.FILE)
            expect(handles.fd(index)).toBe(entry?.fd)
            used.push({ index, fd: handles.fd(index) })
            if (act !== 'end') continue
            handles.end(index)
            open.delete(fh)
            expect(handles.acquire(fh, entry?.node ?? -1, HandleKind.FILE)).toBe(-1)
          }
        }
        expect(new Set(closed).size).toBe(closed.length)
      }),
      { numRuns: 100 },
    )
  })
})
