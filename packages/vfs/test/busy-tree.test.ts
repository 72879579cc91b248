import type { Connection, Notifier } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { expect, it } from 'vitest'
import { type MountOptions, SHARE, Vfs } from '../src/index.js'
import { delegate } from './delegate.js'
import { MovableFs } from './movable-fs.js'
import { collect, succeed, toldBy } from './pieces.js'
import { told as toldTo } from './support.js'

const LOCKS = (1n << 1n) | (1n << 10n)
const O_APPEND = 0o2000
const O_DIRECTORY = 0o200000
const lock = {
  owner: 2n ** 63n,
  lock: { start: 5n, end: 2n ** 62n, type: 1, pid: 7 },
  flock: false,
  wait: false,
}

it('the state of a busy tree holds everything: another one goes on from it, and nobody notices', async () => {
  let vfs = new Vfs({ features: LOCKS })
  const fs = {
    root: new MovableFs({ etc: { conf: {} }, file: 'root' }),
    covered: new MovableFs({ old: '' }),
    covering: new MovableFs({ new: 'text' }),
    removed: new MovableFs({ gone: 'gone' }),
    draining: new MovableFs({ slow: 'slow' }),
    nested: new MovableFs({ deep: '' }),
    limited: new MovableFs({ a: '', b: '' }),
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
  const settings: MountOptions = {
    nodes: 1,
    handles: 3,
    attrTimeout: 11,
    idMap: { uid: [{ client: 1, host: 5, count: 1 }], gid: [] },
  }
  await vfs.mount(fs.limited, '/limited', settings)
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

  const text = async ({ node, fh }: { node: number; fh: number }) =>
    Buffer.from(await client.read(node, fh, 0, 100)).toString()
  // What is out of the tree and still served cannot be anywhere else.
  await expect(collect(vfs.saveState())).rejects.toThrow('/draining has been taken away, and is still in use')
  expect(await text(files.draining)).toBe('slow')
  await client.release(files.draining.node, files.draining.fh)
  await client.forget(files.draining.node, 1)
  await client.forget(5 * SHARE + 1, 1)
  expect([fs.draining.destroys, fs.draining.leftover]).toEqual([1, 0])

  const told = toldBy(await collect(vfs.saveState()))
  await vfs.resume()
  const flags = String(connection?.flags)
  expect(told.tree).toMatchObject({
    format: 'vfs',
    version: 1,
    connection: {
      major: 7,
      offered: String(connection?.offered),
      flags,
      limits: { ...connection?.limits },
    },
    mounts: [
      { index: 0, path: '/', removed: false },
      { index: 2, path: '/etc/conf', removed: false, locks: [] },
      { index: 3, path: '/etc/conf', locks: [{ owner: String(2n ** 63n), end: String(2n ** 62n) }] },
      { index: 6, path: '/\xff/n' },
      { index: 7, path: '/limited' },
      { index: 4, path: '/removed', removed: true },
    ],
    nextIndex: 8,
    epochs: [[5, 1]],
  })
  const of = (rows: readonly number[][], index: number) => rows.filter(([at]) => at === index)
  expect(of(told.nodes, 0)).toEqual([
    [0, 2, 7, 1],
    [0, 4, 7, 1],
  ])
  expect(of(told.open, 0)).toEqual([
    [0, 1, 2, 1, O_DIRECTORY, 1, 0],
    [0, 4, 1, 0, 0, 1, 0],
  ])
  expect([of(told.nodes, 2), of(told.open, 2)]).toEqual([[], []])
  expect(of(told.open, 4)).toEqual([[4, 2, 1, 0, 0, 1, 0]])
  expect(of(told.nodes, 7)).toEqual([
    [7, 1, 0, 1],
    [7, 2, 7, 1],
  ])
  expect(of(told.open, 7)).toEqual([[7, 2, 1, 0, O_APPEND, 1, 0]])

  const notifier = connection?.notifier as Notifier
  const { vfs: next, heirs } = await succeed(vfs, { notifier }, (each) =>
    each === fs.limited ? settings : {},
  )
  vfs = next
  const heir = (each: MovableFs) => heirs.get(each) as MovableFs

  expect(await text(files.root)).toBe('root')
  expect(await text(files.covering)).toBe('text')
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
  const { draining, ...others } = files
  for (const { node, fh } of Object.values(others)) await client.release(node, fh)
  await client.releasedir(1, rootDirectory.fh)
  expect([fs.removed.destroys, heir(fs.covering).destroys]).toEqual([1, 1])
  await client.forgetAll()
  expect(vfs.list().every(({ lookups, handles }) => lookups === 0 && handles === 0)).toBe(true)
  const late: Connection[] = []
  const more = await vfs.mount({ init: (own) => void late.push(own) }, '/more')
  expect([more.index, String(late[0]?.flags)]).toEqual([8, flags])
  await vfs.settled()
  expect(toldTo(client)).toContain('INVAL_ENTRY 1 more')
  await client.close()
  for (const each of [...Object.values(fs), ...heirs.values()]) {
    expect([each.destroys, each.violations]).toEqual([1, []])
  }
  expect([fs.root, fs.nested, fs.limited].map((each) => heir(each).leftover)).toEqual([0, 0, 0])
})
