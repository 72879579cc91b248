import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SlowHost } from '@fb/slow-host'
import { attempt, manifest, missingForMount, mountType, run, shell, waitFor } from '@fb/testbed'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Daemon, MAIN_JS } from './daemon.js'

const missing = missingForMount(['fusermount3', 'umount'])
if (missing !== undefined) console.warn(`skipped: ${missing}`)

/** What asks for each operation, with the file that it hangs on as `$1`. */
const CALLS = {
  lookup: 'exec stat "$1"',
  getattr: 'exec stat "$1"',
  open: 'exec cat "$1"',
  read: 'exec cat "$1"',
  write: 'echo new > "$1"',
  flush: 'echo new > "$1"',
  fsync: 'exec dd if=/dev/null of="$1" conv=fsync',
  setattr: 'exec chmod 600 "$1"',
  getxattr: 'exec getfattr -n user.x "$1"',
  opendir: 'exec ls "$1"',
  readdirplus: 'exec ls "$1"',
} as const
type Call = keyof typeof CALLS
const DIRECTORIES: ReadonlySet<Call> = new Set(['opendir', 'readdirplus'])
const calls = Object.keys(CALLS) as Call[]
/** More than there are threads from the start. */
const MANY = 8

describe.skipIf(missing !== undefined)('a host that does not answer', { timeout: 90_000 }, () => {
  let base: string
  let mountpoint: string
  let host: SlowHost
  let daemon: Daemon
  const waiting: ChildProcess[] = []

  const at = (name: string): string => join(mountpoint, name)

  async function serve(...hostOptions: string[]): Promise<void> {
    const slow = join(base, 'slow')
    host = await SlowHost.start(join(base, 'disk'), slow, ...hostOptions)
    daemon = new Daemon([slow, mountpoint], mountpoint)
    await daemon.ready()
  }

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'fb-slow-'))
    mountpoint = join(base, 'mnt')
    for (const name of ['disk', 'disk/hang', 'slow', 'mnt']) mkdirSync(join(base, name))
    writeFileSync(join(base, 'disk/other'), 'other\n')
    for (const call of calls) {
      const path = join(base, 'disk/hang', `hang-${call}`)
      if (DIRECTORIES.has(call)) mkdirSync(path)
      else writeFileSync(path, 'hello\n')
    }
  })
  afterEach(async () => {
    for (const each of waiting.splice(0)) each.kill('SIGKILL')
    await host.close()
    await daemon.dispose()
    rmSync(base, { recursive: true, force: true })
  })

  /** Starts a program whose call hangs, and waits until it does. */
  async function hang(call: Call): Promise<ChildProcess> {
    const before = host.count(`hangs ${call}`)
    const child = spawn('sh', ['-c', CALLS[call], 'sh', at(`hang/hang-${call}`)], { stdio: 'ignore' })
    waiting.push(child)
    await host.said(`hangs ${call}`, before + 1)
    return child
  }

  /** What has nothing to do with what hangs. */
  async function worksBeside(): Promise<void> {
    expect(await run('cat', [at('other')])).toBe('other\n')
    await run('sh', [
      '-c',
      'echo more > "$1" && stat "$1" && rm "$1" && ls "$2"',
      'sh',
      at('new'),
      mountpoint,
    ])
  }

  it.each(calls)('holds up no other file of the mount: %s', async (call) => {
    await serve()
    const hung = await hang(call)
    await worksBeside()
    expect(hung.exitCode).toBeNull()
    host.release()
    await waitFor('the call that hung', () => hung.exitCode !== null)
  })

  it('holds up no other file though more calls hang than there are threads, and each gets its answer later', async () => {
    await serve()
    const hung: ChildProcess[] = []
    for (let index = 0; index < MANY; index += 1) hung.push(await hang('open'))
    await worksBeside()
    expect(hung.map((each) => each.exitCode)).toEqual(hung.map(() => null))
    host.release()
    await waitFor('all calls', () => hung.every((each) => each.exitCode === 0))
    await worksBeside()
  })

  it('gives up threads that are not needed any more', async () => {
    await serve()
    const serving = async (): Promise<number> =>
      (await run('sh', ['-c', `cat /proc/${daemon.pid}/task/*/comm 2>/dev/null || true`])).split('fuse-')
        .length - 1
    const before = await serving()
    const hung: ChildProcess[] = []
    for (let index = 0; index < MANY; index += 1) hung.push(await hang('open'))
    await worksBeside()
    expect(await serving()).toBeGreaterThan(MANY)
    host.release()
    await waitFor('all calls', () => hung.every((each) => each.exitCode === 0))
    await waitFor('fewer threads', async () => (await serving()) === before, 40_000)
    await worksBeside()
  })

  it('passes an interruption on to the call that hangs, and to no other', async () => {
    await serve('--interruptible')
    const hung = [await hang('open'), await hang('lookup'), await hang('open')]
    hung[1]?.kill('SIGINT')
    await host.said('interrupted lookup')
    await waitFor('the end of who was interrupted', () => hung[1]?.signalCode === 'SIGINT')
    expect(host.count('interrupted open')).toBe(0)
    expect([hung[0]?.exitCode, hung[2]?.exitCode]).toEqual([null, null])
    await worksBeside()
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('%s ends the daemon', async (signal) => {
    await serve()
    host.freeze()
    for (let index = 0; index < MANY; index += 1) {
      waiting.push(spawn('stat', [at('other')], { stdio: 'ignore' }))
    }
    await waitFor('calls that hang', async () => (await asleep(waiting)) === MANY)
    daemon.child.kill(signal)
    expect(await daemon.exit()).toBe(0)
    expect(mountType(mountpoint)).toBeUndefined()
  })

  it('umount -f ends the daemon', async () => {
    await serve()
    host.freeze()
    waiting.push(spawn('stat', [at('other')], { stdio: 'ignore' }))
    await waitFor('a call that hangs', async () => (await asleep(waiting)) === 1)
    // It fails for what is still in use; the connection has ended all the same.
    await attempt('umount', ['-f', mountpoint])
    expect(await daemon.exit()).toBe(0)
    expect(mountType(mountpoint)).toBeUndefined()
  })

  it('SIGTERM unmounts though a thread is held by the kernel, which the process outlives no longer than that', async () => {
    await serve()
    const hung = await hang('open')
    daemon.child.kill('SIGTERM')
    await waitFor('the end of the mount', () => mountType(mountpoint) === undefined)
    if (hung.exitCode === null) await once(hung, 'exit')
    expect(hung.exitCode).not.toBe(0)
    host.release()
    expect(await daemon.exit()).toBe(0)
  })
})

describe.skipIf(missing !== undefined)('a host that does not answer, in a tree', { timeout: 90_000 }, () => {
  let base: string
  let mountpoint: string
  let host: SlowHost
  let daemon: Daemon
  const waiting: ChildProcess[] = []

  const at = (name: string): string => join(mountpoint, name)
  const ctl = (...args: string[]): Promise<string> =>
    run(process.execPath, [MAIN_JS, 'ctl', '--socket', join(base, 'control'), ...args])

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'fb-slow-'))
    mountpoint = join(base, 'mnt')
    for (const name of ['disk', 'disk/hang', 'slow', 'mnt', 'b']) mkdirSync(join(base, name))
    for (const name of ['disk/other', 'disk/hang/hang-open', 'b/here'])
      writeFileSync(join(base, name), 'hello\n')
    host = await SlowHost.start(join(base, 'disk'), join(base, 'slow'), '--interruptible')
    const mounts = ['--mount', `/slow=${base}/slow`, '--mount', `/b=${base}/b`]
    daemon = new Daemon(['--control-socket', join(base, 'control'), ...mounts, mountpoint], mountpoint)
    await daemon.ready()
  })
  afterEach(async () => {
    for (const each of waiting.splice(0)) each.kill('SIGKILL')
    await host.close()
    await daemon.dispose()
    rmSync(base, { recursive: true, force: true })
  })

  async function hang(): Promise<ChildProcess> {
    const before = host.count('hangs open')
    const child = spawn('cat', [at('slow/hang/hang-open')], { stdio: 'ignore' })
    waiting.push(child)
    await host.said('hangs open', before + 1)
    return child
  }

  it('works as any other back end while it answers', async () => {
    const original = join(base, 'original')
    await shell(
      `
      mkdir -p "$1/deep/er"; cd "$1"
      for i in $(seq 200); do echo "file $i" > deep/file-$i; done
      head -c 3000001 /dev/urandom > random; ln random linked; ln -s deep/file-1 link; mkfifo fifo
      truncate -s 5M sparse; setfattr -n user.note -v hello random; chmod 0711 deep; chown 1234:4321 deep/file-2`.replaceAll(
        '$1',
        original,
      ),
    )
    await run('cp', ['-a', original, at('slow/copy')])
    expect(manifest(at('slow/copy'))).toEqual(manifest(original))
    expect(manifest(join(base, 'disk/copy'))).toEqual(manifest(original))
    await shell(`
      cd "${at('slow/copy')}"
      echo more >> deep/file-1; mv deep/file-3 deep/er/moved; rm deep/file-4; truncate -s 10 deep/file-5
      cp --sparse=always random deep/again; cmp random deep/again; ! rmdir deep/er 2> /dev/null
      (flock 9; flock -n random true && exit 1; exit 0) 9< random
      dd if=random of=direct bs=1M conv=fsync status=none; rm -r deep; test "$(ls | wc -l)" = 6`)
  })

  it('holds up no other mount, no other file of its own, and not ctl', async () => {
    const hung: ChildProcess[] = []
    for (let index = 0; index < MANY; index += 1) hung.push(await hang())
    expect(await run('cat', [at('b/here')])).toBe('hello\n')
    expect(await run('cat', [at('slow/other')])).toBe('hello\n')
    expect(await ctl('list')).toContain('/slow')
    await ctl('mount', '/c', `${base}/b`)
    expect(await run('cat', [at('c/here')])).toBe('hello\n')
    await ctl('umount', '/c')
    expect(hung.map((each) => each.exitCode)).toEqual(hung.map(() => null))
    host.release()
    await waitFor('all calls', () => hung.every((each) => each.exitCode === 0))
  })

  it('passes an interruption on', async () => {
    const [first, second] = [await hang(), await hang()]
    first.kill('SIGINT')
    await waitFor('the end of who was interrupted', () => first.signalCode === 'SIGINT')
    expect(second.exitCode).toBeNull()
    expect(host.count('interrupted open')).toBe(1)
  })

  it('can be taken out of the tree, and a source of it holds up no other change', async () => {
    // While it is first looked up, the kernel has the directory locked that it is in.
    await run('stat', [at('slow')])
    host.freeze()
    waiting.push(spawn('stat', [at('slow/other')], { stdio: 'ignore' }))
    await waitFor('a call that hangs', async () => (await asleep(waiting)) === 1)
    await ctl('umount', '--lazy', '/slow')
    const mounting = ctl('mount', '/again', `${base}/slow`)
    await ctl('mount', '/c', `${base}/b`)
    expect(await run('cat', [at('c/here')])).toBe('hello\n')
    host.thaw()
    await mounting
    expect(await run('cat', [at('again/other')])).toBe('hello\n')
  })

  it('does not keep the daemon from ending', async () => {
    host.freeze()
    for (let index = 0; index < MANY; index += 1) {
      waiting.push(spawn('stat', [at('slow/other')], { stdio: 'ignore' }))
    }
    await waitFor('calls that hang', async () => (await asleep(waiting)) === MANY)
    daemon.child.kill('SIGTERM')
    expect(await daemon.exit()).toBe(0)
    expect(mountType(mountpoint)).toBeUndefined()
  })
})

/** How many of these processes sleep. */
async function asleep(children: readonly ChildProcess[]): Promise<number> {
  const states = await run('ps', ['-o', 'stat=', '-p', children.map(({ pid }) => pid).join(',')])
  return states.split('\n').filter((state) => /^[DS]/.test(state)).length
}
