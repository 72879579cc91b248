import { InitFlag } from '@fb/abi'
import { Connection, Errno, type FileSystem, makeAttr, Server } from '@fb/api'
import { FuseClient, FuseError } from '@fb/api/testing'
import { pseudoFs } from '@fb/pseudo-fs'
import { describe, expect, it } from 'vitest'
import { Vfs } from '../src/index.js'
import { MemoryFs } from './memory-fs.js'
import { close, connect } from './support.js'

// What the Vfs of fuse-backend-rs 0.14 gets wrong, numbered as in the list of its defects; none of it may happen here.

const bytes = Uint8Array.of(1, 2, 3)
const root = () => ({ attr: makeAttr({ mode: 0o040755, uid: 1000, gid: 1000 }), attrTimeout: 0 })

async function codeOf(asked: Promise<unknown>): Promise<string> {
  try {
    await asked
    return 'ok'
  } catch (error) {
    if (error instanceof FuseError) return error.code
    throw error
  }
}

describe('defects that must not come back', () => {
  it('D2: what goes from one mount to another is EXDEV, so that mv and cp do it themselves', async () => {
    const setup = await connect({ '/': { file: 'x' }, '/a': { file: 'x' }, '/b': {} })
    const { client } = setup
    const [a, b] = [await client.resolve('/a'), await client.resolve('/b')]
    for (const [from, to] of [
      [a, b],
      [1, b],
      [a, 1],
    ] as const) {
      const file = (await client.lookup(from, 'file')).nodeid
      expect(await codeOf(client.rename(from, 'file', to, 'moved'))).toBe('EXDEV')
      expect(await codeOf(client.rename(from, 'file', to, 'moved', 1))).toBe('EXDEV')
      expect(await codeOf(client.link(file, to, 'linked'))).toBe('EXDEV')
      const source = await client.open(file)
      const target = await client.create(to, `copy-${from}`, 0o644, 1)
      const copy = client.copyFileRange(
        { node: file, fh: source.fh, offset: 0 },
        { node: target.entry.nodeid, fh: target.open.fh, offset: 0 },
        1,
      )
      expect(await codeOf(copy)).toBe('EXDEV')
      await client.release(file, source.fh)
      await client.release(target.entry.nodeid, target.open.fh)
    }
    await close(setup)
  })

  it('D3: nobody answers ENOSYS, which would switch an operation off for all mounts', async () => {
    const refusing = Object.fromEntries(
      [
        'getxattr',
        'setxattr',
        'listxattr',
        'removexattr',
        'create',
        'fsync',
        'fsyncdir',
        'flush',
        'access',
      ].map((operation) => [operation, () => Errno.ENOSYS]),
    ) as FileSystem
    const vfs = new Vfs()
    await vfs.mount(refusing, '/refusing/mount')
    await vfs.mount(pseudoFs({ file: '' }), '/pseudo')
    const working = new MemoryFs({ file: 'text' })
    await vfs.mount(working, '/working')
    const client = await FuseClient.connect(vfs)
    const answers: string[] = []
    for (const path of ['/', '/refusing', '/refusing/mount', '/pseudo', '/pseudo/file']) {
      const node = path === '/refusing/mount' ? 3 * 2 ** 37 + 1 : await client.resolve(path)
      answers.push(
        await codeOf(client.getxattr(node, 'security.capability')),
        await codeOf(client.setxattr(node, 'user.a', bytes)),
        await codeOf(client.listxattr(node)),
        await codeOf(client.removexattr(node, 'user.a')),
        await codeOf(client.create(node, 'new', 0o644, 1)),
        await codeOf(client.mkdir(node, 'new')),
        await codeOf(client.fsyncdir(node, 0)),
        await codeOf(client.access(node, 4)),
        await codeOf(client.lseek(node, 0, 0, 3)),
        await codeOf(client.fallocate(node, 0, 0, 1)),
        await codeOf(client.flush(node, 0)),
        await codeOf(client.poll(node, 0, 1)),
        await codeOf(client.bmap(node, 512, 0)),
        await codeOf(client.statx(node, 0x7ff)),
      )
    }
    expect(answers).not.toContain('ENOSYS')
    const file = await client.resolve('/working/file')
    await client.setxattr(file, 'user.a', bytes)
    expect(await client.getxattr(file, 'user.a')).toEqual(bytes)
    expect((await client.create(await client.resolve('/working'), 'new', 0o444, 1)).entry.attr.mode).toBe(
      0o100444,
    )
    await client.forgetAll()
    await client.destroy()
  })

  it('D4: lseek, locks, ioctl, bmap and poll reach the back end', async () => {
    const calls: string[] = []
    const record =
      <T>(name: string, answer: T) =>
      () => {
        calls.push(name)
        return answer
      }
    const lock = { start: 0n, end: 9n, type: 2, pid: 0 }
    const fs: FileSystem = {
      getattr: record('getattr', root()),
      lseek: record('lseek', 5),
      getlk: record('getlk', lock),
      setlk: record('setlk', undefined),
      ioctl: record('ioctl', { result: 7 }),
      bmap: record('bmap', 8),
      poll: record('poll', 9),
    }
    const vfs = new Vfs()
    await vfs.mount(fs, '/m')
    const client = await FuseClient.connect(vfs)
    const node = await client.resolve('/m')
    expect(await client.lseek(node, 3, 0, 3)).toBe(5)
    expect(await client.getlk(node, 3, 1n, lock)).toMatchObject({ type: 2 })
    await client.setlk(node, 3, { owner: 1n, lock: { ...lock, type: 1 }, flock: false, wait: false })
    expect(await client.ioctl(node, 3, { command: 1 })).toMatchObject({ result: 7 })
    expect(await client.bmap(node, 512, 0)).toBe(8)
    expect(await client.poll(node, 3, 1)).toBe(9)
    expect(calls).toEqual(['getattr', 'lseek', 'getlk', 'setlk', 'ioctl', 'bmap', 'poll'])
    await client.close()
  })

  it('D5: names of extended attributes may hold slashes, and be . and ..', async () => {
    const setup = await connect({ '/m': { file: '' } })
    const { client } = setup
    const file = await client.resolve('/m/file')
    for (const name of ['user.a/b', 'trusted.overlay/..', '.', '..']) {
      await client.setxattr(file, name, bytes)
      expect(await client.getxattr(file, name)).toEqual(bytes)
      expect(await codeOf(client.removexattr(file, name))).toBe('EOPNOTSUPP')
    }
    await close(setup)
  })

  it('D6: features of the upper 32 bits reach the kernel, with the bit that announces them', async () => {
    const vfs = new Vfs()
    await vfs.mount({ init: (connection) => void connection.enable(InitFlag.HAS_INODE_DAX) }, '/m')
    await vfs.mount({}, '/other')
    const client = await FuseClient.connect(vfs)
    expect(client.has(InitFlag.HAS_INODE_DAX | InitFlag.INIT_EXT)).toBe(true)
    await client.close()
  })

  it('D7: the root of a mount has its ids mapped once, however often it is entered', async () => {
    const setup = await connect(
      { '/m': { file: '' } },
      {
        options: {
          idMap: { uid: [{ client: 0, host: 1, count: 65536 }], gid: [{ client: 0, host: 1, count: 65536 }] },
        },
      },
    )
    const { client } = setup
    for (let i = 0; i < 3; i += 1) expect(await client.stat('/m')).toMatchObject({ uid: 4, gid: 5 })
    expect(await client.stat('/m/file')).toMatchObject({ uid: 4, gid: 5 })
    const { fh } = await client.opendir(1)
    const plus = await client.readdirplus(1, fh)
    await client.releasedir(1, fh)
    expect(plus.at(-1)?.entry?.attr).toMatchObject({ uid: 4, gid: 5 })
    await close(setup)
  })

  it('D8: the ids of a mount at / are mapped in requests on the root too', async () => {
    const callers: number[] = []
    const fs: FileSystem = {
      getattr(_node, _fh, ctx) {
        callers.push(ctx.uid)
        return root()
      },
      mkdir(_parent, _name, _mode, ctx) {
        callers.push(ctx.uid)
        return { nodeid: 2, generation: 0, entryTimeout: 0, ...root() }
      },
      access(_node, _mask, ctx) {
        callers.push(ctx.uid)
      },
    }
    const vfs = new Vfs()
    const range = [{ client: 0, host: 1000, count: 10 }]
    await vfs.mount(fs, '/', { idMap: { uid: range, gid: range } })
    const client = await FuseClient.connect(vfs, { uid: 3 })
    expect((await client.getattr(1)).attr).toMatchObject({ uid: 0, gid: 0 })
    expect((await client.mkdir(1, 'x')).attr).toMatchObject({ uid: 0 })
    await client.access(1, 4)
    expect(callers).toEqual([1003, 1003, 1003])
    await client.close()
  })

  it('D9: a lock that waits arrives as one that waits', async () => {
    const waits: boolean[] = []
    const fs: FileSystem = {
      getattr: root,
      setlk: (_node, _fh, { wait }) => void waits.push(wait),
    }
    const vfs = new Vfs()
    await vfs.mount(fs, '/m')
    const client = await FuseClient.connect(vfs)
    const node = await client.resolve('/m')
    const lock = { start: 0n, end: 9n, type: 1, pid: 1 }
    for (const wait of [true, false]) await client.setlk(node, 3, { owner: 1n, lock, flock: false, wait })
    expect(waits).toEqual([true, false])
    await client.close()
  })

  it('D21: a mount that is replaced ends, and leaves none of its settings behind', async () => {
    const setup = await connect(
      { '/m': { file: '' } },
      {
        options: {
          readOnly: true,
          attrTimeout: 77,
          idMap: { uid: [{ client: 50, host: 5, count: 1 }], gid: [{ client: 60, host: 6, count: 1 }] },
        },
      },
    )
    const { vfs, client } = setup
    expect(await client.stat('/m/file')).toMatchObject({ uid: 50, gid: 60 })
    const next = new MemoryFs({ file: '' })
    await vfs.mount(next, '/m', { replace: true })
    expect(setup.backends.get('/m')?.destroys).toBe(1)
    const entry = await client.lookup(await client.resolve('/m'), 'file')
    expect(entry).toMatchObject({ attrTimeout: 1, attr: { uid: 5, gid: 6 } })
    await client.writeFile('/m/new', 'not read-only')
    await client.close()
    expect([next.leftover, next.violations]).toEqual([0, []])
  })

  it('D24: a path of bytes that are no UTF-8 can be mounted, entered, listed and unmounted', async () => {
    const name = Uint8Array.of(0xff, 0xfe, 0x80)
    const path = Uint8Array.of(0x2f, ...name, 0x2f, 0xc3)
    const vfs = new Vfs()
    const fs = new MemoryFs({ file: '' })
    await vfs.mount(fs, path)
    const client = await FuseClient.connect(new Server(vfs))
    const outer = await client.lookup(1, name)
    const inner = await client.lookup(outer.nodeid, Uint8Array.of(0xc3))
    expect((await client.lookup(inner.nodeid, 'file')).attr.size).toBe(0)
    const { fh } = await client.opendir(1)
    expect((await client.readdir(1, fh)).at(-1)?.name).toEqual(name)
    await client.releasedir(1, fh)
    expect(vfs.list()[0]?.pathBytes).toEqual(path)
    await vfs.umount(path)
    expect(await client.readdir(1, (await client.opendir(1)).fh)).toHaveLength(2)
    await client.close()
  })
})

describe('Connection', () => {
  it('is what a back end keeps, and tells what came of its wishes', async () => {
    const kept: Connection[] = []
    const wants = (flag: bigint): FileSystem => ({
      init(connection) {
        kept.push(connection)
        connection.enable(flag)
      },
    })
    const vfs = new Vfs()
    await vfs.mount(wants(InitFlag.WRITEBACK_CACHE | InitFlag.HAS_INODE_DAX), '/a')
    await vfs.mount(wants(0n), '/b')
    const client = await FuseClient.connect(vfs)
    for (const connection of kept) {
      expect(connection).toBeInstanceOf(Connection)
      expect(connection.has(InitFlag.WRITEBACK_CACHE)).toBe(false)
      expect(connection.has(InitFlag.HAS_INODE_DAX)).toBe(true)
      expect(connection.flags).toBe(client.negotiated.flags)
    }
    await client.close()
  })
})
