import { describe, expect, test } from 'vitest'
import {
  type Chain,
  DirtyLog,
  GuestMemory,
  GuestMemoryError,
  InflightQueue,
  inflightQueueBytes,
  Virtqueue,
  type VirtqueueOptions,
} from '../src/index.js'
import { cleanup, PAGE, popped, SIZE, setup } from './support.js'

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
  cleanup(() => next.unmap())
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
  cleanup(() => last.unmap())
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

describe('a request that is withdrawn', () => {
  test('is handed out again by the queue that goes on, ahead of the others', () => {
    const { memory, driver, queue, buffer } = setup({})
    const heads = [driver.add([buffer(4)], []), driver.add([buffer(5)], []), driver.add([buffer(6)], [])]
    const chains = heads.map(() => popped(queue))
    const again = [queue.withdraw(chains[2] as Chain), queue.withdraw(chains[0] as Chain)]
    expect(() => queue.withdraw(chains[0] as Chain)).toThrow('pushed back before')
    queue.push(chains[1] as Chain, 0)
    expect([queue.inFlight, driver.take()?.head, driver.take()]).toEqual([0, heads[1], undefined])
    const later = driver.add([buffer(7)], [])
    const next = new Virtqueue({ memory, size: SIZE, addresses: driver.addresses, base: queue.base, again })
    expect(next.recovered).toBe(2)
    expect([popped(next).head, popped(next).head, popped(next).head]).toEqual([heads[2], heads[0], later])
  })

  test('is remembered in the in-flight region as well', () => {
    const region = new Uint8Array(inflightQueueBytes(SIZE))
    const { memory, driver, queue, buffer } = setup({ inflight: new InflightQueue(region, SIZE) })
    const heads = [driver.add([buffer(4)], []), driver.add([buffer(5)], [])]
    const chains = heads.map(() => popped(queue))
    const again = [queue.withdraw(chains[0] as Chain)]
    queue.push(chains[1] as Chain, 0)
    const inflight = new InflightQueue(region, SIZE)
    const { addresses } = driver
    const next = new Virtqueue({ memory, size: SIZE, addresses, base: queue.base, again, inflight })
    expect([next.recovered, popped(next).head, next.pop(), next.base]).toEqual([1, heads[0], undefined, 2])
  })

  test.each([
    ['the driver has begun anew', [0], 0],
    ['there are fewer', [0, 1], 1],
    ['one is named twice', [0, 0], 2],
    ['there is no such descriptor', [SIZE], 1],
  ])('is forgotten where %s', (_, again, base) => {
    const { memory, driver } = setup({})
    const queue = new Virtqueue({ memory, size: SIZE, addresses: driver.addresses, base, again })
    expect([queue.recovered, queue.pop()]).toEqual([0, undefined])
  })
})
