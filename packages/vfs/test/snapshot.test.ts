import type { Connection, Notifier } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { Vfs, type VfsSnapshot } from '../src/index.js'
import { delegate } from './delegate.js'
import { MemoryFs } from './memory-fs.js'
import { told } from './support.js'

const LOCKS = (1n << 1n) | (1n << 10n)
const O_APPEND = 0o2000
const O_DIRECTORY = 0o200000
const lock = {
  owner: 2n ** 63n,
  lock: { start: 5n, end: 2n ** 62n, type: 1, pid: 7 },
  flock: false,
  wait: false,
}

describe('a snapshot of a busy tree', () => {
  it('holds everything: another object goes on from it, and nobody notices', async () => {
    let vfs = new Vfs({ features: LOCKS })
    const fs = {
      root: new MemoryFs({ etc: { conf: {} }, file: 'root' }),
      covered: new MemoryFs({ old: '' }),
      covering: new MemoryFs({ new: 'text' }),
      removed: new MemoryFs({ gone: 'gone' }),
      draining: new MemoryFs({ slow: 'slow' }),
      nested: new MemoryFs({ deep: '' }),
      limited: new MemoryFs({ a: '', b: '' }),
    }
    await vfs.mount(fs.root, '/')
    await vfs.mount(fs.covered, '/etc/conf')
    await vfs.mount(fs.covering, '/etc/conf')
    await vfs.mount(fs.removed, '/removed')
    await vfs.mount(fs.draining, '/draining')
    await vfs.mount(fs.nested, Uint8Array.of(0x2f, 0xff, 0x2f, 0x6e))
    let connection: Connection | undefined
    const first = delegate(() => vfs)
    const client = await FuseClient.connect({
      ...first,
      init(given) {
        connection = given
        return first.init?.(given)
      },
    })
    await vfs.mount(fs.limited, '/limited', {
      nodes: 1,
      handles: 3,
      attrTimeout: 11,
      idMap: { uid: [{ client: 1, host: 5, count: 1 }], gid: [] },
    })
    await client.lookup(1, Uint8Array.of(0xff))
    const open = async (path: string, flags = 0) => {
      const node = await client.resolve(path)
      return { node, fh: (await client.open(node, flags)).fh }
    }
    const files = {
      root: await open('/file'),
      covering: await open('/etc/conf/new'),
      removed: await open('/removed/gone'),
      draining: await open('/draining/slow'),
      limited: await open('/limited/a', O_APPEND),
    }
    const rootDirectory = await client.opendir(1, O_DIRECTORY)
    await client.setlk(files.covering.node, files.covering.fh, lock)
    await vfs.umount('/removed')
    await vfs.umount('/draining', { lazy: true })

    const snapshot = JSON.parse(JSON.stringify(vfs.snapshot())) as VfsSnapshot
    const flags = String(connection?.flags)
    expect(snapshot).toMatchObject({
      version: 1,
      connection: {
        major: 7,
        offered: String(connection?.offered),
        flags,
        limits: { ...connection?.limits },
      },
      settled: true,
      mounts: [
        {
          index: 0,
          path: '/',
          lookups: 2,
          handles: 2,
          nodes: [
            [2, 7, 1],
            [4, 7, 1],
          ],
          open: [
            { node: 1, fh: 2, kind: 'directory', flags: O_DIRECTORY, count: 1 },
            { node: 4, fh: 1, kind: 'file', flags: 0, count: 1 },
          ],
        },
        { index: 1, path: '' },
        { index: 2, path: '/etc/conf', state: 'live', nodes: [], open: [] },
        { index: 3, path: '/etc/conf', locks: [{ owner: String(2n ** 63n), end: String(2n ** 62n) }] },
        {
          index: 5,
          path: '/draining',
          state: 'draining',
          open: [{ node: 2, fh: 1, kind: 'file', flags: 0, count: 1 }],
        },
        { index: 6, path: '/\xff/n' },
        {
          index: 7,
          path: '/limited',
          maxHandles: 3,
          attrTimeout: 11,
          maxNodes: 1,
          nodes: [
            [1, 0, 1],
            [2, 7, 1],
          ],
          open: [{ node: 2, fh: 1, kind: 'file', flags: O_APPEND, count: 1 }],
        },
        { index: 4, path: '/removed', state: 'removed', open: [{ fh: 1 }], busy: 0 },
      ],
      nextIndex: 8,
    })
    const { covered, ...live } = fs
    const byIndex = [
      live.root,
      undefined,
      covered,
      live.covering,
      live.removed,
      live.draining,
      live.nested,
      live.limited,
    ]
    const notifier = connection?.notifier as Notifier
    vfs = Vfs.restore(snapshot, ({ index }) => byIndex[index] ?? {}, { notifier })
    expect(JSON.parse(JSON.stringify(vfs.snapshot()))).toEqual(snapshot)

    const text = async ({ node, fh }: { node: number; fh: number }) =>
      Buffer.from(await client.read(node, fh, 0, 100)).toString()
    expect(await text(files.root)).toBe('root')
    expect(await text(files.covering)).toBe('text')
    expect(await text(files.draining)).toBe('slow')
    await expect(text(files.removed)).rejects.toMatchObject({ code: 'ENOTCONN' })
    await expect(client.resolve('/limited/b')).rejects.toMatchObject({ code: 'ENFILE' })
    expect((await client.getattr(files.limited.node)).attrTimeout).toBe(11)
    expect((await client.getattr(files.limited.node)).attr.uid).toBe(1)
    const other = client.setlk(files.covering.node, files.covering.fh, { ...lock, owner: 3n })
    await expect(other).rejects.toMatchObject({ code: 'EAGAIN' })
    expect(await client.readdir(1, rootDirectory.fh)).toHaveLength(6)
    expect(await client.list('/etc/conf')).toEqual(['new'])

    await vfs.umount('/etc/conf')
    expect(await client.list('/etc/conf')).toEqual(['old'])
    for (const { node, fh } of Object.values(files)) await client.release(node, fh)
    await client.releasedir(1, rootDirectory.fh)
    expect([fs.removed.destroys, fs.covering.destroys]).toEqual([1, 1])
    await client.forgetAll()
    expect([fs.draining.destroys, fs.draining.leftover]).toEqual([1, 0])
    expect(vfs.list().every(({ lookups, handles }) => lookups === 0 && handles === 0)).toBe(true)
    const late: Connection[] = []
    const more = await vfs.mount({ init: (own) => void late.push(own) }, '/more')
    expect([more.index, String(late[0]?.flags)]).toEqual([8, flags])
    await vfs.settled()
    expect(told(client)).toContain('INVAL_ENTRY 1 more')
    await client.close()
    for (const each of Object.values(fs)) expect([each.destroys, each.violations]).toEqual([1, []])
    expect([fs.root.leftover, fs.nested.leftover, fs.limited.leftover]).toEqual([0, 0, 0])
  })

  it('may be taken before the tree is in use', async () => {
    const vfs = new Vfs()
    const [root, sub] = [new MemoryFs({ dir: {} }), new MemoryFs({ file: 'text' })]
    await vfs.mount(root, '/')
    await vfs.mount(sub, '/dir/sub')
    const snapshot = JSON.parse(JSON.stringify(vfs.snapshot())) as VfsSnapshot
    expect(snapshot.settled).toBe(false)
    const next = Vfs.restore(snapshot, ({ index }) => (index === 0 ? root : sub))
    const client = await FuseClient.connect(next)
    expect(await client.readFile('/dir/sub/file', 'utf8')).toBe('text')
    await client.close()
  })

  it('is refused where it makes no sense', () => {
    const snapshot = JSON.parse(JSON.stringify(new Vfs().snapshot())) as VfsSnapshot
    const [root] = snapshot.places
    const broken = { ...snapshot, places: [{ ...root, stack: [9] }] } as VfsSnapshot
    expect(() => Vfs.restore(broken, () => ({}))).toThrow(/no mount with index 9/)
  })
})
