import { ftruncate } from '@fb/sys'
import { afterEach, describe, expect, test } from 'vitest'
import type { Chain } from './chain.js'
import { DirtyLog } from './dirty-log.js'
import { GuestMemory } from './guest-memory.js'
import { InflightQueue, inflightQueueBytes } from './inflight.js'
import { GuestMemoryError } from './region.js'
import { DESCRIPTOR_BYTES, DescriptorFlag } from './split-layout.js'
import { DriverQueue, type DriverQueueOptions } from './testing/driver-queue.js'
import { TestMemory, type TestRegion } from './testing/test-memory.js'
import { Virtqueue, type VirtqueueOptions } from './virtqueue.js'

const { INDIRECT, NEXT, WRITE } = DescriptorFlag
const PAGE = 4096
const SIZE = 8
const open: (() => void)[] = []
afterEach(() => {
  for (const end of open.splice(0).reverse()) end()
})

interface Setup {
  readonly ram: TestMemory
  readonly memory: GuestMemory
  readonly driver: DriverQueue
  readonly queue: Virtqueue
  /** A buffer of the guest, filled with its own pattern. */
  buffer(length: number): { address: number; length: number }
}

type Options = DriverQueueOptions & Partial<VirtqueueOptions> & { regions?: TestRegion[] }

function setup(options: Options = {}): Setup {
  const ram = new TestMemory(options.regions)
  const memory = GuestMemory.map(ram.regions)
  const driver = new DriverQueue(ram, options.size ?? SIZE, options)
  const queue = new Virtqueue({ memory, size: driver.size, addresses: driver.addresses, ...options })
  open.push(
    () => ram.close(),
    () => memory.unmap(),
  )
  let seed = 1
  return {
    ram,
    memory,
    driver,
    queue,
    buffer(length) {
      const address = ram.allocate(Math.max(1, length), 1)
      const bytes = length > 0 ? ram.bytes(address, length) : []
      for (let i = 0; i < length; i += 1) bytes[i] = (seed + 7 * i) & 0xff
      seed += 7 * length
      return { address, length }
    },
  }
}

function popped(queue: Virtqueue): Chain {
  const chain = queue.pop()
  if (chain === undefined) throw new Error(`nothing to pop: ${queue.broken ?? queue.lastRefusal}`)
  return chain
}

describe.each([
  { indirect: false, eventIndex: false },
  { indirect: true, eventIndex: false },
  { indirect: false, eventIndex: true },
  { indirect: true, eventIndex: true },
])('with %j', (features) => {
  test('requests come in order, with their bytes, and go back in any order', () => {
    const { ram, driver, queue, buffer } = setup(features)
    const first = [buffer(10), buffer(20), buffer(30), buffer(7)]
    const second = [buffer(5)]
    const a = driver.add(first.slice(0, 2), first.slice(2))
    const b = driver.add(second, [])
    const one = popped(queue)
    const two = popped(queue)
    expect(queue.pop()).toBeUndefined()
    expect([one.head, two.head, queue.inFlight]).toEqual([a, b, 2])
    expect([one.readableLength, one.writableLength, one.readable, one.count]).toEqual([30, 37, 2, 4])
    expect([two.readableLength, two.writableLength]).toEqual([5, 0])
    const copy = new Uint8Array(40)
    expect(one.read(3, copy, 0, 40)).toBe(27)
    const sent = [...ram.bytes(first[0]?.address ?? 0, 10), ...ram.bytes(first[1]?.address ?? 0, 20)]
    expect([...copy.subarray(0, 27)]).toEqual(sent.slice(3))
    expect(
      one.write(
        25,
        Uint8Array.from({ length: 20 }, (_, i) => i),
        0,
        20,
      ),
    ).toBe(12)
    expect([...ram.bytes(first[3]?.address ?? 0, 7)]).toEqual([5, 6, 7, 8, 9, 10, 11])
    queue.push(two, 0)
    queue.push(one, 37)
    expect(driver.take()).toEqual({ head: b, length: 0 })
    expect(driver.take()).toEqual({ head: a, length: 37 })
    expect(driver.take()).toBeUndefined()
    expect([queue.inFlight, queue.base, driver.free]).toEqual([0, 2, SIZE])
  })

  test('the indexes wrap around', () => {
    const { driver, queue, buffer } = setup(features)
    const [to, from] = [buffer(4), buffer(4)]
    for (let i = 0; i < 70_000; i += 1) {
      const head = driver.add([to], [from])
      const chain = popped(queue)
      queue.push(chain, 4)
      if (driver.take()?.head !== head) throw new Error(`lost request ${i}`)
    }
    expect(queue.counters).toEqual({ kicks: 0, calls: 0, batches: 70_000, requests: 70_000, refused: 0 })
    expect(queue.base).toBe(70_000 & 0xffff)
  })

  test('the driver is called when it wants to be, and kicks when it has to', () => {
    const { driver, queue, buffer } = setup(features)
    const to = buffer(4)
    const post = () => driver.add([to], [])
    const answer = () => queue.push(popped(queue), 0)
    expect(queue.shouldCall()).toBe(false)
    expect(queue.enableNotifications()).toBe(false)
    driver.wantCalls(true)
    post()
    expect(driver.shouldKick()).toBe(true)
    answer()
    expect(queue.shouldCall()).toBe(true)
    expect(queue.shouldCall()).toBe(false)
    driver.take()
    driver.wantCalls(false)
    queue.disableNotifications()
    for (let i = 0; i < 5; i += 1) {
      post()
      if (i > 0) expect(driver.shouldKick()).toBe(false)
      answer()
      expect(queue.shouldCall()).toBe(false)
    }
    while (driver.take() !== undefined);
    driver.wantCalls(true)
    expect(queue.enableNotifications()).toBe(false)
    post()
    expect(driver.shouldKick()).toBe(true)
    expect(queue.enableNotifications()).toBe(true)
    answer()
    expect(queue.enableNotifications()).toBe(false)
    expect(queue.shouldCall()).toBe(true)
  })

  test('a queue goes on where another has stopped', () => {
    const { ram, memory, driver, queue, buffer } = setup(features)
    const [to, from] = [buffer(4), buffer(4)]
    for (let i = 0; i < 5; i += 1) {
      driver.add([to], [from])
      queue.push(popped(queue), 4)
      driver.take()
    }
    const head = driver.add([to], [from])
    queue.stop()
    expect(queue.pop()).toBeUndefined()
    expect(queue.base).toBe(5)
    const next = new Virtqueue({
      memory,
      size: SIZE,
      addresses: driver.addresses,
      base: queue.base,
      ...features,
    })
    next.push(popped(next), 2)
    expect(driver.take()).toEqual({ head, length: 2 })
    expect(next.shouldCall()).toBe(true)
    expect(ram.regions).toHaveLength(1)
  })
})

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

describe('a broken ring stops the queue:', () => {
  const dead = (s: Setup, reason: RegExp) => {
    expect(s.queue.pop()).toBeUndefined()
    expect(s.queue.broken).toMatch(reason)
    for (let i = 0; i < 3; i += 1) {
      s.driver.post(0)
      expect(s.queue.pop()).toBeUndefined()
      expect(s.queue.enableNotifications()).toBe(false)
      expect(s.queue.shouldCall()).toBe(false)
    }
  }

  test.each([SIZE + 1, 100, 0x7fff, 0x8000, 0xffff])('the available index jumps by %i', (jump) => {
    const s = setup()
    s.driver.setAvailableIndex(jump)
    dead(s, /available index jumped/)
  })

  test.each([SIZE, 0xffff])('the available ring names descriptor %i', (head) => {
    const s = setup()
    s.driver.post(head)
    dead(s, /names descriptor/)
  })

  test('a descriptor is available and in flight at once', () => {
    const s = setup()
    const to = s.buffer(4)
    s.driver.describe(0, { ...to, flags: 0, next: 0 })
    s.driver.post(0)
    const chain = popped(s.queue)
    s.driver.post(0)
    dead(s, /available and in flight/)
    s.queue.push(chain, 0)
    expect(s.driver.usedIndex).toBe(0)
    expect(s.queue.inFlight).toBe(0)
  })

  test('its memory was truncated', () => {
    const s = setup()
    const to = s.buffer(4)
    s.driver.add([to], [])
    ftruncate(s.ram.regions[0]?.fd ?? -1, 0)
    expect(s.queue.pop()).toBeUndefined()
    expect(s.queue.pop()).toBeUndefined()
    expect(s.queue.broken).toMatch(/went away|jumped/)
  })

  test('memory is replaced by one without it', () => {
    const s = setup()
    const nothing = GuestMemory.map([])
    s.queue.moveTo(nothing)
    dead(s, /not within one memory region/)
  })
})

test('a queue that cannot be is refused', () => {
  const { memory, driver, ram } = setup()
  const make = (change: Partial<VirtqueueOptions>) => () =>
    new Virtqueue({ memory, size: SIZE, addresses: driver.addresses, ...change })
  for (const size of [0, 3, -8, 65536, 1.5, Number.NaN]) expect(make({ size })).toThrow(RangeError)
  for (const base of [-1, 65536, 0.5]) expect(make({ base })).toThrow(RangeError)
  const end = ram.regions[0]?.size ?? 0
  for (const [area, addresses] of [
    ['descriptors', [8, -16, end, end - 16, 2 ** 53, 2 ** 60, Number.NaN]],
    ['available', [1, end - 4, 2 ** 62]],
    ['used', [2, end - 64, 2 ** 62]],
  ] as const) {
    for (const address of addresses) {
      const wrong = make({ addresses: { ...driver.addresses, [area]: address } })
      expect(wrong, `${area} at ${address}`).toThrow(GuestMemoryError)
      expect(wrong).toThrow(area)
    }
  }
  expect(
    make({ size: 32768, addresses: { descriptors: 0, available: 0x8_0000, used: 0xa_0000 } }),
  ).not.toThrow()
})

test('misuse is said at once', () => {
  const { driver, queue, buffer } = setup()
  driver.add([], [buffer(4)])
  const chain = popped(queue)
  expect(() => queue.push(chain, 5)).toThrow(RangeError)
  queue.push(chain, 4)
  expect(() => queue.push(chain, 0)).toThrow(/pushed back before/)
  expect(queue.inFlight).toBe(0)
})

test('memory is replaced under requests in flight', () => {
  const regions = [
    { guestAddress: 0, size: 16 * PAGE },
    { guestAddress: 16 * PAGE, size: 16 * PAGE },
    { guestAddress: 32 * PAGE, size: 16 * PAGE },
  ]
  const { ram, memory, driver, queue } = setup({ regions })
  // Across two regions, and in one that goes.
  const to = { address: 16 * PAGE - 4, length: 8 }
  const from = { address: 32 * PAGE - 4, length: 8 }
  ram.bytes(16 * PAGE - 4, 4).set([1, 2, 3, 4])
  ram.bytes(16 * PAGE, 4).set([5, 6, 7, 8])
  driver.add([to], [from])
  driver.add([to], [])
  const [both, other] = [popped(queue), popped(queue)]
  expect([both.readable, both.count]).toEqual([2, 4])
  const next = GuestMemory.map(ram.regions.slice(0, 2))
  open.push(() => next.unmap())
  queue.moveTo(next)
  memory.unmap()
  expect([both.readable, both.count, both.readableLength, both.writableLength]).toEqual([2, 4, 8, 8])
  const bytes = new Uint8Array(8)
  expect(both.read(0, bytes, 0, 8)).toBe(8)
  expect([...bytes]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(both.write(0, bytes, 0, 4)).toBe(4)
  expect([...ram.bytes(32 * PAGE - 4, 4)]).toEqual([1, 2, 3, 4])
  expect(both.write(0, bytes, 0, 8)).toBe(-14)
  expect(both.write(5, bytes, 0, 1)).toBe(-14)
  queue.push(both, 4)
  queue.push(other, 0)
  expect([driver.take()?.length, driver.take()?.length]).toEqual([4, 0])
  const last = GuestMemory.map(ram.regions)
  open.push(() => last.unmap())
  queue.moveTo(last)
  driver.add([], [from])
  expect(popped(queue).write(0, bytes, 0, 8)).toBe(8)
})

test('a chain of memory that was unmapped without a successor fails and nothing else', () => {
  const { memory, driver, queue, buffer } = setup()
  driver.add([], [buffer(8)])
  const chain = popped(queue)
  queue.stop()
  memory.unmap()
  expect(chain.write(0, new Uint8Array(8), 0, 8)).toBe(-14)
  queue.push(chain, 0)
  expect(queue.inFlight).toBe(0)
})

test('requests of a process that ended are taken again, then those that wait', () => {
  const bytes = new Uint8Array(inflightQueueBytes(SIZE))
  const { memory, driver, queue, buffer } = setup({ inflight: new InflightQueue(bytes, SIZE) })
  const [to, from] = [buffer(4), buffer(4)]
  const heads = Array.from({ length: 4 }, () => driver.add([to], [from]))
  const [first, second] = [popped(queue), popped(queue), popped(queue)]
  queue.push(second, 4)
  expect(first.head).toBe(heads[0])
  const next = new Virtqueue({
    memory,
    size: SIZE,
    addresses: driver.addresses,
    inflight: new InflightQueue(bytes, SIZE),
  })
  expect(next.enableNotifications()).toBe(true)
  const again = [popped(next), popped(next), popped(next)]
  expect(next.pop()).toBeUndefined()
  expect(again.map(({ head }) => head)).toEqual([heads[0], heads[2], heads[3]])
  for (const chain of again) next.push(chain, 4)
  expect(Array.from({ length: 4 }, () => driver.take()?.head)).toEqual([
    heads[1],
    heads[0],
    heads[2],
    heads[3],
  ])
  expect(next.base).toBe(4)
  expect(new InflightQueue(bytes, SIZE).recover(4)).toEqual([])
})

test('what the device writes is marked while it is logged', () => {
  const { ram, driver, queue } = setup({ regions: [{ guestAddress: 0, size: 64 * PAGE }] })
  const bitmap = new Uint8Array(32)
  const marked = () => {
    const pages: number[] = []
    for (let page = 0; page < 256; page += 1)
      if (((bitmap[page >> 3] ?? 0) >> (page & 7)) & 1) pages.push(page)
    bitmap.fill(0)
    return pages
  }
  const post = () => {
    driver.add(
      [{ address: 20 * PAGE, length: 10 }],
      [
        { address: 30 * PAGE - 1, length: 2 },
        { address: 40 * PAGE, length: PAGE },
      ],
    )
    queue.push(popped(queue), 1)
    queue.enableNotifications()
    driver.take()
  }
  post()
  expect(marked()).toEqual([])
  queue.setLog({ pages: new DirtyLog(bitmap) })
  post()
  expect(marked()).toEqual([29, 30, 40])
  queue.setLog({ pages: new DirtyLog(bitmap), usedAddress: 100 * PAGE })
  post()
  expect(marked()).toEqual([29, 30, 40, 100])
  queue.setLog(undefined)
  post()
  expect(marked()).toEqual([])
  expect(ram.regions).toHaveLength(1)
})
