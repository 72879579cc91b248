import { Errno, type FileSystem, makeAttr } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { ClientState, Vfs } from '../src/index.js'
import { MemoryFs } from './memory-fs.js'
import { backend, close, connect, told } from './support.js'

const LOCKS = (1n << 1n) | (1n << 10n)

describe('mount options', () => {
  it('make a mount read-only, and not its neighbours', async () => {
    const setup = await connect({ '/rw': { file: '' } })
    const { vfs, client } = setup
    const locked = new MemoryFs({ file: 'text' })
    await vfs.mount(locked, '/ro', { readOnly: true })
    const ro = await client.resolve('/ro')
    await expect(client.mkdir(ro, 'x')).rejects.toMatchObject({ code: 'EROFS' })
    await expect(client.writeFile('/ro/file', 'x')).rejects.toMatchObject({ code: 'EROFS' })
    expect(await client.readFile('/ro/file', 'utf8')).toBe('text')
    await client.writeFile('/rw/file', 'x')
    expect(vfs.list().map(({ path, readOnly }) => [path, readOnly])).toEqual([
      ['/ro', true],
      ['/rw', false],
    ])
    await close(setup, locked)
  })

  it('map ids of callers, attributes and ACLs per mount', async () => {
    const range = [{ client: 1000, host: 5, count: 2 }]
    const setup = await connect({ '/m': { file: '' } }, { options: { idMap: { uid: range, gid: range } } })
    const { client, vfs } = setup
    const plain = new MemoryFs({ file: '' })
    await vfs.mount(plain, '/plain')
    expect(await client.stat('/m/file')).toMatchObject({ uid: 1000, gid: 1001 })
    expect(await client.stat('/plain/file')).toMatchObject({ uid: 5, gid: 6 })
    await expect(client.mkdir(await client.resolve('/m'), 'x', 0o755, { uid: 7 })).rejects.toMatchObject({
      code: 'EOVERFLOW',
    })
    const acl = (id: number) => Uint8Array.of(2, 0, 0, 0, 2, 0, 7, 0, id & 255, id >> 8, 0, 0)
    const file = await client.resolve('/m/file')
    await client.setxattr(file, 'system.posix_acl_access', acl(1000))
    expect(backend(setup, '/m').nodes.get(2)?.xattrs.get('system.posix_acl_access')).toEqual(acl(5))
    expect(await client.getxattr(file, 'system.posix_acl_access')).toEqual(acl(1000))
    await close(setup, plain)
  })

  it('replace timeouts', async () => {
    const negative: FileSystem = {
      getattr: () => ({ attr: makeAttr({ mode: 0o040755 }), attrTimeout: 1 }),
      lookup: () => ({
        nodeid: 0,
        generation: 0,
        attr: makeAttr({ mode: 0 }),
        attrTimeout: 0,
        entryTimeout: 1,
      }),
    }
    const vfs = new Vfs({ timeout: 9 })
    const timeouts = { entryTimeout: 20, attrTimeout: 30, negativeTimeout: 40 }
    await vfs.mount(new MemoryFs({ file: '' }), '/m', timeouts)
    await vfs.mount(new MemoryFs({ file: '' }), '/n')
    await vfs.mount(negative, '/x/neg', timeouts)
    const client = await FuseClient.connect(vfs)
    const m = await client.lookup(1, 'm')
    expect(m).toMatchObject({ entryTimeout: 20, attrTimeout: 30 })
    expect(await client.lookup(m.nodeid, 'file')).toMatchObject({ entryTimeout: 20, attrTimeout: 30 })
    expect(await client.getattr(m.nodeid)).toMatchObject({ attrTimeout: 30 })
    const n = await client.lookup(1, 'n')
    expect(n).toMatchObject({ entryTimeout: 9, attrTimeout: 3 })
    expect(await client.lookup(n.nodeid, 'file')).toMatchObject({ entryTimeout: 2, attrTimeout: 1 })
    expect(await client.lookup(1, 'x')).toMatchObject({ entryTimeout: 9, attrTimeout: 9 })
    expect(await client.lookup(await client.resolve('/x/neg'), 'nope')).toMatchObject({
      nodeid: 0,
      entryTimeout: 40,
    })
    await client.close()
    expect(() => new Vfs({ timeout: -1 })).toThrow(RangeError)
  })

  it('replace the timeouts of a mount at the root', async () => {
    const setup = await connect({ '/': { file: '' } }, { options: { attrTimeout: 30 } })
    expect(await setup.client.getattr(1)).toMatchObject({ attrTimeout: 30, attr: { ino: 1 } })
    await close(setup)
  })

  it('bound the open files', async () => {
    for (const later of [false, true]) {
      const setup = await connect(
        { '/m': { file: '' }, '/other': { file: '' } },
        { later, options: { handles: 2 } },
      )
      const { client } = setup
      const file = await client.resolve('/m/file')
      const root = await client.resolve('/m')
      const { fh } = await client.open(file)
      const dir = await client.opendir(root)
      for (const asked of [
        client.open(file),
        client.opendir(root),
        client.create(root, 'x', 0o644, 1),
        client.tmpfile(root, 0o644, 1),
      ]) {
        await expect(asked).rejects.toMatchObject({ code: 'ENFILE' })
      }
      expect(await client.readFile('/other/file', 'utf8')).toBe('')
      await client.releasedir(root, dir.fh)
      const again = await client.open(file)
      await client.release(file, again.fh)
      await client.release(file, fh)
      await close(setup)
    }
  })

  it('bound the open files, also where many are opened at the same time, and whatever is closed that is not open', async () => {
    for (const later of [false, true]) {
      const setup = await connect({ '/m': { file: '' } }, { later, options: { handles: 2 } })
      const { client, vfs } = setup
      const fs = backend(setup, '/m')
      const file = await client.resolve('/m/file')
      const root = await client.resolve('/m')
      const attempts = [
        ...Array.from({ length: 5 }, () => client.open(file)),
        ...Array.from({ length: 5 }, () => client.opendir(root)),
        ...Array.from({ length: 5 }, (_, at) => client.create(root, `new-${at}`, 0o644, 1)),
      ]
      const outcomes = await Promise.allSettled(attempts)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
      expect([fs.openFiles.size, vfs.list()[0]?.handles]).toEqual([2, 2])
      for (const [node, fh] of [
        [file, 99],
        [root, 1],
        [1, 2 ** 40],
      ] as const) {
        await expect(client.release(node, fh)).rejects.toMatchObject({ code: expect.stringMatching(/^E/) })
        await expect(client.releasedir(node, 99)).rejects.toMatchObject({ code: expect.stringMatching(/^E/) })
      }
      expect([fs.openFiles.size, vfs.list()[0]?.handles]).toEqual([2, 2])
      await expect(client.open(file)).rejects.toMatchObject({ code: 'ENFILE' })
      for (const [fh, node] of [...fs.openFiles]) {
        await (node === 1 ? client.releasedir(root, fh) : client.release(root - 1 + node, fh))
      }
      await close(setup)
    }
  })

  it('bound the nodes that the client knows, and ask it to forget some in time', async () => {
    const tree = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`f${at}`, '']))
    const setup = await connect({ '/m': tree }, { options: { nodes: 16 } })
    const { vfs, client } = setup
    const root = await client.resolve('/m')
    for (let at = 0; at < 16; at += 1) await client.lookup(root, `f${at}`)
    await client.lookup(root, 'f3')
    await expect(client.lookup(root, 'f16')).rejects.toMatchObject({ code: 'ENFILE' })
    await expect(client.create(root, 'new', 0o644, 1)).rejects.toMatchObject({ code: 'ENFILE' })
    await vfs.settled()
    expect(new Set(told(client))).toEqual(new Set(['PRUNE']))
    const [prune] = client.notifications
    expect(prune?.payload.length).toBe(4 * 8)
    const { fh } = await client.opendir(root)
    const list = await client.readdirplus(root, fh)
    expect(list.filter(({ entry }) => entry !== undefined)).toHaveLength(16)
    await client.releasedir(root, fh)
    await client.forget(await client.resolve('/m/f3'), client.lookups.get(await client.resolve('/m/f3')) ?? 0)
    await client.lookup(root, 'f16')
    await close(setup)
  })

  it('share a bound on nodes between threads', async () => {
    const memory = ClientState.allocate()
    const options = { nodes: 3, index: 5 }
    const [first, second] = [0, 1].map(() => new Vfs({ client: new ClientState(memory) })) as [Vfs, Vfs]
    const fs = new MemoryFs({ a: '', b: '', c: '', d: '' })
    for (const vfs of [first, second]) await vfs.mount(fs, '/m', options)
    const [one, two] = [await FuseClient.connect(first), await FuseClient.connect(second)]
    const root = await one.resolve('/m')
    await one.lookup(root, 'b')
    await two.lookup(root, 'c')
    await two.lookup(root, 'd')
    for (const client of [one, two]) {
      await expect(client.lookup(root, 'a')).rejects.toMatchObject({ code: 'ENFILE' })
      await client.lookup(root, 'b')
    }
    // What one has looked up, another may forget.
    await two.forget((await one.lookup(root, 'b')).nodeid, 4)
    await one.lookup(root, 'a')
    expect([fs.held, second.list()[0]?.lookups]).toEqual([3, 4])
    expect(fs.violations).toEqual([])
  })
})

describe('a client that forgets more than it has', () => {
  it('takes nothing from the tree, nor from the limits of a mount', async () => {
    const setup = await connect({ '/': { dir: { file: '' } }, '/dir/m': { a: '', b: '' } })
    const { client, vfs } = setup
    const limited = new MemoryFs({ a: '', b: '' })
    await vfs.mount(limited, '/limited', { nodes: 1 })
    const dir = await client.resolve('/dir')
    const a = await client.resolve('/limited/a')
    // The tree has a lookup of its own on the directory that leads to a mount.
    for (const node of [dir, a, a + 1, dir + 50]) await client.forget(node, 1000)
    expect([backend(setup, '/').violations, limited.violations]).toEqual([[], []])
    await client.resolve('/dir/m/b')
    await client.resolve('/limited/a')
    await expect(client.resolve('/limited/b')).rejects.toMatchObject({ code: 'ENFILE' })
    await close(setup, limited)
  })
})

describe('locks of a back end that has none', () => {
  const lock = { owner: 1n, lock: { start: 0n, end: 9n, type: 1, pid: 5 }, flock: false, wait: false }

  it('are kept by the tree, where locks are negotiated for another', async () => {
    const setup = await connect({ '/m': { file: '' } })
    await setup.client.close()
    await setup.vfs.mount({ setlk() {} }, '/locking')
    const client = await FuseClient.connect(setup.vfs)
    expect(client.has(LOCKS)).toBe(true)
    const file = await client.resolve('/m/file')
    const one = await client.open(file)
    const two = await client.open(file)
    const flock = { ...lock, owner: 7n, flock: true }
    await client.setlk(file, one.fh, lock)
    await client.setlk(file, one.fh, flock)
    await expect(client.setlk(file, two.fh, { ...lock, owner: 2n })).rejects.toMatchObject({ code: 'EAGAIN' })
    await expect(client.setlk(file, two.fh, { ...flock, owner: 8n })).rejects.toMatchObject({
      code: 'EAGAIN',
    })
    expect(await client.getlk(file, two.fh, 2n, lock.lock)).toMatchObject({ type: 1, pid: 5, end: 9n })
    const waiting = client.setlk(file, two.fh, { ...lock, owner: 2n, wait: true })
    await client.flush(file, one.fh, 1n)
    await waiting
    await client.release(file, one.fh, { flockUnlock: true, lockOwner: 7n })
    await client.setlk(file, two.fh, { ...flock, owner: 8n })
    const controller = new AbortController()
    const interrupted = client.setlk(
      file,
      two.fh,
      { ...lock, owner: 3n, wait: true },
      { signal: controller.signal },
    )
    controller.abort()
    await expect(interrupted).rejects.toMatchObject({ code: 'EINTR' })
    await client.release(file, two.fh)
    await client.close()
  })

  it('are refused where several threads serve the tree, who would not see each other', async () => {
    const vfs = new Vfs({ client: new ClientState(ClientState.allocate()), features: LOCKS })
    const setup = await connect({ '/m': { file: '' } }, { vfs })
    const file = await setup.client.resolve('/m/file')
    await expect(setup.client.setlk(file, 0, lock)).rejects.toMatchObject({ code: 'ENOLCK' })
    await expect(setup.client.getlk(file, 0, 1n, lock.lock)).rejects.toMatchObject({ code: 'ENOLCK' })
    await close(setup)
  })
})

describe('syncfs', () => {
  const syncing = (log: string[], name: string, outcome?: unknown): FileSystem => ({
    getattr: () => ({ attr: makeAttr({ mode: 0o040755 }), attrTimeout: 1 }),
    syncfs: (node) => {
      log.push(`${name} ${node}`)
      return outcome as undefined
    },
  })

  it('at the root reaches every mount where the client sees one file system, else just one', async () => {
    const log: string[] = []
    const vfs = new Vfs({ submounts: true })
    await vfs.mount(syncing(log, 'root'), '/')
    await vfs.mount(syncing(log, 'a', Promise.resolve()), '/a')
    await vfs.mount({}, '/b')
    const client = await FuseClient.connect(vfs, { flags: 0n })
    await client.syncfs(1)
    await client.syncfs(await client.resolve('/a'))
    expect(log.splice(0)).toEqual(['root 1', 'a 1', 'a 1'])
    await client.close()
    const submounts = await FuseClient.connect(vfs, { flags: 1n << 27n })
    await submounts.syncfs(1)
    expect(log).toEqual(['root 1'])
    await submounts.close()
  })

  it('fails where one of them fails', async () => {
    for (const outcome of [Errno.EIO, Promise.resolve(Errno.EIO)]) {
      const vfs = new Vfs()
      await vfs.mount(syncing([], 'good'), '/a')
      await vfs.mount(syncing([], 'bad', outcome), '/b')
      const client = await FuseClient.connect(vfs, { flags: 0n })
      await expect(client.syncfs(1)).rejects.toMatchObject({ code: 'EIO' })
      await client.close()
    }
  })
})

describe('names on the way to a mount', () => {
  it('can be neither made, nor removed, nor renamed', async () => {
    const setup = await connect({ '/': { dir: {}, file: '' }, '/dir/m': {}, '/new/n': {} })
    const { client } = setup
    const dir = await client.resolve('/dir')
    const file = await client.resolve('/file')
    const refused = [
      [client.rmdir(1, 'dir'), 'EBUSY'],
      [client.rmdir(dir, 'm'), 'EBUSY'],
      [client.unlink(dir, 'm'), 'EBUSY'],
      [client.rename(1, 'dir', 1, 'other'), 'EBUSY'],
      [client.rename(1, 'file', dir, 'm'), 'EBUSY'],
      [client.rename(1, 'file', 1, 'dir', 2), 'EBUSY'],
      [client.mkdir(1, 'new'), 'EEXIST'],
      [client.mknod(1, 'new', 0o100644), 'EEXIST'],
      [client.symlink(dir, 'm', 'x'), 'EEXIST'],
      [client.link(file, dir, 'm'), 'EEXIST'],
      [client.create(dir, 'm', 0o644, 1), 'EISDIR'],
      [client.create(dir, 'm', 0o644, 0o201), 'EEXIST'],
    ] as const
    for (const [asked, code] of refused) await expect(asked).rejects.toMatchObject({ code })
    await client.rename(1, 'file', dir, 'file')
    await client.rmdir(1, 'nothing').catch(() => {})
    await close(setup)
  })
})
