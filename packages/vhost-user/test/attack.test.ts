import { closeSync, openSync } from 'node:fs'
import {
  check,
  close,
  EFD_NONBLOCK,
  eventfd,
  ftruncate,
  memfdCreate,
  pipe2,
  pwrite,
  socketpair,
} from '@fb/sys'
import { Attack } from '@fb/testbed'
import { DriverQueue, Random } from '@fb/virtqueue/testing'
import { expect, test } from 'vitest'
import type { StopReason } from '../src/index.js'
import { Request } from '../src/protocol.js'
import {
  EchoDevice,
  MessageGenerator,
  type MessageParts,
  memoryTable,
  scribble,
  TestFrontEnd,
  type TestQueue,
} from '../src/testing/index.js'
import { cleanup, echo, guest, guestMappings, openDescriptors, serve, session } from './support.js'

const TIME = { timeout: 3_600_000 }
const MIB = 2 ** 20
/** Connections after which a sound one looks whether all is well. */
const SOUND_EVERY = 50
/** Of so many messages of a careful connection all but one are sound. */
const SOUND_MESSAGES = 12
/** What ends a message or a session that the back end has ended meanwhile. */
const HAS_CLOSED = /EPIPE|ECONNRESET|has closed|was refused|answered by/

/** Holds requests back, and reads and writes guest memory on other threads meanwhile. */
class BusyDevice extends EchoDevice {
  readonly file: number
  transfers = 0

  constructor(file: number) {
    super()
    this.file = file
    this.hold = true
  }

  override async stopQueue(index: number, reason: StopReason): Promise<number> {
    this.releaseAll()
    return super.stopQueue(index, reason)
  }

  /** Starts transfers for what is held, and answers it when they are done, or some of it at once. */
  async work(): Promise<void> {
    const mine = this.held.splice(0)
    await Promise.all(
      mine.map(async ({ chain, queue }) => {
        const { writableLength, readableLength } = chain
        this.transfers += 1
        const results = await Promise.all([
          chain.writeFromFdAsync(0, Math.min(writableLength, 65536), this.file, 0),
          chain.readToFdAsync(0, Math.min(readableLength, 65536), this.file, 65536),
        ])
        queue.complete(chain, Math.max(0, Math.min(writableLength, results[0])))
      }),
    )
  }
}

async function begin(
  frontEnd: TestFrontEnd,
  { ram, drivers }: Pick<MessageParts, 'ram' | 'drivers'>,
): Promise<TestQueue[]> {
  const queues: TestQueue[] = []
  await frontEnd.negotiate(~0n)
  await frontEnd.setMemory(ram)
  for (const [index, driver] of drivers.entries()) queues.push(await frontEnd.startQueue(index, driver))
  return queues
}

/** Descriptors of every kind, and a file for transfers. */
function descriptors(): { fds: number[]; event: number; file: number } {
  const ends = new Int32Array(4)
  check(pipe2(ends.subarray(0, 2), 0), 'pipe')
  check(socketpair(ends.subarray(2, 4)), 'socketpair')
  const memory = check(memfdCreate('other', 0), 'memfd')
  const file = check(memfdCreate('file', 0), 'memfd')
  const event = check(eventfd(0, EFD_NONBLOCK), 'eventfd')
  for (const each of [memory, file]) ftruncate(each, MIB)
  const nowhere = openSync('/dev/null', 'r+')
  cleanup(() => {
    for (const fd of [...ends, memory, event, file]) close(fd)
    closeSync(nowhere)
  })
  return { fds: [...ends, memory, event, nowhere], event, file }
}

test('random messages, descriptors and rings end connections and nothing else', TIME, async () => {
  const attack = new Attack('random messages', 30_000)
  const { fds, event, file } = descriptors()
  const ram = guest([
    { guestAddress: 0, size: 4 * MIB },
    { guestAddress: 4 * MIB, size: MIB },
    { guestAddress: 2 ** 32, size: MIB },
  ])
  const drivers = [0, 1, 2].map(() => new DriverQueue(ram, 16, { indirect: true, eventIndex: true }))
  const device = new BusyDevice(file)
  const handled = { messages: 0 }
  const logger = {
    error() {},
    warn() {},
    info() {},
    debug: (_: object, text: string) => (handled.messages += text === 'message' ? 1 : 0),
  }
  const served = serve(device, { logger })

  let before = { descriptors: 0, mappings: 0 }
  const counts = { connections: 0, violations: 0 }
  const ended = async (): Promise<void> => {
    counts.connections += 1
    await served.ended(counts.connections)
    // What the test remembers must not look as if something were left behind.
    if (served.ends[counts.connections - 1] !== undefined) counts.violations += 1
    served.ends[counts.connections - 1] = undefined
    device.calls.length = 0
    if (device.queues.size + device.held.length > 0) throw new Error('a queue or a request is left')
  }
  const beSound = async (): Promise<void> => {
    device.hold = false
    const frontEnd = TestFrontEnd.connect(served.path)
    const [driver] = drivers as [DriverQueue]
    driver.reset()
    const [queue] = (await begin(frontEnd, { ram, drivers: [driver] })) as [TestQueue]
    expect(await echo(queue, ram, 'alive')).toBe('alive')
    frontEnd.close()
    queue.close()
    await ended()
    device.hold = true
  }
  await attack.play(async (unit) => {
    const random = new Random(attack.seed, unit)
    const parts = { random, ram, drivers, fds, event }
    const generator = new MessageGenerator(parts)
    // Half of the connections last long, and have been through much when the wrong message comes.
    const care = random.once(2) ? 1 : SOUND_MESSAGES
    const frontEnd = TestFrontEnd.connect(served.path)
    let queues: TestQueue[] = []
    for (const driver of drivers) driver.reset()
    try {
      if (!random.once(10)) queues = await begin(frontEnd, parts)
      for (const queue of queues) {
        queue.post([{ address: MIB, length: 4096 }], [{ address: 2 * MIB, length: 4096 }])
        queue.kick()
      }
      for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate)
      // In flight while the messages come.
      device.work().catch(() => {})
      for (let i = 1 + random.below(60); i > 0; i -= 1) {
        const message = random.once(care) ? generator.next() : generator.sound()
        attack.inputs(1)
        await frontEnd.sendRaw(message.bytes, message.fds)
        if (random.once(3)) {
          if (random.once(4)) scribble(random.pick(drivers), random)
          for (const queue of queues) queue.kick()
        }
        if (random.once(5)) await new Promise(setImmediate)
        if (random.once(6)) device.work().catch(() => {})
      }
    } catch (error) {
      if (!HAS_CLOSED.test(String(error))) throw error
    }
    frontEnd.close()
    for (const queue of queues) queue.close()
    await ended()
    if (counts.connections % SOUND_EVERY === 0) await beSound()
    if (counts.connections === SOUND_EVERY + 1)
      before = { descriptors: openDescriptors(), mappings: guestMappings() }
  })
  const { transfers } = device
  attack.finish({ ...counts, handled: handled.messages, transfers })
  expect(counts.violations).toBeGreaterThan(counts.connections / 10)
  expect(handled.messages).toBeGreaterThan(attack.sent / 10)
  expect(transfers).toBeGreaterThan(attack.sent / 1000)
  expect(openDescriptors()).toBe(before.descriptors)
  expect(guestMappings()).toBe(before.mappings)
})

test('memory is replaced again and again while requests are in flight', TIME, async () => {
  const attack = new Attack('memory replaced in flight', 2_000)
  const { file } = descriptors()
  pwrite(file, new Uint8Array(MIB).fill(0x5a), 0, MIB, 0)
  const device = new BusyDevice(file)
  const served = serve(device)
  const ram = guest([
    { guestAddress: 0, size: 4 * MIB },
    { guestAddress: 4 * MIB, size: 4 * MIB },
  ])
  const { frontEnd, driver, queue } = await session(served, { ram, size: 16 })
  const from = { address: 4 * MIB, length: 65536 }
  let filled = 0
  const broken: string[] = []
  const out = new Set<number>()
  const counts = { posted: 0, returned: 0 }
  const take = (): void => {
    for (let used = driver.take(); used !== undefined; used = driver.take()) {
      if (!out.delete(used.head)) throw new Error(`request ${used.head} came back twice`)
      counts.returned += 1
      if (used.length === from.length) filled += 1
    }
  }
  await attack.play(async (unit) => {
    const random = new Random(attack.seed, unit)
    for (let i = random.below(8); i > 0; i -= 1) {
      const head = queue.post([from], [{ ...from, address: from.address + from.length * (i + 1) }])
      if (head < 0) continue
      out.add(head)
      counts.posted += 1
    }
    for (let i = random.below(3); i > 0; i -= 1) await new Promise(setImmediate)
    const working = device.work()
    // The region of the buffers goes, and comes back; that of the rings stays.
    const count = random.once(2) ? 1 : 2
    const regions = ram.regions.slice(0, count)
    attack.inputs(1)
    await frontEnd.obeyed(
      Request.SET_MEM_TABLE,
      memoryTable(regions),
      regions.map(({ fd }) => fd),
    )
    await working
    take()
    broken.push(...device.calls.splice(0).filter((call) => call.startsWith('broken')))
  })
  while (out.size > 0) {
    await device.work()
    await new Promise(setImmediate)
    take()
  }
  const { refused } = device.queues.get(0)?.queue.counters ?? {}
  attack.finish({ ...counts, filled, refused })
  expect(counts.returned).toBe(counts.posted)
  expect(filled).toBeGreaterThan(0)
  expect(counts.returned).toBeGreaterThan(filled)
  expect(broken).toEqual([])
  expect(served.ends).toEqual([])
})
