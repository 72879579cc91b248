import { FuseLkIn, FuseReadIn, Opcode } from '@fb/abi'
import { RequestBody } from '@fb/api/testing'
import { ftruncate } from '@fb/sys'
import { missingForMount, openFds, waitFor } from '@fb/testbed'
import type { RingClient } from '@fb/transport-virtiofs/testing'
import { Request } from '@fb/vhost-user'
import { memoryTable } from '@fb/vhost-user/testing'
import { type DriverQueue, Random, type RawDescriptor, writeDescriptor } from '@fb/virtqueue/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Arena, CONTENT, QUEUES } from './arena.js'
import { lookup, open } from './guest-calls.js'

const TIMEOUT_MS = 120_000
const ROOT = 1
const MIB = 2 ** 20
const F_WRLCK = 1
/** Flags of a descriptor. */
const NEXT = 1
const WRITE = 2
const INDIRECT = 4
const PLACES = 16
const ROOM = 64 * 1024
const ROUNDS = 60
/** Locks that are waited for at a time, on a thread each; the addon has 512 for that, and then refuses. */
const WAITING = 200

const reason = missingForMount(['mkfs.ext4', 'chattr', 'mkfifo'])
const because = reason === undefined ? '' : ` (skipped: ${reason})`

/** A place for descriptors and data, beyond everything that the client uses itself. */
const TABLE = 100 * MIB
const buffer = { address: TABLE + MIB, length: 64, next: 0 }

const link = (next: number): RawDescriptor => ({ ...buffer, flags: NEXT, next })
const huge = (flags: number): RawDescriptor => ({ address: 0, length: 0xffff_ffff, flags, next: 1 })
const indirect = (length: number): RawDescriptor => ({ address: TABLE, length, flags: INDIRECT, next: 0 })

/** Descriptors that are no request, from 0 on, and a table at {@link TABLE}. */
const chains: [name: string, own: RawDescriptor[], table: RawDescriptor[]][] = [
  ['goes round', [link(1), link(0)], []],
  ['leads to itself', [link(0)], []],
  ['leads out of the table', [link(128)], []],
  ['is not in memory', [{ ...buffer, flags: 0, address: 0x7000_0000_0000 }], []],
  ['reaches over the end of memory', [{ ...buffer, flags: WRITE, address: 128 * MIB - 8 }], []],
  ['reaches over the end of all addresses', [{ ...buffer, flags: WRITE, address: 2n ** 64n - 8n }], []],
  ['is longer than 4 GiB', [huge(NEXT), huge(WRITE)], []],
  [
    'is written before it is read',
    [
      { ...buffer, flags: NEXT | WRITE, next: 1 },
      { ...buffer, flags: 0 },
    ],
    [],
  ],
  ['has a table without entries', [indirect(0)], []],
  ['has a table of half an entry', [indirect(24)], []],
  ['has a table that is too long', [indirect(16 * 129)], []],
  ['has a table that is not in memory', [{ ...indirect(16), address: 2 ** 40 }], []],
  ['goes on behind its table', [{ ...indirect(16), flags: INDIRECT | NEXT, next: 1 }], []],
  ['has a table in a table', [indirect(16)], [indirect(16)]],
  ['goes round in its table', [indirect(32)], [link(1), link(0)]],
]

describe.skipIf(reason !== undefined).each([0, 2])(
  `rings and memory of a guest, against %d serving threads${because}`,
  { timeout: TIMEOUT_MS },
  (threads) => {
    let arena: Arena
    let client: RingClient
    let idleFds: number
    beforeAll(async () => {
      arena = await Arena.start(threads)
      await arena.serves()
      idleFds = openFds(arena.pid)
    })
    afterAll(() => arena.close())
    afterEach(async () => {
      client.close()
      arena.check()
      await arena.serves()
      await waitFor('descriptors to be closed', () => openFds(arena.pid) <= idleFds)
    })
    const connect = async (): Promise<RingClient> => {
      client = await arena.connect()
      await client.init()
      return client
    }
    const answers = async (queue: number): Promise<void> =>
      expect((await client.call(Opcode.STATFS, ROOT, undefined, { queue })).error).toBe(0)

    test.each(chains)(
      'a request that %s comes back at once, and the queue goes on',
      async (_name, own, table) => {
        await connect()
        const view = client.memory.view(TABLE, 4096)
        for (const [index, descriptor] of table.entries()) writeDescriptor(view, index, descriptor)
        for (let queue = 0; queue <= QUEUES; queue += 1) {
          const { driver } = client.queue(queue)
          for (const [index, descriptor] of own.entries()) driver.describe(index, descriptor)
          driver.post(0)
          client.queue(queue).kick()
          expect(await client.queue(queue).take()).toEqual({ head: 0, length: 0 })
          await answers(queue)
        }
      },
    )

    test.each<[string, (driver: DriverQueue) => void]>([
      ['jumps', (driver) => driver.setAvailableIndex(driver.availableIndex + 129)],
      ['jumps far', (driver) => driver.setAvailableIndex(driver.availableIndex + 0x8000)],
      ['goes back', (driver) => driver.setAvailableIndex(driver.availableIndex - 1)],
      ['names a descriptor that there is not', (driver) => driver.post(128)],
    ])('a ring that %s stops its queue and no other', async (_name, spoil) => {
      await connect()
      const broken = client.queue(2)
      spoil(broken.driver)
      broken.kick()
      await broken.error()
      for (const queue of [0, 1, 3]) await answers(queue)
      expect(await client.frontEnd.requestNumber(Request.GET_QUEUE_NUM)).toBe(BigInt(QUEUES + 1))
    })

    test.each([0, 64 * MIB])('memory that is cut off at %d, with requests in flight', async (size) => {
      await connect()
      const node = await lookup(client, 'kept')
      const fh = await open(client, node)
      const beyond = 65 * MIB
      for (let i = 0; i < PLACES; i += 1) {
        const body = new RequestBody().struct(FuseReadIn, { fh, offset: 0, size: ROOM })
        const to = { address: beyond + 2 * i * ROOM, length: 2 * ROOM }
        client.post(client.encode(Opcode.READ, node, body), [to], { queue: 1 + (i % QUEUES) })
        if (i === PLACES / 2) ftruncate(client.memory.regions[0]?.fd ?? -1, size)
      }
      // It can be asked, and says no more of the queues.
      expect(await client.frontEnd.requestNumber(Request.GET_QUEUE_NUM)).toBe(BigInt(QUEUES + 1))
    })

    test('a virtual machine that is paused again and again gets each answer once', async () => {
      await connect()
      const reads = await Reads.begin(client)
      const random = new Random(1)
      for (let round = 0; round < ROUNDS; round += 1) {
        for (let i = random.below(PLACES); i > 0; i -= 1)
          reads.post(1 + random.below(QUEUES), random.below(50_000))
        const index = 1 + random.below(QUEUES)
        const { driver } = client.queue(index)
        const base = await client.frontEnd.stopQueue(index)
        // What was taken was answered before the queue stopped; the rest is taken when it goes on.
        expect(base).toBe(driver.usedIndex)
        client.queue(index).close()
        client.queues[index] = await client.frontEnd.startQueue(index, driver, base)
        await reads.take()
      }
      expect(reads.filled).toBe(reads.posted)
    })

    test('memory that is replaced under requests takes their answers with it, and nothing more', async () => {
      await connect()
      const reads = await Reads.begin(client)
      const [whole] = client.memory.regions
      if (whole === undefined) throw new Error('the client has no memory')
      const half = whole.size / 2
      const lower = { ...whole, size: half }
      const upper = {
        ...whole,
        size: half,
        ...{ guestAddress: half, userAddress: whole.userAddress + half, offset: half },
      }
      const random = new Random(2)
      for (let round = 0; round < ROUNDS; round += 1) {
        for (let i = random.below(PLACES); i > 0; i -= 1)
          reads.post(1 + random.below(QUEUES), random.below(50_000))
        for (const regions of [random.pick([[whole], [lower, upper], [lower]]), [whole]]) {
          const fds = regions.map(({ fd }) => fd)
          await client.frontEnd.obeyed(Request.SET_MEM_TABLE, memoryTable(regions), fds)
        }
        await reads.take()
      }
      expect(reads.filled).toBeGreaterThan(0)
    })

    test('locks that are waited for, however many, keep nobody else waiting, and end with their guest', async () => {
      await connect()
      const node = await lookup(client, 'file')
      const fh = await open(client, node)
      const lock = (owner: number) =>
        new RequestBody().struct(FuseLkIn, {
          fh,
          owner: BigInt(owner),
          lk: { start: 0n, end: 100n, type: F_WRLCK, pid: 1 },
        })
      expect((await client.call(Opcode.SETLK, node, lock(1))).error).toBe(0)
      for (let owner = 2; owner < 2 + WAITING; owner += 1) {
        const to = { address: TABLE + 8192 * owner, length: 4096 }
        client.post(client.encode(Opcode.SETLKW, node, lock(owner)), [to], {
          queue: 1 + (owner % 2),
          at: TABLE + 8192 * owner + 4096,
        })
      }
      for (const queue of [0, 1, 2, 3]) await answers(queue)
    })

    test('a guest that begins anew without a word leaves no file open', async () => {
      await connect()
      let first = 0
      for (let round = 0; round < ROUNDS; round += 1) {
        await client.init()
        const node = await lookup(client, 'kept')
        for (let i = 0; i < PLACES; i += 1) await open(client, node)
        if (round === 0) first = openFds(arena.pid)
      }
      expect(openFds(arena.pid)).toBe(first)
    })
  },
)

/** READs of a file that is known, many at a time, into the upper half of guest memory. */
class Reads {
  readonly #client: RingClient
  readonly #node: number
  readonly #fh: number
  readonly #free = Array.from({ length: PLACES }, (_, i) => 65 * MIB + 4 * i * ROOM)
  readonly #out = new Map<string, { at: number; offset: number }>()
  posted = 0
  /** Those that came back with what is in the file. */
  filled = 0

  private constructor(client: RingClient, node: number, fh: number) {
    this.#client = client
    this.#node = node
    this.#fh = fh
  }

  static async begin(client: RingClient): Promise<Reads> {
    const node = await lookup(client, 'kept')
    return new Reads(client, node, await open(client, node))
  }

  post(queue: number, offset: number): void {
    const at = this.#free.pop()
    if (at === undefined) return
    const body = new RequestBody().struct(FuseReadIn, { fh: this.#fh, offset, size: ROOM })
    const message = this.#client.encode(Opcode.READ, this.#node, body)
    const to = { address: at + ROOM, length: ROOM + 16 }
    const head = this.#client.post(message, [to], { queue, at })
    this.#out.set(`${queue}:${head}`, { at, offset })
    this.posted += 1
  }

  /** Waits for all that are out. Throws where one comes back twice, or with other bytes than there are. */
  async take(): Promise<void> {
    while (this.#out.size > 0) {
      const [key = ''] = this.#out.keys()
      const queue = Number(key.split(':')[0])
      const { head, length } = await this.#client.queue(queue).take()
      const one = this.#out.get(`${queue}:${head}`)
      if (one === undefined) throw new Error(`request ${head} of queue ${queue} came back twice`)
      this.#out.delete(`${queue}:${head}`)
      this.#free.push(one.at)
      const { error, body } = this.#client.replyAt(one.at + ROOM, length)
      if (error !== 0 || length === 0) continue
      if (Buffer.compare(body, CONTENT.subarray(one.offset, one.offset + ROOM)) !== 0)
        throw new Error('other bytes')
      this.filled += 1
    }
  }
}
