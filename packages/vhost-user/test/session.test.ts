import { check, close, eventfd, ftruncate } from '@fb/sys'
import { DriverQueue } from '@fb/virtqueue/testing'
import { expect, test } from 'vitest'
import { vringState } from '../src/message.js'
import { ProtocolFeature, Request, VhostFeature } from '../src/protocol.js'
import { EchoDevice, memoryTable } from '../src/testing/index.js'
import { cleanup, echo, guest, serve, session } from './support.js'

test('a front end negotiates, shares memory, starts queues and is served', async () => {
  const served = serve()
  const { frontEnd, ram, queue } = await session(served)
  expect(await echo(queue, ram, 'hello')).toBe('hello')
  for (let i = 0; i < 100; i += 1) expect(await echo(queue, ram, `request ${i}`)).toBe(`request ${i}`)
  expect(await frontEnd.requestNumber(Request.GET_QUEUE_NUM)).toBe(4n)
  expect(await frontEnd.requestNumber(Request.GET_MAX_MEM_SLOTS)).toBe(509n)
  expect(await frontEnd.stopQueue(0)).toBe(101)
  frontEnd.close()
  await served.ended(1)
  expect(served.ends).toEqual([undefined])
  expect(served.device.calls.filter((call) => call !== 'memory')).toEqual([
    'acknowledged 0x130000000',
    'start 0 at 0',
    'stop 0 at 101, base',
    'disconnected',
  ])
})

test('the device hears which queues the front end has before any of them starts', async () => {
  const expected: number[] = []
  class Waiting extends EchoDevice {
    queueExpected(index: number): void {
      expected.push(index)
    }
  }
  const served = serve(new Waiting())
  const frontEnd = served.connect()
  await frontEnd.negotiate()
  const call = check(eventfd(0, 0), 'eventfd')
  cleanup(() => close(call))
  for (const index of [0, 3]) {
    await frontEnd.obeyed(Request.SET_VRING_CALL, new Uint8Array(BigUint64Array.of(BigInt(index)).buffer), [
      call,
    ])
  }
  expect(expected).toEqual([0, 3])
  expect(served.device.calls).toEqual(['acknowledged 0x130000000'])
})

test('features are offered by what the device can do', async () => {
  const served = serve()
  const frontEnd = served.connect()
  const features = await frontEnd.requestNumber(Request.GET_FEATURES)
  expect(features).toBe(
    (1n << 32n) | (1n << 29n) | (1n << 28n) | VhostFeature.LOG_ALL | VhostFeature.PROTOCOL_FEATURES,
  )
  const offered = await frontEnd.requestNumber(Request.GET_PROTOCOL_FEATURES)
  const { CONFIG, STATUS, SHMEM, DEVICE_STATE, MQ, REPLY_ACK, INFLIGHT_SHMFD, RARP, NET_MTU, PAGEFAULT } =
    ProtocolFeature
  for (const bit of [CONFIG, STATUS, SHMEM, MQ, REPLY_ACK, INFLIGHT_SHMFD]) expect(offered & bit).toBe(bit)
  for (const bit of [DEVICE_STATE, RARP, NET_MTU, PAGEFAULT]) expect(offered & bit).toBe(0n)
  const without = serve(undefined, { withoutProtocolFeatures: REPLY_ACK | STATUS }).connect()
  expect(await without.requestNumber(Request.GET_PROTOCOL_FEATURES)).toBe(offered & ~(REPLY_ACK | STATUS))
})

test('without protocol features queues are enabled from the start', async () => {
  const served = serve()
  const ram = guest()
  const frontEnd = served.connect()
  const features =
    (await frontEnd.requestNumber(Request.GET_FEATURES)) &
    ~VhostFeature.PROTOCOL_FEATURES &
    ~VhostFeature.LOG_ALL
  const payload = new Uint8Array(BigUint64Array.of(features).buffer)
  await frontEnd.send(Request.SET_FEATURES, payload)
  await frontEnd.setMemory(ram)
  const driver = new DriverQueue(ram, 16, { eventIndex: true })
  // The last message of this, SET_VRING_ENABLE, is a violation then.
  const queue = await frontEnd.startQueue(2, driver)
  cleanup(() => queue.close())
  expect(await frontEnd.closes()).toBe(true)
  await served.ended(1)
  expect(served.ends[0]?.message).toBe('SET_VRING_ENABLE: protocol features were not negotiated')
  expect(served.device.calls).toContain('start 2 at 0')
})

test('requests that were posted and kicked before the queue is enabled are served then', async () => {
  const served = serve()
  const { frontEnd, ram, driver, queue } = await session(served)
  await frontEnd.obeyed(Request.SET_VRING_ENABLE, vringState(0, 0))
  const buffer = { address: ram.allocate(8), length: 8 }
  driver.add([buffer], [buffer])
  queue.kick()
  expect(await frontEnd.requestNumber(Request.GET_QUEUE_NUM)).toBe(4n)
  expect(driver.take()).toBeUndefined()
  await frontEnd.obeyed(Request.SET_VRING_ENABLE, vringState(0, 1))
  expect((await queue.take()).length).toBe(8)
  await frontEnd.obeyed(Request.SET_VRING_ENABLE, vringState(0, 1))
  expect(served.device.calls.filter((call) => call.startsWith('start'))).toEqual([
    'start 0 at 0',
    'start 0 at 0',
  ])
})

test('GET_VRING_BASE waits for what is in flight, and the queue goes on from there', async () => {
  const served = serve()
  const { frontEnd, ram, driver, queue } = await session(served)
  served.device.hold = true
  const buffer = { address: ram.allocate(8), length: 8 }
  for (let i = 0; i < 5; i += 1) queue.post([buffer], [buffer])
  while (served.device.held.length < 5) await new Promise(setImmediate)
  const base = frontEnd.stopQueue(0)
  await new Promise((resolve) => setTimeout(resolve, 20))
  queue.post([buffer], [buffer])
  expect(driver.usedIndex).toBe(0)
  served.device.releaseAll()
  expect(await base).toBe(5)
  expect(driver.usedIndex).toBe(5)
  served.device.hold = false
  const again = await frontEnd.startQueue(0, driver, 5)
  cleanup(() => again.close())
  for (let i = 0; i < 6; i += 1) expect((await again.take()).length).toBe(8)
  expect(served.device.calls).toContain('start 0 at 5')
})

test('a virtual machine reboots, is killed, and comes back', async () => {
  const served = serve()
  for (let boot = 1; boot <= 3; boot += 1) {
    const { frontEnd, ram, queue } = await session(served)
    expect(await echo(queue, ram, `boot ${boot}`)).toBe(`boot ${boot}`)
    if (boot === 2) {
      // A reboot within one connection: reset, then everything anew.
      await frontEnd.stopQueue(0)
      await frontEnd.obeyed(Request.RESET_DEVICE)
      const driver = new DriverQueue(ram, 32, { eventIndex: true })
      const next = await frontEnd.startQueue(0, driver)
      cleanup(() => next.close())
      expect(await echo(next, ram, 'again')).toBe('again')
    }
    frontEnd.close()
    await served.ended(boot)
  }
  expect(served.ends).toEqual([undefined, undefined, undefined])
})

test('a second front end waits until the first has gone', async () => {
  const served = serve()
  const first = await session(served)
  const waiting = served.connect()
  const answer = waiting.requestNumber(Request.GET_QUEUE_NUM)
  expect(await echo(first.queue, first.ram, 'first')).toBe('first')
  first.frontEnd.close()
  expect(await answer).toBe(4n)
})

test('several queues and several servers run in one process', async () => {
  const both = [serve(), serve()]
  for (const served of both) {
    const { frontEnd, ram, queue } = await session(served)
    const others = await Promise.all(
      [1, 2, 3].map(async (index) => {
        const driver = new DriverQueue(ram, 8)
        return { index, driver }
      }),
    )
    for (const { index, driver } of others) {
      const next = await frontEnd.startQueue(index, driver)
      cleanup(() => next.close())
      expect(await echo(next, ram, `queue ${index}`)).toBe(`queue ${index}`)
    }
    expect(await echo(queue, ram, 'queue 0')).toBe('queue 0')
  }
})

test('memory is replaced while requests are in flight', async () => {
  const served = serve()
  const ram = guest([
    { guestAddress: 0, size: 1 << 20 },
    { guestAddress: 1 << 20, size: 1 << 20 },
  ])
  const { frontEnd, driver, queue } = await session(served, { ram })
  served.device.hold = true
  const stays = { address: ram.allocate(8), length: 8 }
  const goes = { address: 1 << 20, length: 8 }
  for (const buffer of [stays, goes, stays, goes]) queue.post([buffer], [buffer])
  while (served.device.held.length < 4) await new Promise(setImmediate)
  await frontEnd.setMemory(ram)
  const [first] = ram.regions
  if (first === undefined) throw new Error('no region')
  await frontEnd.obeyed(Request.SET_MEM_TABLE, memoryTable([first]), [first.fd])
  served.device.releaseAll()
  served.device.hold = false
  const lengths: number[] = []
  for (let i = 0; i < 4; i += 1) lengths.push((await queue.take()).length)
  // What is no longer there comes back empty.
  expect(lengths).toEqual([8, 0, 8, 0])
  expect(await echo(queue, ram, 'after')).toBe('after')
  expect(driver.free).toBe(16)
})

test('a queue whose rings are no longer in memory ends the connection', async () => {
  const served = serve()
  const { frontEnd } = await session(served)
  const other = guest([{ guestAddress: 0x1000_0000, size: 4096 }])
  await frontEnd.send(Request.SET_MEM_TABLE, memoryTable(other.regions), {
    fds: other.regions.map(({ fd }) => fd),
  })
  expect(await frontEnd.closes()).toBe(true)
  await served.ended(1)
  expect(served.ends[0]?.message).toBe('SET_MEM_TABLE: queue 0 is not in guest memory')
})

test('the driver breaks a ring: the queue stops, the front end is told, the connection lives', async () => {
  const served = serve()
  const { frontEnd, driver, queue } = await session(served)
  const error = queue.error()
  driver.setAvailableIndex(1000)
  queue.kick()
  await error
  expect(served.device.calls.at(-1)).toBe('broken 0: the available index jumped by 1000, with 16 descriptors')
  expect(await frontEnd.requestNumber(Request.GET_QUEUE_NUM)).toBe(4n)
  expect(await frontEnd.stopQueue(0)).toBe(0)
})

test('the memory file is truncated: the queue stops, the process lives', async () => {
  const served = serve()
  const { frontEnd, ram, queue } = await session(served)
  const error = queue.error()
  ftruncate(ram.regions[0]?.fd ?? -1, 0)
  queue.kick()
  await error
  expect(served.device.calls.at(-1)).toMatch(/^broken 0: /)
  frontEnd.close()
  await served.ended(1)
  const next = await session(served)
  expect(await echo(next.queue, next.ram, 'next guest')).toBe('next guest')
})

test('a server that closes ends its connection and removes its name', async () => {
  const served = serve()
  const { frontEnd } = await session(served)
  await served.server.close()
  await served.server.close()
  expect(await frontEnd.closes()).toBe(true)
  expect(served.ends).toEqual([undefined])
  expect(served.device.calls.at(-1)).toBe('disconnected')
  expect(() => served.connect()).toThrow(/ENOENT/)
})
