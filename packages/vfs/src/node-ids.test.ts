import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fits, INDEX_COUNT, indexOf, inodeNumber, SHARE } from './node-ids.js'

const index = fc.integer({ min: 0, max: INDEX_COUNT - 1 })
const node = fc.integer({ min: 1, max: SHARE - 1 })

describe('node ids', () => {
  it('fill the safe integers exactly', () => {
    expect((INDEX_COUNT - 1) * SHARE + (SHARE - 1)).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('join and split without loss', () => {
    fc.assert(
      fc.property(index, node, (index, node) => {
        const joined = index * SHARE + node
        expect(Number.isSafeInteger(joined)).toBe(true)
        expect(indexOf(joined)).toBe(index)
        expect(joined - index * SHARE).toBe(node)
      }),
    )
  })

  it('fit where they are whole numbers of the share', () => {
    expect([1, SHARE - 1].map(fits)).toEqual([true, true])
    expect([0, -1, 1.5, SHARE, Number.NaN, Number.POSITIVE_INFINITY].map(fits)).toEqual(
      new Array(6).fill(false),
    )
  })
})

describe('inodeNumber', () => {
  it('is that of the back end at the root', () => {
    expect([5, 2n ** 63n, SHARE].map((ino) => inodeNumber(0, ino))).toEqual([5, 2n ** 63n, SHARE])
  })

  it('is different for each mount and node', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(index, node), { selector: String, maxLength: 20 }), (pairs) => {
        expect(new Set(pairs.map(([index, node]) => inodeNumber(index, node))).size).toBe(pairs.length)
      }),
    )
  })

  it('takes small numbers as numbers, however they are given, and keeps large ones apart', () => {
    expect(inodeNumber(3, 5n)).toBe(3 * SHARE + 5)
    expect(inodeNumber(3, SHARE)).toBe(BigInt(SHARE) | (3n << 48n))
    const wide = 0xffff_ffff_ffff_ffffn
    const shown = [2, 3, 65535].map((index) => inodeNumber(index, wide))
    expect(new Set([...shown, wide]).size).toBe(4)
    for (const ino of shown) expect(BigInt(ino) >> 64n).toBe(0n)
  })
})
