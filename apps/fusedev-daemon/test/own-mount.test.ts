import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt, missingForMount, mountType, run, waitFor } from '@fb/testbed'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Daemon } from './daemon.js'

const missing = missingForMount(['fusermount3', 'find', 'du'])
if (missing !== undefined) console.warn(`skipped: ${missing}`)

/** Milliseconds after which a program that waits for the daemon, which waits for itself, is taken to do so for ever. */
const FOR_EVER = 30_000

describe.skipIf(missing !== undefined)('a mount point in the source', { timeout: 120_000 }, () => {
  let base: string
  let source: string
  let mountpoint: string
  let daemons: Daemon[]

  beforeEach(() => {
    daemons = []
    base = realpathSync(mkdtempSync(join(tmpdir(), 'fb-own-')))
    source = join(base, 'src')
    mountpoint = join(source, 'in')
    for (const name of ['src', 'src/in', 'src/d', 'src/bind', 'other']) mkdirSync(join(base, name))
    writeFileSync(join(source, 'in/below'), 'covered\n')
    writeFileSync(join(source, 'd/file'), 'file\n')
  })
  afterEach(async () => {
    if (mountType(join(source, 'bind')) !== undefined) await attempt('umount', ['-l', join(source, 'bind')])
    for (const daemon of daemons.reverse()) {
      daemon.child.kill('SIGCONT')
      await daemon.dispose()
    }
    rmSync(base, { recursive: true, force: true })
  })

  function start(args: readonly string[], at: string): Promise<Daemon> {
    const daemon = new Daemon(args, at)
    daemons.push(daemon)
    return daemon.ready()
  }

  async function output(program: string, ...args: string[]): Promise<string[]> {
    const stdout = await run(program, args, { timeout: FOR_EVER })
    return stdout.trimEnd().split('\n').sort()
  }

  describe.each([
    ['a directory', () => [source, mountpoint]],
    ['a tree', () => ['--mount', `/=${source}`, mountpoint]],
    ['a tree with the source below', () => ['--mount', `/d=${source}`, '--mount', `/=${source}`, mountpoint]],
  ])('of %s', (_what, args) => {
    it('shows what it covers: ls, find and du return, as on the disk without the mount', async () => {
      const find = await output('find', source, '-printf', '%P %s %i\\n')
      await start(args(), mountpoint)
      if (!args().includes(`/d=${source}`)) {
        expect(await output('find', mountpoint, '-printf', '%P %s %i\\n')).toEqual(find)
      }
      await output('ls', '-lR', mountpoint)
      await output('du', '-a', mountpoint)
      expect(await output('cat', join(mountpoint, 'in/below'))).toEqual(['covered'])
      expect((await attempt('rmdir', [join(mountpoint, 'in')], { timeout: FOR_EVER })).stderr).toMatch(/busy/)
      expect(
        (await attempt('mv', [join(mountpoint, 'in'), join(mountpoint, 'x')], { timeout: FOR_EVER })).code,
      ).toBe(1)
      await run('touch', [join(mountpoint, 'in/new')], { timeout: FOR_EVER })
      await run('umount', [mountpoint])
      expect(readdirSync(mountpoint).sort()).toEqual(['below', 'new'])
    })
  })

  it('mounted once more by somebody else is ELOOP there, and ends with SIGTERM', async () => {
    const daemon = await start([source, mountpoint], mountpoint)
    await run('mount', ['--bind', mountpoint, join(source, 'bind')])
    const ls = await attempt('ls', ['-lR', mountpoint], { timeout: FOR_EVER })
    expect(ls.stderr).toMatch(/bind': Too many levels of symbolic links/)
    expect(ls.stdout).toContain('file')
    const find = await attempt('find', [mountpoint], { timeout: FOR_EVER })
    expect(find.stdout.trimEnd().split('\n')).toContain(join(mountpoint, 'in/below'))
    await run('umount', [join(source, 'bind')])
    await output('ls', '-lR', mountpoint)
    daemon.child.kill('SIGTERM')
    expect(await daemon.exit()).toBe(0)
    expect(mountType(mountpoint)).toBeUndefined()
  })

  it('may be anywhere in /: what is mounted elsewhere is there, and no end is waited for', async () => {
    await start(['--read-only', '/', mountpoint], mountpoint)
    expect(readdirSync(join(mountpoint, mountpoint))).toEqual(['below'])
    await output('find', join(mountpoint, base))
    expect(readdirSync(join(mountpoint, 'proc/self'))).toContain('status')
  })

  it('ends with SIGTERM though a thread waits for a host that does not answer', async () => {
    const other = join(base, 'other')
    const host = await start([source, other], other)
    const daemon = await start(['--cache', 'never', other, mountpoint], mountpoint)
    host.child.kill('SIGSTOP')
    await waitFor('the stop', async () => /^State:\s+T/m.test(await run('cat', [`/proc/${host.pid}/status`])))
    const waiting = attempt('stat', [join(mountpoint, 'd/file')], { timeout: FOR_EVER })
    const isWaiting = async (): Promise<boolean> =>
      (await run('sh', ['-c', `cat /proc/${daemon.pid}/task/*/wchan`])).includes('request_wait_answer')
    await waitFor('a thread that waits for the host', isWaiting)
    daemon.child.kill('SIGTERM')
    expect(await daemon.exit()).toBe(0)
    expect((await waiting).code).toBe(1)
  })
})
