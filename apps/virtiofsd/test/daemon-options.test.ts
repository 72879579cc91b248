import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bootGuest, guestUnavailable } from '@fb/guest-vm'
import { attempt, hasProgram, openFds, waitFor } from '@fb/testbed'
import { describe, expect, test } from 'vitest'
import { Daemon, directory, MAIN_JS, Program } from './daemon.js'

const TIMEOUT_MS = 120_000
const SOCKET_MODE = 0o660
const SHARE = fileURLToPath(new URL('../share/', import.meta.url))

function paths() {
  const base = directory()
  const shared = join(base, 'shared')
  mkdirSync(shared)
  return { base, shared, socket: join(base, 'socket') }
}

/** GET_FEATURES of version 1, which has no payload. */
const GET_FEATURES = new Uint8Array(Uint32Array.of(1, 1, 0).buffer)

/** Connects, asks for something, and goes away again. */
function visit(socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = connect(socket, () => client.write(GET_FEATURES))
    client.once('data', () => client.end()).once('close', () => resolve())
    client.once('error', reject)
  })
}

/** As systemd does: listens at two sockets and for what the daemon has to tell, and becomes the daemon. Prints what it hears. */
const ACTIVATE = `
import os, socket, sys
path = sys.argv[1]
def bound(name, kind):
    s = socket.socket(socket.AF_UNIX, kind)
    s.bind(name)
    return s
control, front = [bound(name, socket.SOCK_STREAM) for name in (path + '.control', path)]
for s in (control, front): s.listen(8)
manager = bound(path + '.notify', socket.SOCK_DGRAM)
if os.fork() == 0:
    print(manager.recv(4096).decode().replace(chr(10), '|'), flush=True)
    os._exit(0)
ends = [os.dup(s.fileno()) for s in (control, front)]
for at, end in enumerate(ends): os.dup2(end, 3 + at)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='2', LISTEN_FDNAMES='control:vhost-user')
os.environ['NOTIFY_SOCKET'] = path + '.notify'
out = os.open('/dev/null', os.O_WRONLY)
os.dup2(out, 1)
os.execv(sys.argv[2], sys.argv[2:])
`

describe('the daemon', () => {
  test('says in one line that it listens, in one that somebody connects, and in one that he has gone', async () => {
    const { shared, socket } = paths()
    const daemon = new Daemon('--shared-dir', shared, '--socket-path', socket, '--sandbox', 'none', '-f')
    await daemon.listening()
    expect(daemon.stdout).toBe(`sharing ${shared} at ${socket} (stop: Ctrl-C)\n`)
    for (let round = 1; round <= 3; round += 1) {
      await visit(socket)
      await waitFor('the end', () => daemon.stderr.match(/the front end has gone/g)?.length === round)
    }
    const { code, stderr, stdout } = await daemon.stop()
    expect([code, stdout.split('\n').length]).toEqual([0, 2])
    expect(stderr.match(/a front end has connected/g)?.length).toBe(3)
    expect(existsSync(socket)).toBe(false)
  })

  test('takes the sockets that systemd has opened, and tells it when it serves', async () => {
    const { shared, socket } = paths()
    const args = [socket, process.execPath, MAIN_JS, '--shared-dir', shared, '--sandbox', 'none']
    const daemon = new Program('python3', ['-c', ACTIVATE, ...args])
    await daemon.listening()
    expect(daemon.stdout).toMatch(/^READY=1\|STATUS=sharing .* at descriptor 4\n/)
    await visit(socket)
    const ctl = await attempt(process.execPath, [MAIN_JS, 'ctl', '--socket', `${socket}.control`, 'list'])
    expect(ctl.stdout).toContain(shared)
    const { code } = await daemon.stop()
    expect([code, existsSync(socket), existsSync(`${socket}.control`)]).toEqual([0, true, true])
  })

  test('has its units, with which systemd finds nothing wrong', async (context) => {
    if (!hasProgram('systemd-analyze')) return context.skip('systemd-analyze is missing')
    const { base } = paths()
    const files = ['virtiofsd@.service', 'virtiofsd@.socket'].map((name) => {
      const text = readFileSync(join(SHARE, 'systemd', name), 'utf8')
      const file = join(base, name.replace('@', '@guest'))
      writeFileSync(file, text.replace(/^ExecStart=.*?(?= )/m, `ExecStart=${process.execPath}`))
      return file
    })
    const { code, stdout, stderr } = await attempt('systemd-analyze', ['verify', '--man=no', ...files])
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('logs more with -d, and nothing with --log-level silent', async () => {
    const { shared, socket } = paths()
    const last = { debug: '', silent: '' }
    for (const [name, options] of [
      ['debug', ['-d']],
      ['silent', ['--log-level', 'silent']],
    ] as const) {
      const daemon = new Daemon('-o', `source=${shared},sandbox=none`, `--socket=${socket}`, ...options)
      await daemon.listening()
      const before = openFds(daemon.child.pid)
      await visit(socket)
      await waitFor('the end of the connection', () => openFds(daemon.child.pid) <= before)
      last[name] = (await daemon.stop()).stderr
    }
    expect(last.debug).toContain('"level":20')
    expect(last.silent).toBe('')
  })

  test('gives the socket to a group', async () => {
    const { shared, socket } = paths()
    const daemon = new Daemon(
      ...['--shared-dir', shared, '--socket-path', socket, '--sandbox', 'none', '--socket-group', 'daemon'],
    )
    await daemon.listening()
    const { gid, mode } = statSync(socket)
    expect([gid, mode & 0o777]).toEqual([1, SOCKET_MODE])
    expect((await daemon.stop()).code).toBe(0)
  })

  test.each([
    [['--socket-group', 'no-such-group'], 64, /--socket-group: no group no-such-group/],
    [['--rlimit-nofile', '1000000000'], 64, /--rlimit-nofile: only \d+ are allowed: raise the limit/],
    [['--shared-dir', '/nonexistent/directory'], 66, /\/nonexistent\/directory does not exist/],
    [['--shared-dir', '/dev/null'], 66, /\/dev\/null is neither a directory nor a regular file/],
    [
      ['--socket-path', '/nonexistent/socket'],
      69,
      /cannot listen: the directory of \/nonexistent\/socket does not exist/,
    ],
    [
      ['--socket-path', `/tmp/${'x'.repeat(120)}`],
      69,
      /cannot listen: .* is longer than the name of a socket may be/,
    ],
    [['--socket-path', '/etc/passwd'], 69, /cannot listen: \/etc\/passwd is there already, and is no socket/],
    [['--sandbox', 'namespace'], 64, /--sandbox/],
    [['--seccomp', 'kill'], 64, /--seccomp/],
    [['--modcaps=+all'], 64, /--modcaps is not honoured: capabilities are not changed/],
    [['--uid-map', ':0:100000:65536:'], 64, /--uid-map is not honoured/],
    [['--gid-map', ':0:100000:65536:'], 64, /--gid-map is not honoured/],
    [['--translate-uid', 'map:0:1:1'], 64, /--translate-uid is not honoured/],
    [['-o', 'modcaps=-MKNOD'], 64, /--modcaps is not honoured/],
  ])('ends at once with %j: exit code %d, and one line', async (options, exitCode, message) => {
    const { shared, socket } = paths()
    const daemon = new Daemon(
      ...['--shared-dir', shared, '--socket-path', socket, '--sandbox', 'none'],
      ...options,
    )
    const { code, stdout, stderr } = await daemon.ended
    expect([code, stdout]).toEqual([exitCode, ''])
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n').length).toBe(1)
    expect(existsSync(socket)).toBe(false)
  })

  test('needs a descriptor that is a socket, and one that listens', async () => {
    const { shared, socket } = paths()
    const serve = [MAIN_JS, '--shared-dir', shared, '--sandbox', 'none']
    for (const [fd, message] of [
      [0, 'descriptor 0 is no socket'],
      [99, 'there is no descriptor 99'],
    ] as const) {
      const { code, stderr } = await new Program(process.execPath, [...serve, '--fd', `${fd}`]).ended
      expect([code, stderr]).toEqual([69, `virtiofsd: cannot listen: ${message}\n`])
    }
    const deaf = INHERIT.replace('listening.listen(8)', '')
    const { code, stderr } = await new Program('python3', ['-c', deaf, socket, process.execPath, ...serve])
      .ended
    expect([code, stderr]).toMatchObject([69, expect.stringContaining('does not listen')])
  })

  test('does not take over the socket of another one', async () => {
    const { shared, socket } = paths()
    const args = ['--shared-dir', shared, '--socket-path', socket, '--sandbox', 'none']
    const first = await new Daemon(...args).listening()
    const { code, stderr } = await new Daemon(...args).ended
    expect([code, stderr]).toEqual([69, `virtiofsd: cannot listen: somebody listens on ${socket} already\n`])
    expect((await first.stop()).code).toBe(0)
  })

  test('takes two signals in a row for one, and opens no debugger', async () => {
    const { shared, socket } = paths()
    const daemon = new Daemon('--shared-dir', shared, '--socket-path', socket, '--sandbox', 'none')
    await daemon.listening()
    daemon.child.kill('SIGUSR1')
    await visit(socket)
    daemon.child.kill('SIGTERM')
    const { code, signal, stderr } = await daemon.stop('SIGHUP')
    expect([code, signal, existsSync(socket)]).toEqual([0, null, false])
    expect(stderr.match(/"msg":"stopping"/g)?.length).toBe(1)
    expect(stderr).not.toContain('Debugger')
  })

  test.each([
    ['a disk that is full', '> /dev/full 2>&1'],
    ['a reader that has gone', '> >(true) 2>&1'],
    ['nothing', '>&- 2>&-'],
  ])('goes on where its output leads to %s', async (_what, redirection) => {
    const { shared, socket } = paths()
    const args = [MAIN_JS, '--shared-dir', shared, '--socket-path', socket, '--sandbox', 'none']
    const daemon = new Program('bash', ['-c', `exec "$@" ${redirection}`, 'bash', process.execPath, ...args])
    await waitFor('the socket', () => existsSync(socket))
    for (let round = 0; round < 3; round += 1) await visit(socket)
    expect(await daemon.stop()).toMatchObject({ code: 0, signal: null })
    expect(existsSync(socket)).toBe(false)
  })

  test('starts where as many descriptors are allowed as are asked for', async () => {
    const { shared, socket } = paths()
    const daemon = new Daemon(
      ...['--shared-dir', shared, '--socket-path', socket, '--sandbox', 'none', '--rlimit-nofile', '256'],
    )
    await daemon.listening()
    expect((await daemon.stop()).code).toBe(0)
  })

  test('must be told that there is no sandbox', async () => {
    const { shared, socket } = paths()
    const { code, stderr } = await new Daemon('--shared-dir', shared, '--socket-path', socket).ended
    expect(code).toBe(64)
    expect(stderr).toContain('--sandbox: must be given as `--sandbox none`')
  })
})

describe('what other programs find it by', () => {
  test('names only features that it has, and a program that starts it', async () => {
    const file = JSON.parse(readFileSync(join(SHARE, '60-fb-virtiofsd.json'), 'utf8')) as {
      type: string
      binary: string
      features: string[]
    }
    const { stdout } = await attempt(process.execPath, [MAIN_JS, '--print-capabilities'])
    expect({ type: file.type, features: file.features }).toEqual(JSON.parse(stdout))
    // The wrapper says `--sandbox none`; all else is passed on.
    const { base, shared, socket } = paths()
    const bin = join(base, 'virtiofsd')
    writeFileSync(bin, `#!/bin/sh\nexec ${process.execPath} ${MAIN_JS} "$@"\n`)
    chmodSync(bin, 0o755)
    const env = { ...process.env, PATH: `${base}:${process.env['PATH']}` }
    const wrapper = join(SHARE, file.binary.replace(/^.*\//, ''))
    expect(await attempt(wrapper, ['--print-capabilities'], { env })).toMatchObject({ code: 0, stdout })
    const refused = await attempt(wrapper, ['--shared-dir', shared, '--fd=3', `--socket-path=${socket}`], {
      env,
    })
    expect(refused.stderr).toContain('one of --socket-path and --fd is needed')
  })
})

const reason = await guestUnavailable()
const because = reason === undefined ? '' : ` (skipped: ${reason})`

/** Listens, and becomes the daemon, which inherits the socket. */
const INHERIT = `
import os, socket, sys
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen(8)
os.set_inheritable(listening.fileno(), True)
os.execv(sys.argv[2], [*sys.argv[2:], '--fd', str(listening.fileno())])
`

describe.skipIf(reason !== undefined)(`a guest of several daemons${because}`, () => {
  test(
    'sees a directory that it cannot change, and one file, over a socket that was inherited',
    async () => {
      const { base, shared, socket } = paths()
      writeFileSync(join(shared, 'kept'), 'kept\n')
      const file = join(base, 'one file')
      writeFileSync(file, 'before\n')
      const readonly = new Daemon(
        ...['--shared-dir', shared, '--socket-path', socket, '--sandbox', 'none', '--readonly'],
      )
      const inherited = join(base, 'inherited')
      const single = new Program('python3', [
        ...['-c', INHERIT, inherited, process.execPath, MAIN_JS, '--shared-dir', file, '--sandbox=none'],
      ])
      await Promise.all([readonly.listening(), single.listening()])
      expect(single.stdout).toMatch(/ at descriptor \d+ /)
      const mounts = [
        { tag: 'readonly', socket, at: '/mnt' },
        { tag: 'single', socket: inherited, at: '/file' },
      ]
      const { exitCode, output } = await bootGuest({
        mounts,
        script: `exec 2>&1; cat /mnt/kept; echo x > /mnt/new; echo x > /mnt/kept; rm /mnt/kept; chmod 600 /mnt/kept
          mount -o remount,rw /mnt; touch /mnt/kept; ls /mnt /file; cat '/file/one file'; echo after >> '/file/one file'
          touch /file/other; rm '/file/one file'; mkdir /dir; : > /point; mount --bind '/file/one file' /point; cat /point`,
      })
      expect(exitCode, output).toBe(0)
      expect(output.match(/Read-only file system/g)?.length).toBe(6)
      expect(output).toContain('before\nafter\n')
      expect(output).toMatch(/\/file:\none file\n/)
      expect(readFileSync(file, 'utf8')).toBe('before\nafter\n')
      expect(readFileSync(join(shared, 'kept'), 'utf8')).toBe('kept\n')
      for (const daemon of [readonly, single]) expect((await daemon.stop()).code).toBe(0)
    },
    TIMEOUT_MS,
  )
})
