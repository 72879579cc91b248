import { Errno, type FileSystem, makeAttr, Notifier, Server } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { Vfs } from '../src/index.js'
import { SHARE } from '../src/node-ids.js'
import { MemoryFs } from './memory-fs.js'
import { close, connect, told } from './support.js'

/** The nodes that a PRUNE names. */
function pruned({ payload }: { readonly payload: Uint8Array }): number[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  return Array.from({ length: payload.length / 8 }, (_, at) => Number(view.getBigUint64(at * 8, true)))
}

describe('changes of the tree', () => {
  it('are told to the client: the name, and the directory that it is in', async () => {
    const setup = await connect({ '/': { etc: {} }, '/etc/a': {} })
    const { vfs, client } = setup
    const etc = await client.resolve('/etc')
    const mounts = [new MemoryFs({ x: {} }), new MemoryFs(), new MemoryFs()]
    const [first, second, third] = mounts as [MemoryFs, MemoryFs, MemoryFs]

    let seen = 0
    const news = async () => {
      await vfs.settled()
      // What else it is to forget is not about names.
      const all = told(client).filter((message) => message !== 'PRUNE')
      const fresh = all.slice(seen)
      seen = all.length
      return fresh
    }
    await vfs.mount(first, '/etc/b')
    expect(await news()).toEqual([`INVAL_ENTRY ${etc} b`, `INVAL_INODE ${etc}`])
    const b = await client.resolve('/etc/b')
    await vfs.mount(second, '/new/deep/er')
    expect(await news()).toEqual(['INVAL_ENTRY 1 new', 'INVAL_INODE 1'])
    await vfs.mount(third, '/etc/b', { replace: true })
    expect(await news()).toEqual([`INVAL_ENTRY ${etc} b`, `INVAL_INODE ${etc}`])
    await vfs.move('/new/deep/er', '/etc/b/x')
    const moved = await client.resolve('/etc/b')
    expect(moved).not.toBe(b)
    expect(await news()).toEqual([
      `INVAL_ENTRY ${moved} x`,
      `INVAL_INODE ${moved}`,
      'INVAL_ENTRY 1 new',
      'INVAL_INODE 1',
    ])
    await vfs.umount('/etc/b')
    expect(await news()).toEqual([`INVAL_ENTRY ${etc} b`, `INVAL_INODE ${etc}`])
    await vfs.umount('/etc/b/x')
    expect(await news()).toEqual([`INVAL_ENTRY ${etc} b`, `INVAL_INODE ${etc}`])
    await vfs.umount('/')
    expect(await news()).toEqual(['INC_EPOCH', 'INVAL_INODE 1'])
    await close(setup, ...mounts)
  })

  it('are told for every mount that moves along to where it is not below the first', async () => {
    const setup = await connect({ '/b': {}, '/a/b/c': {}, '/a': {} })
    const { vfs, client } = setup
    await client.resolve('/a/b/c')
    const b = await client.resolve('/b')
    await vfs.move('/a', '/')
    await vfs.settled()
    const all = [
      'INC_EPOCH',
      'INVAL_INODE 1',
      `INVAL_ENTRY ${b} c`,
      `INVAL_INODE ${b}`,
      'INVAL_ENTRY 1 a',
      'INVAL_INODE 1',
    ]
    expect(told(client)).toEqual(all)
    await close(setup)
  })

  it('are told again when what was open in a mount that is gone is closed: nothing leads to it any more', async () => {
    const setup = await connect({ '/m': { dir: { file: '' } } })
    const { vfs, client } = setup
    const dir = await client.resolve('/m/dir')
    const file = await client.resolve('/m/dir/file')
    const opened = await client.open(file)
    const listed = await client.opendir(dir)
    const closedBefore = await client.open(file)
    await client.release(file, closedBefore.fh)
    await vfs.umount('/m')
    await client.release(file, opened.fh)
    await client.releasedir(dir, listed.fh)
    await vfs.settled()
    expect(told(client).splice(2)).toEqual(['PRUNE', 'PRUNE'])
    expect(client.notifications.slice(2).map(pruned)).toEqual([[file], [dir]])
    // With every later change, what it still knows of some mount that is gone: the root too.
    await client.forget(dir, client.lookups.get(dir) ?? 0)
    await vfs.mount(new MemoryFs(), '/n')
    await vfs.settled()
    expect(told(client).splice(4)).toEqual(['INVAL_ENTRY 1 n', 'INVAL_INODE 1', 'PRUNE'])
    const root = await client.resolve('/n')
    const [prune] = client.notifications.slice(6).map(pruned)
    expect(prune).toContain(file)
    expect(prune).not.toContain(dir)
    expect(prune).toHaveLength(2)
    expect(prune).not.toContain(root)
    await close(setup)
  })

  it('are told when the request that made them has been answered', async () => {
    const order: string[] = []
    const vfs = new Vfs()
    const attr = makeAttr({ mode: 0o040755 })
    const automounter: FileSystem = {
      getattr: () => ({ attr, attrTimeout: 0 }),
      async mkdir() {
        await vfs.mount(new MemoryFs(), '/made')
        return Errno.EEXIST
      },
    }
    await vfs.mount(automounter, '/')
    const notifier = new Notifier(() => {
      order.push('told')
      return 0
    })
    const client = await FuseClient.connect(new Server(vfs, { notifier }))
    const made = client.mkdir(1, 'made').catch(() => order.push('answered'))
    await made
    await vfs.settled()
    expect(order).toEqual(['answered', 'told', 'told'])
    expect(await client.stat('/made')).toMatchObject({ mode: 0o040755 })
    await client.close()
  })

  it('are not told where nobody can be told', async () => {
    const vfs = new Vfs()
    const client = await FuseClient.connect(new Server(vfs))
    await vfs.mount(new MemoryFs(), '/a')
    await vfs.settled()
    expect(await client.list('/')).toEqual(['a'])
    await client.close()
  })

  it('survive a client that is too old or refuses', async () => {
    for (const [errno, warned] of [
      [Errno.EINVAL, 0],
      [Errno.EIO, 2],
    ] as const) {
      const warnings: object[] = []
      const logger = {
        error() {},
        warn: (detail: object) => void warnings.push(detail),
        info() {},
        debug() {},
      }
      const vfs = new Vfs({ logger })
      const notifier = new Notifier(() => -errno.errno)
      const client = await FuseClient.connect(new Server(vfs, { notifier }))
      await vfs.mount(new MemoryFs(), '/a')
      await vfs.settled()
      expect(warnings).toHaveLength(warned)
      await client.close()
    }
  })
})

describe('what a back end tells the client', () => {
  it('is about its own nodes, by their ids in the tree', async () => {
    const vfs = new Vfs()
    const notifiers: (Notifier | undefined)[] = []
    const fs: FileSystem = {
      init: (connection) => void notifiers.push(connection.notifier),
    }
    await vfs.mount(fs, '/')
    await vfs.mount(fs, '/m', { index: 5 })
    const client = await FuseClient.connect(vfs)
    for (const notifier of notifiers) {
      if (notifier === undefined) throw new Error('there is no notifier')
      await notifier.invalInode(7, 10, 20)
      await notifier.invalEntry(1, 'name', { expireOnly: true })
      await notifier.invalEntry(8, 'name')
      await notifier.deleteEntry(8, 9, 'name')
      await notifier.store(7, 0, new Uint8Array(3))
      await notifier.prune([7, 8])
      await notifier.pollWakeup(99n)
      await notifier.resend()
      await notifier.incEpoch()
    }
    const at = 5 * SHARE
    const names = told(client)
    expect(names.slice(0, 4)).toEqual([
      'INVAL_INODE 7',
      'INVAL_ENTRY 1 name',
      'INVAL_ENTRY 8 name',
      'DELETE 8 name',
    ])
    expect(names.slice(9, 13)).toEqual([
      `INVAL_INODE ${at + 7}`,
      `INVAL_ENTRY ${at + 1} name`,
      `INVAL_ENTRY ${at + 8} name`,
      `DELETE ${at + 8} name`,
    ])
    const { fields } = client.notifications[12] as (typeof client.notifications)[number]
    expect(fields).toMatchObject({ parent: at + 8, child: at + 9 })
    expect(client.notifications[13]).toMatchObject({ name: 'STORE', fields: { nodeid: at + 7, size: 3 } })
    const pruned = client.notifications[14]?.payload ?? new Uint8Array(0)
    const view = new DataView(pruned.buffer, pruned.byteOffset, pruned.length)
    expect([view.getBigUint64(0, true), view.getBigUint64(8, true)]).toEqual([BigInt(at + 7), BigInt(at + 8)])
    expect(names.slice(15)).toEqual(['POLL', 'RESEND', 'INC_EPOCH'])

    const [, second] = notifiers
    const retrieved = second?.retrieve(7, 0, 10)
    await new Promise((resolve) => setImmediate(resolve))
    const { fields: asked } = client.notifications.at(-1) as (typeof client.notifications)[number]
    expect(asked).toMatchObject({ nodeid: at + 7 })
    await client.notifyReply(asked['notifyUnique'] as bigint, at + 7, 0, Uint8Array.of(1, 2))
    expect(await retrieved).toEqual({ offset: 0, bytes: Uint8Array.of(1, 2) })

    await vfs.umount('/m')
    await vfs.settled()
    const before = client.notifications.length
    expect(await second?.invalInode(7)).toBe(false)
    expect(await second?.invalEntry(7, 'x')).toBe(false)
    expect(await second?.deleteEntry(7, 8, 'x')).toBe(false)
    expect(await second?.store(7, 0, new Uint8Array(1))).toBe(false)
    expect(await second?.prune([7])).toBe(false)
    await expect(second?.retrieve(7, 0, 1)).rejects.toBe(Errno.ENOTCONN)
    expect(client.notifications).toHaveLength(before)
    await client.close()
  })
})
