import { nameToBytes } from '@fb/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NameMap } from './name-map.js'

const key = (name: Uint8Array) => Buffer.from(name).toString('latin1')
const name = fc.uint8Array({ minLength: 0, maxLength: 3, max: 3 })

describe('NameMap', () => {
  it('does what a Map of texts does', () => {
    const step = fc.record({ name, value: fc.nat(), remove: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const map = new NameMap<number>()
        const model = new Map<string, number>()
        for (const { name, value, remove } of steps) {
          if (remove) expect(map.delete(name)).toBe(model.delete(key(name)))
          else {
            map.set(name, value)
            model.set(key(name), value)
          }
          expect(map.get(name)).toBe(model.get(key(name)))
          expect(map.size).toBe(model.size)
        }
        expect(new Map([...map].map(([name, value]) => [key(name), value]))).toEqual(model)
      }),
    )
  })

  it('tells names with the same hash apart, whichever goes first', () => {
    // Found by search: FNV-1a makes the same 32 bits of both.
    const [first, second] = [nameToBytes('name-69228'), nameToBytes('name-883176')]
    for (const gone of [first, second]) {
      const map = new NameMap<string>()
      map.set(first, 'first')
      map.set(second, 'second')
      expect([map.get(first), map.get(second)]).toEqual(['first', 'second'])
      expect(map.delete(gone)).toBe(true)
      expect(map.get(gone)).toBeUndefined()
      expect(map.size).toBe(1)
    }
  })

  it('keeps a copy: the bytes of a request change afterwards', () => {
    const map = new NameMap<number>()
    const view = Uint8Array.of(97, 98)
    map.set(view, 1)
    view.fill(0)
    expect(map.get(Uint8Array.of(97, 98))).toBe(1)
  })
})
