import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InodeFlag, InodeTable, InodeWord } from './inode-table.js'

function table(capacity: number, generation = 1): InodeTable {
  return new InodeTable(InodeTable.create(capacity, generation))
}

describe('InodeTable', () => {
  it('takes the slots of another table over, and gives none of its numbers to anything else', () => {
    const first = table(16, 5)
    for (let ino = 1; ino <= 6; ino += 1) first.insert(ino, 0, 0, 0)
    first.remove(2)
    first.remove(4)
    expect(first.insert(9, 0, 0, 0)).toBe(4)
    expect(first.lastGeneration).toBe(6)
    const second = table(16, 5)
    second.insert(1, 0, 0, 0)
    expect(second.beginRestore()).toBe(true)
    for (const slot of [5, 1, 3, 4]) {
      expect(second.restore(slot, first.get(slot, InodeWord.GENERATION))).toBe(true)
      second.identify(slot, first.get(slot, InodeWord.INO_LOW), 0, 0, 0)
      second.hash(slot)
    }
    expect([second.restore(3, 5), second.restore(0, 5), second.restore(16, 5)]).toEqual([false, false, false])
    second.endRestore(first.lastGeneration)
    expect([second.count, second.highWater]).toEqual([5, 6])
    for (const [slot, ino] of [1, 2, -1, 4, 9, 6].entries()) {
      if (ino > 0) expect(second.find(ino, 0, 0, 0)).toBe(slot)
    }
    // The one that was free, with a generation that it never had, and then one that never was used.
    expect([second.insert(20, 0, 0, 0), second.insert(21, 0, 0, 0)]).toEqual([2, 6])
    expect([2, 6].map((slot) => second.get(slot, InodeWord.GENERATION))).toEqual([7, 7])
    expect(second.beginRestore()).toBe(false)
  })

  it('leaves an inode unfindable whose identity another one has', () => {
    const inodes = table(8)
    inodes.insert(1, 0, 0, 0)
    inodes.beginRestore()
    for (const slot of [2, 1]) {
      inodes.restore(slot, 1)
      inodes.identify(slot, 7, 0, 0, 0)
      inodes.hash(slot)
    }
    inodes.endRestore(1)
    expect([inodes.find(7, 0, 0, 0), inodes.has(1, InodeFlag.HASHED)]).toEqual([2, false])
    inodes.remove(2)
    inodes.remove(1)
    expect([inodes.find(7, 0, 0, 0), inodes.count]).toEqual([-1, 1])
  })

  it('finds an inode by all of its identity and nothing less', () => {
    const inodes = table(16)
    const slot = inodes.insert(5, 0, 0x801, 0)
    expect(inodes.find(5, 0, 0x801, 0)).toBe(slot)
    expect(inodes.find(6, 0, 0x801, 0)).toBe(-1)
    expect(inodes.find(5, 1, 0x801, 0)).toBe(-1)
    expect(inodes.find(5, 0, 0x802, 0)).toBe(-1)
    expect(inodes.find(5, 0, 0x801, 1)).toBe(-1)
  })

  it('compares words as 32 bits, whatever their sign', () => {
    const inodes = table(16)
    const slot = inodes.insert(0xffff_fffe, 0x8000_0000, 0xfff0_0001, 3)
    expect(inodes.find(-2, -0x8000_0000, 0xfff0_0001 | 0, 3)).toBe(slot)
  })

  it('answers -1 when it is full, and goes on with what is removed', () => {
    const inodes = table(2)
    expect(inodes.insert(1, 0, 0, 0)).toBe(0)
    expect(inodes.insert(2, 0, 0, 0)).toBe(1)
    expect(inodes.insert(3, 0, 0, 0)).toBe(-1)
    inodes.remove(0)
    expect(inodes.insert(4, 0, 0, 0)).toBe(0)
    expect(inodes.find(1, 0, 0, 0)).toBe(-1)
    expect(inodes.count).toBe(2)
  })

  it('D16: gives a slot that is used again another, greater generation', () => {
    const inodes = table(4, 77)
    const slot = inodes.insert(1, 0, 0, 0)
    expect(inodes.get(slot, InodeWord.GENERATION)).toBe(77)
    inodes.remove(slot)
    expect(inodes.insert(1, 0, 0, 0)).toBe(slot)
    expect(inodes.get(slot, InodeWord.GENERATION)).toBe(78)
  })

  it('starts each inode without anything of the one before', () => {
    const inodes = table(4)
    const slot = inodes.insert(1, 0, 0, 0)
    for (const word of [InodeWord.FD, InodeWord.PINS, InodeWord.HANDLE, InodeWord.MODE])
      inodes.set(slot, word, 9)
    inodes.addFlags(slot, InodeFlag.LOCKED | InodeFlag.FD_HELD)
    inodes.remove(slot)
    inodes.insert(2, 0, 0, 0)
    for (const word of [InodeWord.FD, InodeWord.PINS, InodeWord.HANDLE, InodeWord.MODE]) {
      expect(inodes.get(slot, word)).toBe(0)
    }
    expect(inodes.get(slot, InodeWord.FLAGS)).toBe(InodeFlag.LIVE | InodeFlag.HASHED)
  })

  it('takes any number as a nodeid', () => {
    const inodes = table(4)
    inodes.insert(1, 0, 0, 0)
    expect(inodes.slotOf(1)).toBe(0)
    for (const nodeid of [0, -1, 2, 3, 5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 52, -(2 ** 40)]) {
      expect(inodes.slotOf(nodeid)).toBe(-1)
    }
  })

  it('counts lookups beyond 32 bits', () => {
    const inodes = table(4)
    const slot = inodes.insert(1, 0, 0, 0)
    for (const count of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 3]) {
      inodes.setLookups(slot, count)
      expect(inodes.lookups(slot)).toBe(count)
    }
  })

  it('keeps a slot that can no longer be found by identity', () => {
    const inodes = table(4)
    const old = inodes.insert(1, 0, 0, 0)
    inodes.unhash(old)
    const young = inodes.insert(1, 0, 0, 0)
    expect(young).not.toBe(old)
    expect(inodes.find(1, 0, 0, 0)).toBe(young)
    expect(inodes.slotOf(old + 1)).toBe(old)
    inodes.remove(old)
    expect(inodes.find(1, 0, 0, 0)).toBe(young)
  })

  it('has more buckets when it has more inodes, and finds all of them at any time', () => {
    const inodes = table(10_000)
    const slots = new Map<number, number>()
    for (let ino = 1; ino <= 10_000; ino += 1) {
      slots.set(ino, inodes.insert(ino, 0, 0, 0))
      const other = (ino * 7919) % (ino + 1)
      expect(inodes.find(other, 0, 0, 0)).toBe(slots.get(other) ?? -1)
      expect(inodes.buckets * 2).toBeGreaterThanOrEqual(inodes.count)
    }
    expect(inodes.buckets).toBe(5000)
    for (const [ino, slot] of slots) expect(inodes.find(ino, 0, 0, 0)).toBe(slot)
    for (const [ino, slot] of slots) {
      if (ino % 3 !== 0) inodes.remove(slot)
    }
    for (const [ino, slot] of slots) expect(inodes.find(ino, 0, 0, 0)).toBe(ino % 3 === 0 ? slot : -1)
  })

  it('touches no more memory for inodes one after the other than for one', () => {
    const data = InodeTable.create(1 << 20, 1)
    const inodes = new InodeTable(data)
    for (let ino = 1; ino <= 100_000; ino += 1) inodes.remove(inodes.insert(ino, ino, 0, 0))
    const { buckets, highWater } = inodes
    expect(highWater).toBe(1)
    expect(buckets).toBe(1024)
    expect(new Int32Array(data.buckets).subarray(buckets).every((word) => word === 0)).toBe(true)
  })

  it('gives memory back when most inodes are forgotten, and never a slot with a generation that it had', () => {
    const inodes = new InodeTable(InodeTable.create(100_000, 1))
    const given = new Map<number, Set<number>>()
    const insert = (ino: number): number => {
      const slot = inodes.insert(ino, 0, 1, 0)
      const generation = inodes.get(slot, InodeWord.GENERATION)
      const before = given.get(slot) ?? new Set()
      expect(before.has(generation)).toBe(false)
      given.set(slot, before.add(generation))
      return slot
    }
    for (let round = 0; round < 3; round += 1) {
      const slots = Array.from({ length: 50_000 }, (_, index) => insert(round * 50_000 + index + 1))
      expect(inodes.highWater).toBeGreaterThanOrEqual(50_000)
      for (const slot of slots) if (slot % 1000 !== 7 || slot > 2500) inodes.remove(slot)
      expect(inodes.count).toBe(3)
      expect(inodes.highWater).toBeLessThan(10_000)
    }
    for (let ino = 1; ino <= 150_000; ino += 1) {
      const slot = inodes.find(ino, 0, 1, 0)
      if (slot >= 0) expect(inodes.get(slot, InodeWord.INO_LOW)).toBe(ino)
    }
    expect(inodes.get(inodes.highWater + 1000, InodeWord.GENERATION)).toBe(0)
  })

  it('behaves as a map of identities to slots', () => {
    const identity = fc.record({
      ino: fc.nat(20),
      device: fc.nat(2),
      act: fc.constantFrom('insert', 'remove', 'unhash'),
    })
    fc.assert(
      fc.property(fc.array(identity, { maxLength: 300 }), (steps) => {
        const inodes = table(24)
        const found = new Map<string, number>()
        const live = new Set<number>()
        for (const { ino, device, act } of steps) {
          const key = `${ino}:${device}`
          const slot = inodes.find(ino, 0, device, 0)
          expect(slot).toBe(found.get(key) ?? -1)
          if (act === 'insert' && slot < 0) {
            const fresh = inodes.insert(ino, 0, device, 0)
            expect(fresh < 0).toBe(live.size === 24)
            if (fresh < 0) continue
            expect(live.has(fresh)).toBe(false)
            live.add(fresh)
            found.set(key, fresh)
          } else if (act === 'remove' && slot >= 0) {
            inodes.remove(slot)
            found.delete(key)
            live.delete(slot)
          } else if (act === 'unhash' && slot >= 0) {
            inodes.unhash(slot)
            found.delete(key)
          }
          expect(inodes.count).toBe(live.size)
          for (let other = 0; other < 24; other += 1) {
            expect(inodes.slotOf(other + 1)).toBe(live.has(other) ? other : -1)
          }
        }
      }),
      { numRuns: 80 },
    )
  })
})
