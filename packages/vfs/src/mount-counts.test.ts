import { describe, expect, it } from 'vitest'
import { MountCounts } from './mount-counts.js'

describe('MountCounts', () => {
  it('sums over the threads, each of which counts in its own row', () => {
    const buffer = MountCounts.allocate(3)
    const [a, b, c] = [0, 1, 2].map((thread) => new MountCounts(buffer, thread)) as [
      MountCounts,
      MountCounts,
      MountCounts,
    ]
    for (let i = 0; i < 5; i += 1) a.found(7)
    b.forgot(7, 3)
    b.opened(7)
    c.closed(7)
    expect([a, b, c].map((counts) => counts.totalLookups(7))).toEqual([2, 2, 2])
    expect([a, b, c].map((counts) => counts.totalHandles(7))).toEqual([0, 0, 0])
    expect([a.lookups[7], b.lookups[7], c.handles[7]]).toEqual([5, -3, -1])
    b.clear(7)
    expect(c.totalLookups(7)).toBe(0)
    expect(a.totalLookups(8)).toBe(0)
  })

  it('counts beyond 32 bits', () => {
    const counts = new MountCounts()
    counts.forgot(65535, -(2 ** 40))
    expect(counts.totalLookups(65535)).toBe(2 ** 40)
  })

  it('refuses a thread that has no row', () => {
    const buffer = MountCounts.allocate(2)
    for (const thread of [-1, 2, 0.5]) expect(() => new MountCounts(buffer, thread)).toThrow(RangeError)
  })
})
