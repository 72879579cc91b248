import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Guest, guestUnavailable } from '@fb/guest-vm'
import { attempt, type Ended } from '@fb/testbed'
import { beforeEach, describe, expect, test } from 'vitest'
import { Daemon, directory, MAIN_JS } from './daemon.js'

const TIMEOUT_MS = 180_000
const reason = await guestUnavailable()
const because = reason === undefined ? '' : ` (skipped: ${reason})`

let base: string
let socket: string
let control: string
/** In memory: another file system of the host than `base`. */
let shared: string
beforeEach(() => {
  base = directory()
  shared = directory('/dev/shm')
  socket = join(base, 'socket')
  control = join(base, 'control')
  for (const name of ['a', 'b', 'c']) {
    mkdirSync(join(base, name))
    writeFileSync(join(base, name, `${name}.txt`), `in ${name}\n`)
  }
})

const ctl = (...args: string[]): Promise<Ended> =>
  attempt(process.execPath, [MAIN_JS, 'ctl', '--socket', control, ...args], { timeout: 60_000 })

async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ctl(...args)
  expect([code, stderr], args.join(' ')).toEqual([0, ''])
  return stdout
}

/** With `a` at `/`, `b` below it, read-only, and `c` deeper; cannot be changed. */
function launchAt(path: string, ...options: string[]): Promise<Daemon> {
  const mounts = [`/=${base}/a`, `/x/y=${base}/b,ro`, `/x/deep/er=${base}/c`]
  return new Daemon(
    ...['--socket-path', path, '--sandbox', 'none'],
    ...mounts.flatMap((mount) => ['--mount', mount]),
    ...options,
  ).listening()
}

/** The same, with a control socket. */
function launch(...options: string[]): Promise<Daemon> {
  return launchAt(socket, '--control-socket', control, ...options)
}

describe.skipIf(reason !== undefined)(`a guest with a tree of several back ends${because}`, () => {
  test(
    'sees what is mounted, and what ctl mounts and unmounts while it runs',
    async () => {
      const daemon = await launch('--num-request-queues', '2')
      const announced = join(base, 'announced')
      const announcing = await launchAt(announced, '--announce-submounts', '--mount', `/memory=${shared}`)
      expect(JSON.parse(await done('status', '--json'))).toMatchObject({ connected: false, mounts: 3 })
      const guest = await Guest.start({
        mounts: [
          { tag: 'share', socket, at: '/mnt', requestQueues: 2 },
          { tag: 'announced', socket: announced, at: '/announced' },
        ],
        cpus: 2,
      })
      try {
        expect(
          await guest.check('cd /mnt; ls -R . | grep txt | sort; cat a.txt x/y/b.txt x/deep/er/c.txt'),
        ).toBe('a.txt\nb.txt\nc.txt\nin a\nin b\nin c\n')
        expect(await guest.run('touch /mnt/x/y/new')).toMatchObject({ exitCode: 1 })
        await guest.check('cd /mnt; mv a.txt x/deep/er/; echo guest > x/deep/er/new')
        expect(readdirSync(join(base, 'c')).sort()).toEqual(['a.txt', 'c.txt', 'new'])
        for (const [at, several, below] of [
          ['/mnt', 1, './x/deep/er/a.txt ./x/deep/er/c.txt ./x/deep/er/new ./x/y ./x/y/b.txt '],
          ['/announced', 3, './x/y '],
        ] as const) {
          const memory = several > 1 ? './memory ' : ''
          await guest.check(`cd ${at}; ls x/y/. x/deep/er/. ${memory}`)
          expect(await guest.check(`cd ${at}; find . -xdev | sort | tr "\\n" " "`)).toBe(
            `. ${memory}./x ./x/deep ./x/deep/er ${below}`,
          )
          const devices = await guest.check(`cd ${at}; stat -c %d . x/y x/deep/er`)
          expect(new Set(devices.trim().split('\n')).size).toBe(several)
        }
        for (const [path, inGuest] of [
          [shared, '/announced/memory'],
          [base, '/announced/x/y'],
          [base, '/mnt/x/y'],
        ] as const) {
          expect(await guest.check(`stat -f -c %b ${inGuest}`)).toBe(`${statfsSync(path).blocks}\n`)
        }
        expect(await guest.check('df -P /announced/memory | tail -n 1')).toMatch(/ \/announced\/memory$/m)

        chownSync(join(base, 'b/b.txt'), 71, 300)
        const ranges = 'uidmap=0:1000:1,uidmap=5:70:3,gidmap=0:2000:9,gidmap=20:300:1'
        await done('mount', '/mapped', `${base}/b,${ranges}`)
        expect(await guest.check('cd /mnt/mapped; stat -c %u:%g b.txt . ../x/y/b.txt')).toBe(
          '6:20\n65534:65534\n71:300\n',
        )
        await guest.check('chown 7:3 /mnt/mapped/b.txt')
        expect(statSync(join(base, 'b/b.txt'))).toMatchObject({ uid: 72, gid: 2003 })
        await done('umount', '/mapped')
        expect(JSON.parse(await done('status', '--json'))).toMatchObject({
          connected: true,
          program: 'virtiofsd',
        })

        await guest.check(
          '(while [ ! -e /tmp/stop ]; do ls -R /mnt/x > /dev/null 2>&1; cat /mnt/x/y/b.txt >> /tmp/texts || echo failed >> /tmp/texts; done; touch /tmp/stopped) > /dev/null 2>&1 &',
        )
        for (let round = 0; round < 2; round += 1) {
          await done('mount', '/late/r', `${base}/b`)
          expect(await guest.check('ls /mnt /mnt/late; cat /mnt/late/r/b.txt')).toContain(
            'late\nx\n\n/mnt/late:\nr\nin b\n',
          )
          await done('mount', '/late/r', `${base}/c`, '--replace')
          expect(await guest.check('cat /mnt/late/r/c.txt')).toBe('in c\n')
          await done('umount', '/late/r')
          expect(await guest.check('ls /mnt')).toBe('x\n')
        }
        await guest.check('touch /tmp/stop; while [ ! -e /tmp/stopped ]; do usleep 10000; done')
        expect(await guest.check('sort -u /tmp/texts')).toBe('in b\n')

        await done('quiesce')
        const reading = guest.check('cat /mnt/x/y/b.txt; echo later > /mnt/later')
        while (JSON.parse(await done('status', '--json')).held === 0);
        expect(existsSync(join(base, 'a/later'))).toBe(false)
        await done('resume')
        expect(await reading).toBe('in b\n')
        expect(readFileSync(join(base, 'a/later'), 'utf8')).toBe('later\n')
        expect(await done('stats', '--prometheus')).toMatch(
          /^fb_operations_total\{mount="\/x\/y",id="2",operation="read"\} \d+$/m,
        )

        await done('mount', '/late', `${base}/b`)
        await guest.reboot()
        expect(await guest.check('cat /mnt/late/b.txt /mnt/later')).toBe('in b\nlater\n')
        await done('umount', '/late')
        expect((await guest.run('cat /mnt/late/b.txt')).exitCode).toBe(1)
        await guest.powerOff()
      } finally {
        await guest.kill()
      }
      expect((await announcing.stop()).code).toBe(0)
      const { code, stderr } = await daemon.stop()
      expect([code, existsSync(socket), existsSync(control)]).toEqual([0, false, false])
      expect(stderr).not.toMatch(/"level":[45]0/)
    },
    TIMEOUT_MS,
  )
})

describe('a tree of several back ends', () => {
  test('changes at once where nobody is connected, whatever guests may keep', async () => {
    await launch('--cache', 'always')
    await done('mount', '/m', `${base}/b`)
    await done('umount', '/m')
    expect(await done('list')).toMatch(/^PATH .*\n\/ .*\n\/x\/deep\/er .*\n\/x\/y .* ro .*\n$/)
  })

  test('a control socket in use: exit code 69, and the other daemon goes on', async () => {
    await launch()
    const second = new Daemon(
      '--socket-path',
      join(base, 'other'),
      '--sandbox',
      'none',
      '--control-socket',
      control,
    )
    expect(await second.ended).toMatchObject({
      code: 69,
      stdout: '',
      stderr: expect.stringMatching(/somebody listens/),
    })
    await done('status')
  })

  test.each([
    ['nothing to share', [], 64, /--shared-dir: is needed, or --mount/],
    ['a mount that is none', ['--mount', 'a=/'], 64, /must be an absolute path/],
    ['a source that is not there', ['--mount', '/a=/nonexistent'], 66, /\/a: \/nonexistent does not exist/],
    ['a config file that is not there', ['--config', '/nonexistent'], 66, /does not exist/],
    ['several threads', ['--mount', '/=/tmp', '--thread-pool-size', '2'], 64, /one thread/],
  ])('says in one line what is wrong with %s', async (_name, args, code, message) => {
    const ended = await new Daemon('--socket-path', socket, '--sandbox', 'none', ...args).ended
    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) })
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(existsSync(socket)).toBe(false)
  })
})
