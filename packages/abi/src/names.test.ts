import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nameEnd } from './names.js'

const bytes = Uint8Array.from(Buffer.from('one\0two\0\0x', 'latin1'))

describe('nameEnd', () => {
  it('finds the NUL after a name', () => {
    expect(nameEnd(bytes, 0, bytes.length)).toBe(3)
    expect(nameEnd(bytes, 4, bytes.length)).toBe(7)
  })

  it('refuses an empty name', () => expect(nameEnd(bytes, 8, bytes.length)).toBe(-1))

  it('refuses a name without a NUL', () => expect(nameEnd(bytes, 9, bytes.length)).toBe(-1))

  it('does not look at or after the end', () => {
    expect(nameEnd(bytes, 0, 3)).toBe(-1)
    expect(nameEnd(bytes, 0, 4)).toBe(3)
    expect(nameEnd(bytes, 4, 4)).toBe(-1)
    expect(nameEnd(bytes, 9, 1000)).toBe(-1)
  })

  it('agrees with a search by the standard library', () => {
    fc.assert(
      fc.property(fc.uint8Array({ max: 3 }), fc.nat(12), fc.nat(12), (random, start, end) => {
        const found = random.subarray(0, end).indexOf(0, start)
        expect(nameEnd(random, start, Math.min(end, random.length))).toBe(found === start ? -1 : found)
      }),
    )
  })
})
