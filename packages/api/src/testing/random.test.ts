import { describe, expect, it } from 'vitest'
import { SeededRandom } from './random.js'

const first = (random: SeededRandom): number[] => Array.from({ length: 20 }, () => random.uint32())

describe('SeededRandom', () => {
  it('gives the same numbers for the same seed and stream, and others for others', () => {
    expect(first(new SeededRandom(7, 3))).toEqual(first(new SeededRandom(7, 3)))
    const streams = [
      new SeededRandom(7, 3),
      new SeededRandom(7, 4),
      new SeededRandom(8, 3),
      new SeededRandom(7 + 2 ** 40, 3),
    ]
    expect(new Set(streams.map((random) => first(random).join())).size).toBe(4)
  })

  it('stays in its ranges and reaches all of them', () => {
    const random = new SeededRandom(1)
    const seen = new Set(Array.from({ length: 500 }, () => random.below(8)))
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect([random.chance(0), random.chance(100)]).toEqual([false, true])
    expect(random.uint64()).toBeLessThan(2n ** 64n)
    expect(random.bytes(5)).toHaveLength(5)
    expect(random.pick(['a'])).toBe('a')
    expect(() => random.pick([])).toThrow(RangeError)
  })
})
