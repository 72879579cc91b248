import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Guest, guestUnavailable } from '@fb/guest-vm'
import { waitFor } from '@fb/testbed'
import { describe, expect, test } from 'vitest'
import { Daemon, directory } from './daemon.js'

const TIMEOUT_MS = 120_000
const reason = await guestUnavailable()
const because = reason === undefined ? '' : ` (skipped: ${reason})`

describe.skipIf(reason !== undefined)(`a guest that is paused${because}`, () => {
  test.each([0, 2])(
    'waits on for its locks when it goes on (%d threads)',
    async (threads) => {
      const base = directory()
      const host = (...names: string[]) => join(base, 'shared', ...names)
      mkdirSync(host())
      const socket = join(base, 'socket')
      const daemon = new Daemon(
        ...['--shared-dir', host(), '--socket-path', socket, '--sandbox', 'none', '--log-level', 'debug'],
        ...['--thread-pool-size', `${threads}`],
      )
      await daemon.listening()
      const guest = await Guest.start({
        mounts: [{ tag: 'share', socket, at: '/mnt' }],
        programs: ['flock'],
      })
      try {
        await guest.check(`cd /mnt; echo before > file
          flock lock -c 'while [ ! -e /mnt/release ]; do usleep 20000; done' > /dev/null 2>&1 &
          while flock -n lock true; do usleep 20000; done
          (flock lock -c 'echo got > got'; echo $? > code) > /dev/null 2>&1 &
          usleep 300000`)
        for (let round = 0; round < 3; round += 1) {
          for (const command of ['stop', 'cont']) await guest.execute(command)
          expect(await guest.check('cat /mnt/file')).toBe('before\n')
        }
        expect([existsSync(host('got')), existsSync(host('code'))]).toEqual([false, false])
        await guest.check('touch /mnt/release')
        await waitFor('the lock', () => existsSync(host('code')) && readFileSync(host('code'), 'utf8') !== '')
        expect(readFileSync(host('code'), 'utf8')).toBe('0\n')
        expect(readFileSync(host('got'), 'utf8')).toBe('got\n')
      } finally {
        await guest.kill()
      }
      expect(
        (await daemon.stop()).stderr.match(/"reason":"(base|pause)".*"queue stopped"/g)?.length,
      ).toBeGreaterThanOrEqual(3)
    },
    TIMEOUT_MS,
  )
})
