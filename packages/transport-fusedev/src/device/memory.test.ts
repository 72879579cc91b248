import { alignmentOffset } from '@fb/sys'
import { describe, expect, test } from 'vitest'
import { allocateAligned, MemoryPool } from './memory.js'

describe('allocateAligned', () => {
  test.each([0, 16, 80, 4096, 5000])('byte %i lies on a page boundary', (aligned) => {
    const { bytes, view } = allocateAligned(20_000, aligned)
    expect(bytes.length).toBe(20_000)
    expect(view.byteLength).toBe(20_000)
    expect(alignmentOffset(bytes.subarray(aligned), 4096)).toBe(0)
    bytes[aligned] = 7
    expect(view.getUint8(aligned)).toBe(7)
  })
})

describe('MemoryPool', () => {
  test('gives back what it was given, and keeps no more than its limit', () => {
    let made = 0
    const pool = new MemoryPool(() => {
      made += 1
      return allocateAligned(16, 0)
    }, 2)
    const pieces = [pool.take(), pool.take(), pool.take()]
    expect(made).toBe(3)
    for (const piece of pieces) pool.give(piece)
    expect(pool.free).toBe(2)
    const again = new Set([pool.take(), pool.take()])
    expect(again).toEqual(new Set(pieces.slice(0, 2)))
    expect(made).toBe(3)
  })
})
