import { describe, expect, it } from 'vitest'
import { decodeDevice, encodeDevice, joinTime, makeAttr, splitTime, toNanoseconds } from './attr.js'

describe('times', () => {
  it.each([
    [0n, 0, 0],
    [1n, 0, 1],
    [-1n, -1, 999_999_999],
    [-1_000_000_000n, -1, 0],
    [1_700_000_000_123_456_789n, 1_700_000_000, 123_456_789],
  ])('%d nanoseconds are %d s and %d ns', (time, seconds, nanoseconds) => {
    expect(splitTime(time)).toEqual({ seconds, nanoseconds })
    expect(joinTime(seconds, nanoseconds)).toBe(time)
  })

  it('may be dates', () => {
    expect(splitTime(new Date(-1))).toEqual({ seconds: -1, nanoseconds: 999_000_000 })
    expect(toNanoseconds(new Date(1500))).toBe(1_500_000_000n)
  })
})

describe('makeAttr', () => {
  it('needs a mode only', () => {
    expect(makeAttr({ mode: 0o100644 })).toEqual({
      ino: 0,
      size: 0,
      blocks: 0,
      atime: 0,
      mtime: 0,
      ctime: 0,
      atimensec: 0,
      mtimensec: 0,
      ctimensec: 0,
      mode: 0o100644,
      nlink: 1,
      uid: 0,
      gid: 0,
      rdev: 0,
      blksize: 4096,
      flags: 0,
    })
  })

  it('fits blocks to the size, and the change to the modification', () => {
    expect(makeAttr({ mode: 0, size: 513, mtime: new Date(5000) })).toMatchObject({
      blocks: 2,
      mtime: 5,
      ctime: 5,
    })
    expect(makeAttr({ mode: 0, size: 513, blocks: 0, mtime: 5n, ctime: 6n })).toMatchObject({
      blocks: 0,
      ctimensec: 6,
    })
  })
})

describe('device numbers', () => {
  it.each([
    [0, 0, 0],
    [8, 1, 0x801],
    [5, 0x12345, 0x12300545],
    [0xfff, 0xfffff, 0xffff_ffff],
  ])('%d:%d', (major, minor, encoded) => {
    expect(encodeDevice(major, minor)).toBe(encoded)
    expect(decodeDevice(encoded)).toEqual({ major, minor })
  })
})
