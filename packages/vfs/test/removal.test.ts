import { Errno } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { Vfs } from '../src/index.js'
import { MemoryFs } from './memory-fs.js'
import { backend, close, connect } from './support.js'

const text = new TextEncoder().encode('text')
const NO_LOCK = { start: 0n, end: 9n, type: 1, pid: 1 }

describe.each([
  ['at once', false],
  ['later', true],
])('a mount that is removed while it is used, by back ends that answer %s', (_name, later) => {
  it('answers ESTALE and ENOTCONN, and ends when its last open file is closed', async () => {
    const setup = await connect({ '/m': { file: 'text', dir: {} } }, { later })
    const { vfs, client } = setup
    const fs = backend(setup, '/m')
    const root = await client.resolve('/m')
    const file = await client.resolve('/m/file')
    const dir = await client.resolve('/m/dir')
    const open = await client.open(file)
    const list = await client.opendir(dir)
    await vfs.umount('/m')
    expect(fs.destroys).toBe(0)
    expect(vfs.list()).toMatchObject([{ path: '/m', state: 'removed', handles: 2, lookups: 5 }])

    const stale = [
      client.lookup(root, 'file'),
      client.getattr(file),
      client.open(file),
      client.opendir(dir),
      client.mkdir(dir, 'x'),
      client.unlink(root, 'file'),
      client.rename(root, 'file', dir, 'x'),
      client.link(file, dir, 'x'),
      client.readlink(file),
      client.setxattr(file, 'user.a', text),
      client.getxattr(file, 'user.a'),
      client.access(file, 4),
      client.statfs(file),
      client.create(dir, 'x', 0o644, 1),
      client.tmpfile(dir, 0o644, 1),
      client.symlink(dir, 'x', 'y'),
      client.mknod(dir, 'x', 0o100644),
      client.bmap(file, 512, 0),
      client.syncfs(file),
    ]
    for (const outcome of stale) await expect(outcome).rejects.toMatchObject({ code: 'ESTALE' })
    const place = { node: file, fh: open.fh, offset: 0 }
    const disconnected = [
      client.read(file, open.fh, 0, 10),
      client.write(file, open.fh, 0, text),
      client.getattr(file, open.fh),
      client.setattr(file, { size: 0 }, open.fh),
      client.fsync(file, open.fh),
      client.lseek(file, open.fh, 0, 3),
      client.fallocate(file, open.fh, 0, 1),
      client.copyFileRange(place, place, 1),
      client.readdir(dir, list.fh),
      client.readdirplus(dir, list.fh),
      client.fsyncdir(dir, list.fh),
      client.getlk(file, open.fh, 1n, NO_LOCK),
      client.ioctl(file, open.fh, { command: 1 }),
      client.poll(file, open.fh, 1),
    ]
    for (const outcome of disconnected) await expect(outcome).rejects.toMatchObject({ code: 'ENOTCONN' })

    await client.flush(file, open.fh)
    await client.release(file, open.fh)
    expect(fs.destroys).toBe(0)
    await client.releasedir(dir, list.fh)
    expect([fs.destroys, fs.violations]).toEqual([1, []])
    expect(vfs.list()).toMatchObject([{ state: 'removed', handles: 0, lookups: 5 }])
    await client.forgetAll()
    expect(vfs.list()).toEqual([])
    await client.close()
    expect(fs.violations).toEqual([])
  })

  it('goes on where it is removed lazily, until nobody uses it', async () => {
    const setup = await connect({ '/m': { file: 'text', dir: { deep: '' } } }, { later })
    const { vfs, client } = setup
    const fs = backend(setup, '/m')
    const file = await client.resolve('/m/file')
    const dir = await client.resolve('/m/dir')
    const { fh } = await client.open(file)
    await vfs.umount('/m', { lazy: true })
    await expect(client.stat('/m')).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await client.read(file, fh, 0, 10)).toEqual(text)
    expect((await client.lookup(dir, 'deep')).attr.size).toBe(0)
    expect(vfs.list()).toMatchObject([{ state: 'draining', handles: 1 }])
    await client.release(file, fh)
    expect([fs.destroys, await client.readdir(dir, (await client.opendir(dir)).fh)]).toMatchObject([
      0,
      { length: 3 },
    ])
    await client.releasedir(dir, 2)
    await client.forgetAll()
    expect([fs.destroys, fs.leftover, fs.violations]).toEqual([1, 0, []])
    expect(vfs.list()).toEqual([])
    await client.close()
  })

  it('never serves another mount in its place', async () => {
    const setup = await connect({ '/m': { file: 'old' } }, { later })
    const { vfs, client } = setup
    const file = await client.resolve('/m/file')
    const { fh } = await client.open(file)
    const next = new MemoryFs({ file: 'new' })
    next.later = later
    const { index } = await vfs.mount(next, '/m', { replace: true })
    expect(index).not.toBe(2)
    await expect(vfs.mount(new MemoryFs(), '/x', { index: 2 })).rejects.toMatchObject({ code: 'EBUSY' })
    await expect(client.read(file, fh, 0, 10)).rejects.toMatchObject({ code: 'ENOTCONN' })
    await expect(client.getattr(file)).rejects.toMatchObject({ code: 'ESTALE' })
    expect(await client.readFile('/m/file', 'utf8')).toBe('new')
    await client.release(file, fh)
    await expect(vfs.mount(new MemoryFs(), '/x', { index: 2 })).rejects.toMatchObject({ code: 'EBUSY' })
    await client.forgetAll()
    expect((await vfs.mount(new MemoryFs(), '/x', { index: 2 })).index).toBe(2)
    await expect(client.getattr(file)).rejects.toMatchObject({ code: 'ESTALE' })
    expect(next.calls.filter((call) => call === 'release')).toHaveLength(1)
    await close({ ...setup, backends: new Map([['/m', next]]) })
  })

  it('keeps apart whose an open root directory is', async () => {
    const setup = await connect({ '/': { old: '' } }, { later })
    const { vfs, client } = setup
    const { fh } = await client.opendir(1)
    const next = new MemoryFs({ new: '' })
    next.later = later
    await vfs.mount(next, '/', { replace: true, lazy: true })
    const other = await client.opendir(1)
    const names = async (handle: number) =>
      (await client.readdir(1, handle)).map(({ name }) => Buffer.from(name).toString())
    expect(await names(fh)).toEqual(['.', '..', 'old'])
    expect(await names(other.fh)).toEqual(['.', '..', 'new'])
    await client.releasedir(1, fh)
    expect(backend(setup, '/').destroys).toBe(1)
    await expect(client.readdir(1, fh)).rejects.toMatchObject({ code: 'ENOTCONN' })
    await client.releasedir(1, other.fh)
    await close(setup, next)
  })
})

describe('operations that are under way when their mount is removed', () => {
  it('end before the back end does, and give back what they got', async () => {
    const vfs = new Vfs()
    const fs = new MemoryFs({ file: '', dir: {} })
    await vfs.mount(fs, '/m')
    const client = await FuseClient.connect(vfs)
    const root = await client.resolve('/m')
    const file = await client.resolve('/m/file')
    fs.later = true
    const under = [
      client.lookup(root, 'dir'),
      client.open(file),
      client.opendir(root),
      client.create(root, 'new', 0o644, 1),
      client.getattr(file),
    ]
    const removed = vfs.umount('/m', { wait: true })
    expect(fs.destroys).toBe(0)
    const codes = (await Promise.allSettled(under)).map((result) =>
      result.status === 'rejected' ? (result.reason as { code: string }).code : 'ok',
    )
    await removed
    expect(codes).toEqual(['ESTALE', 'ENOTCONN', 'ENOTCONN', 'ENOTCONN', 'ESTALE'])
    // The client still knows the root and the file; nothing else may be left.
    expect([fs.destroys, fs.leftover, fs.violations]).toEqual([1, 1, []])
    await client.close()
  })

  it('are answered when a lock that they wait for can never come', async () => {
    const vfs = new Vfs({ features: (1n << 1n) | (1n << 10n) })
    await vfs.mount(new MemoryFs({ file: '' }), '/m')
    const client = await FuseClient.connect(vfs)
    const file = await client.resolve('/m/file')
    const { fh } = await client.open(file)
    const lock = { owner: 1n, lock: NO_LOCK, flock: false, wait: true }
    await client.setlk(file, fh, lock)
    const waiting = client.setlk(file, fh, { ...lock, owner: 2n })
    await vfs.umount('/m')
    await expect(waiting).rejects.toMatchObject({ code: 'ENOTCONN' })
    await client.release(file, fh)
    await client.close()
  })
})

describe('the end of a back end', () => {
  it('is told to whoever mounted it, also where another one took its place', async () => {
    const vfs = new Vfs()
    const ends: string[] = []
    const note = (name: string, gone: Promise<void>) =>
      gone.then(
        () => ends.push(name),
        (error) => ends.push(`${name} ${error.code}`),
      )
    const file = new MemoryFs({ file: '' })
    const client = await FuseClient.connect(vfs)
    note('replaced', (await vfs.mount(file, '/m')).gone)
    const node = await client.resolve('/m/file')
    const { fh } = await client.open(node)
    note('bad', (await vfs.mount({ destroy: () => Errno.EIO }, '/m', { replace: true })).gone)
    await vfs.umount('/m')
    await vfs.settled()
    expect([ends, file.destroys]).toEqual([['bad EIO'], 0])
    await client.release(node, fh)
    await new Promise((resolve) => setImmediate(resolve))
    expect([ends, file.destroys]).toEqual([['bad EIO', 'replaced'], 1])
    await client.close()
  })

  it('is the end of what the tree knows of it, though the client still knows its nodes', async () => {
    const setup = await connect({ '/m': { file: '' } })
    const { vfs, client } = setup
    const fs = backend(setup, '/m')
    await client.resolve('/m/file')
    await vfs.umount('/m')
    expect(fs.destroys).toBe(1)
    const [left] = vfs.list()
    expect(left).toMatchObject({ path: '/m', state: 'removed', lookups: 2 })
    expect(left?.fs).not.toBe(fs)
    await close(setup)
  })

  it('is waited for where that is asked, with its error', async () => {
    const errors: object[] = []
    const logger = { error: (detail: object) => void errors.push(detail), warn() {}, info() {}, debug() {} }
    const vfs = new Vfs({ logger })
    const bad = { destroy: async () => Errno.EIO }
    await vfs.mount(bad, '/a')
    await vfs.mount(bad, '/b')
    await vfs.mount(bad, '/c')
    const client = await FuseClient.connect(vfs)
    await expect(vfs.umount('/a', { wait: true })).rejects.toBe(Errno.EIO)
    await vfs.umount('/b')
    await new Promise((resolve) => setImmediate(resolve))
    expect(errors).toEqual([{ err: Errno.EIO }, { err: Errno.EIO }])
    await expect(client.destroy()).rejects.toMatchObject({ code: 'EIO' })
  })

  it('comes for all of them, whatever some do, when the connection ends', async () => {
    const setup = await connect({ '/a': {}, '/b': { f: '' }, '/b/c': {}, '/d': { g: '' } })
    const { vfs, client } = setup
    const covering = new MemoryFs()
    await vfs.mount(covering, '/a')
    const file = await client.resolve('/b/f')
    await client.open(file)
    await client.open(await client.resolve('/d/g'))
    await vfs.umount('/b')
    await vfs.umount('/d', { lazy: true })
    await client.destroy()
    for (const fs of [...setup.backends.values(), covering])
      expect([fs.destroys, fs.violations]).toEqual([1, []])
    expect(vfs.list().map(({ path, handles, lookups }) => [path, handles, lookups])).toEqual([
      ['/a', 0, 0],
      ['/a', 0, 0],
      ['/b/c', 0, 0],
    ])
  })

  it('comes for those that were set up where INIT is refused', async () => {
    const vfs = new Vfs()
    const good = new MemoryFs()
    await vfs.mount(good, '/good')
    await vfs.mount(
      {
        init() {
          throw Errno.EPERM
        },
      },
      '/bad',
    )
    await expect(FuseClient.connect(vfs)).rejects.toMatchObject({ code: 'EPERM' })
    expect([good.inits, good.destroys]).toEqual([1, 1])
  })
})
