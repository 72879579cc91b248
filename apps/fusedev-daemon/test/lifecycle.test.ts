import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt, missingForMount, mountType, run, waitFor } from '@fb/testbed'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Daemon, MAIN_JS } from './daemon.js'

const missing = missingForMount(['fusermount3'])
if (missing !== undefined) console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== undefined)('the daemon, from start to end', { timeout: 30_000 }, () => {
  let base: string
  let source: string
  let mountpoint: string
  let daemon: Daemon | undefined

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'fb-daemon-'))
    chmodSync(base, 0o755)
    source = join(base, 'source')
    mountpoint = join(base, 'mnt')
    mkdirSync(source)
    mkdirSync(mountpoint)
    writeFileSync(join(source, 'hello.txt'), 'hello\n')
  })
  afterEach(async () => {
    await daemon?.dispose()
    daemon = undefined
    rmSync(base, { recursive: true, force: true })
  })

  function start(...options: string[]): Promise<Daemon> {
    daemon = new Daemon([...options, source, mountpoint], mountpoint)
    return daemon.ready()
  }

  it('prints one line when it serves, and that line names both places', async () => {
    const { stdout } = await start()
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(stdout).toContain(source)
    expect(stdout).toContain(mountpoint)
    expect(readFileSync(join(mountpoint, 'hello.txt'), 'utf8')).toBe('hello\n')
    expect(mountType(mountpoint)).toMatch(/^fuse/)
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s: unmounts and ends with exit code 0',
    async (signal) => {
      const { child } = await start()
      child.kill(signal)
      expect(await daemon?.exit()).toBe(0)
      expect(mountType(mountpoint)).toBeUndefined()
    },
  )

  it('takes two signals in a row for one, and opens no debugger', async () => {
    const { child } = await start()
    child.kill('SIGUSR1')
    expect(readFileSync(join(mountpoint, 'hello.txt'), 'utf8')).toBe('hello\n')
    child.kill('SIGTERM')
    child.kill('SIGHUP')
    expect(await daemon?.exit()).toBe(0)
    expect(mountType(mountpoint)).toBeUndefined()
    expect(daemon?.stderr.match(/"msg":"stopping"/g)?.length).toBe(1)
    expect(daemon?.stderr).not.toContain('Debugger')
  })

  it.each([
    ['a disk that is full', '> /dev/full 2>&1'],
    ['a reader that has gone', '> >(true) 2>&1'],
    ['nothing', '>&- 2>&-'],
  ])('goes on where its output leads to %s', async (_what, redirection) => {
    daemon = new Daemon(['--log-level', 'debug', source, mountpoint], mountpoint, redirection)
    await waitFor('the mount', () => mountType(mountpoint) !== undefined)
    for (let round = 0; round < 3; round += 1) {
      expect(readFileSync(join(mountpoint, 'hello.txt'), 'utf8')).toBe('hello\n')
      writeFileSync(join(mountpoint, `${round}`), '')
    }
    daemon.child.kill('SIGTERM')
    expect(await daemon.exit()).toBe(0)
    expect(mountType(mountpoint)).toBeUndefined()
  })

  it('ends on SIGTERM though a program has a file open on the mount', async () => {
    const started = await start()
    const opened = join(base, 'opened')
    const reader = run('sh', [
      '-c',
      `exec 3< ${mountpoint}/hello.txt; touch ${opened}; sleep 3; cat <&3 || true`,
    ])
    await waitFor('the open', () => existsSync(opened))
    started.child.kill('SIGTERM')
    expect(await started.exit()).toBe(0)
    expect(mountType(mountpoint)).toBeUndefined()
    await reader
  })

  it.each([
    ['umount', ['umount']],
    ['umount -l', ['umount', '-l']],
    ['umount -f', ['umount', '-f']],
    ['fusermount3 -u', ['fusermount3', '-u']],
  ])('%s: the daemon ends with exit code 0 and a log line', async (_name, [program = '', ...args]) => {
    const started = await start()
    await run(program, [...args, mountpoint])
    expect(await started.exit()).toBe(0)
    expect(started.stderr).toMatch(/unmounted|ended/i)
  })

  it('abort of the connection: the daemon ends with exit code 0, a log line, and nothing stays mounted', async () => {
    const started = await start()
    const { dev } = statSync(mountpoint)
    const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00)
    await run('sh', [
      '-c',
      `mountpoint -q /sys/fs/fuse/connections || mount -t fusectl none /sys/fs/fuse/connections; echo 1 > /sys/fs/fuse/connections/${minor}/abort`,
    ])
    expect(await started.exit()).toBe(0)
    expect(started.stderr).toMatch(/unmounted|ended/i)
    expect(mountType(mountpoint)).toBeUndefined()
  })

  it('kill -9: leaves a mount that fusermount3 -u removes, and the next daemon can use the place', async () => {
    const started = await start()
    started.child.kill('SIGKILL')
    await started.exit()
    expect(mountType(mountpoint)).toMatch(/^fuse/)
    const again = new Daemon([source, mountpoint], mountpoint)
    expect(await again.exit()).not.toBe(0)
    expect(again.stderr).toMatch(/fusermount3 -u/)
    await run('fusermount3', ['-u', mountpoint])
    await start()
    expect(readFileSync(join(mountpoint, 'hello.txt'), 'utf8')).toBe('hello\n')
  })

  it('serves a single file at a mount point that is a file', async () => {
    const file = join(base, 'served.txt')
    const target = join(base, 'target')
    writeFileSync(file, 'only me\n')
    writeFileSync(target, '')
    daemon = new Daemon([file, target], target)
    await daemon.ready()
    expect(readFileSync(target, 'utf8')).toBe('only me\n')
    writeFileSync(target, 'changed\n')
    expect(readFileSync(file, 'utf8')).toBe('changed\n')
  })

  it('--read-only: refuses every change', async () => {
    await start('--read-only')
    expect(readFileSync(join(mountpoint, 'hello.txt'), 'utf8')).toBe('hello\n')
    for (const command of [
      'touch new',
      'rm hello.txt',
      'mkdir d',
      'chmod 600 hello.txt',
      'mv hello.txt x',
      'ln -s a b',
    ]) {
      const { code, stderr } = await attempt('sh', ['-c', `cd ${mountpoint} && ${command}`])
      expect(code, command).not.toBe(0)
      expect(stderr, command).toMatch(/Read-only file system/)
    }
  })

  it('--no-xattr: says that attributes are not supported, and everything else works', async () => {
    await start('--no-xattr')
    const { stderr } = await attempt('setfattr', ['-n', 'user.x', '-v', '1', join(mountpoint, 'hello.txt')])
    expect(stderr).toMatch(/not supported/)
    await run('cp', ['-a', join(mountpoint, 'hello.txt'), join(mountpoint, 'copy')])
  })

  it('--trace: prints each request and its reply in words', async () => {
    const started = await start('--trace')
    await run('cat', [join(mountpoint, 'hello.txt')])
    await attempt('cat', [join(mountpoint, 'missing')])
    await waitFor('the trace', () => started.stderr.includes('"missing"'))
    expect(started.stderr).toMatch(/LOOKUP .*"hello.txt".*= /)
    expect(started.stderr).toMatch(/LOOKUP .*"missing".*ENOENT/)
    expect(started.stderr).toMatch(/READ .*/)
  })

  it('-o: takes mount options as libfuse programs do', async () => {
    await start('-o', 'ro,fsname=a\\,b', '-o', 'noatime,subtype=sub')
    const line = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .find((text) => text.includes(mountpoint))
    expect(line).toMatch(/^a,b /)
    expect(line).toContain(' fuse.sub ro,')
    expect(line).toContain('noatime')
  })

  describe('says what is wrong, in one line', () => {
    async function failure(...args: string[]): Promise<{ code: number; stderr: string }> {
      return attempt(process.execPath, [MAIN_JS, ...args], { timeout: 30_000 })
    }

    it.each([
      ['no arguments', () => [], 64, /source/],
      ['an unknown option', () => ['--bogus', source, mountpoint], 64, /--bogus/],
      ['an unknown mount option', () => ['-o', 'bogus_option', source, mountpoint], 64, /bogus_option/],
      ['no such source', () => [join(base, 'none'), mountpoint], 66, /none.*(does not exist|no such)/i],
      ['no such mount point', () => [source, join(base, 'none')], 69, /none.*(does not exist|no such)/i],
      [
        'a file as the mount point of a directory',
        () => [source, join(source, 'hello.txt')],
        69,
        /director/i,
      ],
    ])('%s', async (_name, args, code, message) => {
      const ended = await failure(...args())
      expect(ended.code).toBe(code)
      expect(ended.stderr).toMatch(message)
      expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1)
    })

    it('not allowed to mount: as a user without fusermount3', async () => {
      const ended = await attempt(process.execPath, [MAIN_JS, source, mountpoint], {
        uid: 65534,
        gid: 65534,
        env: { PATH: '/nonexistent' },
      })
      expect([69, 77]).toContain(ended.code)
      expect(ended.stderr).toMatch(/fusermount3/)
    })
  })
})
