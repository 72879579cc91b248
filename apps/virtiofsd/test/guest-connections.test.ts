import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Guest, guestUnavailable } from '@fb/guest-vm'
import { memory, openFds, waitFor } from '@fb/testbed'
import { describe, expect, test } from 'vitest'
import { Daemon, directory } from './daemon.js'

/** Virtual machines one after the other: FB_GUEST_CONNECTIONS=50 by hand. */
const CONNECTIONS = Number(process.env['FB_GUEST_CONNECTIONS'] ?? 3)
const TIMEOUT_MS = 60_000 * CONNECTIONS
const MIB = 2 ** 20
/** What the heap and its threads may still take after the first guest; memory of guests is none of it. */
const MOST_GROWTH = 16 * MIB
const FILES = 50

const reason = await guestUnavailable()
const because = reason === undefined ? '' : ` (skipped: ${reason})`

describe.skipIf(reason !== undefined)(`guests that come and go${because}`, () => {
  test(
    `${CONNECTIONS} that reboot and are killed leave nothing behind`,
    async () => {
      const base = directory()
      const shared = join(base, 'shared')
      mkdirSync(shared)
      for (let i = 0; i < FILES; i += 1) writeFileSync(join(shared, `file-${i}`), `${i}`)
      const socket = join(base, 'socket')
      const daemon = new Daemon(
        ...['--shared-dir', shared, '--socket-path', socket, '--sandbox', 'none'],
        ...['--num-request-queues', '2', '--thread-pool-size', '1'],
      )
      await daemon.listening()
      const pid = daemon.child.pid ?? 0
      const mounts = [{ tag: 'share', socket, at: '/mnt', requestQueues: 2 }]
      // Files open, locks held, one waited for, and a large file half written.
      const busy = `cd /mnt; cat file-* > /dev/null; exec 8<file-1 9>lock; flock 9
        (while :; do echo more; done > endless) > /dev/null 2>&1 &
        (flock lock true) > /dev/null 2>&1 & sleep 0.2`
      const seen: { fds: number; anonymous: number }[] = []
      for (let round = 1; round <= CONNECTIONS; round += 1) {
        const guest = await Guest.start({ mounts, memoryMiB: 256, programs: ['flock'] })
        try {
          await guest.check(busy)
          expect(guestMappings(pid)).toBeGreaterThan(0)
          if (round % 2 === 1) {
            await guest.reboot()
            await guest.check(busy)
          }
        } finally {
          await guest.kill()
        }
        await waitFor('the end of the connection', () => ends(daemon.stderr) === round)
        await waitFor('its descriptors to be closed', () => openFds(pid) <= (seen[0]?.fds ?? Infinity))
        await waitFor('its memory to be unmapped', () => guestMappings(pid) === 0)
        seen.push({ fds: openFds(pid), anonymous: memory(pid).anonymous })
      }
      const [first, last] = [seen[0], seen.at(-1)]
      process.stdout.write(
        `descriptors ${seen.map(({ fds }) => fds).join(' ')}; anonymous MiB ${seen.map(({ anonymous }) => Math.round(anonymous / MIB)).join(' ')}\n`,
      )
      expect(last?.fds).toBe(first?.fds)
      expect((last?.anonymous ?? 0) - (first?.anonymous ?? 0)).toBeLessThan(MOST_GROWTH)
      expect((await daemon.stop()).code).toBe(0)
    },
    TIMEOUT_MS,
  )
})

/** Connections that the log says have ended. */
function ends(log: string): number {
  return log.match(/the front end has gone/g)?.length ?? 0
}

/** Mappings of guest memory in a process. */
function guestMappings(pid: number): number {
  return readFileSync(`/proc/${pid}/maps`, 'utf8').split('memfd:').length - 1
}
