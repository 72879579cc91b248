import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Guest, type GuestMount, guestUnavailable } from '@fb/guest-vm'
import { describe, expect, test } from 'vitest'
import { Daemon, directory } from './daemon.js'

const TIMEOUT_MS = 120_000
const reason = await guestUnavailable()
const because = reason === undefined ? '' : ` (skipped: ${reason})`

describe.skipIf(reason !== undefined)(`a guest with Linux${because}`, () => {
  test(
    'uses the directory, reboots, powers off, and the next guest finds what it left',
    async () => {
      const base = directory()
      const shared = join(base, 'shared')
      const socket = join(base, 'socket')
      mkdirSync(shared)
      writeFileSync(join(shared, 'from-host'), 'written on the host\n')
      const daemon = new Daemon(
        ...['--shared-dir', shared, '--socket-path', socket],
        ...['--sandbox', 'none', '--num-request-queues', '4', '--thread-pool-size', '2', '--posix-acl'],
      )
      await daemon.listening()
      const mounts: GuestMount[] = [{ tag: 'share', socket, at: '/mnt', requestQueues: 4 }]

      const first = await Guest.start({ mounts, cpus: 2 })
      try {
        expect(await first.check('cat /mnt/from-host')).toBe('written on the host\n')
        expect(await first.check('cat /proc/mounts')).toContain('share /mnt virtiofs')
        await first.check(`
        set -e
        cd /mnt
        echo guest > file
        ln file hard; ln -s file soft
        mkdir -p dir/deeper; mv file dir/renamed
        touch gone; rm gone; mkdir gone; rmdir gone
        for i in $(seq 200); do echo $i > dir/deeper/$i; done
        chmod 640 dir/renamed; chown 12:34 dir/renamed
        dd if=/dev/urandom of=large bs=64k count=64 2>/dev/null
        for n in 1 2 3 4; do (for i in $(seq 20); do md5sum large; done > sums.$n) & done; wait
        sync`)
        expect(await first.check('ls /mnt/dir/deeper | wc -l')).toBe('200\n')
        expect(await first.run('cat /mnt/missing')).toMatchObject({ exitCode: 1 })
        const sums = ['1', '2', '3', '4'].map((n) => readFileSync(join(shared, `sums.${n}`), 'utf8'))
        expect(new Set(sums.join('').trim().split('\n')).size).toBe(1)
        expect(await first.check('cd /mnt; md5sum large')).toBe(sums[0]?.split('\n', 1)[0]?.concat('\n'))
        // Open files and names that it knew must not outlive the kernel.
        await first.check('exec 9>/mnt/held; echo held >&9; (sleep 1000 <&9 >/dev/null 2>&1) &')
        await first.reboot()
        expect(await first.check('cat /mnt/held /mnt/dir/renamed')).toBe('held\nguest\n')
        await first.powerOff()
      } finally {
        await first.kill()
      }

      expect(readFileSync(join(shared, 'dir/renamed'), 'utf8')).toBe('guest\n')
      expect(lstatSync(join(shared, 'dir/renamed'))).toMatchObject({
        mode: 0o100640,
        uid: 12,
        gid: 34,
        nlink: 2,
      })
      expect(readlinkSync(join(shared, 'soft'))).toBe('file')
      expect(readdirSync(join(shared, 'dir/deeper')).length).toBe(200)
      expect(readFileSync(join(shared, 'dir/deeper/200'), 'utf8')).toBe('200\n')
      expect(existsSync(join(shared, 'gone'))).toBe(false)
      expect(lstatSync(join(shared, 'large')).size).toBe(4 * 1024 * 1024)

      const second = await Guest.start({ mounts: [{ ...(mounts[0] as GuestMount), requestQueues: 1 }] })
      try {
        expect(await second.check('cat /mnt/hard; echo second > /mnt/second')).toBe('guest\n')
        expect(readFileSync(join(shared, 'second'), 'utf8')).toBe('second\n')
      } finally {
        // As a crash ends it, with no farewell.
        await second.kill()
      }

      const end = await daemon.stop()
      expect(end).toMatchObject({ code: 0, signal: null })
      expect(existsSync(socket)).toBe(false)
      expect(end.stderr.match(/a front end has connected/g)?.length).toBe(2)
      expect(end.stderr).not.toMatch(/"level":[45]0/)
    },
    TIMEOUT_MS,
  )
})
