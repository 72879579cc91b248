import { Worker } from 'node:worker_threads'
import { Attack } from '@fb/testbed'
import { expect, test } from 'vitest'
import { GuestMemory, InflightQueue, inflightQueueBytes, Virtqueue } from '../src/index.js'
import { DescriptorFlag } from '../src/split-layout.js'
import { DriverQueue, Random, type RawDescriptor, TestMemory, writeDescriptor } from '../src/testing/index.js'

const { INDIRECT, NEXT, WRITE } = DescriptorFlag
const KIB = 1024
/** Inputs of one unit, which has a memory and queues of its own. */
const UNIT = 200
/** A million inputs by hand take a while. */
const TIME = { timeout: 3_600_000 }
const HIGH = 2 ** 32
/** Two that adjoin, a gap, one more, and one above 4 GiB. */
const REGIONS = [
  { guestAddress: 0, size: 256 * KIB },
  { guestAddress: 256 * KIB, size: 64 * KIB },
  { guestAddress: 512 * KIB, size: 64 * KIB },
  { guestAddress: HIGH, size: 64 * KIB },
]
const TABLE = 200 * KIB
const TABLE_ENTRIES = 96

interface Expected {
  readonly readable: [number, number][]
  readonly writable: [number, number][]
}

function isMemory(address: bigint, length: number): boolean {
  let at = address
  let left = BigInt(length)
  while (left > 0n) {
    const region = REGIONS.find(
      ({ guestAddress, size }) => at >= BigInt(guestAddress) && at < BigInt(guestAddress + size),
    )
    if (region === undefined) return false
    const room = BigInt(region.guestAddress + region.size) - at
    const take = left < room ? left : room
    at += take
    left -= take
  }
  return true
}

/** What the specification says of a chain, in the plainest way; `undefined` for a broken one. */
function judge(ram: TestMemory, driver: DriverQueue, head: number, indirect: boolean): Expected | undefined {
  const result: Expected = { readable: [], writable: [] }
  let table = BigInt(driver.addresses.descriptors)
  let entries = driver.size
  let index = head
  let inTable = false
  let total = 0
  const byte = (address: bigint) => ram.bytes(Number(address), 1)[0] as number
  const number = (address: bigint, bytes: number) => {
    let value = 0n
    for (let i = bytes - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(byte(address + BigInt(i)))
    return value
  }
  for (let seen = 0; seen < driver.size; seen += 1) {
    const at = table + BigInt(index) * 16n
    const address = number(at, 8)
    const length = Number(number(at + 8n, 4))
    const flags = Number(number(at + 12n, 2))
    const next = Number(number(at + 14n, 2))
    if ((flags & INDIRECT) !== 0) {
      if (inTable || !indirect || (flags & NEXT) !== 0) return undefined
      if (length === 0 || length % 16 !== 0 || length / 16 > driver.size) return undefined
      if (!isMemory(address, length)) return undefined
      inTable = true
      table = address
      entries = length / 16
      index = 0
      seen -= 1
      continue
    }
    if (length > 0) {
      if (!isMemory(address, length)) return undefined
      if ((flags & WRITE) === 0 && result.writable.length > 0) return undefined
      total += length
      if (total > 2 ** 32) return undefined
      ;((flags & WRITE) === 0 ? result.readable : result.writable).push([Number(address), length])
    }
    if ((flags & NEXT) === 0) return result
    if (next >= entries) return undefined
    index = next
  }
  return undefined
}

function anAddress(random: Random): number | bigint {
  const { guestAddress, size } = random.pick(REGIONS)
  switch (random.below(12)) {
    case 0:
      return guestAddress + size - random.below(64)
    case 1:
      return BigInt.asUintN(64, BigInt(random.word()) * BigInt(random.word()) * 3n)
    case 2:
      return 0xffff_ffff_ffff_ffffn - BigInt(random.below(64))
    case 3:
      return random.pick([2 ** 53, 2 ** 53 - 1, 400 * KIB, HIGH - 1, 320 * KIB - 8])
    default:
      return guestAddress + random.below(size - 4 * KIB)
  }
}

function aLength(random: Random): number {
  switch (random.below(10)) {
    case 0:
      return 0
    case 1:
      return random.word()
    case 2:
      return random.pick([0xffff_ffff, 64 * KIB, 256 * KIB, 320 * KIB, 1])
    default:
      return 1 + random.below(4 * KIB)
  }
}

function aDescriptor(random: Random, entries: number, table: boolean): RawDescriptor {
  const flags = random.once(8)
    ? random.word() & 0xffff
    : (random.once(3) ? 0 : NEXT) | (random.once(3) ? WRITE : 0) | (!table && random.once(4) ? INDIRECT : 0)
  const indirect = (flags & INDIRECT) !== 0
  return {
    address:
      indirect && !random.once(4) ? TABLE + random.below(64) * (random.once(3) ? 1 : 16) : anAddress(random),
    length: indirect && !random.once(4) ? 16 * random.below(entries + 2) : aLength(random),
    flags: indirect && !random.once(8) ? INDIRECT : flags,
    next: random.once(10) ? random.word() & 0xffff : random.below(entries),
  }
}

/** Where a segment is in guest memory, after checking that it is within one region. */
function check(chain: { addresses: Float64Array; segments: Float64Array }, index: number): [number, number] {
  const address = chain.addresses[index] as number
  const length = chain.segments[3 * index + 2] as number
  const inside = REGIONS.some(
    ({ guestAddress, size }) => address >= guestAddress && address + length <= guestAddress + size,
  )
  if (!inside || length <= 0) throw new Error(`a segment of ${length} bytes at ${address}`)
  return [address, length]
}

/** Joins what was split at borders of regions. */
function joined(segments: [number, number][], pattern: [number, number][]): [number, number][] {
  const rest = [...segments]
  return pattern.map(([, length]) => {
    const first = rest.shift() as [number, number]
    let sum = first[1]
    while (sum < length) sum += (rest.shift() as [number, number])[1]
    return [first[0], sum]
  })
}

test(
  'random descriptors, tables and rings are served or refused as the specification says',
  TIME,
  async () => {
    const attack = new Attack('random rings', 100_000)
    const counts = { served: 0, refused: 0, broken: 0 }
    await attack.play((unit) => attackRings(attack, new Random(attack.seed, unit), counts))
    attack.finish(counts)
    expect(Math.min(counts.served, counts.refused, counts.broken)).toBeGreaterThan(attack.sent / 100)
  },
)

/** Tables of every size, written over at random, with and without indirect descriptors: each input is one state of a ring. */
function attackRings(
  attack: Attack,
  random: Random,
  counts: { served: number; refused: number; broken: number },
): void {
  const ram = new TestMemory(REGIONS)
  const memory = GuestMemory.map(ram.regions)
  const bytes = new Uint8Array(8 * KIB)
  const sets = [1, 2, 4, 8, 16, 64].flatMap((size) =>
    [false, true].map((indirect) => ({ indirect, driver: new DriverQueue(ram, size, { indirect }) })),
  )
  const table = ram.view(TABLE, TABLE_ENTRIES * 16)
  for (let round = 0; round < UNIT; round += 1) {
    const { driver, indirect } = random.pick(sets)
    const { size } = driver
    for (let i = 0; i < Math.min(size, 16); i += 1) {
      driver.describe(random.below(size), aDescriptor(random, size, false))
    }
    for (let i = 0; i < 8; i += 1) {
      writeDescriptor(table, random.below(Math.min(size + 4, TABLE_ENTRIES)), aDescriptor(random, size, true))
    }
    const base = driver.availableIndex
    const queue = new Virtqueue({ memory, size, addresses: driver.addresses, base, indirect })
    const usedBefore = driver.usedIndex
    const heads = Array.from({ length: 1 + random.below(Math.min(size, 4)) }, () =>
      random.once(50) ? random.word() & 0xffff : random.below(size),
    )
    for (const head of heads) driver.post(head)
    if (random.once(40)) driver.setAvailableIndex(random.word() & 0xffff)
    const { descriptors, available } = driver.addresses
    attack.input(
      ...[ram.bytes(descriptors, 16 * size), ram.bytes(available, 4 + 2 * size)],
      ram.bytes(TABLE, TABLE_ENTRIES * 16),
    )
    const sound = ((driver.availableIndex - base) & 0xffff) === heads.length
    const refusedBefore = queue.counters.refused
    let served = 0
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      const segments = Array.from({ length: chain.count }, (_, i) => check(chain, i))
      const expected = judge(ram, driver, chain.head, indirect)
      if (expected === undefined) throw new Error('a broken request was served')
      expect(joined(segments.slice(0, chain.readable), expected.readable)).toEqual(expected.readable)
      expect(joined(segments.slice(chain.readable), expected.writable)).toEqual(expected.writable)
      const readable = expected.readable.reduce((sum, [, length]) => sum + length, 0)
      const writable = expected.writable.reduce((sum, [, length]) => sum + length, 0)
      if (chain.readableLength !== readable || chain.writableLength !== writable) throw new Error('lengths')
      if (chain.read(0, bytes, 0, bytes.length) !== Math.min(readable, bytes.length)) throw new Error('read')
      queue.push(chain, Math.min(writable, 7))
      served += 1
    }
    const refused = queue.counters.refused - refusedBefore
    if (((driver.usedIndex - usedBefore) & 0xffff) !== served + refused)
      throw new Error('the used index is off')
    if (queue.broken === undefined) {
      if (sound && served + refused !== heads.length) throw new Error('a request was lost')
    } else {
      counts.broken += 1
    }
    if (queue.inFlight !== 0) throw new Error('a request is still in flight')
    counts.served += served
    counts.refused += refused
  }
  memory.unmap()
  ram.close()
}

test(
  'a guest that writes over everything while it is read reaches no byte outside its memory',
  TIME,
  async () => {
    const attack = new Attack('concurrent scribbling', 50_000)
    const ram = new TestMemory(REGIONS)
    const memory = GuestMemory.map(ram.regions)
    const size = 16
    const driver = new DriverQueue(ram, size, { indirect: true })
    // Only the area with rings and tables, at random, as fast as another thread can: all but the used ring.
    const { seed } = attack
    const worker = new Worker(new URL('./scribbler.mjs', import.meta.url), {
      workerData: { fd: ram.regions[0]?.fd, size: 256 * KIB, rings: driver.addresses, table: TABLE, seed },
    })
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
    const bytes = new Uint8Array(256)
    const counts = { served: 0, refused: 0, broken: 0 }
    let index = 0
    const inflightBytes = new Uint8Array(inflightQueueBytes(size))
    await attack.play(() => {
      const inflight = new InflightQueue(inflightBytes, size)
      const queue = new Virtqueue({
        memory,
        size,
        addresses: driver.addresses,
        base: index,
        indirect: true,
        inflight,
      })
      const usedBefore = driver.usedIndex
      let served = 0
      for (let i = 0; i < 100 && queue.broken === undefined; i += 1) {
        const chain = queue.pop()
        if (chain === undefined) {
          queue.enableNotifications()
          continue
        }
        for (let segment = 0; segment < chain.count; segment += 1) check(chain, segment)
        chain.read(0, bytes, 0, bytes.length)
        chain.write(0, bytes, 0, 1)
        queue.push(chain, 0)
        queue.shouldCall()
        served += 1
      }
      const { refused } = queue.counters
      if (((driver.usedIndex - usedBefore) & 0xffff) !== served + refused)
        throw new Error('the used index is off')
      if (queue.inFlight !== 0) throw new Error('a request is still in flight')
      index = queue.base
      if (queue.broken !== undefined) {
        counts.broken += 1
        index = ram.view(driver.addresses.available, 4).getUint16(2, true)
      }
      attack.inputs(served + refused)
      counts.served += served
      counts.refused += refused
    })
    await worker.terminate()
    attack.finish(counts)
    expect(Math.min(counts.served, counts.refused, counts.broken)).toBeGreaterThan(0)
    expect(memory.broken).toBe(false)
    memory.unmap()
    ram.close()
  },
)
