import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt, missingForMount, RamDisk, run, shell } from '@fb/testbed'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Daemon } from './daemon.js'

const missing = missingForMount(['setfacl', 'getfacl', 'mkfs.ext4'])
if (missing !== undefined) console.warn(`skipped: ${missing}`)

/** What `--mount` and a config file call the same: three ranges of users, two of groups. */
const RANGES = {
  uidmap: [
    { client: 0, host: 100_000, count: 1000 },
    { client: 1000, host: 1000, count: 1 },
    { client: 2000, host: 300_000, count: 50 },
  ],
  gidmap: [
    { client: 0, host: 200_000, count: 1000 },
    { client: 5000, host: 70, count: 10 },
  ],
}

type RangesOf = Partial<typeof RANGES>

const asOptions = (ranges: RangesOf): string =>
  Object.entries(ranges)
    .flatMap(([name, list]) => list.map(({ client, host, count }) => `,${name}=${client}:${host}:${count}`))
    .join('')

describe.skipIf(missing !== undefined)('several ranges of ids per mount', { timeout: 60_000 }, () => {
  let disk: RamDisk
  let base: string
  let mountpoint: string
  let daemon: Daemon | undefined

  // An ext4, because POSIX ACLs are needed of the host.
  beforeAll(() => {
    disk = new RamDisk('64M')
  })
  afterAll(() => disk.close())
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'fb-ids-'))
    chmodSync(base, 0o755)
    mountpoint = join(base, 'mnt')
    mkdirSync(mountpoint)
    mkdirSync(join(disk.directory, 'source'))
    mkdirSync(join(disk.directory, 'plain'))
    chmodSync(join(disk.directory, 'source'), 0o777)
  })
  afterEach(async () => {
    await daemon?.dispose()
    daemon = undefined
    rmSync(base, { recursive: true, force: true })
    for (const name of ['source', 'plain'])
      rmSync(join(disk.directory, name), { recursive: true, force: true })
  })

  async function launch(...args: string[]): Promise<void> {
    daemon = new Daemon(['--allow-other', ...args, mountpoint], mountpoint)
    await daemon.ready()
  }

  /** The source at `path` with ranges, and another directory without any beside it. */
  const withOptions = (path: string, ranges: RangesOf, more = ''): Promise<void> =>
    launch(
      ...['--mount', `${path}=${disk.directory}/source${asOptions(ranges)}${more}`],
      ...['--mount', `/plain=${disk.directory}/plain`],
    )

  function withConfig(path: string, ranges: RangesOf): Promise<void> {
    const file = join(base, 'config.yaml')
    const mounts = [
      { path, source: join(disk.directory, 'source'), ...ranges },
      { path: '/plain', source: join(disk.directory, 'plain') },
    ]
    writeFileSync(file, JSON.stringify({ mounts }, null, 2))
    return launch('--config', file)
  }

  const at = (path: string): string => join(mountpoint, path)
  const behind = (path: string): string => join(disk.directory, 'source', path)
  const owner = (path: string): string => {
    const { uid, gid } = statSync(path)
    return `${uid}:${gid}`
  }

  describe.each([
    ['--mount', withOptions],
    ['a config file', withConfig],
  ] as const)('of %s', (_where, serve) => {
    it('are those of owners, callers and chown, each way', async () => {
      for (const [name, uid, gid] of [
        ['first', 100_005, 200_006],
        ['second', 1000, 74],
        ['third', 300_049, 200_999],
        ['outside', 99_999, 80],
        ['between', 300_050, 0],
      ] as const) {
        writeFileSync(behind(name), name)
        chownSync(behind(name), uid, gid)
      }
      await serve('/m', RANGES)
      expect(owner(at('m/first'))).toBe('5:6')
      expect(owner(at('m/second'))).toBe('1000:5004')
      expect(owner(at('m/third'))).toBe('2049:999')
      expect(owner(at('m/outside'))).toBe('65534:65534')
      expect(owner(at('m/between'))).toBe('65534:65534')
      expect(await run('ls', ['-ln', at('m')])).toMatch(/ 2049 +999 /)

      chownSync(at('m/first'), 2000, 5009)
      expect([owner(at('m/first')), owner(behind('first'))]).toEqual(['2000:5009', '300000:79'])
      expect((await attempt('chown', ['1500', at('m/first')])).stderr).toMatch(/Invalid argument/)
      expect(owner(behind('first'))).toBe('300000:79')

      await run('touch', [at('m/by-root')])
      await run('touch', [at('m/by-1000')], { uid: 1000, gid: 5001 })
      await run('mkdir', [at('m/by-2001')], { uid: 2001, gid: 7 })
      expect([owner(behind('by-root')), owner(at('m/by-root'))]).toEqual(['100000:200000', '0:0'])
      expect([owner(behind('by-1000')), owner(at('m/by-1000'))]).toEqual(['1000:71', '1000:5001'])
      expect([owner(behind('by-2001')), owner(at('m/by-2001'))]).toEqual(['300001:200007', '2001:7'])
      const stranger = await attempt('touch', [at('m/by-stranger')], { uid: 1500, gid: 7 })
      expect(stranger.stderr).toMatch(/Value too large for defined data type/)

      // The kernel decides by what it is told: 2000 may, others may not.
      chmodSync(at('m/first'), 0o600)
      expect(await run('cat', [at('m/first')], { uid: 2000, gid: 1 })).toBe('first')
      expect((await attempt('cat', [at('m/first')], { uid: 1000, gid: 1 })).stderr).toMatch(
        /Permission denied/,
      )
      // The mount beside it is not mapped.
      await run('touch', [at('plain/new')])
      expect(owner(join(disk.directory, 'plain/new'))).toBe('0:0')
    })

    it('are those of POSIX ACLs, each way, and the kernel obeys them', async () => {
      writeFileSync(behind('file'), 'secret')
      chownSync(behind('file'), 100_000, 200_000)
      chmodSync(behind('file'), 0o600)
      await serve('/m', RANGES)
      await run('setfacl', ['-m', 'u:1000:r,u:2007:rw,g:5003:r,g:8:r', at('m/file')])
      const acl = async (path: string): Promise<string[]> =>
        (await run('getfacl', ['-cnpE', path])).split('\n').filter((line) => /^(user|group):\d/.test(line))
      expect(await acl(at('m/file'))).toEqual([
        'user:1000:r--',
        'user:2007:rw-',
        'group:8:r--',
        'group:5003:r--',
      ])
      expect((await acl(behind('file'))).sort()).toEqual([
        'group:200008:r--',
        'group:73:r--',
        'user:1000:r--',
        'user:300007:rw-',
      ])
      const reads = (uid: number, gid: number): Promise<number> =>
        attempt('cat', [at('m/file')], { uid, gid }).then(({ code }) => code)
      expect([await reads(1000, 1), await reads(2007, 1), await reads(3, 8)]).toEqual([0, 0, 0])
      expect([await reads(1001, 1), await reads(2008, 1), await reads(3, 9)]).toEqual([1, 1, 1])

      // Of the host, both ways; ids without a range have no name here, and none can be given.
      await run('setfacl', ['-m', 'u:300009:rwx,u:77:rwx', behind('file')])
      await shell(`umount -l ${mountpoint}`)
      await daemon?.exit()
      await serve('/m', RANGES)
      expect(await acl(at('m/file'))).toContain('user:2009:rwx')
      expect(await acl(at('m/file'))).not.toContain('user:77:rwx')
      expect((await attempt('setfacl', ['-m', 'u:1500:r', at('m/file')])).code).toBe(1)

      // Default ACLs are inherited with the ids of the host.
      mkdirSync(at('m/dir'))
      await run('setfacl', ['-d', '-m', 'u:2001:rx', at('m/dir')])
      writeFileSync(at('m/dir/inherits'), '')
      expect(await acl(at('m/dir/inherits'))).toEqual(['user:2001:r-x'])
      expect(await acl(behind('dir/inherits'))).toEqual(['user:300001:r-x'])
    })

    it('D7: the root of a mount has its ids mapped once, however often it is entered', async () => {
      // Client and host overlap, so that mapping twice shows.
      const overlapping = {
        uidmap: [{ client: 0, host: 1, count: 60_000 }],
        gidmap: [{ client: 0, host: 2, count: 60_000 }],
      }
      chownSync(behind('.'), 8, 9)
      await serve('/deep/m', overlapping)
      for (let round = 0; round < 3; round += 1) {
        expect(owner(at('deep/m'))).toBe('7:7')
        expect(await run('ls', ['-lnd', at('deep/m')])).toMatch(/ 7 7 /)
        expect(await run('ls', ['-ln', at('deep')])).toMatch(/ 7 7 .* m\n/)
        await shell('echo 2 > /proc/sys/vm/drop_caches')
      }
      chownSync(at('deep/m'), 20, 30)
      expect([owner(at('deep/m')), owner(behind('.'))]).toEqual(['20:30', '21:32'])
    })

    it('D8: the ids of a mount at / are mapped in requests on the root too', async () => {
      chownSync(behind('.'), 100_003, 200_004)
      await serve('/', RANGES)
      expect(owner(mountpoint)).toBe('3:4')
      await run('mkdir', [at('made')], { uid: 2002, gid: 5002 })
      expect([owner(at('made')), owner(behind('made'))]).toEqual(['2002:5002', '300002:72'])
      chownSync(mountpoint, 1000, 5000)
      expect([owner(mountpoint), owner(behind('.'))]).toEqual(['1000:5000', '1000:70'])
      await run('setfacl', ['-m', 'u:2003:rwx', mountpoint])
      expect(await run('getfacl', ['-cnpE', behind('.')])).toContain('user:300003:rwx')
      chmodSync(mountpoint, 0o700)
      expect(owner(at('plain'))).toBe('0:0')
    })
  })

  it('that overlap are refused in one line, and nothing is mounted', async () => {
    const overlapping = ',uidmap=0:10:10,uidmap=5:100:1'
    const refused = new Daemon(
      ['--mount', `/m=${disk.directory}/source${overlapping}`, mountpoint],
      mountpoint,
    )
    daemon = refused
    expect(await refused.exit()).not.toBe(0)
    expect(refused.stderr).toMatch(/^fusedev-daemon: .*two ranges have client id 5\n$/)
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(` ${mountpoint} `)
  })
})
