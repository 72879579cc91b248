import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Guest, guestUnavailable } from '@fb/guest-vm'
import { attempt, waitFor } from '@fb/testbed'
import { describe, expect, test } from 'vitest'
import { Daemon, directory, MAIN_JS } from './daemon.js'

/** Moves of one guest: FB_GUEST_MOVES=50 by hand. */
const MOVES = Number(process.env['FB_GUEST_MOVES'] ?? 2)
const TIMEOUT_MS = 120_000 + 30_000 * MOVES
const MIB = 1024 * 1024
/** Files that the guest reads for the first time while it moves, for each move. */
const FILES = 64
const FILE_BYTES = 128 * 1024
/** Slower than the guest writes to its memory. */
const BANDWIDTH = 64 * MIB
/** As long as the guest writes more in this time than can be sent, QEMU goes on. */
const DOWNTIME_MS = 30
/** After so many rounds, every page has been sent that there was. */
const READ_AFTER = 3
const LEAST_LINES = 20

const parts = { qemu: '10', kernel: '6.12' } as const
const reason = await guestUnavailable(parts)
const because = reason === undefined ? '' : ` (skipped: ${reason})`

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')

/** What the guest has open and does while it is moved: it ends when /tmp/stop is there. */
const WORK = `cd /mnt; mkdir work; cd work
  echo first > renamed; exec 6<>renamed
  echo deleted > deleted; exec 7<>deleted; rm deleted
  (exec 5>>lines; i=0; while [ ! -e /tmp/stop ]; do i=$((i + 1)); echo $i >&5; done; echo $i > last) > /dev/null 2>&1 &
  (exec 5<>blocks; i=0; while [ ! -e /tmp/stop ]; do i=$((i + 1)); printf '%07d\\n' $i >&5; done) > /dev/null 2>&1 &
  flock lock -c 'while [ ! -e /tmp/release ]; do usleep 20000; done' > /dev/null 2>&1 &
  while flock -n lock true; do usleep 20000; done
  (flock lock -c 'echo got > got'; echo $? > code) > /dev/null 2>&1 &
  # What one script opens the next ones have through this process.
  (cat /tmp/pipe; cat <&6; cat <&7) > /tmp/held 2>&1 & echo $! > /tmp/keeper
  until [ -s lines ] && [ -s blocks ]; do usleep 20000; done`

/**
 * Reads files for the first time, in the background, once the host says so, and keeps memory changing until that is done:
 * so what is read comes to pages that have been sent before, and must be sent again.
 */
const read = (move: number) => `head -c ${20 * MIB} /dev/urandom > /tmp/random
  (until [ -e /mnt/go-${move} ]; do usleep 20000; done; cd /mnt/data/${move}
    md5sum * > /tmp/sums-${move}; touch /tmp/read-${move}) > /dev/null 2>&1 &
  (until [ -e /tmp/read-${move} ]; do cat /tmp/random > /tmp/copy; done) > /dev/null 2>&1 &`

/** What md5sum(1) prints for files named so. */
function sumsOf(files: ReadonlyMap<string, string>): string {
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, sum]) => `${sum}  ${name}\n`)
    .join('')
}

describe.skipIf(reason !== undefined)(`a guest that is moved while it works${because}`, () => {
  test(
    `${MOVES} times, and once in vain, with files open, locks and pages that are being read`,
    async () => {
      const base = directory()
      const shared = join(base, 'shared')
      const sums: string[] = []
      for (let move = 0; move < MOVES; move += 1) {
        const files = new Map<string, string>()
        mkdirSync(join(shared, 'data', `${move}`), { recursive: true })
        for (let i = 0; i < FILES; i += 1) {
          const bytes = randomBytes(FILE_BYTES)
          writeFileSync(join(shared, 'data', `${move}`, `f${i}`), bytes)
          files.set(`f${i}`, md5(bytes))
        }
        sums.push(sumsOf(files))
      }
      let started = 0
      const daemon = async (source: string, ...options: string[]) => {
        started += 1
        const socket = join(base, `socket-${started}`)
        const queues = ['--num-request-queues', '2', '--thread-pool-size', String((started % 2) * 2)]
        const process = new Daemon(
          ...['--shared-dir', source, '--socket-path', socket, '--sandbox', 'none', '--cache', 'always'],
          ...[...queues, ...options],
        )
        return { socket, process: await process.listening() }
      }
      const handles = ['--migration-mode', 'file-handles']
      let here = await daemon(shared, ...handles)
      const guest = await Guest.start({
        ...{ ...parts, memoryMiB: 256, cpus: 2, programs: ['flock', 'md5sum'] },
        // Pages that the guest has just cleared would be sent again in any case.
        kernelArgs: ['init_on_alloc=0'],
        mounts: [{ tag: 'share', socket: here.socket, at: '/mnt', requestQueues: 2 }],
      })
      try {
        await guest.check(`mkfifo /tmp/pipe; ${WORK}`)
        // One side that takes no file handles: the guest stays where it is.
        const empty = await daemon(directory())
        const inVain = guest.migrate({ sockets: [empty.socket] })
        await expect(inVain).rejects.toThrow(/migration failed|ended with/)
        expect((await empty.process.stop()).stderr).toMatch(/the migration mode here is find-paths/)

        for (let move = 0; move < MOVES; move += 1) {
          const before = lines(shared).length
          await guest.check(read(move))
          const there = await daemon(shared, ...handles)
          const result = await guest.migrate({
            ...{ sockets: [there.socket], bandwidth: BANDWIDTH, downtimeMs: DOWNTIME_MS },
            onProgress: (rounds) => {
              if (rounds >= READ_AFTER) writeFileSync(join(shared, `go-${move}`), '')
            },
          })
          await waitFor('the first front end to go', () => /front end has gone/.test(here.process.stderr))
          const { code, stderr } = await here.process.stop()
          expect([code, stderr.match(/"level":[45]0.*/g)]).toEqual([0, null])
          here = there
          const during = lines(shared).length - before
          process.stdout.write(
            `move ${move + 1}: ${result.totalTime} ms, ${result.downtime} ms of them without the guest, ${result.rounds} rounds, ${during} lines written\n`,
          )
          expect(during).toBeGreaterThan(LEAST_LINES)
          // It was read before the end, and came to pages that are right here.
          expect(await guest.check(`cat /tmp/sums-${move}`)).toBe(sums[move])
          expect(await guest.check(`cd /mnt/data/${move}; md5sum *`)).toBe(sums[move])
        }
        renameSync(join(shared, 'work', 'renamed'), join(shared, 'elsewhere'))
        await guest.check('touch /tmp/stop /tmp/release; echo held > /tmp/pipe; wait; sync')
        await waitFor(
          'the lock',
          () => existsSync(join(shared, 'work', 'code')) && lines(shared, 'code').length > 0,
        )
        expect([lines(shared, 'code'), lines(shared, 'got')]).toEqual([['0'], ['got']])
        const held = await guest.check(
          'while kill -0 $(cat /tmp/keeper) 2> /dev/null; do usleep 20000; done; cat /tmp/held',
        )
        expect(held).toBe('held\nfirst\ndeleted\n')
        expect(await guest.check('cd /mnt/work; wc -l < lines; cat last; ls /mnt; sync')).toMatch(
          /^(\d+)\n\1\ndata\n/,
        )
        expect(lines(shared)).toEqual(lines(shared).map((_, i) => `${i + 1}`))
        expect(lines(shared, 'blocks')).toEqual(
          lines(shared, 'blocks').map((_, i) => String(i + 1).padStart(7, '0')),
        )
        expect(readFileSync(join(shared, 'elsewhere'), 'utf8')).toBe('first\n')
      } finally {
        await guest.kill()
      }
      expect((await here.process.stop()).stderr).not.toMatch(/"level":[45]0/)
    },
    TIMEOUT_MS,
  )
})

describe.skipIf(reason !== undefined)(`a guest with a tree and with a single file${because}`, () => {
  test(
    'is moved with what it has open in every mount, and the tree can be changed on the other side',
    async () => {
      const base = directory()
      const at = (...names: string[]) => join(base, ...names)
      for (const name of ['root', 'inner', 'later']) mkdirSync(at(name))
      writeFileSync(at('inner', 'text'), 'in the inner one\n')
      writeFileSync(at('single'), 'alone\n')
      const side = async (name: string) => {
        const [tree, file, control] = ['tree', 'file', 'control'].map((what) => at(`${name}-${what}`)) as [
          string,
          string,
          string,
        ]
        const mounts = [`/=${at('root')}`, `/x/y=${at('inner')},ro`].flatMap((mount) => ['--mount', mount])
        const daemons = [
          new Daemon(...mounts, '--socket-path', tree, '--sandbox', 'none', '--control-socket', control),
          new Daemon('--shared-dir', at('single'), '--socket-path', file, '--sandbox', 'none'),
        ]
        for (const daemon of daemons) await daemon.listening()
        return { sockets: [tree, file] as const, control, daemons }
      }
      const [here, there] = [await side('here'), await side('there')]
      const guest = await Guest.start({
        ...{ ...parts, memoryMiB: 192 },
        mounts: [
          { tag: 'tree', socket: here.sockets[0], at: '/mnt/tree' },
          { tag: 'file', socket: here.sockets[1], at: '/mnt/file' },
        ],
      })
      try {
        await guest.check(`mkfifo /tmp/pipe; cd /mnt/tree/x/y; exec 3< text 4>> /mnt/tree/lines 5>> /mnt/file/single
          (i=0; while [ ! -e /tmp/stop ]; do i=$((i + 1)); echo $i >&4; echo $i >&5; done) > /dev/null 2>&1 &
          (cat /tmp/pipe; cat <&3; pwd) > /tmp/held 2>&1 & echo $! > /tmp/keeper`)
        await guest.migrate({ sockets: there.sockets })
        for (const daemon of here.daemons) {
          const { code, stderr } = await daemon.stop()
          expect([code, stderr.match(/"level":[45]0.*/g)]).toEqual([0, null])
        }
        await guest.check(`echo held > /tmp/pipe; touch /tmp/stop
          while kill -0 $(cat /tmp/keeper) 2> /dev/null; do usleep 20000; done; wait; sync`)
        expect(await guest.check('cat /tmp/held; cat /mnt/tree/x/y/text')).toBe(
          'held\nin the inner one\n/mnt/tree/x/y\nin the inner one\n',
        )
        expect(await guest.check('touch /mnt/tree/x/y/new 2>&1 || echo refused')).toMatch(
          /Read-only.*\nrefused\n/,
        )
        const written = readFileSync(at('root', 'lines'), 'utf8').split('\n').slice(0, -1)
        expect(written).toEqual(written.map((_, i) => `${i + 1}`))
        expect(readFileSync(at('single'), 'utf8')).toBe(`alone\n${written.join('\n')}\n`)
        const ctl = ['ctl', '--socket', there.control, 'mount', '/later', at('later')]
        expect((await attempt(process.execPath, [MAIN_JS, ...ctl], { timeout: 60_000 })).code).toBe(0)
        await guest.check('echo here > /mnt/tree/later/file')
        expect(readFileSync(at('later', 'file'), 'utf8')).toBe('here\n')
      } finally {
        await guest.kill()
      }
      for (const daemon of there.daemons) expect((await daemon.stop()).stderr).not.toMatch(/"level":[45]0/)
    },
    TIMEOUT_MS,
  )
})

/** Lines of a file that the guest writes. */
function lines(shared: string, name = 'lines'): string[] {
  return readFileSync(join(shared, 'work', name), 'utf8')
    .split('\n')
    .slice(0, -1)
}
