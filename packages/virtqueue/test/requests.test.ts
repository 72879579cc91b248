import { describe, expect, test } from 'vitest'
import { DESCRIPTOR_BYTES, DescriptorFlag } from '../src/index.js'
import { type Options, PAGE, popped, type Setup, SIZE, setup } from './support.js'

const { INDIRECT, NEXT, WRITE } = DescriptorFlag

describe('a broken request is refused and the next one served:', () => {
  interface Case {
    readonly name: string
    readonly reason: RegExp
    readonly options?: Options
    make(s: Setup): void
  }
  const buffer = { address: 0x10_0000, length: 16 }
  const table = 0x20_0000
  const writeTable = (
    s: Setup,
    index: number,
    d: { address: number; length: number; flags: number; next: number },
  ) => {
    const view = s.ram.view(table, 64 * DESCRIPTOR_BYTES)
    view.setBigUint64(index * 16, BigInt(d.address), true)
    view.setUint32(index * 16 + 8, d.length, true)
    view.setUint16(index * 16 + 12, d.flags, true)
    view.setUint16(index * 16 + 14, d.next, true)
  }
  const refer = (
    s: Setup,
    change: Partial<{ address: number | bigint; length: number; flags: number; next: number }>,
  ) => s.driver.describe(0, { address: table, length: 32, flags: INDIRECT, next: 0, ...change })

  const cases: Case[] = [
    {
      name: 'a loop of one',
      reason: /longer than the queue, or a loop/,
      make: (s) => s.driver.describe(0, { ...buffer, flags: NEXT, next: 0 }),
    },
    {
      name: 'a loop of all',
      reason: /longer than the queue, or a loop/,
      make: (s) => {
        for (let i = 0; i < SIZE; i += 1)
          s.driver.describe(i, { ...buffer, flags: NEXT, next: (i + 1) % SIZE })
      },
    },
    {
      name: 'a loop in a table',
      reason: /longer than the queue, or a loop/,
      options: { indirect: true },
      make: (s) => {
        refer(s, {})
        writeTable(s, 0, { ...buffer, flags: NEXT, next: 1 })
        writeTable(s, 1, { ...buffer, flags: NEXT, next: 0 })
      },
    },
    {
      name: 'a next descriptor out of range',
      reason: /next descriptor is out of range/,
      make: (s) => s.driver.describe(0, { ...buffer, flags: NEXT, next: SIZE }),
    },
    {
      name: 'a next descriptor out of its table',
      reason: /next descriptor is out of range/,
      options: { indirect: true },
      make: (s) => {
        refer(s, {})
        writeTable(s, 0, { ...buffer, flags: NEXT, next: 2 })
      },
    },
    {
      name: 'a readable buffer after a writable one',
      reason: /readable buffer follows/,
      make: (s) => {
        s.driver.describe(0, { ...buffer, flags: NEXT | WRITE, next: 1 })
        s.driver.describe(1, { ...buffer, flags: 0, next: 0 })
      },
    },
    {
      name: 'a buffer outside memory',
      reason: /buffer is outside/,
      make: (s) => s.driver.describe(0, { address: 0x7000_0000_0000, length: 16, flags: 0, next: 0 }),
    },
    {
      name: 'a buffer that ends outside memory',
      reason: /buffer is outside/,
      make: (s) => s.driver.describe(0, { address: 16 * 2 ** 20 - 8, length: 16, flags: 0, next: 0 }),
    },
    {
      name: 'an address that wraps around',
      reason: /not below 2\^53/,
      make: (s) =>
        s.driver.describe(0, { address: 0xffff_ffff_ffff_fff8n, length: 16, flags: WRITE, next: 0 }),
    },
    {
      name: 'buffers of more than 2^32 bytes',
      reason: /exceed 2\^32/,
      options: { regions: [{ guestAddress: 0, size: 2 ** 32 }] },
      make: (s) => {
        s.driver.describe(0, { address: 0, length: 0xffff_0000, flags: NEXT, next: 1 })
        s.driver.describe(1, { address: 0, length: 0x10001, flags: WRITE, next: 0 })
      },
    },
    {
      name: 'a table that was not negotiated',
      reason: /not negotiated/,
      make: (s) => refer(s, {}),
    },
    {
      name: 'a table in a table',
      reason: /refers to another/,
      options: { indirect: true },
      make: (s) => {
        refer(s, {})
        writeTable(s, 0, { address: table, length: 16, flags: INDIRECT, next: 0 })
      },
    },
    {
      name: 'a descriptor after a table',
      reason: /descriptor follows a table/,
      options: { indirect: true },
      make: (s) => refer(s, { flags: INDIRECT | NEXT, next: 1 }),
    },
    ...[0, 15, 17, 0xffff_ffff].map((length) => ({
      name: `a table of ${length} bytes`,
      reason: /not a multiple of 16/,
      options: { indirect: true },
      make: (s: Setup) => refer(s, { length }),
    })),
    {
      name: 'a table that is too long',
      reason: /table of descriptors is longer than the queue/,
      options: { indirect: true },
      make: (s) => refer(s, { length: 16 * (SIZE + 1) }),
    },
    {
      name: 'a table outside memory',
      reason: /table of descriptors is outside/,
      options: { indirect: true },
      make: (s) => refer(s, { address: 16 * 2 ** 20 - 16 }),
    },
    {
      name: 'a table at an address that wraps around',
      reason: /not below 2\^53/,
      options: { indirect: true },
      make: (s) => refer(s, { address: 0xffff_ffff_ffff_fff0n }),
    },
  ]

  test.each(cases)('$name', ({ make, reason, options }) => {
    const s = setup({ ...options })
    make(s)
    s.driver.post(0)
    expect(s.queue.pop()).toBeUndefined()
    expect(s.queue.lastRefusal).toMatch(reason)
    expect(s.queue.broken).toBeUndefined()
    expect(s.driver.take()).toEqual({ head: 0, length: 0 })
    expect([s.queue.inFlight, s.queue.counters.refused]).toEqual([0, 1])
    s.driver.describe(3, { ...buffer, flags: WRITE, next: 0 })
    s.driver.post(3)
    s.queue.push(popped(s.queue), 16)
    expect(s.driver.take()).toEqual({ head: 3, length: 16 })
    expect(s.queue.shouldCall()).toBe(true)
  })
})

describe('an odd but sound request is served:', () => {
  test('no bytes at all', () => {
    const { driver, queue } = setup()
    driver.describe(0, { address: 0xffff_ffff, length: 0, flags: NEXT | WRITE, next: 1 })
    driver.describe(1, { address: 0x10_0000, length: 4, flags: NEXT, next: 2 })
    driver.describe(2, { address: 0, length: 0, flags: 0, next: 0 })
    driver.post(0)
    const chain = popped(queue)
    expect([chain.readableLength, chain.writableLength, chain.readable, chain.count]).toEqual([4, 0, 1, 1])
  })

  test('as long as the queue', () => {
    const { driver, queue } = setup()
    for (let i = 0; i < SIZE; i += 1) {
      driver.describe(i, {
        address: 0x1000 * i,
        length: 0x1000,
        flags: i + 1 < SIZE ? NEXT : WRITE,
        next: i + 1,
      })
    }
    driver.post(0)
    expect(popped(queue).count).toBe(SIZE)
  })

  test('a table behind descriptors, and one that is as long as the queue', () => {
    const { ram, driver, queue } = setup({ indirect: true })
    const view = ram.view(0x20_0000, SIZE * 16)
    for (let i = 0; i < SIZE - 1; i += 1) {
      view.setBigUint64(i * 16, BigInt(0x30_0000 + i * 64), true)
      view.setUint32(i * 16 + 8, 10, true)
      view.setUint16(i * 16 + 12, i + 2 < SIZE ? NEXT | WRITE : WRITE, true)
      view.setUint16(i * 16 + 14, i + 1, true)
    }
    driver.describe(0, { address: 0x10_0000, length: 8, flags: NEXT, next: 1 })
    // The device ignores WRITE in a descriptor that refers to a table.
    driver.describe(1, { address: 0x20_0000, length: SIZE * 16, flags: INDIRECT | WRITE, next: 0 })
    driver.post(0)
    const chain = popped(queue)
    expect([chain.readableLength, chain.writableLength, chain.count]).toEqual([8, 10 * (SIZE - 1), SIZE])
  })

  test('a table at an odd address, and one across two regions', () => {
    const regions = [
      { guestAddress: 0, size: 16 * PAGE },
      { guestAddress: 16 * PAGE, size: 16 * PAGE },
    ]
    const { ram, memory, driver, queue } = setup({ indirect: true, regions })
    const raw = new DataView(new ArrayBuffer(32))
    raw.setBigUint64(0, 15n * 4096n, true)
    raw.setUint32(8, 100, true)
    raw.setUint16(12, NEXT, true)
    raw.setUint16(14, 1, true)
    raw.setBigUint64(16, 16n * 4096n - 50n, true)
    raw.setUint32(24, 100, true)
    raw.setUint16(28, WRITE, true)
    const bytes = new Uint8Array(raw.buffer)
    for (const address of [8 * PAGE + 3, 16 * PAGE - 16, 16 * PAGE - 24, 16 * PAGE - 13]) {
      bytes.forEach((byte, i) => {
        ram.bytes(address + i, 1)[0] = byte
      })
      driver.describe(0, { address, length: 32, flags: INDIRECT, next: 0 })
      driver.post(0)
      const chain = popped(queue)
      expect([chain.readableLength, chain.writableLength, chain.readable, chain.count]).toEqual([
        100, 100, 1, 3,
      ])
      queue.push(chain, 0)
    }
    expect(memory.broken).toBe(false)
  })
})
