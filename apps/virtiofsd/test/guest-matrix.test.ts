import { createHash, randomBytes } from 'node:crypto'
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
import { type BootOptions, type BootResult, bootGuest, guestUnavailable } from '@fb/guest-vm'
import { describe, expect, test } from 'vitest'
import { Daemon, directory } from './daemon.js'

const TIMEOUT_MS = 240_000
const MIB = 1024 * 1024

/** FB_GUEST_MATRIX=all: every combination; otherwise the newest of all, with most queues. */
const ALL = process.env['FB_GUEST_MATRIX'] === 'all'
const MATRIX = (['system', '10'] as const)
  .flatMap((qemu) => (['6.1', '6.12'] as const).map((kernel) => ({ qemu, kernel })))
  .flatMap((parts) => [1, 4].map((queues) => ({ ...parts, queues })))
  .flatMap((parts) => [1, 2].map((cpus) => ({ ...parts, cpus })))
const WANTED = ALL ? MATRIX : MATRIX.slice(-1)

/** Times that a guest is booted whose kernel panics before it has run anything. */
const ATTEMPTS = 8

/**
 * Under the software emulation of QEMU 7.2 some boots of kernel 6.12 end in a panic, with no virtio-fs device as well: from
 * one in fifty to one in three, by machine, seen with two CPUs (EFLAGS hold part of an address behind CMPXCHG16B; an int3 of
 * code that was being patched is met). Such a boot says nothing about the daemon; any other failure does.
 */
async function boot(options: BootOptions): Promise<BootResult> {
  const fragile = options.qemu === 'system' && options.kernel === '6.12'
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await bootGuest(options)
    } catch (error) {
      const panic = String(error).includes('Kernel panic') || String(error).includes('no boot within')
      if (!fragile || !panic || attempt === ATTEMPTS) throw error
      process.stdout.write(`boot ${attempt} of QEMU 7.2 and kernel 6.12 ended in a panic: once more\n`)
    }
  }
}

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')

describe.each(WANTED)('QEMU $qemu, kernel $kernel, $queues queues, $cpus CPUs', async (parts) => {
  const { qemu, kernel, queues, cpus } = parts
  const reason = await guestUnavailable({ qemu, kernel })
  const because = reason === undefined ? '' : ` (skipped: ${reason})`

  test.skipIf(reason !== undefined)(
    `a guest reads, writes, renames, links, locks and lists${because}`,
    async () => {
      const base = directory()
      const host = (...names: string[]) => join(base, 'shared', ...names)
      mkdirSync(host())
      const socket = join(base, 'socket')
      const given = randomBytes(3 * MIB + 1)
      writeFileSync(host('given'), given)
      const daemon = new Daemon(
        ...['--shared-dir', host(), '--socket-path', socket, '--sandbox', 'none'],
        ...['--num-request-queues', '4'],
      )
      await daemon.listening()
      const { exitCode, output } = await boot({
        ...{ qemu, kernel, cpus, programs: ['flock'] },
        ...{ mounts: [{ tag: 'share', socket, at: '/mnt', requestQueues: queues }] },
        script: `set -e; cd /mnt; rm -rf directory moved second third fourth lock
          uname -r; nproc; ls /sys/bus/virtio/drivers/virtiofs | grep -c ^virtio; md5sum < given
          head -c ${2 * MIB + 3} /dev/urandom > taken; md5sum < taken
          mkdir directory; for i in 1 2 3 4 5 6 7 8 9; do echo $i > directory/$i; done
          ls directory | tr '\\n' ' '; echo
          echo text > first; mv first second; ln second third; ln -s second fourth; cat fourth
          mv directory moved; rm moved/9; chmod 0751 moved; chown 12:34 second
          exec 8>lock; flock 8; flock -n lock true && echo not excluded || echo excluded
          flock -u 8; flock -n lock true && echo free
          for n in 1 2 3 4; do md5sum < given & done; wait; sync`,
      })
      const lines = output.trimEnd().split('\n')
      expect([exitCode, lines.length], output).toEqual([0, 13])
      expect(lines[0]).toMatch(new RegExp(`^${kernel.replace('.', '\\.')}\\.`))
      expect(lines.slice(1, 4)).toEqual([`${cpus}`, '1', `${md5(given)}  -`])
      expect(lines[4]).toBe(`${md5(readFileSync(host('taken')))}  -`)
      expect(lines.slice(5, 9)).toEqual(['1 2 3 4 5 6 7 8 9 ', 'text', 'excluded', 'free'])
      expect(lines.slice(9)).toEqual(new Array(4).fill(`${md5(given)}  -`))
      expect(lstatSync(host('taken')).size).toBe(2 * MIB + 3)
      expect(readdirSync(host('moved'))).toEqual(['1', '2', '3', '4', '5', '6', '7', '8'])
      expect(lstatSync(host('moved')).mode & 0o7777).toBe(0o751)
      expect(lstatSync(host('third'))).toMatchObject({ nlink: 2, uid: 12, gid: 34, size: 5 })
      expect([readlinkSync(host('fourth')), existsSync(host('first'))]).toEqual(['second', false])
      const { code, stderr } = await daemon.stop()
      expect([code, stderr.includes('a front end has connected')]).toEqual([0, true])
      expect(stderr).not.toMatch(/"level":[45]0/)
    },
    TIMEOUT_MS,
  )
})
