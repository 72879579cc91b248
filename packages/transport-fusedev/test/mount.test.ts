import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Server } from '@fb/api'
import { expect, test } from 'vitest'
import { FuseSession } from '../src/fuse-session.js'
import { MountError } from '../src/mount/mount-error.js'
import { MountOptionError } from '../src/options/mount-option-error.js'
import type { MountOptions } from '../src/options/mount-options.js'
import { Daemon } from './support/daemon.js'
import { describeWith, machine, root } from './support/machine.js'
import { MemoryTree } from './support/memory-tree.js'
import { mountpoint, mountsAt, scratchDirectory } from './support/mountpoints.js'
import { sh } from './support/run.js'

/** What /proc/self/mountinfo shows of a mount, its escapes resolved. */
interface Shown {
  readonly flags: readonly string[]
  readonly type: string
  readonly source: string
  readonly superOptions: readonly string[]
}

function shown(line: string): Shown {
  const fields = line
    .split(' ')
    .map((field) => field.replace(/\\([0-7]{3})/g, (_, o) => String.fromCharCode(parseInt(o, 8))))
  const dash = fields.indexOf('-')
  const [type, source, superOptions] = fields.slice(dash + 1) as [string, string, string]
  return { flags: (fields[5] as string).split(','), type, source, superOptions: superOptions.split(',') }
}

async function mountWith(path: string, options: MountOptions): Promise<Shown> {
  const session = await FuseSession.mount(path, options)
  await session.serve(new Server(new MemoryTree(), { notifier: session.notifier }))
  const lines = await mountsAt(path)
  await session.unmount()
  return shown(lines[0] as string)
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describeWith('mount options as the kernel shows them', [machine.mount, root], () => {
  test.each([
    ['with mount(2)', {}],
    ['through fusermount3', { autoUnmount: true }],
  ])('%s', async (_way, how) => {
    const path = await mountpoint()
    const plain = await mountWith(path, how)
    expect(plain.flags).toEqual(expect.arrayContaining(['rw', 'nosuid', 'nodev', 'relatime']))
    expect(plain.flags).not.toContain('noexec')
    expect(plain.superOptions).toEqual(['rw', 'user_id=0', 'group_id=0'])

    const { flags } = await mountWith(path, {
      ...how,
      ro: true,
      suid: true,
      dev: true,
      exec: false,
      atime: false,
    })
    expect(flags).toEqual(expect.arrayContaining(['ro', 'noexec', 'noatime']))
    expect(flags.filter((flag) => flag === 'nosuid' || flag === 'nodev')).toEqual([])

    const { superOptions } = await mountWith(path, {
      ...how,
      allowOther: true,
      defaultPermissions: true,
      maxRead: 8192,
      sync: true,
      dirsync: true,
    })
    expect(superOptions).toEqual(
      expect.arrayContaining(['sync', 'dirsync', 'allow_other', 'default_permissions', 'max_read=8192']),
    )
  })

  test('those that only mount(2) knows', async () => {
    const path = await mountpoint()
    const { flags } = await mountWith(path, { diratime: false, symfollow: false })
    expect(flags).toEqual(expect.arrayContaining(['nodiratime', 'nosymfollow']))
  })

  test.each([
    ['with mount(2)', {}],
    ['through fusermount3', { autoUnmount: true }],
  ])('nothing in fsname or subtype becomes an option, %s', async (_way, how) => {
    const path = await mountpoint()
    for (const evil of ['a,suid,dev,allow_other', 'b\\,suid', '\\', 'c\\\\,dev', 'd"e f\tg', 'h=i#j']) {
      const seen = await mountWith(path, { ...how, fsname: evil, subtype: evil })
      expect(seen).toMatchObject({
        source: evil,
        type: `fuse.${evil}`,
        superOptions: ['rw', 'user_id=0', 'group_id=0'],
      })
      expect(seen.flags).toEqual(expect.arrayContaining(['nosuid', 'nodev']))
    }
  })

  test('maxRead bounds reads', async () => {
    const path = await mountpoint()
    const fs = new MemoryTree()
    fs.addFile('big', 'x'.repeat(200_000))
    const sizes: number[] = []
    const read = fs.read.bind(fs)
    fs.read = (...args) => {
      sizes.push(args[3].size)
      return read(...args)
    }
    const session = await FuseSession.mount(path, { maxRead: 16384 })
    await session.serve(new Server(fs, { notifier: session.notifier }))
    expect(await sh('wc -c < "$1/big"', path)).toContain('200000')
    await sh('cat "$1/big" > /dev/null', path)
    expect(Math.max(...sizes)).toBe(16384)
    await session.unmount()
  })

  test('allowRoot: root and the owner may, others may not', async () => {
    const path = await mountpoint()
    const session = await FuseSession.mount(path, { allowRoot: true })
    const fs = new MemoryTree()
    fs.addFile('hello', 'hello\n')
    await session.serve(new Server(fs, { notifier: session.notifier }))
    expect(await sh('cat "$1/hello"', path)).toBe('hello\n')
    await sh('chmod 755 "$1"', path)
    const other = 'setpriv --reuid 65534 --regid 65534 --clear-groups cat "$1/hello" 2>&1 || true'
    expect(await sh(other, path)).toMatch(/Permission denied/)
    await session.unmount()

    const open = await FuseSession.mount(path, { allowOther: true })
    await open.serve(new Server(fs, { notifier: open.notifier }))
    expect(await sh(other, path)).toBe('hello\n')
    await open.unmount()
  })
})

describeWith('mounts that fail', [machine.mount, root], () => {
  test('say what is wrong and what to do', async () => {
    const scratch = await scratchDirectory()
    const file = join(scratch, 'file')
    await writeFile(file, '')
    expect(await errorOf(FuseSession.mount(join(scratch, 'none')))).toMatchObject({
      code: 'ENOENT',
      remedy: expect.stringMatching(/mkdir/),
    })
    expect(await errorOf(FuseSession.mount(join(file, 'below')))).toMatchObject({ code: 'ENOTDIR' })
    expect(await errorOf(FuseSession.mount(scratch, { context: 'a:b:c' }))).toMatchObject({
      code: 'EINVAL',
      remedy: expect.stringMatching(/SELinux/),
    })
    expect(await errorOf(FuseSession.mount(scratch, { blkdev: true, fsname: file }))).toMatchObject({
      name: 'MountError',
      code: 'ENOTBLK',
    })
    expect(await errorOf(FuseSession.mount(scratch, { autoUnmount: true, context: 'a:b:c' }))).toMatchObject({
      message: expect.stringMatching(/fusermount3 cannot set context/),
    })
    expect(await errorOf(FuseSession.mount(scratch, { nosuch: 1 } as object))).toBeInstanceOf(
      MountOptionError,
    )
    expect(await mountsAt(scratch)).toEqual([])
  })

  test('without fusermount3', async () => {
    const scratch = await scratchDirectory()
    for (const fusermount of ['no-such-fusermount', join(scratch, 'none')]) {
      const error = await errorOf(FuseSession.mount(scratch, { autoUnmount: true, fusermount }))
      expect(error).toBeInstanceOf(MountError)
      expect(error).toMatchObject({ code: 'ENOFUSERMOUNT', remedy: expect.stringMatching(/package fuse3/) })
    }
  })

  test('where fusermount3 refuses, with its own words', async () => {
    const scratch = await scratchDirectory()
    const error = await errorOf(FuseSession.mount(scratch, { autoUnmount: true, symfollow: false }))
    expect(error).toMatchObject({
      code: 'EINVAL',
      message: expect.stringMatching(/unknown option 'nosymfollow'/),
    })
  })
})

/**
 * Runs a daemon as nobody, in a mount namespace of its own in which `/dev/fuse` is open to all. The last line is how it
 * ended and how many mounts were left at `mnt` in the scratch directory.
 */
const AS_NOBODY = [
  'unshare',
  '-m',
  'sh',
  '-c',
  `scratch=$1; shift
   mknod -m 666 "$scratch/fuse" c 10 229
   mount --bind "$scratch/fuse" /dev/fuse
   setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
   printf '{"code":%d,"mounts":%d}\\n' $? $(grep -c " $scratch/mnt " /proc/self/mounts)`,
  'sh',
]

describeWith('an ordinary user', [machine.mount, machine.fusermount, root], () => {
  async function place(): Promise<{ prefix: string[]; path: string }> {
    const scratch = await scratchDirectory()
    const path = join(scratch, 'mnt')
    await mkdir(path)
    await sh('chmod 755 "$1"; chown 65534:65534 "$1/mnt"', scratch)
    return { prefix: [...AS_NOBODY, scratch], path }
  }

  test.each([{}, { autoUnmount: true }])('mounts and unmounts through fusermount3 %j', async (options) => {
    const { prefix, path } = await place()
    const daemon = await Daemon.ready([path], { fsname: 'x,suid', ...options }, prefix)
    const [line] = (await daemon.ask('mountinfo')) as [string]
    expect(shown(line)).toMatchObject({
      source: 'x,suid',
      flags: expect.arrayContaining(['nosuid', 'nodev']),
      superOptions: ['rw', 'user_id=65534', 'group_id=65534'],
    })
    expect(await daemon.ask('read')).toBe('hello world\n')
    expect(await daemon.ask('unmount')).toBe('unmounted')
    expect(await daemon.ask('mountinfo')).toEqual([])
  })

  test.each([{}, { workers: 2 }])('leaves nothing mounted when the process exits %j', async (options) => {
    const { prefix, path } = await place()
    const daemon = await Daemon.ready([path], options, prefix)
    daemon.tell('exit')
    expect(await daemon.line()).toEqual({ code: 7, mounts: 0 })
  })

  test('may not mount for others unless /etc/fuse.conf allows it', async () => {
    const { prefix, path } = await place()
    const daemon = new Daemon([path], { allowOther: true }, prefix)
    const said = await daemon.line()
    if (machine.allowOther.reason.includes('has')) expect(said).toBe('ready')
    else expect(said).toMatchObject({ code: 'EPERM', remedy: expect.stringMatching(/fuse\.conf/) })
  })

  test('is told what is missing where there is no fusermount3', async () => {
    const { prefix, path } = await place()
    const daemon = new Daemon([path], { fusermount: 'no-such-fusermount' }, prefix)
    expect(await daemon.line()).toMatchObject({
      code: 'ENOFUSERMOUNT',
      message: expect.stringMatching(/mounting is not permitted.*no-such-fusermount.*not installed/),
    })
  })
})
