import { close, ftruncate, memfdCreate } from '@fb/sys'
import { afterEach, expect, test } from 'vitest'
import { Chain } from './chain.js'
import { GuestMemory } from './guest-memory.js'
import { GuestMemoryError, type GuestRegion, MAX_REGIONS } from './region.js'

const PAGE = 4096
const open: (() => void)[] = []
afterEach(() => {
  for (const end of open.splice(0)) end()
})

function file(size: number): number {
  const fd = memfdCreate('guest', 0)
  ftruncate(fd, size)
  open.push(() => close(fd))
  return fd
}

function region(guestAddress: number, size: number, fd = file(size), offset = 0): GuestRegion {
  return { guestAddress, size, userAddress: 0x7f00_0000_0000 + guestAddress, fd, offset }
}

function map(...regions: GuestRegion[]): GuestMemory {
  const memory = GuestMemory.map(regions)
  open.unshift(() => memory.unmap())
  return memory
}

function segmentsOf(memory: GuestMemory, address: number, length: number): number[][] | undefined {
  const chain = new Chain()
  chain.reset(0, 64)
  if (!memory.append(chain, address, length)) return undefined
  return Array.from({ length: chain.count }, (_, i) => [
    chain.addresses[i] as number,
    chain.segments[3 * i + 1] as number,
    chain.segments[3 * i + 2] as number,
  ])
}

test('a range within a region is one segment', () => {
  const memory = map(region(0, 16 * PAGE), region(0x1_0000_0000, 4 * PAGE))
  expect(segmentsOf(memory, 0, 1)).toEqual([[0, 0, 1]])
  expect(segmentsOf(memory, 5, 16 * PAGE - 5)).toEqual([[5, 5, 16 * PAGE - 5]])
  expect(segmentsOf(memory, 0x1_0000_0010, 32)).toEqual([[0x1_0000_0010, 16, 32]])
})

test('a range across adjoining regions is several segments, and none across a gap', () => {
  const memory = map(region(2 * PAGE, PAGE), region(0, PAGE), region(PAGE, PAGE), region(4 * PAGE, PAGE))
  expect(segmentsOf(memory, 10, 3 * PAGE - 20)).toEqual([
    [10, 10, PAGE - 10],
    [PAGE, 0, PAGE],
    [2 * PAGE, 0, PAGE - 10],
  ])
  expect(segmentsOf(memory, 0, 3 * PAGE)).toHaveLength(3)
  expect(segmentsOf(memory, 0, 3 * PAGE + 1)).toBeUndefined()
  expect(segmentsOf(memory, 3 * PAGE, 1)).toBeUndefined()
  expect(segmentsOf(memory, 3 * PAGE - 1, 2)).toBeUndefined()
  expect(segmentsOf(memory, 5 * PAGE, 1)).toBeUndefined()
  expect(segmentsOf(memory, 2 ** 53 - 1, 1)).toBeUndefined()
})

test('there is no address in no memory, nor in memory that was unmapped', () => {
  expect(segmentsOf(map(), 0, 1)).toBeUndefined()
  const memory = map(region(0, PAGE))
  const chain = new Chain()
  chain.reset(0, 64)
  expect(memory.append(chain, 0, 8)).toBe(true)
  chain.readable = chain.count
  memory.unmap()
  memory.unmap()
  expect(segmentsOf(memory, 0, 1)).toBeUndefined()
  expect(memory.span(0, 8)).toBeUndefined()
  expect(memory.words(0, 8)).toBeUndefined()
  expect(chain.read(0, new Uint8Array(8), 0, 8)).toBe(-14)
})

test('regions may begin anywhere in their file', () => {
  const fd = file(8 * PAGE)
  const memory = map(region(0x10_0000, 2 * PAGE, fd, 3 * PAGE), region(0x20_0000, PAGE, fd, 0))
  const a = memory.span(0x10_0000, 4)
  const b = memory.span(0x20_0000, 4)
  new Uint8Array(a?.buffer as ArrayBuffer, a?.offset).fill(7)
  expect(new Uint8Array(b?.buffer as ArrayBuffer, b?.offset, 4)).toEqual(new Uint8Array(4))
})

test('a region beyond what one buffer holds is one to its users', () => {
  const GIB = 2 ** 30
  const fd = file(5 * GIB + PAGE)
  const memory = map(region(0x1_0000_0000, 5 * GIB + PAGE, fd))
  expect(segmentsOf(memory, 0x1_0000_0000 + 4.5 * GIB, 100)).toHaveLength(1)
  expect(segmentsOf(memory, 0x1_0000_0000 + GIB - 50, 100)).toEqual([
    [0x1_0000_0000 + GIB - 50, GIB - 50, 50],
    [0x1_0000_0000 + GIB, 0, 50],
  ])
  expect(segmentsOf(memory, 0x1_0000_0000 + 5 * GIB, PAGE)).toHaveLength(1)
  expect(segmentsOf(memory, 0x1_0000_0000 + 5 * GIB, PAGE + 1)).toBeUndefined()
  // A ring may lie across the border.
  const span = memory.span(0x1_0000_0000 + 2 * GIB - 64, 128)
  const ring = new Uint8Array(span?.buffer as ArrayBuffer, span?.offset, 128)
  ring.fill(9)
  const chain = new Chain()
  chain.reset(0, 64)
  memory.append(chain, 0x1_0000_0000 + 2 * GIB - 64, 128)
  chain.readable = chain.count
  const copy = new Uint8Array(130)
  expect(chain.read(0, copy, 0, 130)).toBe(128)
  expect(copy.subarray(0, 128)).toEqual(ring)
})

test('a user address belongs to one region', () => {
  const memory = map(region(0, PAGE), region(PAGE, PAGE))
  expect(memory.addressOfUser(0x7f00_0000_0000 + 5, 10)).toBe(5)
  expect(memory.addressOfUser(0x7f00_0000_0000 + PAGE, PAGE)).toBe(PAGE)
  expect(memory.addressOfUser(0x7f00_0000_0000 + PAGE - 1, 2)).toBe(-1)
  expect(memory.addressOfUser(5, 10)).toBe(-1)
  expect(memory.addressOfUser(2 ** 64, 1)).toBe(-1)
})

test('words are those of the buffer, where a range is one run', () => {
  const memory = map(region(0, PAGE), region(PAGE, PAGE))
  const words = memory.words(PAGE + 8, 16)
  expect(memory.wordIndex(PAGE + 8)).toBe(2)
  expect(words?.length).toBe(PAGE / 4)
  expect(memory.words(PAGE - 8, 16)).toBeUndefined()
  expect(memory.span(PAGE - 8, 16)).toBeUndefined()
  expect(memory.span(0, 2 ** 21)).toBeUndefined()
})

test('tables that are not sound are refused, and nothing stays mapped', () => {
  const fd = file(4 * PAGE)
  const good = region(0, 4 * PAGE, fd)
  const refused: [Partial<GuestRegion>, RegExp][] = [
    [{ guestAddress: 1 }, /guestAddress 1 is not a multiple/],
    [{ size: 100 }, /size 100 is not a multiple/],
    [{ size: 0 }, /is empty/],
    [{ offset: 8 }, /offset 8 is not a multiple/],
    [{ guestAddress: -PAGE }, /not below 2\^53/],
    [{ guestAddress: 2 ** 53 }, /not below 2\^53/],
    [{ guestAddress: 2 ** 53 - PAGE, size: 2 * PAGE }, /ends above/],
    [{ userAddress: 2 ** 53 }, /not below 2\^53/],
    [{ userAddress: 2 ** 53 - 1 }, /ends above/],
    [{ offset: 2 ** 53 - PAGE, size: 2 * PAGE }, /ends above/],
    [{ size: 5 * PAGE }, /cannot be mapped: ENXIO/],
    [{ offset: PAGE }, /cannot be mapped: ENXIO/],
    [{ fd: 999_999 }, /cannot be mapped: EBADF/],
  ]
  for (const [change, message] of refused) {
    const attempt = () => GuestMemory.map([{ ...good, ...change }])
    expect(attempt).toThrow(GuestMemoryError)
    expect(attempt, JSON.stringify(change)).toThrow(message)
  }
  expect(() => GuestMemory.map([good, { ...good, userAddress: 0 }])).toThrow(
    /region 1: overlaps region 0 at guest/,
  )
  const many = Array.from({ length: MAX_REGIONS + 1 }, (_, i) => region(i * PAGE, PAGE, fd))
  expect(() => GuestMemory.map(many)).toThrow(/510 memory regions/)
  expect(GuestMemory.map(many.slice(1)).regions).toHaveLength(MAX_REGIONS)
})

test('memory whose file was truncated is broken, once it was touched', () => {
  const fd = file(4 * PAGE)
  const memory = map(region(0, 4 * PAGE, fd))
  const other = map(region(0, PAGE))
  expect(memory.broken).toBe(false)
  ftruncate(fd, PAGE)
  const span = memory.span(3 * PAGE, 4)
  expect(new Uint8Array(span?.buffer as ArrayBuffer, span?.offset, 4)[0]).toBe(0)
  expect(memory.broken).toBe(true)
  expect(other.broken).toBe(false)
})

test('a chain takes no more segments than its limit', () => {
  const memory = map(...Array.from({ length: 100 }, (_, i) => region(i * PAGE, PAGE, file(PAGE))))
  const chain = new Chain()
  chain.reset(0, 150)
  expect(memory.append(chain, 0, 100 * PAGE)).toBe(true)
  expect(memory.append(chain, 0, 100 * PAGE)).toBe(false)
  expect(chain.count).toBe(150)
})
