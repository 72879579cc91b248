import {
  Errno,
  type FileSystem,
  makeAttr,
  nameToBytes,
  OPERATION_NAMES,
  OPERATIONS,
  type Operation,
  type Outcome,
} from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { Vfs } from '../src/index.js'
import { SHARE } from '../src/node-ids.js'
import { caller } from './caller.js'
import { collect, replay } from './pieces.js'

const INDEX = 5
const BASE = INDEX * SHARE
const name = nameToBytes('name')
const other = nameToBytes('other')
const ctx = caller()
const attr = () => makeAttr({ mode: 0o100644, ino: 77 })
const entry = () => ({ nodeid: 9, generation: 3, attr: attr(), attrTimeout: 1, entryTimeout: 2 })
const open = { fh: 40, openFlags: 2 }
const lock = { start: 0n, end: 9n, type: 1, pid: 2 }
const sink = { remaining: 100, add: () => true, addPlus: () => true }
const window = { map: () => {}, unmap: () => {} }
const bytes = new Uint8Array(3)
const NO_RELEASE = { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false }

/** What an operation is called with, what it gives, and what becomes of both; `N` is a node and its number in the tree. */
interface Case {
  readonly args: readonly unknown[]
  readonly gives?: unknown
  readonly told?: unknown
}

const N = (node: number) => ({ tree: BASE + node, local: node })
const found = { nodeid: BASE + 9, generation: 3, attrTimeout: 1, entryTimeout: 2, attr: { ino: BASE + 77 } }
const seen = { attrTimeout: 4, attr: { ino: BASE + 77, mode: 0o100644 } }
const copied = (at: ReturnType<typeof N>) => ({ at, fh: 7, offset: 8 })

const CASES: Record<Operation, Case> = {
  lookup: { args: [N(2), name], gives: entry(), told: found },
  forget: { args: [N(2), 3] },
  getattr: { args: [N(2), 7], gives: { attr: attr(), attrTimeout: 4 }, told: seen },
  setattr: { args: [N(2), { size: 3 }, undefined], gives: { attr: attr(), attrTimeout: 4 }, told: seen },
  readlink: { args: [N(2)], gives: 'target', told: 'target' },
  symlink: { args: [N(2), name, bytes], gives: entry(), told: found },
  mknod: { args: [N(2), name, 0o100644, 5], gives: entry(), told: found },
  mkdir: { args: [N(2), name, 0o755], gives: entry(), told: found },
  unlink: { args: [N(2), name] },
  rmdir: { args: [N(2), name] },
  rename: { args: [N(2), name, N(3), other, 1] },
  link: { args: [N(2), N(3), name], gives: entry(), told: found },
  open: { args: [N(2), 2, true], gives: open, told: open },
  create: {
    args: [N(2), name, 0o644, 1, true],
    gives: { entry: entry(), open },
    told: { entry: found, open },
  },
  tmpfile: { args: [N(2), 0o644, 1], gives: { entry: entry(), open }, told: { entry: found, open } },
  read: { args: [N(2), 7, 100, sink], gives: bytes, told: bytes },
  write: { args: [N(2), 7, 100, { size: 3 }], gives: 3, told: 3 },
  flush: { args: [N(2), 7, 8n] },
  release: { args: [N(2), 7, { flags: 0, lockOwner: 1n, flush: true, flockUnlock: true }] },
  fsync: { args: [N(2), 7, true] },
  fallocate: { args: [N(2), 7, 1, 2, 3] },
  lseek: { args: [N(2), 7, 100, 3], gives: 200, told: 200 },
  copyFileRange: { args: [copied(N(2)), copied(N(3)), 50, 0], gives: 50, told: 50 },
  opendir: { args: [N(2), 0], gives: open, told: open },
  readdir: { args: [N(2), 7, 5n, sink] },
  readdirplus: { args: [N(2), 7, 5n, sink] },
  releasedir: { args: [N(2), 7, 0] },
  fsyncdir: { args: [N(2), 7, true] },
  statfs: { args: [N(2)], gives: { blocks: 7 }, told: { blocks: 7 } },
  syncfs: { args: [N(2)] },
  access: { args: [N(2), 4] },
  statx: {
    args: [N(2), 7, 1, 2],
    gives: { attr: attr(), attrTimeout: 4, mask: 8 },
    told: { ...seen, mask: 8 },
  },
  setxattr: { args: [N(2), name, bytes, 1, true] },
  getxattr: { args: [N(2), name, 100], gives: bytes, told: bytes },
  listxattr: { args: [N(2), 100], gives: 12, told: 12 },
  removexattr: { args: [N(2), name] },
  getlk: { args: [N(2), 7, 1n, lock], gives: lock, told: lock },
  setlk: { args: [N(2), 7, { owner: 1n, lock, flock: false, wait: true }] },
  bmap: { args: [N(2), 512, 3], gives: 6, told: 6 },
  ioctl: { args: [N(2), 7, { command: 1 }], gives: { result: 4 }, told: { result: 4 } },
  poll: { args: [N(2), 7, 1, 99n], gives: 5, told: 5 },
  setupmapping: { args: [N(2), 7, { fileOffset: 1 }, window] },
  removemapping: { args: [N(2), [{ windowOffset: 1, length: 2 }], window] },
}

type AnyMethod = (...args: unknown[]) => Outcome<unknown>

/** Arguments as the client gives them, or as the back end gets them. */
function side(args: readonly unknown[], which: 'tree' | 'local'): unknown[] {
  return args.map((arg) => {
    if (typeof arg !== 'object' || arg === null) return arg
    if ('tree' in arg && 'local' in arg) return arg[which]
    return 'at' in arg ? { node: (arg.at as ReturnType<typeof N>)[which], fh: 7, offset: 8 } : arg
  })
}

/** What the client must hold before it gives it back, and how it gets it. */
const HELD: FileSystem = {
  lookup: () => ({ ...entry(), nodeid: 2 }),
  open: () => ({ fh: 7, openFlags: 0 }),
  opendir: () => ({ fh: 7, openFlags: 0 }),
}

async function hold(vfs: Vfs, operation: Operation): Promise<void> {
  for (let i = 0; operation === 'forget' && i < 4; i += 1) await vfs.lookup(BASE + 1, name, ctx)
  if (operation === 'release') await vfs.open(BASE + 2, 0, false, ctx)
  if (operation === 'releasedir') await vfs.opendir(BASE + 2, 0, ctx)
}

describe('every operation', () => {
  it.each(OPERATION_NAMES.map((operation) => [operation]))('%s reaches its back end', async (operation) => {
    const { args, gives, told } = CASES[operation]
    for (const later of [false, true]) {
      let received: unknown[] = []
      const method = (...given: unknown[]) => {
        received = given
        return later ? Promise.resolve(gives) : gives
      }
      const vfs = new Vfs()
      await vfs.mount({ ...HELD, [operation]: method } as FileSystem, '/m', { index: INDEX })
      await hold(vfs, operation)
      const withContext = OPERATIONS[operation].context < 0 ? [] : [ctx]
      const ask = (vfs as unknown as Record<string, AnyMethod>)[operation]?.bind(vfs) as AnyMethod
      const outcome = await ask(...side(args, 'tree'), ...withContext)
      const expected = [...side(args, 'local'), ...withContext]
      if (operation.startsWith('readdir')) {
        expect([...received.slice(0, 3), received[4]]).toEqual([...expected.slice(0, 3), ctx])
      } else {
        expect(received).toEqual(expected)
      }
      if (told === undefined) expect(outcome).toBeUndefined()
      else if (typeof told === 'object' && told !== null) expect(outcome).toMatchObject(told)
      else expect(outcome).toBe(told)
    }
  })
})

/** A client's view of every operation: what it was answered, or with which error. */
async function probe(fs: FileSystem): Promise<Record<string, unknown>> {
  const client = await FuseClient.connect(fs, { flags: (1n << 1n) | (1n << 10n) | (1n << 7n) | (1n << 3n) })
  const place = { node: 1, fh: 0, offset: 0 }
  const asks: Record<string, () => Promise<unknown>> = {
    lookup: () => client.lookup(1, 'name'),
    getattr: () => client.getattr(1),
    setattr: () => client.setattr(1, { mode: 0 }),
    readlink: () => client.readlink(1),
    symlink: () => client.symlink(1, 'name', 'target'),
    mknod: () => client.mknod(1, 'name', 0o100644),
    mkdir: () => client.mkdir(1, 'name'),
    unlink: () => client.unlink(1, 'name'),
    rmdir: () => client.rmdir(1, 'name'),
    rename: () => client.rename(1, 'name', 1, 'other'),
    rename2: () => client.rename(1, 'name', 1, 'other', 1),
    link: () => client.link(1, 1, 'name'),
    open: () => client.open(1),
    create: () => client.create(1, 'name', 0o644, 1),
    tmpfile: () => client.tmpfile(1, 0o644, 1),
    read: () => client.read(1, 0, 0, 10),
    write: () => client.write(1, 0, 0, bytes),
    flush: () => client.flush(1, 0),
    release: () => client.release(1, 0),
    fsync: () => client.fsync(1, 0),
    fallocate: () => client.fallocate(1, 0, 0, 1),
    seekData: () => client.lseek(1, 0, 0, 3),
    seekEnd: () => client.lseek(1, 0, 0, 2),
    copyFileRange: () => client.copyFileRange(place, place, 1),
    opendir: () => client.opendir(1),
    readdir: () => client.readdir(1, 0),
    readdirplus: () => client.readdirplus(1, 0),
    releasedir: () => client.releasedir(1, 0),
    fsyncdir: () => client.fsyncdir(1, 0),
    statfs: () => client.statfs(1),
    syncfs: () => client.syncfs(1),
    access: () => client.access(1, 4),
    statx: () => client.statx(1, 0x7ff),
    setxattr: () => client.setxattr(1, 'user.a', bytes),
    getxattr: () => client.getxattr(1, 'user.a'),
    getxattrSize: () => client.getxattrSize(1, 'user.a'),
    listxattr: () => client.listxattr(1),
    removexattr: () => client.removexattr(1, 'user.a'),
    bmap: () => client.bmap(1, 512, 0),
    ioctl: () => client.ioctl(1, 0, { command: 1 }),
    poll: () => client.poll(1, 0, 1),
    setupmapping: () => client.setupmapping(1, 0, { fileOffset: 0, length: 1, flags: 2, windowOffset: 0 }),
  }
  const answers: Record<string, unknown> = {}
  for (const [operation, ask] of Object.entries(asks)) {
    answers[operation] = await ask().catch((error: { code: string }) => error.code)
  }
  await client.destroy()
  return answers
}

const mounted = async (fs: FileSystem) => {
  const vfs = new Vfs()
  await vfs.mount(fs, '/')
  return vfs
}

describe('a back end that lacks an operation', () => {
  const getattr = () => ({ attr: makeAttr({ mode: 0o040755, size: 10 }), attrTimeout: 1 })

  it('is answered as if it were alone', async () => {
    for (const fs of [{}, { getattr }, { getattr, readdir() {} }] as FileSystem[]) {
      expect(await probe(await mounted(fs))).toEqual(await probe(fs))
    }
  })

  it('is answered the same where it says ENOSYS, however it says so', async () => {
    const ways: Record<string, AnyMethod> = {
      returned: () => Errno.ENOSYS,
      number: () => -Errno.ENOSYS.errno,
      thrown() {
        throw Errno.ENOSYS
      },
      'as an error of Node': () => {
        throw Object.assign(new Error('not there'), { code: 'ENOSYS' })
      },
      resolved: async () => Errno.ENOSYS,
      rejected: () => Promise.reject(Errno.ENOSYS),
    }
    const counting = ['read', 'write', 'lseek', 'copyFileRange', 'poll', 'bmap', 'getxattr', 'listxattr']
    for (const [way, method] of Object.entries(ways)) {
      const operations = OPERATION_NAMES.filter(
        (name) => name !== 'forget' && name !== 'setlk' && name !== 'getlk',
      )
      const chosen = way === 'number' ? counting : operations
      const fs = Object.fromEntries(chosen.map((operation) => [operation, method])) as FileSystem
      const answers = await probe(await mounted({ ...fs, ...(way === 'number' ? { getattr } : {}) }))
      const alone = await probe(way === 'number' ? { getattr } : {})
      // A file system that has `lseek` and refuses it is not one that has no holes.
      expect({ ...answers, seekData: 'EINVAL' }).toEqual({ ...alone, seekData: 'EINVAL' })
      expect(Object.values(answers)).not.toContain('ENOSYS')
    }
  })

  it('hands other errors and exceptions on', async () => {
    const vfs = await mounted({
      getattr() {
        throw Errno.EHOSTDOWN
      },
      statfs: () => Promise.reject(new Error('broken')),
      read: () => -Errno.EIO.errno,
    })
    expect(() => vfs.getattr(1, undefined, ctx)).toThrow(Errno.EHOSTDOWN)
    await expect(vfs.statfs(1, ctx)).rejects.toThrow('broken')
    expect(vfs.read(1, 0, 0, sink as never, ctx)).toBe(-Errno.EIO.errno)
  })
})

describe('a nodeid or handle that does not fit', () => {
  it('is refused with EOVERFLOW, and the back end has its lookup back', async () => {
    for (const nodeid of [SHARE, SHARE + 5, 2 ** 53, 1.5, -1]) {
      for (const later of [false, true]) {
        const forgotten: [number, number][] = []
        const released: number[] = []
        const answer = <T>(value: T) => (later ? Promise.resolve(value) : value)
        const vfs = new Vfs()
        const fs: FileSystem = {
          getattr: () => ({ attr: makeAttr({ mode: 0o040755 }), attrTimeout: 0 }),
          lookup: () => answer({ ...entry(), nodeid }),
          create: () => answer({ entry: { ...entry(), nodeid }, open }),
          forget: (node, nlookup) => void forgotten.push([node, nlookup]),
          release: (_node, fh) => void released.push(fh),
        }
        await vfs.mount(fs, '/m', { index: INDEX })
        expect(await vfs.lookup(BASE + 1, name, ctx)).toBe(Errno.EOVERFLOW)
        expect(await vfs.create(BASE + 1, name, 0, 0, false, ctx)).toBe(Errno.EOVERFLOW)
        expect(forgotten).toEqual([
          [nodeid, 1],
          [nodeid, 1],
        ])
        expect(released).toEqual([40])
        expect(vfs.list()).toMatchObject([{ lookups: 0, handles: 0 }])
      }
    }
  })

  it('lists an entry without attributes where its node does not fit', async () => {
    const forgotten: number[] = []
    const fs: FileSystem = {
      readdirplus(_node, _fh, cookie, list) {
        if (cookie > 0n) return
        list.addPlus('wide', { ...entry(), nodeid: SHARE }, 1n)
        list.addPlus('fits', entry(), 2n)
      },
      forget: (node) => void forgotten.push(node),
    }
    const client = await FuseClient.connect(await mounted(fs))
    const list = await client.readdirplus(1, 0)
    expect(list.map(({ entry }) => entry?.nodeid)).toEqual([undefined, 9])
    expect(forgotten).toEqual([SHARE])
    await client.close()
    expect(forgotten).toEqual([SHARE, 9])
  })

  it('knows the root before anything was looked up', async () => {
    const vfs = new Vfs()
    expect(vfs.getattr(1, undefined, ctx)).toMatchObject({ attr: { mode: 0o040555 } })
    await vfs.mount({ getattr: () => ({ attr: attr(), attrTimeout: 4 }) }, '/')
    expect(vfs.getattr(1, undefined, ctx)).toMatchObject({ attr: { ino: 77 } })
    await vfs.umount('/')
    expect(vfs.getattr(1, undefined, ctx)).toMatchObject({ attr: { mode: 0o040555 } })
  })

  it('takes handles of the root of any size, of a directory or a file', async () => {
    // As of a back end that never gives out the same handle twice, after a while.
    const handles = [5, SHARE / 2 - 1, SHARE / 2, SHARE, SHARE + 5, Number.MAX_SAFE_INTEGER]
    const seen: unknown[] = []
    let next = 0
    const give = () => ({ fh: handles[next++ % handles.length] as number, openFlags: 0 })
    const movable: FileSystem = { async *saveState() {}, restoreState: async () => [] }
    const fs: FileSystem = {
      ...movable,
      open: give,
      opendir: give,
      read: (_node, fh) => seen.push(fh),
      readdir: (_node, fh) => void seen.push(fh),
      release: (_node, fh) => void seen.push(fh),
      releasedir: (_node, fh) => void seen.push(fh),
    }
    for (const path of ['/', '/covered by another']) {
      const make = async () => {
        const vfs = new Vfs()
        if (path !== '/') await vfs.mount(movable, '/')
        await vfs.mount(fs, '/')
        return vfs
      }
      const vfs = await make()
      await FuseClient.connect(vfs)
      const told = handles.map(() => (vfs.opendir(1, 0, ctx) as { fh: number }).fh)
      const files = handles.map(() => (vfs.open(1, 0, false, ctx) as { fh: number }).fh)
      expect(new Set([...told, ...files].filter((fh) => fh % SHARE >= SHARE / 2)).size).toBe(8)
      for (const fh of told) vfs.readdir(1, fh, 0n, sink, ctx)
      for (const fh of files) vfs.read(1, fh, 0, sink as never, ctx)
      expect(seen.splice(0)).toEqual([...handles, ...handles])
      expect(vfs.list().at(-1)).toMatchObject({ handles: 12 })
      const restored = await make()
      await restored.restoreState(replay(await collect(vfs.saveState())))
      for (const tree of [restored, vfs]) {
        for (const fh of told.slice(2)) expect(tree.release(1, fh, NO_RELEASE, ctx)).toBe(Errno.EBADF)
        for (const fh of told) expect(tree.releasedir(1, fh, 0, ctx)).toBeUndefined()
        for (const fh of told) expect(tree.releasedir(1, fh, 0, ctx)).toBe(Errno.EBADF)
        for (const fh of files) expect(tree.release(1, fh, NO_RELEASE, ctx)).toBeUndefined()
        expect(seen.splice(0)).toEqual([...handles, ...handles])
        expect(tree.list().at(-1)).toMatchObject({ handles: 0 })
      }
    }
  })

  it('refuses a handle that is none, and closes it', async () => {
    const closed: number[] = []
    const vfs = await mounted({
      opendir: () => ({ fh: 2 ** 53, openFlags: 0 }),
      releasedir: (_node, fh) => void closed.push(fh),
      open: () => ({ fh: -1, openFlags: 0 }),
      release: (_node, fh) => void closed.push(fh),
    })
    expect([vfs.opendir(1, 0, ctx), vfs.open(2, 0, false, ctx), vfs.open(1, 0, false, ctx)]).toEqual(
      Array(3).fill(Errno.EOVERFLOW),
    )
    expect(closed).toEqual([2 ** 53, -1, -1])
    expect(vfs.list()).toMatchObject([{ handles: 0 }])
  })
})

describe('the root of a back end', () => {
  it('is never forgotten, whoever looks it up', async () => {
    const forgotten: [number, number][] = []
    const attrs = { attr: makeAttr({ mode: 0o040755 }), attrTimeout: 0 }
    const fs: FileSystem = {
      getattr: () => attrs,
      lookup: () => ({ ...entry(), nodeid: 1, attr: attrs.attr }),
      forget: (node, nlookup) => void forgotten.push([node, nlookup]),
      readdirplus(_node, _fh, cookie, list) {
        if (cookie === 0n) list.addPlus('loop', { ...entry(), nodeid: 1, attr: attrs.attr }, 1n)
      },
    }
    for (const path of ['/', '/m']) {
      const vfs = new Vfs()
      await vfs.mount(fs, path)
      const client = await FuseClient.connect(vfs)
      const root = path === '/' ? 1 : await client.resolve(path)
      expect((await client.lookup(root, 'loop')).nodeid).toBe(root)
      const { fh } = await client.opendir(root)
      await client.readdirplus(root, fh)
      await client.releasedir(root, fh)
      expect(vfs.list()).toMatchObject([{ lookups: path === '/' ? 0 : 3 }])
      await client.forgetAll()
      expect(vfs.list()).toMatchObject([{ lookups: 0 }])
      expect(forgotten.splice(0)).toEqual([
        [1, 1],
        [1, 1],
      ])
      await client.close()
    }
  })
})
