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
import type { GuestRegion } from '@fb/virtqueue'
import { DriverQueue, type TestMemory } from '@fb/virtqueue/testing'
import { expect, test } from 'vitest'
import type { StopReason } from '../src/index.js'
import { encodeMessage, u64, vringState } from '../src/message.js'
import { HeaderFlag, Request, VRING_NO_FD } from '../src/protocol.js'
import {
  EchoDevice,
  memoryTable,
  oneRegion,
  TestFrontEnd,
  type TestQueue,
  vringAddresses,
} from '../src/testing/index.js'
import { attack, bounded, type Random } from './random.js'
import { cleanup, echo, guest, guestMappings, openDescriptors, serve, session } from './support.js'

const TIME = { timeout: 3_600_000 }
const MIB = 2 ** 20
/** After so many, memory has reached its size. */
const EARLY_ROUNDS = 500
const REQUESTS = Object.values(Request)
/** Those that a running session sees. */
const USUAL = [
  Request.SET_MEM_TABLE,
  Request.GET_VRING_BASE,
  Request.SET_VRING_KICK,
  Request.SET_VRING_CALL,
  Request.SET_VRING_ERR,
  Request.SET_VRING_ENABLE,
  Request.SET_VRING_BASE,
  Request.SET_LOG_BASE,
  Request.GET_CONFIG,
  Request.GET_INFLIGHT_FD,
  Request.RESET_DEVICE,
  Request.SET_OWNER,
]

/** Holds requests back at random, and reads and writes guest memory on other threads meanwhile. */
class BusyDevice extends EchoDevice {
  readonly file: number
  readonly random: Random
  transfers = 0

  constructor(file: number, random: Random) {
    super()
    this.file = file
    this.random = random
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

interface Arena {
  readonly random: Random
  readonly ram: TestMemory
  readonly drivers: readonly DriverQueue[]
  /** Descriptors of every kind. */
  readonly fds: readonly number[]
}

function aRegion({ random, ram }: Arena): Omit<GuestRegion, 'fd'> {
  const own = random.pick(ram.regions)
  if (!random.once(12)) return own
  const wild = () =>
    random.pick([
      0,
      1,
      4096,
      MIB,
      2 ** 32,
      2 ** 52,
      Number.MAX_SAFE_INTEGER,
      random.word(),
      4096 * random.below(4096),
    ])
  return { ...own, [random.pick(['guestAddress', 'size', 'userAddress', 'offset'])]: wild() }
}

function aPayload(arena: Arena, request: number): Uint8Array {
  const { random, drivers, ram } = arena
  const index = random.once(30) ? random.pick([4, 5, 255, 0xffff_ffff]) : random.below(4)
  switch (request) {
    case Request.SET_MEM_TABLE:
      return memoryTable(
        random.once(3) ? ram.regions : Array.from({ length: random.below(9) }, () => aRegion(arena)),
      )
    case Request.ADD_MEM_REG:
    case Request.REM_MEM_REG:
      return oneRegion(aRegion(arena))
    case Request.SET_VRING_NUM:
      return vringState(index, random.pick([16, 16, 16, 8, 1024, 0, 3, random.word()]))
    case Request.SET_VRING_BASE:
    case Request.GET_VRING_BASE:
      return vringState(index, random.pick([0, 0, 5, 0xffff, 0x10000]))
    case Request.SET_VRING_ENABLE:
      return vringState(index, random.pick([1, 1, 1, 0, 1, 0, 1, 2]))
    case Request.SET_VRING_ADDR: {
      const { descriptors, available, used } = (drivers[index] ?? (drivers[0] as DriverQueue)).addresses
      const at = (address: number) =>
        ram.userAddress(address) + (random.once(12) ? random.word() - 2 ** 31 : 0)
      return vringAddresses(
        index,
        { descriptors: at(descriptors), available: at(available), used: at(used), log: random.word() },
        random.below(3),
      )
    }
    case Request.SET_VRING_KICK:
    case Request.SET_VRING_CALL:
    case Request.SET_VRING_ERR:
      return u64(BigInt(index & 0xff) | (random.once(4) ? VRING_NO_FD : 0n))
    case Request.SET_FEATURES:
      return u64(random.once(3) ? BigInt(random.word()) << BigInt(random.below(34)) : 0x1_7400_0000n)
    case Request.SET_PROTOCOL_FEATURES:
      return u64(random.once(3) ? BigInt(random.word()) : 0x61_b62bn)
    case Request.SET_LOG_BASE:
      return new Uint8Array(
        BigUint64Array.of(BigInt(random.pick([4096, 65536, 0, 2 ** 40])), BigInt(random.pick([0, 0, 8, 3])))
          .buffer,
      )
    case Request.GET_INFLIGHT_FD:
    case Request.SET_INFLIGHT_FD: {
      const payload = new Uint8Array(random.pick([24, 24, 20, 22]))
      const view = new DataView(payload.buffer)
      view.setBigUint64(0, BigInt(random.pick([65536, 1024, 0])), true)
      view.setUint16(16, random.below(6), true)
      view.setUint16(18, random.pick([16, 16, 8, 0, 33]), true)
      return payload
    }
    case Request.GET_CONFIG:
    case Request.SET_CONFIG: {
      const size = random.below(48)
      const payload = new Uint8Array(12 + (random.once(5) ? random.below(300) : size))
      new Uint32Array(payload.buffer, 0, 3).set([random.below(50), size, random.below(3)])
      return payload
    }
    case Request.SET_STATUS:
      return u64(BigInt(random.below(300)))
    case Request.SET_DEVICE_STATE_FD:
      return vringState(random.below(3), random.below(2))
    default:
      return new Uint8Array(random.once(6) ? random.below(64) : 0)
  }
}

/** Descriptors as the message wants them, mostly. */
function someFds({ random, fds, ram }: Arena, request: number, payload: Uint8Array): number[] {
  const usual: Record<number, number> = {
    [Request.SET_MEM_TABLE]: new DataView(payload.buffer).byteLength >= 8 ? (payload[0] ?? 0) : 0,
    [Request.ADD_MEM_REG]: 1,
    [Request.SET_LOG_BASE]: 1,
    [Request.SET_LOG_FD]: 1,
    [Request.SET_BACKEND_REQ_FD]: 1,
    [Request.SET_INFLIGHT_FD]: 1,
    [Request.SET_DEVICE_STATE_FD]: 1,
  }
  let count = usual[request] ?? 0
  if (
    [Request.SET_VRING_KICK, Request.SET_VRING_CALL, Request.SET_VRING_ERR].some((one) => one === request)
  ) {
    count = (payload[1] ?? 0) === 0 ? 1 : 0
  }
  if (random.once(40)) count = random.below(12)
  const memory = request === Request.SET_MEM_TABLE || request === Request.ADD_MEM_REG
  return Array.from({ length: Math.min(count, 20) }, (_, i) =>
    memory && !random.once(8) ? (ram.regions[i % ram.regions.length]?.fd ?? -1) : random.pick(fds),
  )
}

function aMessage(arena: Arena): { bytes: Uint8Array; fds: number[] } {
  const { random } = arena
  const request = random.once(50) ? random.word() % 64 : random.pick(random.once(3) ? REQUESTS : USUAL)
  let payload = aPayload(arena, request)
  if (random.once(50)) payload = payload.slice(0, random.below(payload.length + 1))
  if (random.once(50) && payload.length > 0) payload[random.below(payload.length)] = random.word()
  const fds = someFds(arena, request, payload)
  const flags = random.once(100)
    ? random.word()
    : HeaderFlag.VERSION | (random.once(2) ? HeaderFlag.NEED_REPLY : 0)
  const bytes = encodeMessage(request, flags, payload)
  if (random.once(100)) new DataView(bytes.buffer).setUint32(8, random.word(), true)
  return { bytes, fds }
}

function scribble({ random, drivers }: Arena): void {
  const driver = random.pick(drivers)
  const { descriptors, available } = driver.addresses
  const view = driver.memory.view(descriptors, 16 * driver.size)
  for (let i = 0; i < 4; i += 1) {
    const at = 16 * random.below(driver.size)
    view.setUint32(at, 4096 * random.below(2048), true)
    view.setUint32(at + 4, random.once(10) ? random.word() : 0, true)
    view.setUint32(at + 8, random.once(10) ? random.word() : random.below(9000), true)
    view.setUint16(at + 12, random.below(8), true)
    view.setUint16(at + 14, random.once(10) ? random.word() & 0xffff : random.below(driver.size), true)
  }
  const ring = driver.memory.view(available, 6 + 2 * driver.size)
  for (let i = 0; i < driver.size; i += 1)
    ring.setUint16(4 + 2 * i, random.once(60) ? random.word() & 0xffff : random.below(driver.size), true)
  const index = random.once(30) ? random.word() : driver.usedIndex + random.below(5)
  driver.setAvailableIndex(index & 0xffff)
}

async function begin(frontEnd: TestFrontEnd, arena: Arena): Promise<TestQueue[]> {
  const queues: TestQueue[] = []
  await frontEnd.negotiate(~0n)
  await frontEnd.setMemory(arena.ram)
  for (const [index, driver] of arena.drivers.entries()) {
    driver.reset()
    queues.push(await frontEnd.startQueue(index, driver))
  }
  return queues
}

test('random messages, descriptors and rings end connections and nothing else', TIME, async () => {
  const { random, rounds } = attack('random messages', 30_000)
  const ends = new Int32Array(6)
  check(pipe2(ends.subarray(0, 2), 0), 'pipe')
  check(socketpair(ends.subarray(2, 4)), 'socketpair')
  const [memory, event] = [
    check(memfdCreate('other', 0), 'memfd'),
    check(eventfd(0, EFD_NONBLOCK), 'eventfd'),
  ]
  ftruncate(memory, MIB)
  const nowhere = openSync('/dev/null', 'r+')
  cleanup(() => {
    for (const fd of [...ends.subarray(0, 4), memory, event]) close(fd)
    closeSync(nowhere)
  })
  const ram = guest([
    { guestAddress: 0, size: 4 * MIB },
    { guestAddress: 4 * MIB, size: MIB },
    { guestAddress: 2 ** 32, size: MIB },
  ])
  const drivers = [0, 1, 2].map(() => new DriverQueue(ram, 16, { indirect: true, eventIndex: true }))
  const arena: Arena = { random, ram, drivers, fds: [...ends.subarray(0, 4), memory, event, nowhere] }
  const file = check(memfdCreate('file', 0), 'memfd')
  ftruncate(file, MIB)
  cleanup(() => close(file))
  const device = new BusyDevice(file, random)
  const handled = { messages: 0 }
  const logger = {
    error() {},
    warn() {},
    info() {},
    debug: (_: object, text: string) => (handled.messages += text === 'message' ? 1 : 0),
  }
  const served = serve(device, { logger })

  let before = { descriptors: 0, mappings: 0, rss: 0 }
  const counts = { messages: 0, connections: 0, violations: 0 }
  while (counts.messages < rounds) {
    const frontEnd = TestFrontEnd.connect(served.path)
    let queues: TestQueue[] = []
    try {
      if (!random.once(10)) queues = await begin(frontEnd, arena)
      for (const queue of queues) {
        queue.post([{ address: MIB, length: 4096 }], [{ address: 2 * MIB, length: 4096 }])
        queue.kick()
      }
      for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate)
      // In flight while the messages come.
      device.work().catch(() => {})
      for (let i = 1 + random.below(60); i > 0; i -= 1) {
        const { bytes, fds } = aMessage(arena)
        counts.messages += 1
        await frontEnd.sendRaw(bytes, fds)
        if (random.once(3)) {
          if (random.once(4)) scribble(arena)
          for (const queue of queues) queue.kick()
        }
        if (random.once(5)) await new Promise(setImmediate)
        if (random.once(6)) device.work().catch(() => {})
      }
    } catch (error) {
      // The back end has closed while we were still talking.
      if (!/EPIPE|ECONNRESET|has closed|was refused|answered by/.test(String(error))) throw error
    }
    frontEnd.close()
    for (const queue of queues) queue.close()
    counts.connections += 1
    await served.ended(counts.connections)
    // What the test remembers must not look as if something were left behind.
    if (served.ends[counts.connections - 1] !== undefined) counts.violations += 1
    served.ends[counts.connections - 1] = undefined
    device.calls.length = 0
    if (counts.connections % 50 === 0) {
      device.hold = false
      const { frontEnd: sound, queue, ram: other } = await session(served)
      expect(await echo(queue, other, 'alive')).toBe('alive')
      sound.close()
      queue.close()
      other.close()
      counts.connections += 1
      await served.ended(counts.connections)
      device.hold = true
    }
    if (counts.connections === 51) {
      const [descriptors, mappings] = [openDescriptors(), guestMappings()]
      before = { descriptors, mappings, rss: process.memoryUsage.rss() }
    }
  }
  const { transfers } = device
  bounded(counts.messages, before.rss, { ...counts, handled: handled.messages, transfers })
  expect(counts.violations).toBeGreaterThan(counts.connections / 10)
  expect(handled.messages).toBeGreaterThan(rounds / 10)
  expect(device.transfers).toBeGreaterThan(rounds / 1000)
  expect(openDescriptors()).toBe(before.descriptors)
  expect(guestMappings()).toBe(before.mappings)
})

test('memory is replaced again and again while requests are in flight', TIME, async () => {
  const { random, rounds } = attack('memory replaced in flight', 2_000)
  const file = check(memfdCreate('file', 0), 'memfd')
  ftruncate(file, MIB)
  pwrite(file, new Uint8Array(MIB).fill(0x5a), 0, MIB, 0)
  cleanup(() => close(file))
  const device = new BusyDevice(file, random)
  const served = serve(device)
  const ram = guest([
    { guestAddress: 0, size: 4 * MIB },
    { guestAddress: 4 * MIB, size: 4 * MIB },
  ])
  const { frontEnd, driver, queue } = await session(served, { ram, size: 16 })
  const from = { address: 4 * MIB, length: 65536 }
  let returned = 0
  let filled = 0
  let early = 0
  for (let round = 0; round < rounds; round += 1) {
    if (round === EARLY_ROUNDS) early = process.memoryUsage.rss()
    for (let i = random.below(8); i > 0; i -= 1)
      queue.post([from], [{ ...from, address: from.address + 65536 * (i + 1) }])
    for (let i = random.below(3); i > 0; i -= 1) await new Promise(setImmediate)
    const working = device.work()
    // The region of the buffers goes, and comes back; that of the rings stays.
    const count = random.once(2) ? 1 : 2
    const regions = ram.regions.slice(0, count)
    await frontEnd.obeyed(
      Request.SET_MEM_TABLE,
      memoryTable(regions),
      regions.map(({ fd }) => fd),
    )
    await working
    for (let used = driver.take(); used !== undefined; used = driver.take()) {
      returned += 1
      if (used.length === 65536) filled += 1
    }
  }
  const { refused } = device.queues.get(0)?.queue.counters ?? {}
  bounded(rounds, early, { returned, filled, refused })
  expect(filled).toBeGreaterThan(0)
  expect(returned).toBeGreaterThan(filled)
  expect(device.calls.filter((call) => call.startsWith('broken'))).toEqual([])
  expect(served.ends).toEqual([])
})
