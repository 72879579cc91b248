import { describe, expect, it } from 'vitest'
import {
  attrOutSize,
  createInSize,
  direntplusSize,
  direntSize,
  entryOutSize,
  getattrInSize,
  initInSize,
  initOutSize,
  lkInSize,
  mknodInSize,
  readInSize,
  setxattrInSize,
  statfsOutSize,
  writeInSize,
} from './compat.js'

describe('sizes that a minor version decides', () => {
  const initExt = 1 << 30
  it.each([
    ['initOutSize', initOutSize, 5, 8, 24],
    ['initOutSize', initOutSize, 23, 24, 64],
    ['entryOutSize', entryOutSize, 9, 120, 128],
    ['attrOutSize', attrOutSize, 9, 96, 104],
    ['statfsOutSize', statfsOutSize, 4, 48, 80],
    ['getattrInSize', getattrInSize, 9, 0, 16],
    ['mknodInSize', mknodInSize, 12, 8, 16],
    ['createInSize', createInSize, 12, 8, 16],
    ['readInSize', readInSize, 9, 24, 40],
    ['writeInSize', writeInSize, 9, 24, 40],
    ['lkInSize', lkInSize, 9, 40, 48],
    ['initInSize without flags', (minor: number) => initInSize(minor, 0), 6, 8, 16],
    ['initInSize with INIT_EXT', (minor: number) => initInSize(minor, initExt), 6, 8, 64],
  ])('%s changes at minor %3$i', (_, size, minor, before, after) => {
    expect(size(minor - 1)).toBe(before)
    expect(size(minor)).toBe(after)
  })

  it('leaves the form of SETXATTR to its feature', () => {
    expect(setxattrInSize(false)).toBe(8)
    expect(setxattrInSize(true)).toBe(16)
  })
})

describe('sizes of directory entries', () => {
  it.each([
    [1, 32, 160],
    [8, 32, 160],
    [9, 40, 168],
    [255, 280, 408],
  ])('with a name of %i bytes are %i and %i', (length, plain, plus) => {
    expect(direntSize(length)).toBe(plain)
    expect(direntplusSize(length)).toBe(plus)
  })
})
