import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DirtyLog } from './dirty-log.js'

test('a page is a bit', () => {
  const bytes = new Uint8Array(4)
  const log = new DirtyLog(bytes)
  log.mark(0, 1)
  log.mark(4095, 2)
  log.mark(9 * 4096, 0)
  expect([...bytes]).toEqual([3, 0, 0, 0])
  log.mark(6 * 4096 + 5, 12 * 4096)
  expect([...bytes]).toEqual([0b1100_0011, 0xff, 0b111, 0])
  log.mark(31 * 4096, 10 * 4096)
  expect(bytes[3]).toBe(0x80)
  log.mark(2 ** 52, 4096)
  log.mark(2 ** 52, 2 ** 32)
  expect([...bytes]).toEqual([0b1100_0011, 0xff, 0b111, 0x80])
})

test('exactly the pages of a range are marked, and no bit is cleared', () => {
  fc.assert(
    fc.property(
      fc.nat(300 * 4096),
      fc.nat(100 * 4096),
      fc.uint8Array({ minLength: 40, maxLength: 40 }),
      (address, length, before) => {
        const bytes = Uint8Array.from(before)
        new DirtyLog(bytes).mark(address, length)
        for (let page = 0; page < 320; page += 1) {
          const touched = length > 0 && page * 4096 < address + length && (page + 1) * 4096 > address
          const was = ((before[page >> 3] as number) >> (page & 7)) & 1
          expect(((bytes[page >> 3] as number) >> (page & 7)) & 1).toBe(touched ? 1 : was)
        }
      },
    ),
  )
})
