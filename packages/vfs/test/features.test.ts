import { InitFlag } from '@fb/abi'
import type { Connection, FileSystem } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { Vfs } from '../src/index.js'
import { MemoryFs } from './memory-fs.js'

const O_TRUNC = 0o1000
const LOCKS = InitFlag.POSIX_LOCKS | InitFlag.FLOCK_LOCKS

const asking = (ask: (connection: Connection) => void, methods: FileSystem = {}): FileSystem => ({
  init: ask,
  ...methods,
})

async function negotiate(...backends: FileSystem[]): Promise<FuseClient> {
  const vfs = new Vfs()
  for (const [at, fs] of backends.entries()) await vfs.mount(fs, `/${at}`)
  return FuseClient.connect(vfs)
}

describe('features', () => {
  it('that leave something to file systems are on where all want them', async () => {
    const both = InitFlag.WRITEBACK_CACHE | InitFlag.POSIX_ACL
    const one = asking((connection) => void connection.enable(both))
    const other = asking((connection) => void connection.enable(InitFlag.POSIX_ACL))
    const client = await negotiate(one, other)
    expect([client.has(InitFlag.WRITEBACK_CACHE), client.has(InitFlag.POSIX_ACL)]).toEqual([false, true])
    const alone = await negotiate(one)
    expect(alone.has(both)).toBe(true)
  })

  it('that a back end refuses are off for all, where it would not be asked otherwise', async () => {
    const refusing = asking((connection) =>
      connection.disable(InitFlag.ASYNC_READ | InitFlag.HAS_EXPIRE_ONLY),
    )
    const client = await negotiate(refusing, {})
    expect([client.has(InitFlag.ASYNC_READ), client.has(InitFlag.HAS_EXPIRE_ONLY)]).toEqual([false, true])
  })

  it('for locks and for lists are on where a back end has the method', async () => {
    const withLocks = { setlk() {} }
    const withLists = { readdirplus() {} }
    const has = async (...backends: FileSystem[]) => {
      const client = await negotiate(...backends)
      return [client.has(LOCKS), client.has(InitFlag.DO_READDIRPLUS)]
    }
    expect(await has({})).toEqual([false, false])
    expect(await has({}, withLocks)).toEqual([true, false])
    expect(await has(withLists, {})).toEqual([false, true])
    expect(await has()).toEqual([false, true])
  })

  it('of answering ENOSYS to open are offered to nobody', async () => {
    const never = InitFlag.NO_OPEN_SUPPORT | InitFlag.NO_OPENDIR_SUPPORT
    const enabled: boolean[] = []
    const client = await negotiate(asking((connection) => void enabled.push(connection.enable(never))))
    expect(enabled).toEqual([false])
    expect(client.negotiated.flags & never).toBe(0n)
    expect(client.has(InitFlag.ATOMIC_O_TRUNC)).toBe(true)
  })

  it('can be asked for on behalf of those who come later, who get what is on', async () => {
    const vfs = new Vfs({ features: InitFlag.WRITEBACK_CACHE | LOCKS })
    const client = await FuseClient.connect(vfs)
    expect(client.has(InitFlag.WRITEBACK_CACHE | LOCKS)).toBe(true)
    const seen: boolean[] = []
    const late = asking((connection) => {
      seen.push(connection.enable(InitFlag.WRITEBACK_CACHE), connection.enable(InitFlag.POSIX_ACL))
      connection.disable(InitFlag.ASYNC_READ)
    })
    await vfs.mount(late, '/late')
    expect(seen).toEqual([true, false])
    await client.close()
  })

  it('settle limits: the strictest where they protect, the most generous where they give room', async () => {
    const one = asking(({ limits }) =>
      Object.assign(limits, { maxWrite: 65536, maxBackground: 10, timeGran: 100 }),
    )
    const other = asking(({ limits }) => Object.assign(limits, { maxReadahead: 4096, maxBackground: 99 }))
    const client = await negotiate(one, other)
    expect(client.negotiated).toMatchObject({
      maxWrite: 65536,
      maxReadahead: 4096,
      maxBackground: 99,
      timeGran: 1,
    })
  })

  it('give each mount a device number of its own where that is asked for and the client can', async () => {
    for (const [submounts, flags, submount] of [
      [true, InitFlag.SUBMOUNTS | InitFlag.DO_READDIRPLUS, 1],
      [true, InitFlag.DO_READDIRPLUS, 0],
      [false, InitFlag.SUBMOUNTS | InitFlag.DO_READDIRPLUS, 0],
    ] as const) {
      const vfs = new Vfs({ submounts })
      await vfs.mount(new MemoryFs({ dir: {} }), '/')
      await vfs.mount(new MemoryFs({ sub: {} }), '/dir/m')
      const client = await FuseClient.connect(vfs, { flags })
      const dir = await client.resolve('/dir')
      const mount = await client.lookup(dir, 'm')
      expect(mount.attr.flags).toBe(submount)
      expect((await client.lookup(mount.nodeid, 'sub')).attr.flags).toBe(0)
      const { fh } = await client.opendir(dir)
      expect((await client.readdirplus(dir, fh)).at(-1)?.entry?.attr.flags).toBe(submount)
      await client.releasedir(dir, fh)
      await client.close()
    }
  })
})

describe('what the kernel leaves to file systems', () => {
  it('is done by the tree for back ends that do not know: the umask', async () => {
    const modes: number[] = []
    const wants = asking((connection) => void connection.enable(InitFlag.DONT_MASK), {
      mkdir(_parent, _name, mode) {
        modes.push(mode)
        return { nodeid: 0, generation: 0, attr: {} as never, attrTimeout: 0, entryTimeout: 0 }
      },
    })
    const { mkdir } = wants
    if (mkdir === undefined) throw new Error('there is no mkdir')
    const vfs = new Vfs()
    await vfs.mount(wants, '/a', { index: 5 })
    await vfs.mount({ mkdir, mknod: mkdir as never }, '/b', { index: 6 })
    const client = await FuseClient.connect(vfs)
    await vfs.mount({ mkdir }, '/late', { index: 7 })
    expect(client.has(InitFlag.DONT_MASK)).toBe(true)
    for (const index of [5, 6, 7]) {
      await client.mkdir(index * 2 ** 37 + 1, 'x', 0o777, { umask: 0o027 }).catch(() => {})
    }
    expect(modes).toEqual([0o777, 0o750, 0o750])
    await client.close()
  })

  it('is done by the tree for back ends that do not know: truncating at open', async () => {
    for (const later of [false, true]) {
      const vfs = new Vfs()
      const client = await FuseClient.connect(vfs)
      expect(client.has(InitFlag.ATOMIC_O_TRUNC)).toBe(true)
      const fs = new MemoryFs({ file: 'content' })
      fs.later = later
      fs.init = (connection?: Connection) => {
        fs.inits += 1
        connection?.disable(InitFlag.ATOMIC_O_TRUNC)
      }
      await vfs.mount(fs, '/late')
      const file = await client.resolve('/late/file')
      const kept = await client.open(file, 1)
      expect((await client.getattr(file)).attr.size).toBe(7)
      const cut = await client.open(file, 1 | O_TRUNC)
      expect((await client.getattr(file)).attr.size).toBe(0)
      for (const { fh } of [kept, cut]) await client.release(file, fh)
      fs.setattr = () => -1 as never
      expect(fs.calls.filter((call) => call === 'open')).toHaveLength(2)
      await client.close()
      expect(fs.violations).toEqual([])
    }
  })

  it('is refused as setattr would be, where a back end cannot truncate', async () => {
    const vfs = new Vfs()
    const client = await FuseClient.connect(vfs)
    const opened: number[] = []
    const fs = asking((connection) => connection.disable(InitFlag.ATOMIC_O_TRUNC), {
      open(_node, flags) {
        opened.push(flags)
        return { fh: 1, openFlags: 0 }
      },
    })
    await vfs.mount(fs, '/late', { index: 5 })
    await expect(client.open(5 * 2 ** 37 + 2, 1 | O_TRUNC)).rejects.toMatchObject({ code: 'EPERM' })
    expect(opened).toEqual([])
    await client.close()
  })
})
