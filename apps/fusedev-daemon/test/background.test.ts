import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt, missingForMount, mountType, run, waitFor } from '@fb/testbed'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MAIN_JS } from './daemon.js'

const missing = missingForMount(['fusermount3'])
if (missing !== undefined) console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== undefined)('--background', { timeout: 60_000 }, () => {
  let base: string
  let source: string
  let mountpoint: string

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'fb-background-'))
    source = join(base, 'source')
    mountpoint = join(base, 'mnt')
    for (const name of [source, mountpoint]) mkdirSync(name)
    writeFileSync(join(source, 'hello.txt'), 'hello\n')
  })
  afterEach(async () => {
    if (mountType(mountpoint) !== undefined) await attempt('umount', ['-l', mountpoint])
    rmSync(base, { recursive: true, force: true })
  })

  function launch(...args: string[]): SpawnSyncReturns<string> {
    return spawnSync(process.execPath, [MAIN_JS, ...args], { encoding: 'utf8', timeout: 30_000, cwd: base })
  }

  /** The daemon that serves at the mount point: found by its arguments. */
  function daemonPid(): number | undefined {
    const isDaemon = (pid: string): boolean => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
        return words.includes(MAIN_JS) && words.includes(mountpoint)
      } catch {
        return false
      }
    }
    const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isDaemon(name))
    return pid === undefined ? undefined : Number(pid)
  }

  it('returns when the mount answers; what goes on has nothing of its caller', async () => {
    const { status, stdout, stderr } = launch('--background', 'source', mountpoint)
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(readFileSync(join(mountpoint, 'hello.txt'), 'utf8')).toBe('hello\n')
    const pid = daemonPid()
    for (const fd of [0, 1, 2]) expect(readlinkSync(`/proc/${pid}/fd/${fd}`)).toBe('/dev/null')
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/')
    const [, session, terminal] = (await run('ps', ['-o', 'pid=,sid=,tty=', '-p', `${pid}`]))
      .trim()
      .split(/\s+/)
    expect([Number(session), terminal]).toEqual([pid, '?'])
    await run('fusermount3', ['-u', mountpoint])
    await waitFor('the end of the daemon', () => daemonPid() === undefined)
  })

  it('serves a tree in the background, and SIGTERM ends it', async () => {
    const { status, stderr } = launch(
      '--background',
      '--control-socket',
      'control',
      '--mount',
      '/x=source',
      mountpoint,
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(readFileSync(join(mountpoint, 'x/hello.txt'), 'utf8')).toBe('hello\n')
    const ctl = launch('ctl', '--socket', 'control', 'list')
    expect(ctl.stdout).toContain(`${source}`)
    process.kill(daemonPid() ?? 0, 'SIGTERM')
    await waitFor('the end of the daemon', () => daemonPid() === undefined)
    expect(mountType(mountpoint)).toBeUndefined()
  })

  it.each([
    ['no such source', () => ['none', mountpoint]],
    ['no such mount point', () => ['source', join(base, 'none')]],
    ['an unknown mount option', () => ['-o', 'bogus', 'source', mountpoint]],
    ['an unknown option', () => ['--bogus', 'source', mountpoint]],
    ['a log file that cannot be', () => ['--log-file', join(base, 'none/log'), 'source', mountpoint]],
  ])('%s: exit code and message are those of the foreground, once', (_what, args) => {
    const foreground = launch(...args())
    const background = launch('--background', ...args())
    expect(foreground.status).toBeGreaterThan(0)
    expect(foreground.stderr.trimEnd().split('\n')).toHaveLength(1)
    const { status, stdout, stderr } = background
    expect({ status, stdout, stderr }).toEqual({
      status: foreground.status,
      stdout: '',
      stderr: foreground.stderr,
    })
  })

  it('shows what it logs until it serves, and logs to a file when it is told to', async () => {
    writeFileSync(join(mountpoint, 'hidden'), '')
    const shown = launch('--background', 'source', mountpoint)
    expect([shown.status, shown.stderr.match(/is not empty/g)?.length]).toEqual([0, 1])
    await run('fusermount3', ['-u', mountpoint])
    await waitFor('the end of the daemon', () => daemonPid() === undefined)
    const log = join(base, 'log')
    writeFileSync(log, 'before\n')
    const { status, stderr } = launch('--background', '--log-file', 'log', 'source', mountpoint)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    await run('fusermount3', ['-u', mountpoint])
    await waitFor('the end of the daemon', () => daemonPid() === undefined)
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
    expect(lines).toEqual(['before', expect.stringMatching(/not empty/), expect.stringMatching(/has ended/)])
  })
})
