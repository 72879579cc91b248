import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FdCache, NO_ROOM, NO_VICTIM } from './fd-cache.js'
import { InodeFlag, InodeTable, InodeWord } from './inode-table.js'

function make(slots: number, capacity: number, maxHeld: number): { inodes: InodeTable; cache: FdCache } {
  const inodes = new InodeTable(InodeTable.create(slots, 1))
  for (let slot = 0; slot < slots; slot += 1) inodes.insert(slot, 0, 0, 0)
  return { inodes, cache: new FdCache(FdCache.create(capacity, maxHeld), inodes) }
}

describe('FdCache', () => {
  it('replaces the one that was not used', () => {
    const { inodes, cache } = make(4, 2, 1)
    expect(cache.put(0, 100)).toBe(NO_VICTIM)
    expect(cache.put(1, 101)).toBe(NO_VICTIM)
    inodes.addFlags(0, InodeFlag.FD_USED)
    expect(cache.put(2, 102)).toBe(101)
    expect(inodes.get(1, InodeWord.FD)).toBe(0)
    expect(cache.put(3, 103)).toBe(100)
    expect(cache.count).toBe(2)
  })

  it('never replaces one that is in use', () => {
    const { inodes, cache } = make(3, 2, 1)
    cache.put(0, 100)
    cache.put(1, 101)
    inodes.set(0, InodeWord.PINS, 1)
    inodes.set(1, InodeWord.PINS, 2)
    expect(cache.put(2, 102)).toBe(NO_ROOM)
    expect(inodes.get(2, InodeWord.FD)).toBe(0)
    expect(cache.evict()).toBe(-1)
    inodes.set(1, InodeWord.PINS, 0)
    expect(cache.put(2, 102)).toBe(101)
  })

  it('keeps held ones out of the way, up to their number', () => {
    const { inodes, cache } = make(4, 2, 1)
    cache.put(0, 100)
    expect(cache.keep(0)).toBe(true)
    expect(cache.keep(0)).toBe(true)
    expect([cache.count, cache.held]).toEqual([0, 1])
    expect(cache.hold(1, 101)).toBe(false)
    cache.put(1, 101)
    expect(cache.keep(1)).toBe(false)
    expect(inodes.has(1, InodeFlag.FD_CACHED)).toBe(true)
    expect(cache.drop(0)).toBe(100)
    expect(cache.held).toBe(0)
    expect(cache.drop(0)).toBe(-1)
  })

  it('loses no descriptor and closes none twice, whatever is done', () => {
    const SLOTS = 12
    const step = fc.record({
      act: fc.constantFrom('put', 'hold', 'keep', 'drop', 'lend', 'evict', 'pin', 'unpin', 'use'),
      slot: fc.nat(SLOTS - 1),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), fc.integer({ min: 1, max: 6 }), (steps, capacity) => {
        const { inodes, cache } = make(SLOTS, capacity, 3)
        const open = new Set<number>()
        let next = 100
        const closed = (fd: number): void => {
          if (fd >= 0) expect(open.delete(fd)).toBe(true)
        }
        for (const { act, slot } of steps) {
          const has = inodes.get(slot, InodeWord.FD) !== 0
          const pins = inodes.get(slot, InodeWord.PINS)
          if (act === 'pin') inodes.set(slot, InodeWord.PINS, pins + 1)
          if (act === 'unpin' && pins > 0) inodes.set(slot, InodeWord.PINS, pins - 1)
          if (act === 'use' && has) inodes.addFlags(slot, InodeFlag.FD_USED)
          if (act === 'drop') closed(cache.drop(slot))
          if (act === 'evict') closed(cache.evict())
          if (act === 'keep' && has) cache.keep(slot)
          if (has || !(act === 'put' || act === 'hold' || act === 'lend')) continue
          const fd = next
          next += 1
          open.add(fd)
          const pinned = [...Array(SLOTS).keys()].filter((other) => inodes.get(other, InodeWord.PINS) > 0)
          const before = pinned.map((other) => inodes.get(other, InodeWord.FD))
          if (act === 'put') {
            const victim = cache.put(slot, fd)
            closed(victim === NO_ROOM ? fd : victim)
          } else if (act === 'lend') cache.lend(slot, fd)
          else if (!cache.hold(slot, fd)) closed(fd)
          for (const [index, other] of pinned.entries()) {
            if (other !== slot) expect(inodes.get(other, InodeWord.FD)).toBe(before[index])
          }
        }
        const inTable = [...Array(SLOTS).keys()].map((slot) => inodes.get(slot, InodeWord.FD) - 1)
        expect(new Set(inTable.filter((fd) => fd >= 0))).toEqual(open)
        const cached = [...Array(SLOTS).keys()].filter((slot) => inodes.has(slot, InodeFlag.FD_CACHED))
        expect(cache.count).toBe(cached.length)
        expect(cache.count).toBeLessThanOrEqual(capacity)
        expect(new Set(cached.map((slot) => inodes.get(slot, InodeWord.RING))).size).toBe(cached.length)
        expect(cache.held).toBe(
          [...Array(SLOTS).keys()].filter((slot) => inodes.has(slot, InodeFlag.FD_HELD)).length,
        )
      }),
      { numRuns: 150 },
    )
  })
})
