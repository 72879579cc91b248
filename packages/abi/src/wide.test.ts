import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isByteSwappedInit } from './byte-order.js'
import { FUSE_UNIQUE_RESEND } from './constants/limits.js'
import { Opcode } from './constants/opcode.js'
import { readU64, uniqueToBigint, writeU64 } from './wide.js'

describe('readU64 and writeU64', () => {
  it('carry every safe integer', () => {
    const view = new DataView(new ArrayBuffer(9))
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        writeU64(view, 1, value)
        expect(view.getBigUint64(1, true)).toBe(BigInt(value))
        expect(readU64(view, 1)).toBe(value)
      }),
    )
  })
})

describe('uniqueToBigint', () => {
  it('puts the halves together without a sign', () => {
    expect(uniqueToBigint(0xffffffff, 0xffffffff)).toBe(2n ** 64n - 1n)
    expect(uniqueToBigint(2, 1)).toBe(0x1_0000_0002n)
    expect(uniqueToBigint(0, 0x80000000)).toBe(FUSE_UNIQUE_RESEND)
  })
})

describe('isByteSwappedInit', () => {
  it.each([Opcode.INIT, Opcode.CUSE_INIT])('knows %i with its bytes swapped', (opcode) => {
    const view = new DataView(new ArrayBuffer(4))
    view.setUint32(0, opcode, false)
    expect(isByteSwappedInit(view.getUint32(0, true))).toBe(true)
    expect(isByteSwappedInit(opcode)).toBe(false)
  })
})
