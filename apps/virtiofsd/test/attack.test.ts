import { closeSync, openSync } from 'node:fs'
import { SeededRandom } from '@fb/api/testing'
import { check, close, EFD_NONBLOCK, eventfd, ftruncate, memfdCreate, pipe2, socketpair } from '@fb/sys'
import { Attack, missingForMount, openFds, waitFor } from '@fb/testbed'
import { HostileGuest } from '@fb/transport-virtiofs/testing'
import { MessageGenerator, scribble, TestFrontEnd, type TestQueue } from '@fb/vhost-user/testing'
import { DriverQueue, Random, TestMemory } from '@fb/virtqueue/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Arena } from './arena.js'

const TIME = { timeout: 3_600_000 }
const MIB = 2 ** 20
/** Requests of a session. */
const SESSION = 500
/** Sessions of one guest. */
const SESSIONS = 2
/** Connections after which a sound guest is served. */
const SOUND_EVERY = 25
/** Of so many messages of a careful connection all but one are sound. */
const SOUND_MESSAGES = 12
/** Operations of which some succeed, among so many. */
const SERVED =
  'CREATE GETATTR LOOKUP MKDIR MKNOD OPEN OPENDIR READ RELEASE STATFS SYMLINK TMPFILE WRITE'.split(' ')
/** What ends a message or a session that the daemon has ended meanwhile. */
const HAS_CLOSED = /EPIPE|ECONNRESET|has closed|was refused|answered by/

const reason = missingForMount(['mkfs.ext4', 'chattr', 'mkfifo'])
const because = reason === undefined ? '' : ` (skipped: ${reason})`

describe.skipIf(reason !== undefined).each([0, 2])(
  `the daemon with %d serving threads${because}`,
  (threads) => {
    let arena: Arena
    let idleFds: number
    beforeAll(async () => {
      arena = await Arena.start(threads)
      // The threads are started for the first guest, and stay.
      await arena.serves()
      idleFds = openFds(arena.pid)
    })
    afterAll(() => arena.close())

    /** Everything that guests had is gone. */
    const gone = () => waitFor('descriptors to be closed', () => openFds(arena.pid) <= idleFds)

    test('answers every request once, whatever guests ask for', TIME, async () => {
      const attack = new Attack(`requests, ${threads} threads`, 10_000, { pid: arena.pid })
      const counts = { posted: 0, returned: 0, succeeded: 0, failed: 0, unanswered: 0 }
      const succeeded = new Set<string>()
      await attack.play(async (unit) => {
        const client = await arena.connect()
        try {
          const guest = new HostileGuest(client, { names: arena.names })
          for (let session = 0; session < SESSIONS; session += 1) {
            const random = new SeededRandom(attack.seed, SESSIONS * unit + session)
            const onInput = (bytes: Uint8Array) => attack.input(bytes)
            // What races with several threads is not the same when it is played again.
            await guest.session({
              random,
              requests: SESSION,
              spread: threads > 0 && random.chance(50),
              onInput,
            })
          }
          for (const key of Object.keys(counts) as (keyof typeof counts)[]) counts[key] += guest.counts[key]
          for (const name of guest.succeeded) succeeded.add(name)
        } finally {
          client.close()
        }
        arena.check()
        await arena.serves()
      })
      await gone()
      attack.finish({ ...counts, operations: [...succeeded].sort().join(' ') })
      expect(counts.returned).toBe(counts.posted)
      // They are not merely refused.
      expect([...succeeded].sort()).toEqual(expect.arrayContaining(SERVED))
    })

    test('outlives messages, descriptors and rings of every kind', TIME, async () => {
      const attack = new Attack(`messages, ${threads} threads`, 3_000, { pid: arena.pid })
      const ends = new Int32Array(4)
      check(pipe2(ends.subarray(0, 2), 0), 'pipe')
      check(socketpair(ends.subarray(2, 4)), 'socketpair')
      const memory = check(memfdCreate('other', 0), 'memfd')
      ftruncate(memory, MIB)
      const event = check(eventfd(0, EFD_NONBLOCK), 'eventfd')
      const nowhere = openSync('/dev/null', 'r+')
      const fds = [...ends, memory, event, nowhere]
      const ram = new TestMemory([
        { guestAddress: 0, size: 4 * MIB },
        { guestAddress: 4 * MIB, size: MIB },
        { guestAddress: 2 ** 32, size: MIB },
      ])
      const drivers = [0, 1, 2].map(() => new DriverQueue(ram, 16, { indirect: true, eventIndex: true }))
      let connections = 0
      await attack.play(async (unit) => {
        const random = new Random(attack.seed, unit)
        const generator = new MessageGenerator({ random, ram, drivers, fds, event })
        const care = random.once(2) ? 1 : SOUND_MESSAGES
        const frontEnd = TestFrontEnd.connect(arena.socket)
        const queues: TestQueue[] = []
        try {
          if (!random.once(10)) {
            await frontEnd.negotiate(~0n)
            await frontEnd.setMemory(ram)
            for (const [index, driver] of drivers.entries()) {
              driver.reset()
              queues.push(await frontEnd.startQueue(index, driver))
            }
          }
          for (let i = 1 + random.below(60); i > 0; i -= 1) {
            const message = random.once(care) ? generator.next() : generator.sound()
            attack.inputs(1)
            await frontEnd.sendRaw(message.bytes, message.fds)
            if (random.once(3)) scribble(random.pick(drivers), random)
            if (random.once(3)) for (const queue of queues) queue.kick()
          }
        } catch (error) {
          if (!HAS_CLOSED.test(String(error))) throw error
        } finally {
          frontEnd.close()
          for (const queue of queues) queue.close()
        }
        arena.check()
        connections += 1
        if (connections % SOUND_EVERY === 0) await arena.serves()
      })
      await arena.serves()
      await gone()
      attack.finish({ connections })
      for (const fd of [...ends, memory, event]) close(fd)
      closeSync(nowhere)
      ram.close()
    })
  },
)
