import { ChaosFileSystem, SeededRandom } from '@fb/api/testing'
import { Attack } from '@fb/testbed'
import { expect, test } from 'vitest'
import { HostileGuest } from '../src/testing/index.js'
import { serve } from './support.js'

const TIME = { timeout: 3_600_000 }
const SESSION = 200
/** File systems that are looked at when all is over. */
const REMEMBERED = 100

test(
  'sound and spoilt requests come back exactly once each, whatever the file system does',
  TIME,
  async () => {
    const attack = new Attack('requests', 25_000)
    const made: ChaosFileSystem[] = []
    /** Beginnings and ends of file systems that are not remembered any more. */
    const past = { inits: 0, destroys: 0 }
    /** What the file systems of this unit answer with, so that it does not depend on what is sent. */
    let chaos = new SeededRandom(attack.seed)
    const remember = (fs: ChaosFileSystem): void => {
      made.push(fs)
      if (made.length <= REMEMBERED) return
      const { inits = 0, destroys = 0 } = made.shift() ?? {}
      past.inits += inits
      past.destroys += destroys
    }
    const served = serve({
      numRequestQueues: 2,
      createFileSystem() {
        const fs = new ChaosFileSystem(chaos)
        remember(fs)
        return fs.fs
      },
    })
    const client = await served.connect(2)
    const guest = new HostileGuest(client, {
      knownContent: true,
      patience: 10,
      async idle() {
        // What the others were asked has been given up.
        made.at(-1)?.release(Number.POSITIVE_INFINITY)
        await new Promise((resolve) => setImmediate(resolve))
      },
    })
    await attack.play(async (unit) => {
      chaos = new SeededRandom(attack.seed, 2 * unit)
      const random = new SeededRandom(attack.seed, 2 * unit + 1)
      served.forgetLog()
      await guest.session({
        random,
        requests: SESSION,
        spread: true,
        onInput: (bytes) => attack.input(bytes),
      })
      expect(served.errors.filter((text) => text.includes('broke a queue'))).toEqual([])
    })
    const { counts } = guest
    attack.finish(counts)
    expect(counts.returned).toBe(counts.posted)
    expect(counts.succeeded).toBeGreaterThan(attack.sent / 20)
    for (const { driver } of client.queues) expect(driver.usedIndex).toBe(driver.availableIndex)
    client.close()
    await served.ended(1)
    expect(past.destroys).toBe(past.inits)
    expect(made.map(({ destroys }) => destroys)).toEqual(made.map(({ inits }) => inits))
  },
)
