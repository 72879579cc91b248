import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { SeededRandom } from '@fb/api/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  ControlClient,
  ControlServer,
  type ControlTarget,
  CtlExit,
  MAX_LINE,
  parseMount,
  runCtl,
} from '../src/index.js'
import { keepingLogger } from './keeping-logger.js'
import { clientOf, controlled, directories } from './served.js'

function socketPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'fb-socket-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'control')
}

async function listening(target: ControlTarget, path = socketPath()): Promise<string> {
  const server = await ControlServer.listen({ path, target, logger: keepingLogger() })
  onTestFinished(() => server.close())
  return path
}

/** Sends bytes, ends, and gives every line of the answer. */
async function exchange(path: string, ...parts: (string | Uint8Array)[]): Promise<Record<string, unknown>[]> {
  const socket = connect(path)
  for (const part of parts) {
    if (!socket.write(part)) await once(socket, 'drain')
  }
  socket.end()
  const lines = (await text(socket)).split('\n')
  expect(lines.pop()).toBe('')
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** Asks for the mounts on a connection of its own: the answer, or why there is none. */
async function ask(path: string): Promise<unknown> {
  let client: ControlClient | undefined
  try {
    client = await ControlClient.connect(path)
    return await client.request({ command: 'list' })
  } catch (error) {
    return error
  } finally {
    client?.close()
  }
}

/** What `ctl` writes and ends with, elsewhere than on a terminal. */
const ctl = (...argv: string[]) => ctlWith(undefined, ...argv)

/** The same on a screen with so many lines. */
async function ctlWith(rows: number | undefined, ...argv: string[]) {
  const written = { out: '', errors: [] as string[] }
  const code = await runCtl(argv, 'daemon', {
    write: (more) => {
      written.out += more
    },
    error: (line) => written.errors.push(line),
    rows: () => rows,
  })
  return { code, ...written }
}

describe('ControlServer', () => {
  it('is for its owner alone, answers in order, and removes its socket', async () => {
    const path = socketPath()
    const { target, logger } = controlled()
    const before = process.umask()
    const server = await ControlServer.listen({ path, target, logger })
    expect(process.umask()).toBe(before)
    expect(statSync(path).mode & 0o7777).toBe(0o600)
    const answers = await exchange(
      path,
      '{"id":1,"command":"log-level","level":"warn"}\n\n{"id":"two","comm',
      'and":"list"}\n{"command":"status","id":3}',
    )
    expect(answers).toMatchObject([
      { id: 1, ok: true, result: { level: 'warn' } },
      { id: 'two', ok: true, result: { mounts: [] } },
      { id: 3, ok: true, result: { program: 'test', version: '1.2.3', pid: process.pid, mounts: 0 } },
    ])
    await server.close()
    await server.close()
    expect(existsSync(path)).toBe(false)
  })

  it.each([
    ['{', /^not a line of JSON/],
    ['[]', /object/],
    ['null', /object/],
    ['"status"', /object/],
    ['{}', /command/],
    ['{"command":"bogus"}', /command/],
    ['{"command":"constructor"}', /command/],
    ['{"command":"status","more":1}', /more/],
    ['{"command":"umount"}', /path/],
    ['{"command":"log-level","level":"loud"}', /level: /],
    ['{"command":"quiesce","timeout":-1}', /timeout: /],
    ['{"command":"quiesce","hold":1e9}', /hold: /],
    ['{"command":"mount","mount":{"path":"x","source":"/"}}', /mount\.path: must be an absolute path/],
    ['{"command":"mount","mount":{"path":"/x"}}', /mount\.source: one of source and files is needed/],
    [
      '{"command":"mount","mount":{"path":"/x","source":"/"},"lazy":true}',
      /lazy: only together with replace/,
    ],
    ['{"command":"mount","mount":{"path":"/x","source":"/a\\u0000b"}}', /mount\.source: is no path/],
    [Buffer.from([0xff, 0xfe, 0x00]), /^not a line of JSON/],
  ])('answers %j with an error, and the next request', async (line, message) => {
    const path = await listening(controlled().target)
    const [refused, next] = await exchange(path, line, '\n{"command":"list"}\n')
    expect(refused).toMatchObject({ ok: false, error: { code: 'EINVAL' } })
    expect((refused as { error: { message: string } }).error.message).toMatch(message)
    expect(next).toMatchObject({ ok: true })
  })

  it('refuses a line of ten megabytes without keeping it', async () => {
    const path = await listening(controlled().target)
    const before = process.memoryUsage.rss()
    const part = Buffer.alloc(2 ** 20, 'x')
    const answers = await exchange(path, ...Array(10).fill(part), '\n{"command":"list"}\n')
    expect(answers).toMatchObject([{ ok: false, error: { code: 'EMSGSIZE' } }, { ok: true }])
    expect(process.memoryUsage.rss() - before).toBeLessThan(128 * 2 ** 20)
    const longest = `{"command":"list"}${' '.repeat(MAX_LINE - 18)}`
    expect(await exchange(path, longest, '\n', longest, ' \n')).toMatchObject([
      { ok: true },
      { ok: false, error: { code: 'EMSGSIZE' } },
    ])
  })

  it('serves no more clients at a time than it may, and those that come when others have gone', async () => {
    const path = await listening(controlled().target)
    const open: Socket[] = []
    onTestFinished(() => {
      for (const socket of open) socket.destroy()
    })
    for (let at = 0; at < 64; at += 1) {
      const socket = connect(path)
      await once(socket, 'connect')
      open.push(socket)
    }
    expect(await ask(path)).toMatchObject({ code: 'EUSERS' })
    for (const socket of open.splice(0)) socket.destroy()
    for (;;) {
      const next = await ask(path)
      if (!(next instanceof Error)) break
      expect(next).toMatchObject({ code: 'EUSERS' })
    }
  })

  it('replaces a socket that nobody listens at, and nothing else', async () => {
    const path = socketPath()
    const { target, logger } = controlled()
    const listen = () => ControlServer.listen({ path, target, logger })
    const first = await listen()
    await expect(listen()).rejects.toMatchObject({ code: 'EADDRINUSE' })
    expect(await exchange(path, '{"command":"list"}')).toMatchObject([{ ok: true }])
    await first.close()

    // As a killed process leaves it: libuv removes the name only when the handle is closed.
    const child = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
    expect(spawnSync(process.execPath, ['-e', child]).signal).toBe('SIGKILL')
    expect(existsSync(path)).toBe(true)
    const second = await listen()
    expect(await exchange(path, '{"command":"list"}')).toMatchObject([{ ok: true }])
    await second.close()

    writeFileSync(path, 'precious')
    await expect(listen()).rejects.toMatchObject({ code: 'EEXIST' })
    expect(statSync(path).size).toBe(8)
    const options = { target, logger }
    await expect(ControlServer.listen({ ...options, path: `/${'x'.repeat(108)}` })).rejects.toMatchObject({
      code: 'ENAMETOOLONG',
    })
    await expect(ControlServer.listen({ ...options, path: `${path}/no/such` })).rejects.toThrow(
      /cannot listen/,
    )
  })

  it('serves one client for long: nothing piles up, however large its answers are', async () => {
    const { target } = controlled()
    const mounts = Array.from({ length: 4000 }, (_, id) => ({
      ...{ id, path: '/x'.repeat(50), source: '/y'.repeat(100), state: 'mounted' as const, openFiles: 0 },
    }))
    const path = await listening(
      Object.assign(Object.create(target) as ControlTarget, { list: () => mounts }),
    )
    const warnings: Error[] = []
    const warned = (warning: Error): void => void warnings.push(warning)
    process.on('warning', warned)
    const client = await ControlClient.connect(path)
    for (let at = 0; at < 15; at += 1) {
      expect((await client.request({ command: 'list' })).mounts).toHaveLength(4000)
    }
    client.close()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', warned)
    expect(warnings).toEqual([])
  })

  it('goes on though clients vanish at any point', async () => {
    const seed = Number(process.env['FB_FUZZ_SEED'] ?? 5)
    const random = new SeededRandom(seed)
    const path = await listening(controlled().target)
    const requests = '{"command":"stats"}\n{"command":"quiesce","hold":0}\n{"command":"resume"}\n{bad}\n'
    for (let round = 0; round < 100; round += 1) {
      const socket = connect(path)
      socket.on('error', () => {})
      await once(socket, 'connect')
      const bytes = Buffer.from(requests.repeat(10))
      for (let at = 0; at < 4; at += 1) bytes[random.below(bytes.length)] = random.below(256)
      socket.write(bytes.subarray(0, random.below(bytes.length)))
      if (random.chance(50)) await new Promise((resolve) => setImmediate(resolve))
      if (random.chance(50)) socket.destroy()
      else socket.end(() => socket.destroy())
    }
    expect(await exchange(path, '{"command":"list"}'), `seed ${seed}`).toMatchObject([{ ok: true }])
  })
})

describe('ctl', () => {
  it('does what it is told, for people and as JSON, with exit code 0', async () => {
    const base = directories('a', 'b')
    const { tree, target } = controlled()
    await tree.mount(parseMount(`/=${base}/a`))
    const client = await clientOf(tree)
    const path = await listening(target)
    const good = async (...argv: string[]): Promise<string> => {
      const { code, out, errors } = await ctl('--socket', path, ...argv)
      expect([code, errors], out).toEqual([CtlExit.OK, []])
      return out
    }
    expect(await good('mount', '/x/y', `${base}/b,ro`)).toBe(`mounted ${base}/b at /x/y\n`)
    expect(await client.list('/x/y')).toEqual(['b'])
    expect(await good('list')).toMatch(/^PATH +SOURCE .*\n\/ .*\n\/x\/y +\S+\/b +ro +mounted +\d+ +0\n$/)
    expect(JSON.parse(await good('list', '--json'))).toEqual({ mounts: target.list() })
    expect(JSON.parse(await good('umount', '/x/y', '--json'))).toEqual({ id: 2, visible: true, after: 0 })
    expect(await client.list('/')).toEqual(['a'])
    expect(await good('status')).toMatch(
      /^program +test 1\.2\.3, pid \d+\nserving +\/nowhere\nstate +serving\n/,
    )
    expect(JSON.parse(await good('--json', 'status'))).toMatchObject({ connected: true, pid: process.pid })
    expect(await good('log-level', 'debug')).toBe('logs debug\n')
    expect(target.status().logLevel).toBe('debug')
    expect(await good('stats')).toMatch(/^\d mounts, \d+ inodes, 0 open, 0 in flight\nPATH +OPERATION/)
    expect(await good('stats', '--prometheus')).toBe(target.prometheus())
    expect(JSON.parse(await good('stats', '--json'))).toEqual(JSON.parse(JSON.stringify(target.stats())))
    expect(await good('quiesce', '--hold', '30')).toBe('stopped for 30 s at most, 0 wait\n')
    expect(await good('status')).toMatch(/^state +stopped until resume, \d+ s at most$/m)
    const reading = client.readFile('/a', 'utf8')
    expect(await good('status')).toMatch(/^in flight +0, and 1 wait for resume$/m)
    expect(JSON.parse(await good('resume', '--json'))).toEqual({ released: 1 })
    expect(await reading).toBe('a')
    expect(await good('--help')).toContain('log-level <level>')
  })

  it('top: shows what is done between two rounds', async () => {
    const base = directories('a')
    const { tree, target } = controlled()
    await tree.mount(parseMount(`/=${base}/a`))
    const client = await clientOf(tree)
    const path = await listening(target)
    let isOver = false
    const working = (async () => {
      while (!isOver) {
        await client.readFile('/a')
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    const shown = await ctl('--socket', path, 'top', '--count', '2', '--interval', '0.05')
    const lines = await ctl('--socket', path, 'top', '--count', '2', '--interval', '0.05', '--json')
    const screen = await ctlWith(5, '--socket', path, 'top', '--count', '3', '--interval', '0.05')
    isOver = true
    await working
    const [before, ...views] = screen.out.split('\x1b[H\x1b[2J')
    expect([before, views.length]).toEqual(['', 3])
    for (const view of views) expect(view.split('\n')).toHaveLength(5)
    expect([shown.code, lines.code]).toEqual([0, 0])
    expect(shown.out.match(/^\d+ operations\/s, 1 mounts, .* in flight$/gm)).toHaveLength(2)
    expect(shown.out).toMatch(/^\/ +read +\d+ /m)
    const rounds = lines.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { rates: { operation: string; operations: number }[] })
    expect(rounds).toHaveLength(2)
    for (const { rates } of rounds) {
      expect(rates.find(({ operation }) => operation === 'read')?.operations).toBeGreaterThan(0)
    }
  })

  it.each([
    [['list'], 64, /--socket/],
    [['--socket', '/s'], 64, /a command is needed/],
    [['--socket', '/s', 'bogus'], 64, /unknown command 'bogus'/],
    [['--socket', '/s', 'mount', '/a'], 64, /'source'/],
    [['--socket', '/s', 'mount', 'a', '/b'], 64, /must be an absolute path/],
    [['--socket', '/s', 'mount', '/a', '/b,bogus'], 64, /'bogus' is no option of a mount/],
    [['--socket', '/s', 'mount', '/a', '/b', '--lazy'], 64, /only together with --replace/],
    [['--socket', '/s', 'log-level', 'loud'], 64, /silent, error, warn, info, debug/],
    [['--socket', '/s', 'quiesce', '--timeout', 'soon'], 64, /'soon' is not a number/],
    [['--socket', '/s', 'top', '--interval', '0'], 64, /more than 0/],
    [['--socket', '/s', 'list', 'more'], 64, /too many arguments/],
    [['--socket', '/nonexistent/socket', 'list'], 69, /nobody answers at \/nonexistent\/socket \(ENOENT\)/],
  ])('%j: exit code %i, in one line', async (argv, exitCode, message) => {
    const { code, out, errors } = await ctl(...argv)
    expect([code, out, errors]).toEqual([exitCode, '', [expect.stringMatching(message)]])
    expect(errors[0]).toMatch(/^daemon ctl: [^\n]*$/)
  })

  it('refused by the daemon: exit code 1', async () => {
    const base = directories('a')
    const path = await listening(controlled().target)
    const refused = (...argv: string[]) => ctl('--socket', path, ...argv)
    expect(await refused('umount', '/none')).toEqual({
      ...{ code: 1, out: '', errors: ['daemon ctl: nothing is mounted at /none'] },
    })
    expect(await refused('mount', '/x', `${base}/none`)).toMatchObject({ code: 1 })
    expect(await refused('quiesce', '--timeout', '9999')).toMatchObject({ code: 1 })
    expect(await refused('resume')).toEqual({
      code: 1,
      out: '',
      errors: ['daemon ctl: operations are not stopped'],
    })
  })

  it('a change that clients may not see yet: exit code 75', async () => {
    const { target } = controlled()
    const slow: ControlTarget = Object.assign(Object.create(target) as ControlTarget, {
      mount: async () => ({ id: 1, visible: false, after: 86_400 }),
    })
    const path = await listening(slow)
    expect(await ctl('--socket', path, 'mount', '/x', '/y')).toEqual({
      ...{ code: 75, out: 'mounted /y at /x\n' },
      errors: ['daemon ctl: clients may see the old state for 86400 s'],
    })
  })

  it('a daemon that ends, or is none: one line, and an exit code that tells', async () => {
    const path = socketPath()
    const answers = ['hello\n', '']
    const server = createServer((socket) => void socket.end(answers.pop() ?? ''))
    server.listen(path)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    expect(await ctl('--socket', path, 'list')).toMatchObject({
      code: 69,
      errors: [expect.stringMatching(/closed the connection/)],
    })
    expect(await ctl('--socket', path, 'list')).toMatchObject({
      code: 1,
      errors: [expect.stringMatching(/no control socket/)],
    })
  })
})
