import { Errno, type FileSystem, makeAttr } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { pseudoFs } from '@fb/pseudo-fs'
import { describe, expect, it } from 'vitest'
import { Vfs, VfsError } from '../src/index.js'
import { MemoryFs } from './memory-fs.js'
import { collect, toldBy } from './pieces.js'
import { backend, close, connect, expectClean } from './support.js'

describe.each([
  ['at once', false],
  ['later', true],
])('a tree whose back ends answer %s', (_name, later) => {
  it('shows mounts at several paths, and directories that lead to them', async () => {
    const setup = await connect({ '/a': { file: 'in a' }, '/x/y/b': { sub: { x: 'y' } } }, { later })
    const { client } = setup
    expect(await client.list('/')).toEqual(['a', 'x'])
    expect(await client.list('/x/y')).toEqual(['b'])
    expect(await client.readFile('/a/file', 'utf8')).toBe('in a')
    expect(await client.readFile('/x/y/b/sub/x', 'utf8')).toBe('y')
    expect(await client.stat('/')).toMatchObject({ mode: 0o040555, nlink: 4 })
    expect(await client.stat('/x')).toMatchObject({ mode: 0o040555, nlink: 3 })
    expect(await client.stat('/a')).toMatchObject({ mode: 0o040755, uid: 5, gid: 6 })
    await close(setup)
  })

  it('shows mounts below a back end, where it has the directories and where it has not', async () => {
    const setup = await connect(
      {
        '/etc/conf.d': { deep: 'x' },
        '/': { etc: { motd: 'hello', 'conf.d': { hidden: '' } }, srv: {}, plain: 'a file' },
        '/srv/new/one': { top: '1' },
        '/plain/below': { odd: '2' },
      },
      { later },
    )
    const { client } = setup
    expect(await client.list('/')).toEqual(['etc', 'srv', 'plain'])
    expect(await client.list('/etc')).toEqual(['motd', 'conf.d'])
    expect(await client.list('/etc/conf.d')).toEqual(['deep'])
    expect(await client.list('/srv')).toEqual(['new'])
    expect(await client.readFile('/srv/new/one/top', 'utf8')).toBe('1')
    expect(await client.readFile('/plain/below/odd', 'utf8')).toBe('2')
    expect(await client.stat('/etc')).toMatchObject({ mode: 0o040755 })
    expect(await client.stat('/srv/new')).toMatchObject({ mode: 0o040555, nlink: 3 })
    await close(setup)
  })

  it('nests mounts in mounts, in any order', async () => {
    const setup = await connect(
      { '/a/b/c': { c: '3' }, '/a': { a: '1', b: {} }, '/a/b': { b: '2' } },
      { later },
    )
    const { client } = setup
    expect(await client.list('/a')).toEqual(['a', 'b'])
    expect(await client.list('/a/b')).toEqual(['b', 'c'])
    expect(await client.readFile('/a/b/c/c', 'utf8')).toBe('3')
    await close(setup)
  })

  it('covers a mount by another, and shows it again', async () => {
    const setup = await connect({ '/m': { below: '' }, '/m/n': { nested: '' } }, { later })
    const { vfs, client } = setup
    const over = new MemoryFs({ above: '' })
    over.later = later
    await vfs.mount(over, '/m')
    expect(await client.list('/m')).toEqual(['above', 'n'])
    expect(vfs.list().map(({ path, state }) => `${path} ${state}`)).toEqual([
      '/m covered',
      '/m mounted',
      '/m/n mounted',
    ])
    await vfs.umount('/m')
    expect(await client.list('/m')).toEqual(['below', 'n'])
    expect(await client.list('/m/n')).toEqual(['nested'])
    await vfs.umount('/m')
    expect(await client.list('/m')).toEqual(['n'])
    await vfs.umount('/m/n')
    expect(await client.list('/')).toEqual([])
    await close(setup, over)
  })

  it('covers and uncovers the root', async () => {
    const setup = await connect({ '/sub': { s: '' } }, { later })
    const { vfs, client } = setup
    const [first, second] = [new MemoryFs({ one: '' }), new MemoryFs({ two: '', sub: { hidden: '' } })]
    for (const fs of [first, second]) fs.later = later
    const names = async () => [await client.list('/'), await client.list('/sub')]
    await vfs.mount(first, '/')
    expect(await names()).toEqual([['one', 'sub'], ['s']])
    await vfs.mount(second, '/')
    expect(await names()).toEqual([['two', 'sub'], ['s']])
    await vfs.umount('/')
    expect(await names()).toEqual([['one', 'sub'], ['s']])
    await vfs.umount('/')
    expect(await names()).toEqual([['sub'], ['s']])
    await vfs.umount('/sub')
    expect(await client.list('/')).toEqual([])
    await close(setup, first, second)
  })

  it('replaces a mount in one step', async () => {
    const setup = await connect({ '/m': { old: '' }, '/m/n': { nested: '' } }, { later })
    const { vfs, client } = setup
    const next = new MemoryFs({ new: '' })
    next.later = later
    await vfs.mount(next, '/m', { replace: true })
    expect(await client.list('/m')).toEqual(['new', 'n'])
    await client.forgetAll()
    expect(backend(setup, '/m').destroys).toBe(1)
    expect(vfs.list().map(({ path }) => path)).toEqual(['/m', '/m/n'])
    await close(setup, next)
  })

  it('moves a mount with all below it', async () => {
    const setup = await connect(
      { '/': { here: {}, there: {} }, '/here/a': { x: '1' }, '/here/a/b/c': { y: '2' }, '/here/z': {} },
      { later },
    )
    const { vfs, client } = setup
    const file = await client.resolve('/here/a/x')
    const { fh } = await client.open(file)
    await vfs.move('/here/a', '/there/new/place')
    expect(await client.list('/here')).toEqual(['z'])
    expect(await client.list('/there/new/place')).toEqual(['x', 'b'])
    expect(await client.readFile('/there/new/place/b/c/y', 'utf8')).toBe('2')
    expect(await client.resolve('/there/new/place/x')).toBe(file)
    expect(await client.read(file, fh, 0, 10)).toHaveLength(1)
    expect(vfs.list().map(({ path }) => path)).toEqual([
      '/',
      '/here/z',
      '/there/new/place',
      '/there/new/place/b/c',
    ])
    await client.release(file, fh)
    await close(setup)
  })

  it('moves what covers a mount, and shows that again', async () => {
    const setup = await connect({ '/m': { below: '' }, '/m/n': { nested: '' } }, { later })
    const { vfs, client } = setup
    const over = new MemoryFs({ above: '', n: {} })
    over.later = later
    await vfs.mount(over, '/m')
    await vfs.move('/m', '/other')
    expect(await client.list('/m')).toEqual(['below'])
    expect(await client.list('/other')).toEqual(['above', 'n'])
    expect(await client.list('/other/n')).toEqual(['nested'])
    await close(setup, over)
  })

  it('moves a mount to the root, and others into the paths that become free', async () => {
    const setup = await connect({ '/a': { file: '1' }, '/a/a': { inner: '2' }, '/z': {} }, { later })
    const { vfs, client } = setup
    const a = await client.resolve('/a')
    const file = await client.resolve('/a/file')
    await vfs.move('/a', '/')
    expect(await client.list('/')).toEqual(['file', 'a', 'z'])
    expect(await client.list('/a')).toEqual(['inner'])
    expect(await client.resolve('/file')).toBe(file)
    expect((await client.lookup(a, 'a')).nodeid).toBe(await client.resolve('/a'))
    expect((await client.lookup(a, 'file')).nodeid).toBe(file)
    await close(setup)
  })

  it('moves mounts below others that stay', async () => {
    const setup = await connect({ '/b': { own: '' }, '/a/b/c': { inner: '' }, '/a': {} }, { later })
    const { vfs, client } = setup
    await vfs.move('/a', '/')
    expect(await client.list('/')).toEqual(['b'])
    expect(await client.list('/b')).toEqual(['own', 'c'])
    expect(await client.list('/b/c')).toEqual(['inner'])
    await close(setup)
  })

  it('finds what is above a mount', async () => {
    const setup = await connect({ '/': { a: {} }, '/a/b': {}, '/x/y': {} }, { later })
    const { client } = setup
    const a = await client.resolve('/a')
    const above = async (path: string) => (await client.lookup(await client.resolve(path), '..')).nodeid
    expect(await above('/a/b')).toBe(a)
    expect(await above('/x/y')).toBe(await client.resolve('/x'))
    await close(setup)
  })

  it('lists in portions, with attributes and without, and goes on from any cookie', async () => {
    const tree = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`file-${at}`, '']))
    const setup = await connect(
      { '/': { dir: { ...tree, covered: {} } }, '/dir/covered': {}, '/dir/extra': {}, '/dir/more/x': {} },
      { later },
    )
    const { client } = setup
    const dir = await client.resolve('/dir')
    const { fh } = await client.opendir(dir)
    const expected = ['.', '..', ...Object.keys(tree), 'covered', 'extra', 'more']
    for (const size of [200, 4096]) {
      const plain = await client.readdir(dir, fh, { size })
      const plus = await client.readdirplus(dir, fh, { size: size * 2 })
      expect(plain.map(({ name }) => Buffer.from(name).toString()).sort()).toEqual([...expected].sort())
      expect(plus.map(({ name }) => Buffer.from(name).toString())).toEqual(
        plain.map(({ name }) => Buffer.from(name).toString()),
      )
      for (const { name, entry } of plus.slice(2)) {
        expect(entry?.nodeid).toBe(await client.resolve(`/dir/${Buffer.from(name).toString()}`))
      }
      for (const [at, { cookie }] of plain.entries()) {
        expect(await client.readdir(dir, fh, { cookie, size })).toEqual(plain.slice(at + 1))
      }
    }
    await client.releasedir(dir, fh)
    await close(setup)
  })
})

describe('directories whose last entry has the greatest cookie that there is, as in ext4', () => {
  it('are listed with the mounts in them, in one portion and in several', async () => {
    const names = ['first', 'second', 'last']
    const cookies = [0x1234_5678_0000_0001n, 0x7fff_fffe_ffff_ffffn, 0x7fff_ffff_ffff_ffffn]
    const fs: FileSystem = {
      getattr: () => ({ attr: makeAttr({ ino: 1, mode: 0o040755 }), attrTimeout: 0 }),
      readdir(_node, _fh, cookie, sink) {
        const from = cookies.indexOf(cookie) + 1
        for (const [at, name] of names.entries()) {
          if (at >= from && !sink.add(name, at + 2, 8, cookies[at] as bigint)) return
        }
      },
    }
    const vfs = new Vfs()
    await vfs.mount(fs, '/')
    await vfs.mount(pseudoFs({ file: '' }), '/a')
    await vfs.mount(pseudoFs({ file: '' }), '/b')
    const client = await FuseClient.connect(vfs)
    const { fh } = await client.opendir(1)
    for (const size of [40, 4096]) {
      const listed = await client.readdir(1, fh, { size })
      expect(listed.map(({ name }) => Buffer.from(name).toString())).toEqual([...names, 'a', 'b'])
    }
    await client.releasedir(1, fh)
    await client.close()
  })
})

describe('Vfs.mount', () => {
  it('refuses bad paths and options, and changes nothing', async () => {
    const setup = await connect({ '/a': {} })
    const { vfs } = setup
    const before = toldBy(await collect(vfs.saveState()))
    await vfs.resume()
    const fs = new MemoryFs()
    await expect(vfs.mount(fs, 'a')).rejects.toThrow(VfsError)
    await expect(vfs.mount(fs, '/a/..')).rejects.toMatchObject({ code: 'EINVAL', errno: 22 })
    await expect(vfs.mount(fs, '/b', { replace: true })).rejects.toThrow(/ENOENT: nothing is mounted at \/b/)
    await expect(vfs.umount('/b')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(vfs.umount(Uint8Array.of(0x2f, 0xff))).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(vfs.mount(fs, '/b', { attrTimeout: -1 })).rejects.toThrow(RangeError)
    await expect(vfs.mount(fs, '/b', { handles: Number.NaN })).rejects.toThrow(RangeError)
    await expect(vfs.mount(fs, '/b', { nodes: 0 })).rejects.toThrow(RangeError)
    await expect(vfs.mount(fs, '/b', { index: 65536 })).rejects.toThrow(RangeError)
    await expect(vfs.mount(fs, '/b', { index: 1 })).rejects.toThrow(/pseudo directories/)
    await expect(vfs.mount(fs, '/b', { index: 0 })).rejects.toThrow(/for a mount at \//)
    await expect(vfs.mount(fs, '/b', { index: 2 })).rejects.toMatchObject({ code: 'EBUSY' })
    expect(toldBy(await collect(vfs.saveState()))).toEqual(before)
    await vfs.resume()
    expect(fs.inits).toBe(0)
    await expect(vfs.mount(fs, '/b/c', { places: [50, 2] })).rejects.toThrow(RangeError)
    expect(vfs.list()).toHaveLength(1)
    expect(await setup.client.list('/')).toEqual(['a'])
    await close(setup, fs)
  })

  it('takes indexes and numbers of places that are given', async () => {
    const make = async (order: readonly [number, readonly number[]]) => {
      const vfs = new Vfs()
      const { index, places } = await vfs.mount(new MemoryFs({ x: '' }), '/a/b', {
        index: order[0],
        places: order[1],
      })
      return { vfs, index, places }
    }
    const one = await make([9, [20, 30]])
    expect([one.index, one.places]).toEqual([9, [20, 30]])
    const two = await make([one.index, one.places])
    const nodes: number[][] = []
    for (const { vfs } of [one, two]) {
      const client = await FuseClient.connect(vfs)
      nodes.push([await client.resolve('/a'), await client.resolve('/a/b'), await client.resolve('/a/b/x')])
      await client.close()
    }
    expect(nodes[0]).toEqual(nodes[1])
    expect((await one.vfs.mount(new MemoryFs(), '/c')).places).toEqual([31])
  })

  it('refuses a move that makes no sense', async () => {
    const setup = await connect({ '/a': {}, '/b/c': {}, '/': {} })
    const { vfs } = setup
    await expect(vfs.move('/nope', '/x')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(vfs.move('/', '/x')).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(vfs.move('/a', '/a/b')).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(vfs.move('/a', '/b/c')).rejects.toMatchObject({ code: 'EBUSY' })
    await expect(vfs.move('/a', '/')).rejects.toMatchObject({ code: 'EBUSY' })
    await vfs.move('/a', '/a')
    expect(vfs.list().map(({ path }) => path)).toEqual(['/', '/a', '/b/c'])
    await close(setup)
  })

  it('has its back end set up first, and mounts nothing where that fails', async () => {
    const setup = await connect({ '/a': {} })
    const { vfs, client } = setup
    const broken = {
      init() {
        throw Errno.EPROTO
      },
    }
    await expect(vfs.mount(broken, '/b')).rejects.toBe(Errno.EPROTO)
    expect(await client.list('/')).toEqual(['a'])
    await close(setup)
  })

  it('fails as a whole where a back end cannot say what it has on the way', async () => {
    const root = new MemoryFs({ dir: {} })
    let broken = false
    const vfs = new Vfs()
    const fs = new Proxy(root, {
      get(target, property) {
        if (property === 'lookup' && broken) return () => Errno.EIO
        const member: unknown = Reflect.get(target, property)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    await vfs.mount(fs, '/')
    const client = await FuseClient.connect(vfs)
    broken = true
    const late = new MemoryFs()
    await expect(vfs.mount(late, '/dir/x')).rejects.toBe(Errno.EIO)
    await vfs.mount(late, '/x')
    await expect(vfs.move('/x', '/dir/x')).rejects.toBe(Errno.EIO)
    expect(vfs.list().map(({ path }) => path)).toEqual(['/', '/x'])
    broken = false
    expect(await client.list('/')).toEqual(['dir', 'x'])
    expect(await client.list('/dir')).toEqual([])
    await client.close()
    for (const each of [root, late]) expect([each.held, each.violations]).toEqual([0, []])
    expect([late.inits, late.destroys]).toEqual([2, 2])
  })

  it('shows a pseudo directory and says so where that only turns out at INIT', async () => {
    const warnings: object[] = []
    const logger = { error() {}, warn: (detail: object) => void warnings.push(detail), info() {}, debug() {} }
    const vfs = new Vfs({ logger })
    const attr = makeAttr({ mode: 0o040755 })
    await vfs.mount({ getattr: () => ({ attr, attrTimeout: 0 }), lookup: () => Errno.EIO }, '/')
    await vfs.mount(pseudoFs({ file: 'text' }), '/dir/sub')
    const client = await FuseClient.connect(vfs)
    expect(await client.readFile('/dir/sub/file', 'utf8')).toBe('text')
    expect(warnings).toEqual([{ path: '/dir', errno: 'EIO' }])
    await client.close()
  })

  it('resolves what is needed for the first lookup where nobody calls init', async () => {
    const vfs = new Vfs()
    const root = new MemoryFs({ a: {} })
    root.later = true
    await vfs.mount(root, '/')
    await vfs.mount(pseudoFs({ file: 'text' }), '/a/b')
    const name = (text: string) => new TextEncoder().encode(text)
    const a = await vfs.lookup(1, name('a'), {} as never)
    if (a instanceof Errno) throw a
    const b = await vfs.lookup(a.nodeid, name('b'), {} as never)
    expect(b).toMatchObject({ attr: { mode: 0o040555 } })
  })

  it('makes one change after the other', async () => {
    const setup = await connect({ '/': { a: {}, b: {} } }, { later: true })
    const { vfs, client } = setup
    const mounts = Array.from({ length: 5 }, (_, at) => new MemoryFs({ [`file-${at}`]: '' }))
    await Promise.all([
      ...mounts.map((fs, at) => vfs.mount(fs, `/a/mount-${at}`)),
      vfs.umount('/a/mount-0'),
      vfs.move('/a/mount-1', '/b/moved'),
    ])
    expect(await client.list('/a')).toEqual(['mount-2', 'mount-3', 'mount-4'])
    expect(await client.list('/b/moved')).toEqual(['file-1'])
    await close(setup, ...mounts)
  })

  it('serves ten thousand mounts', { timeout: 60_000 }, async () => {
    const vfs = new Vfs()
    for (let at = 0; at < 10_000; at += 1) await vfs.mount(pseudoFs({ number: String(at) }), `/mounts/${at}`)
    const client = await FuseClient.connect(vfs)
    const names = await client.list('/mounts')
    expect(names).toHaveLength(10_000)
    expect(names.at(-1)).toBe('9999')
    expect(await client.readFile('/mounts/7777/number', 'utf8')).toBe('7777')
    expect(await client.stat('/mounts')).toMatchObject({ nlink: 10_002 })
    await client.close()
  })

  it('has room for 65534 mounts and no more', async () => {
    const vfs = new Vfs()
    const fs = {}
    await vfs.mount(fs, '/')
    for (let at = 2; at < 65536; at += 1) await vfs.mount(fs, '/m')
    await expect(vfs.mount(fs, '/m')).rejects.toMatchObject({ code: 'ENOSPC' })
    await vfs.umount('/m')
    expect((await vfs.mount(fs, '/m')).index).toBe(65535)
  }, 60_000)
})

describe('the same back end', () => {
  it('may be mounted, unmounted and mounted again, with generations that tell', async () => {
    const setup = await connect({})
    const { vfs, client } = setup
    const fs = new MemoryFs({ f: '' })
    const generations: number[] = []
    for (let i = 0; i < 3; i += 1) {
      await vfs.mount(fs, '/m', { index: 5 })
      generations.push((await client.lookup(await client.resolve('/m'), 'f')).generation)
      await vfs.umount('/m')
      await client.forgetAll()
    }
    expect(new Set(generations).size).toBe(3)
    await client.close()
    expect([fs.inits, fs.destroys, fs.violations]).toEqual([3, 3, []])
  })

  it('may be connected again after the connection has ended', async () => {
    const setup = await connect({ '/': { a: {} }, '/a/b': { c: 'text' } })
    await setup.client.close()
    const again = await FuseClient.connect(setup.vfs)
    expect(await again.readFile('/a/b/c', 'utf8')).toBe('text')
    await again.close()
    for (const fs of setup.backends.values()) {
      expectClean(fs)
      expect(fs.inits).toBe(2)
    }
  })
})
