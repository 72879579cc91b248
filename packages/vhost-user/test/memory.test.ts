import { check, close, EFD_NONBLOCK, eventfd, ftruncate, memfdCreate, pread } from '@fb/sys'
import { DriverQueue } from '@fb/virtqueue/testing'
import { describe, expect, test } from 'vitest'
import { u64, vringState } from '../src/message.js'
import { Request, VhostFeature } from '../src/protocol.js'
import { memoryTable, oneRegion, vringAddresses } from '../src/testing/index.js'
import { cleanup, guest, serve, session } from './support.js'

const PAGE = 4096

function event(initial = 0): number {
  const fd = check(eventfd(initial, EFD_NONBLOCK), 'eventfd')
  cleanup(() => close(fd))
  return fd
}

describe('memory slots', () => {
  test('regions are added and removed while queues run', async () => {
    const served = serve()
    const ram = guest([
      { guestAddress: 0, size: 1 << 20 },
      { guestAddress: 1 << 20, size: 1 << 20 },
      { guestAddress: 2 ** 33, size: 1 << 20 },
    ])
    const frontEnd = served.connect()
    await frontEnd.negotiate()
    const region = (index: number) => ram.regions[index] as (typeof ram.regions)[number]
    await frontEnd.obeyed(Request.ADD_MEM_REG, oneRegion(region(0)), [region(0).fd])
    const driver = new DriverQueue(ram, 16, { eventIndex: true, indirect: true })
    const queue = await frontEnd.startQueue(0, driver)
    cleanup(() => queue.close())
    const exchange = async (address: number) => {
      queue.post([{ address, length: 4 }], [{ address: address + 4, length: 4 }])
      return (await queue.take()).length
    }
    expect(await exchange(1 << 20)).toBe(0)
    await frontEnd.obeyed(Request.ADD_MEM_REG, oneRegion(region(1)), [region(1).fd])
    await frontEnd.obeyed(Request.ADD_MEM_REG, oneRegion(region(2)), [region(2).fd])
    expect(await exchange(1 << 20)).toBe(4)
    expect(await exchange(2 ** 33)).toBe(4)
    // Across two regions that adjoin.
    expect(await exchange((1 << 20) - 6)).toBe(4)
    // Some front ends send a descriptor along.
    await frontEnd.obeyed(Request.REM_MEM_REG, oneRegion(region(1)), [region(1).fd])
    await frontEnd.obeyed(Request.REM_MEM_REG, oneRegion({ ...region(2), offset: 12345 }))
    expect(await exchange(1 << 20)).toBe(0)
    expect(await exchange(2 ** 33)).toBe(0)
    expect(await exchange(4096 * 200)).toBe(4)
    expect(await frontEnd.acknowledged(Request.REM_MEM_REG, oneRegion(region(1)))).toBe(1n)
    expect(
      await frontEnd.acknowledged(Request.ADD_MEM_REG, oneRegion({ ...region(1), size: 1 << 21 }), [
        region(1).fd,
      ]),
    ).toBe(1n)
    expect(await exchange(4096 * 200)).toBe(4)
  })
})

describe('dirty pages', () => {
  test('are marked from the moment that logging is on until it is off', async () => {
    const served = serve()
    const { frontEnd, ram, driver, queue } = await session(served)
    const features = await frontEnd.requestNumber(Request.GET_FEATURES)
    const log = check(memfdCreate('log', 0), 'memfd')
    cleanup(() => close(log))
    ftruncate(log, PAGE)
    const buffer = { address: ram.allocate(PAGE, PAGE), length: 8 }
    const marked = () => {
      const bytes = new Uint8Array(512)
      pread(log, bytes, 0, 512, 0)
      const pages: number[] = []
      for (let page = 0; page < 4096; page += 1)
        if (((bytes[page >> 3] ?? 0) >> (page & 7)) & 1) pages.push(page)
      return pages
    }
    const exchange = async () => {
      queue.post([buffer], [buffer])
      await queue.take()
    }
    const shape = new Uint8Array(16)
    new DataView(shape.buffer).setBigUint64(0, 512n, true)
    const reply = await frontEnd.request(Request.SET_LOG_BASE, shape, { fds: [log] })
    expect(reply.payload.getBigUint64(0, true)).toBe(0n)
    await exchange()
    expect(marked()).toEqual([])
    await frontEnd.obeyed(Request.SET_FEATURES, u64(features))
    await exchange()
    expect(marked()).toEqual([buffer.address / PAGE])
    const user = (address: number) => ram.userAddress(address)
    const { descriptors, available, used } = driver.addresses
    const addresses = {
      descriptors: user(descriptors),
      available: user(available),
      used: user(used),
      log: 100 * PAGE,
    }
    await frontEnd.obeyed(Request.SET_VRING_ADDR, vringAddresses(0, addresses, 1))
    await exchange()
    expect(marked()).toEqual([buffer.address / PAGE, 100].sort((a, b) => a - b))
    await frontEnd.obeyed(Request.SET_FEATURES, u64(features & ~VhostFeature.LOG_ALL))
    ftruncate(log, 0)
    ftruncate(log, PAGE)
    await exchange()
    expect(marked()).toEqual([])
    await frontEnd.obeyed(Request.SET_LOG_FD, undefined, [event()])
  })
})

test('the memory table may be replaced by one without regions', async () => {
  const served = serve()
  const { frontEnd } = await session(served)
  await frontEnd.stopQueue(0)
  await frontEnd.obeyed(Request.SET_MEM_TABLE, memoryTable([]))
  expect(await frontEnd.acknowledged(Request.SET_VRING_NUM, vringState(0, 16))).toBe(0n)
  expect(served.device.calls.at(-1)).toBe('memory')
})
