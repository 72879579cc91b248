import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ControlClient } from '@fb/control'
import { attempt, type Ended, missingForMount, mountType, openFds, run, shell, waitFor } from '@fb/testbed'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Daemon, MAIN_JS } from './daemon.js'

const missing = missingForMount(['fusermount3'])
if (missing !== undefined) console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== undefined)('a tree of several back ends', { timeout: 60_000 }, () => {
  let base: string
  let mountpoint: string
  let socket: string
  const daemons: Daemon[] = []

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'fb-tree-'))
    chmodSync(base, 0o755)
    mountpoint = join(base, 'mnt')
    socket = join(base, 'control')
    mkdirSync(mountpoint)
    for (const name of ['a', 'b', 'c']) {
      mkdirSync(join(base, name))
      writeFileSync(join(base, name, `${name}.txt`), `in ${name}\n`)
    }
  })
  afterEach(async () => {
    for (const daemon of daemons.splice(0)) await daemon.dispose()
    rmSync(base, { recursive: true, force: true })
  })

  function launch(...args: string[]): Daemon {
    const daemon = new Daemon([...args, mountpoint], mountpoint)
    daemons.push(daemon)
    return daemon
  }

  /** With `a` at `/`, `b` below it, read-only, and `c` deeper. */
  function serve(...options: string[]): Promise<Daemon> {
    const mounts = [`/=${base}/a`, `/x/y=${base}/b,ro`, `/x/deep/er=${base}/c`]
    const args = mounts.flatMap((mount) => ['--mount', mount])
    return launch('--control-socket', socket, ...args, ...options).ready()
  }

  const ctl = (...args: string[]): Promise<Ended> =>
    attempt(process.execPath, [MAIN_JS, 'ctl', '--socket', socket, ...args], { timeout: 30_000 })

  async function done(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await ctl(...args)
    expect([code, stderr], args.join(' ')).toEqual([0, ''])
    return stdout
  }

  it('shows all of them under one mount, each as its options say', async () => {
    await serve()
    expect(readdirSync(mountpoint).sort()).toEqual(['a.txt', 'x'])
    expect(readdirSync(join(mountpoint, 'x')).sort()).toEqual(['deep', 'y'])
    expect(readFileSync(join(mountpoint, 'x/y/b.txt'), 'utf8')).toBe('in b\n')
    expect(readFileSync(join(mountpoint, 'x/deep/er/c.txt'), 'utf8')).toBe('in c\n')
    expect((await attempt('touch', [join(mountpoint, 'x/y/new')])).stderr).toMatch(/Read-only file system/)
    await run('mv', [join(mountpoint, 'a.txt'), join(mountpoint, 'x/deep/er/')])
    expect(readFileSync(join(base, 'c/a.txt'), 'utf8')).toBe('in a\n')
  })

  it('ctl mount and umount are seen by ls at once, while programs list and read', async () => {
    await serve()
    const [stop, texts, complaints] = ['stop', 'texts', 'complaints'].map((name) => join(base, name))
    const busy = run('sh', [
      '-c',
      `cd ${mountpoint}
       while [ ! -e ${stop} ]; do
         ls -R . > /dev/null 2>> ${complaints}; cat a.txt x/deep/er/c.txt >> ${texts} || exit 1
       done`,
    ])
    for (let round = 0; round < 3; round += 1) {
      await done('mount', '/new/place', `${base}/b`)
      expect(readdirSync(join(mountpoint, 'new/place'))).toEqual(['b.txt'])
      expect(await run('ls', [mountpoint])).toBe('a.txt\nnew\nx\n')
      await done('mount', '/new/place', `${base}/c`, '--replace')
      expect(readdirSync(join(mountpoint, 'new/place'))).toEqual(['c.txt'])
      await done('umount', '/new/place')
      expect(existsSync(join(mountpoint, 'new'))).toBe(false)
      expect(await run('ls', [mountpoint])).toBe('a.txt\nx\n')
    }
    writeFileSync(String(stop), '')
    await busy
    expect(readFileSync(String(texts), 'utf8').replaceAll('in a\nin c\n', '')).toBe('')
    // Who has found the directory just before it goes is told so; nobody else is told anything.
    for (const line of readFileSync(String(complaints), 'utf8').trim().split('\n')) {
      expect(line).toMatch(
        /^$|'\.\/new(\/place)?': (Stale file handle|No such file or directory|Transport endpoint)/,
      )
    }
  })

  it('takes away a mount that is in use: ENOTCONN or ESTALE at once, with --lazy when it is done', async () => {
    const { pid } = await serve()
    const fds = openFds(pid)
    for (const [options, expected] of [
      // 116 is ESTALE, for which Node has no name.
      [[], /ENOTCONN|-116/],
      [['--lazy'], /^in b\n$/],
    ] as const) {
      await done('mount', '/m', `${base}/b`)
      const reader = run(process.execPath, [
        '-e',
        `const fs = require('fs'); const fd = fs.openSync(process.argv[1]); fs.writeFileSync(process.argv[2], '')
         while (fs.existsSync(process.argv[2])) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
         try { process.stdout.write(fs.readFileSync(fd)) } catch (error) { process.stdout.write(error.code) }`,
        ...[join(mountpoint, 'm/b.txt'), join(base, 'opened')],
      ])
      await waitFor('the open', () => existsSync(join(base, 'opened')))
      await done('umount', '/m', ...options)
      expect(existsSync(join(mountpoint, 'm'))).toBe(false)
      rmSync(join(base, 'opened'))
      expect(await reader).toMatch(expected)
    }
    // The kernel keeps what nobody uses until it needs the memory.
    await shell('echo 2 > /proc/sys/vm/drop_caches')
    await waitFor('the back ends to end', () => openFds(pid) <= fds)
    expect(await done('list')).toMatch(/^PATH .*(\n\/(x\S+)? .* mounted .*){3}\n$/)
  })

  it('ctl move is seen at once, and files that are open stay open', async () => {
    await serve()
    const fd = openSync(join(mountpoint, 'x/y/b.txt'), 'r')
    readdirSync(join(mountpoint, 'x'))
    expect(await done('move', '/x/y', '/somewhere/else')).toBe('moved /x/y to /somewhere/else\n')
    expect(readFileSync(fd, 'utf8')).toBe('in b\n')
    closeSync(fd)
    expect(readFileSync(join(mountpoint, 'somewhere/else/b.txt'), 'utf8')).toBe('in b\n')
    expect(existsSync(join(mountpoint, 'x/y'))).toBe(false)
    expect(readdirSync(join(mountpoint, 'x'))).toEqual(['deep'])
    expect((await ctl('move', '/x/y', '/z')).code).toBe(1)
    expect((await ctl('move', '/x')).code).toBe(64)
    expect(await done('list')).toMatch(/^\/somewhere\/else .* mounted /m)
  })

  it('quiesce holds what programs do until resume, and loses nothing', async () => {
    await serve()
    const file = join(mountpoint, 'counted')
    const stop = join(base, 'stop')
    const writer = run('sh', [
      '-c',
      `n=0; while [ ! -e ${stop} ]; do n=$((n + 1)); echo $n >> ${file}; done; echo $n`,
    ])
    await waitFor('the first line', () => existsSync(join(base, 'a/counted')))
    await done('quiesce')
    const before = statSync(join(base, 'a/counted'))
    await waitFor('something to wait', async () => JSON.parse(await done('status', '--json')).held > 0)
    const reader = run('cat', [join(mountpoint, 'x/y/b.txt')])
    expect(statSync(join(base, 'a/counted'))).toMatchObject({ size: before.size, mtimeMs: before.mtimeMs })
    expect(await ctl('mount', '/m', `${base}/b`)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/resume first/),
    })
    expect(await done('resume')).toMatch(/^resumed, \d+ had waited\n$/)
    expect(await reader).toBe('in b\n')
    writeFileSync(stop, '')
    const lines = Array.from({ length: Number(await writer) }, (_, at) => `${at + 1}\n`)
    expect(readFileSync(join(base, 'a/counted'), 'utf8')).toBe(lines.join(''))
    expect(await ctl('resume')).toMatchObject({ code: 1 })
  })

  it('quiesce, again and again: everybody who works in the tree finds what is his', async () => {
    for (const name of ['a', 'b', 'c']) {
      for (let at = 0; at < 40; at += 1) writeFileSync(join(base, name, `${at}`), `${name} ${at}\n`)
    }
    await serve('--cache', 'never')
    const stop = join(base, 'stop')
    const places = [
      ['a', '.'],
      ['b', 'x/y'],
      ['c', 'x/deep/er'],
    ]
    const workers = places.map(([name, place]) =>
      attempt('sh', [
        '-c',
        `cd ${mountpoint}/${place}
         while [ ! -e ${stop} ]; do
           for i in $(seq 0 39); do [ "$(cat $i)" = "${name} $i" ] || { echo wrong $i; exit 1; }; done
           [ "$(ls | sort -n | head -n 40 | wc -l)" = 40 ] || { echo wrong list; exit 1; }
         done`,
      ]),
    )
    const client = await ControlClient.connect(socket)
    for (let round = 0; round < 40; round += 1) {
      await client.request({ command: 'quiesce' })
      await sleep(10)
      await client.request({ command: 'resume' })
      await sleep(10)
    }
    client.close()
    writeFileSync(stop, '')
    const good = { code: 0, stdout: '', stderr: '' }
    expect(await Promise.all(workers)).toEqual([good, good, good])
  })

  it('quiesce: a program that is killed while it waits ends, and a SIGTERM ends the daemon', async () => {
    const daemon = await serve()
    await done('quiesce')
    const reader = spawn('cat', [join(mountpoint, 'x/y/b.txt')], { stdio: 'ignore' })
    await waitFor('it to wait', async () => JSON.parse(await done('status', '--json')).held > 0)
    reader.kill('SIGKILL')
    await waitFor('its end', () => reader.signalCode === 'SIGKILL')
    await waitFor('nothing to wait', async () => JSON.parse(await done('status', '--json')).held === 0)
    daemon.child.kill('SIGTERM')
    expect(await daemon.exit()).toBe(0)
    expect([mountType(mountpoint), existsSync(socket)]).toEqual([undefined, false])
  })

  it('answers status, list, stats and top, as text and as JSON', async () => {
    const { pid } = await serve()
    expect(readFileSync(join(mountpoint, 'a.txt'), 'utf8')).toBe('in a\n')
    expect(JSON.parse(await done('status', '--json'))).toMatchObject({
      ...{ program: 'fusedev-daemon', pid, serving: mountpoint, connected: true, mounts: 3, quiesced: false },
    })
    const { mounts } = JSON.parse(await done('list', '--json'))
    expect(mounts).toMatchObject([
      { path: '/', source: join(base, 'a'), state: 'mounted' },
      { path: '/x/deep/er', source: join(base, 'c'), state: 'mounted' },
      { path: '/x/y', source: join(base, 'b'), ro: true, state: 'mounted' },
    ])
    expect(await done('stats')).toMatch(/^\/ +read +1 +0 +0 +5 /m)
    expect(await done('stats', '--prometheus')).toContain(
      'fb_operation_bytes_total{mount="/",id="1",operation="read"} 5\n',
    )
    expect(JSON.parse(await done('top', '--json', '--count', '1', '--interval', '0.01'))).toMatchObject({
      inFlight: 0,
    })
    expect(await done('log-level', 'silent')).toBe('logs silent\n')
  })

  it('reads a config file, which the command line wins over', async () => {
    const config = join(base, 'config.yaml')
    writeFileSync(
      config,
      `controlSocket: other\nlogLevel: silent\nmounts:\n  - { path: /, source: a }\n  - path: /etc\n    files: { motd: hello }\n`,
    )
    await launch('--config', config, '--control-socket', socket, '--mount', `/b=${base}/b`).ready()
    expect(readdirSync(mountpoint).sort()).toEqual(['a.txt', 'b', 'etc'])
    expect(readFileSync(join(mountpoint, 'etc/motd'), 'utf8')).toBe('hello')
    expect([existsSync(socket), existsSync(join(base, 'other'))]).toEqual([true, false])
    expect(JSON.parse(await done('status', '--json'))).toMatchObject({ logLevel: 'silent', mounts: 3 })
  })

  it('kill -9: the next daemon replaces the socket; a daemon that lives keeps its own', async () => {
    const first = await serve()
    const other = join(base, 'other')
    mkdirSync(other)
    const second = new Daemon(['--control-socket', socket, other], other)
    daemons.push(second)
    expect(await second.exit()).toBe(69)
    expect(second.stderr).toMatch(/^fusedev-daemon: --control-socket: somebody listens at .*\n$/)
    expect(mountType(other)).toBeUndefined()
    await done('status')

    first.child.kill('SIGKILL')
    await first.exit()
    expect(existsSync(socket)).toBe(true)
    expect(await ctl('status')).toMatchObject({ code: 69, stdout: '' })
    await run('fusermount3', ['-u', mountpoint])
    const third = await serve()
    expect(await done('list')).toContain('/x/deep/er')
    await run('fusermount3', ['-u', mountpoint])
    expect(await third.exit()).toBe(0)
    expect(existsSync(socket)).toBe(false)
  })

  it('goes on serving whatever is sent to its socket', async () => {
    await serve()
    const flood = connect(socket)
    flood.on('error', () => {})
    for (let at = 0; at < 10; at += 1) flood.write(Buffer.alloc(2 ** 20, '{'))
    const loops = [1, 2].map(async (half) => {
      for (let at = 0; at < 5; at += 1) {
        await done('mount', `/m${half}`, `${base}/b`)
        expect(readFileSync(join(mountpoint, `m${half}/b.txt`), 'utf8')).toBe('in b\n')
        await done('umount', `/m${half}`)
      }
    })
    await Promise.all(loops)
    flood.destroy()
    expect(readdirSync(mountpoint).sort()).toEqual(['a.txt', 'x'])
  })

  it('does not let a back end lead into its own mount', async () => {
    await serve()
    const stderr = expect.stringMatching(/is on the mount itself/)
    expect(await ctl('mount', '/m', join(mountpoint, 'x'))).toMatchObject({ code: 1, stderr })
    expect(readdirSync(mountpoint).sort()).toEqual(['a.txt', 'x'])
  })

  it.each([
    ['a mount without a source', () => ['--mount', '/a'], 64, /is not PATH=SOURCE/],
    ['an option that there is not', () => ['--mount', `/a=${base}/a,bogus`], 64, /'bogus' is no option/],
    ['a path that is none', () => ['--mount', `/a/../b=${base}/a`], 64, /\. or \.\./],
    [
      'a source that is not there',
      () => ['--mount', `/a=${base}/none`],
      66,
      /^fusedev-daemon: \/a: .*none does not exist\n$/,
    ],
    ['a config file that is not there', () => ['--config', join(base, 'none')], 66, /none: does not exist/],
    ['a config file with a mistake', () => ['--config', join(base, 'wrong')], 64, /wrong:1:11: logLevel: /],
    ['several threads', () => ['--mount', `/a=${base}/a`, '--workers', '2'], 64, /one thread/],
    [
      'a control socket that cannot be',
      () => ['--control-socket', join(base, 'a/a.txt')],
      69,
      /is no socket/,
    ],
  ])('says in one line what is wrong with %s, and mounts nothing', async (_name, args, code, message) => {
    writeFileSync(join(base, 'wrong'), 'logLevel: loud\n')
    const { status, stderr } = spawnSync(process.execPath, [MAIN_JS, ...args(), mountpoint], {
      encoding: 'utf8',
    })
    expect([status, mountType(mountpoint)]).toEqual([code, undefined])
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})
