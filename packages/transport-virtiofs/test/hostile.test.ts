import { FuseInitIn, InitFlag, Opcode, splitInitFlags } from '@fb/abi'
import {
  type Agreement,
  ChaosFileSystem,
  encodeRequest,
  RequestBody,
  RequestGenerator,
  SeededRandom,
} from '@fb/api/testing'
import { expect, test } from 'vitest'
import { serve } from './support.js'

const SEED = Number(process.env['FB_FUZZ_SEED'] ?? 1)
const ROUNDS = Number(process.env['FB_FUZZ_ROUNDS'] ?? 25)
const CASES = 1000
const TIMEOUT_MS = 60_000 + ROUNDS * 1000
/** Requests in flight. */
const BATCH = 16
/** Turns of the loop in which nothing comes back. */
const PATIENCE = 10
const ROOM = 64 * 1024
/** File systems that are looked at when all is over. */
const REMEMBERED = 100
/** After so many batches, memory has reached its size; the most that it may grow from then on. */
const EARLY_BATCHES = 200
const MOST_GROWTH = 128 * 2 ** 20
const CAPACITIES = [0, 1, 15, 16, 24, 100, 160, 4096]

function init(): Uint8Array {
  const flags = splitInitFlags((2n ** 64n - 1n) | InitFlag.INIT_EXT)
  const body = new RequestBody().struct(FuseInitIn, { major: 7, minor: 45, maxReadahead: 1 << 20, ...flags })
  return encodeRequest({ opcode: Opcode.INIT, unique: 1n, nodeid: 0 }, body.finish())
}

test(
  `${ROUNDS * CASES} sound and spoilt requests come back exactly once each (seed ${SEED})`,
  async () => {
    const random = new SeededRandom(SEED, 0)
    const made: ChaosFileSystem[] = []
    /** Beginnings and ends of file systems that are not remembered any more. */
    const past = { inits: 0, destroys: 0 }
    const remember = (chaos: ChaosFileSystem): void => {
      made.push(chaos)
      if (made.length <= REMEMBERED) return
      const { inits = 0, destroys = 0 } = made.shift() ?? {}
      past.inits += inits
      past.destroys += destroys
    }
    const served = serve({
      numRequestQueues: 2,
      createFileSystem() {
        const chaos = new ChaosFileSystem(random)
        remember(chaos)
        return chaos.fs
      },
    })
    const client = await served.connect(2)
    const places = Array.from({ length: BATCH }, () => ({
      at: client.memory.allocate(4 * ROOM),
      to: client.memory.allocate(ROOM),
    }))
    const agreement: Agreement = { minor: 45, flags: 0n }
    const generator = new RequestGenerator(random)
    let posted = 0
    let returned = 0
    let answered = 0
    let idle = 0
    let early = 0
    const lastResort = { at: client.memory.allocate(ROOM), to: client.memory.allocate(ROOM) }
    for (let round = 0; round < (ROUNDS * CASES) / BATCH; round += 1) {
      if (round === EARLY_BATCHES) early = process.memoryUsage.rss()
      served.warnings.length = 0
      const out = new Map<string, number>()
      places.forEach(({ at, to }, i) => {
        const message = i === 0 && random.chance(50) ? init() : generator.next(agreement)
        const queue = random.below(3)
        const length = random.chance(90) ? ROOM : random.pick(CAPACITIES)
        const bytes = message.length === 0 || message.length > 4 * ROOM ? init() : message
        const split = random.chance(50) ? [random.below(50), random.below(100)] : []
        const head = client.post(bytes, length === 0 ? [] : [{ address: to, length }], { at, queue, split })
        out.set(`${queue}:${head}`, i)
      })
      expect(out.size).toBe(BATCH)
      posted += BATCH
      idle = 0
      while (out.size > 0) {
        // What the others were asked has been given up.
        made.at(-1)?.release(Number.POSITIVE_INFINITY)
        await new Promise((resolve) => setImmediate(resolve))
        idle += 1
        if (idle === PATIENCE) {
          // Some are never answered, or not before they are given up: that is what INIT does.
          const { at, to } = lastResort
          const head = client.post(init(), [{ address: to, length: ROOM }], { at })
          out.set(`1:${head}`, BATCH)
          posted += 1
        }
        client.queues.forEach((queue, index) => {
          queue.driver.wantCalls(true)
          for (let used = queue.driver.take(); used !== undefined; used = queue.driver.take()) {
            const place = out.get(`${index}:${used.head}`)
            if (place === undefined) throw new Error(`request ${used.head} came back twice`)
            out.delete(`${index}:${used.head}`)
            returned += 1
            idle = 0
            const { error } = client.replyAt((places[place] ?? lastResort).to, used.length)
            expect(error <= 0 && error > -4096).toBe(true)
            if (used.length > 0) answered += 1
          }
        })
      }
    }
    const late = process.memoryUsage.rss()
    const rssMiB = [early, late].map((bytes) => Math.round(bytes / 2 ** 20))
    process.stdout.write(
      `requests: FB_FUZZ_SEED=${SEED}\n  attacked ${JSON.stringify({ inputs: posted, rssMiB, returned, answered })}\n`,
    )
    expect(late - early).toBeLessThan(MOST_GROWTH)
    expect(returned).toBe(posted)
    expect(posted).toBeGreaterThan(ROUNDS * CASES - BATCH)
    expect(answered).toBeGreaterThan(returned / 2)
    for (const queue of client.queues) expect(queue.driver.usedIndex).toBe(queue.driver.availableIndex)
    expect(served.errors.filter((text) => text.includes('broke a queue'))).toEqual([])
    client.close()
    await served.ended(1)
    expect(past.destroys).toBe(past.inits)
    expect(made.map(({ destroys }) => destroys)).toEqual(made.map(({ inits }) => inits))
  },
  TIMEOUT_MS,
)
