import { InitFlag, OpenReplyFlag } from '@fb/abi'
import { describe, expect, it } from 'vitest'
import { MemoryFiles } from '../../test/memory-files.js'
import { type Attr, makeAttr } from '../attr.js'
import { Errno } from '../errno.js'
import type { Entry, FileSystem } from '../file-system.js'
import { nameToString } from '../name.js'
import type { Notifier } from '../notifier.js'
import { Server } from '../server.js'
import { FuseClient } from './fuse-client.js'
import { FuseError } from './fuse-error.js'

const encoder = new TextEncoder()
const fileAttr = makeAttr({ ino: 2, mode: 0o100644, size: 6 })
const entryOf = (nodeid: number, attr: Attr): Entry => ({
  nodeid,
  generation: 0,
  attr,
  attrTimeout: 1,
  entryTimeout: 1,
})

describe('a file system of fifteen lines', () => {
  const text = encoder.encode('hello\n')
  const root = makeAttr({ ino: 1, mode: 0o040755 })
  const hello: FileSystem = {
    lookup: (_parent, name) => (nameToString(name) === 'hello' ? entryOf(2, fileAttr) : Errno.ENOENT),
    getattr: (node) => ({ attr: node === 1 ? root : fileAttr, attrTimeout: 1 }),
    readdir: (_node, _fh, cookie, sink) => void (cookie === 0n && sink.add('hello', 2, 8, 1n)),
    read: (_node, _fh, offset, sink) => text.subarray(offset, offset + sink.size),
  }

  it('is read by path', async () => {
    const client = await FuseClient.connect(hello)
    expect(await client.readFile('/hello', 'utf8')).toBe('hello\n')
    expect(await client.readFile('/hello')).toEqual(new Uint8Array(text))
    expect(await client.list('/')).toEqual(['hello'])
    expect(await client.stat('/hello')).toEqual(fileAttr)
    expect(await client.stat('/')).toEqual(root)
    await client.close()
  })

  it('fails with errors that say why', async () => {
    const client = await FuseClient.connect(hello)
    const error = await client.stat('/nope').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(FuseError)
    expect(error).toMatchObject({ code: 'ENOENT', errno: 2, operation: 'LOOKUP' })
    expect(String(error)).toBe('FuseError: ENOENT: No such file or directory, LOOKUP')
    await expect(client.readFile('/')).rejects.toMatchObject({ code: 'EISDIR' })
    await expect(client.stat('/hello/deeper')).rejects.toMatchObject({ code: 'ENOTDIR' })
  })
})

describe('paths', () => {
  it('make, change, list and read files', async () => {
    const files = new MemoryFiles()
    const client = await FuseClient.connect(files)
    await client.mkdir(1, 'dir')
    await client.writeFile('/dir/a', 'first')
    await client.writeFile('/dir/a', 'second, longer')
    await client.writeFile('/dir/b', new Uint8Array(0))
    await client.writeFile('/dir/a', 'third')
    expect(await client.readFile('/dir/a', 'utf8')).toBe('third')
    expect(await client.readFile('/dir/b')).toEqual(new Uint8Array(0))
    expect(await client.list('/dir')).toEqual(['a', 'b'])
    const walked: string[] = []
    for await (const { path, attr } of client.walk()) walked.push(`${path} ${(attr.mode >>> 12).toString(8)}`)
    expect(walked).toEqual(['/ 4', '/dir 4', '/dir/a 10', '/dir/b 10'])
    await client.close()
    expect([...files.lookups.values()].filter((count) => count > 0)).toEqual([])
    expect(files.opens).toBe(0)
  })

  it('write in pieces that the server takes, and read in pieces', async () => {
    const client = await FuseClient.connect(new MemoryFiles(), { server: { maxWrite: 4096 } })
    const content = Uint8Array.from({ length: 20_000 }, (_, index) => index & 0xff)
    await client.writeFile('/big', content)
    expect(await client.readFile('/big')).toEqual(content)
  })

  it('truncate by SETATTR where O_TRUNC is not for the server', async () => {
    const files = new MemoryFiles()
    files.init = (connection) => connection.disable(InitFlag.ATOMIC_O_TRUNC)
    const client = await FuseClient.connect(files)
    await client.writeFile('/a', 'longer')
    await client.writeFile('/a', 'short')
    expect(await client.readFile('/a', 'utf8')).toBe('short')
  })

  it('follow symbolic links as the kernel does', async () => {
    const client = await FuseClient.connect(new MemoryFiles())
    const dir = await client.mkdir(1, 'dir')
    const sub = await client.mkdir(dir.nodeid, 'sub')
    await client.writeFile('/dir/file', 'content')
    await client.symlink(1, 'absolute', '/dir/file')
    await client.symlink(sub.nodeid, 'up', '../file')
    await client.symlink(1, 'todir', 'dir/sub')
    await client.symlink(1, 'loop', 'loop')
    expect(await client.readFile('/absolute', 'utf8')).toBe('content')
    expect(await client.readFile('/todir/up', 'utf8')).toBe('content')
    expect(await client.readFile('/todir/../file', 'utf8')).toBe('content')
    expect(await client.readFile('/../dir/./file', 'utf8')).toBe('content')
    expect((await client.lstat('/absolute')).mode >>> 12).toBe(10)
    expect((await client.stat('/absolute')).mode >>> 12).toBe(8)
    expect(await client.resolve('/todir')).toBe(sub.nodeid)
    await expect(client.stat('/loop')).rejects.toMatchObject({ code: 'ELOOP' })
    expect((await client.lstat('/loop')).mode >>> 12).toBe(10)
  })

  it('a negative entry is ENOENT', async () => {
    const client = await FuseClient.connect({ lookup: () => entryOf(0, fileAttr) })
    await expect(client.stat('/a')).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('as the kernel', () => {
  it('reads no more than the size, unless the file is opened for direct I/O', async () => {
    const fs = (openFlags: number): FileSystem => ({
      lookup: () => entryOf(2, makeAttr({ mode: 0o100444, size: 0 })),
      open: () => ({ fh: 1, openFlags }),
      read: (_node, _fh, offset) => (offset === 0 ? encoder.encode('generated') : new Uint8Array(0)),
    })
    const cached = await FuseClient.connect(fs(0))
    expect(await cached.readFile('/any', 'utf8')).toBe('')
    const direct = await FuseClient.connect(fs(OpenReplyFlag.DIRECT_IO))
    expect(await direct.readFile('/any', 'utf8')).toBe('generated')
  })

  it('opens nothing where both sides agreed on that', async () => {
    const fs: FileSystem = {
      init: (connection) => void connection.enable(InitFlag.NO_OPEN_SUPPORT),
      lookup: () => entryOf(2, fileAttr),
      open: () => Errno.ENOSYS,
      read: () => encoder.encode('hello\n'),
    }
    const client = await FuseClient.connect({ ...fs, release: () => expect.unreachable() })
    expect(await client.readFile('/any', 'utf8')).toBe('hello\n')
    const strict = await FuseClient.connect({ ...fs, init: () => {} })
    await expect(strict.readFile('/any')).rejects.toMatchObject({ code: 'ENOSYS' })
  })

  it('opens no directory where both sides agreed on that', async () => {
    const fs: FileSystem = {
      init: (connection) => void connection.enable(InitFlag.NO_OPENDIR_SUPPORT),
      getattr: () => ({ attr: makeAttr({ mode: 0o040755 }), attrTimeout: 0 }),
      opendir: () => Errno.ENOSYS,
      readdir: (_node, _fh, cookie, sink) => void (cookie === 0n && sink.add('a', 1, 8, 1n)),
      releasedir: () => expect.unreachable(),
    }
    expect(await (await FuseClient.connect(fs)).list('/')).toEqual(['a'])
    const strict = await FuseClient.connect({ ...fs, init: () => {} })
    await expect(strict.list('/')).rejects.toMatchObject({ code: 'ENOSYS' })
  })

  it('closes what it has opened, also where reading fails', async () => {
    const calls: string[] = []
    const client = await FuseClient.connect({
      lookup: () => entryOf(2, fileAttr),
      getattr: () => ({ attr: makeAttr({ mode: 0o040755 }), attrTimeout: 0 }),
      read: () => Errno.EIO,
      write: () => Errno.ENOSPC,
      readdir: () => Errno.EIO,
      release: () => void calls.push('release'),
      releasedir: () => void calls.push('releasedir'),
    })
    await expect(client.readFile('/any')).rejects.toMatchObject({ code: 'EIO' })
    await expect(client.writeFile('/any', 'text')).rejects.toMatchObject({ code: 'ENOSPC' })
    await expect(client.list('/')).rejects.toMatchObject({ code: 'EIO' })
    expect(calls).toEqual(['release', 'release', 'releasedir'])
  })

  it('flushes and releases what it has opened', async () => {
    const calls: string[] = []
    const fs = (openFlags: number): FileSystem => ({
      lookup: () => entryOf(2, fileAttr),
      open: () => ({ fh: 9, openFlags }),
      read: () => new Uint8Array(0),
      flush: (node, fh) => void calls.push(`flush ${node} ${fh}`),
      release: (node, fh) => void calls.push(`release ${node} ${fh}`),
    })
    await (await FuseClient.connect(fs(0))).readFile('/any')
    await (await FuseClient.connect(fs(OpenReplyFlag.NOFLUSH))).readFile('/any')
    expect(calls).toEqual(['flush 2 9', 'release 2 9', 'release 2 9'])
  })

  it('refuses attributes without a file type, and says why', async () => {
    const attr = makeAttr({ mode: 0o644 })
    const client = await FuseClient.connect({
      lookup: () => entryOf(2, attr),
      getattr: () => ({ attr, attrTimeout: 0 }),
    })
    await expect(client.lookup(1, 'a')).rejects.toThrow('mode 0644 has no file type')
    await expect(client.getattr(2)).rejects.toMatchObject({ code: 'EIO' })
  })

  it('refuses a new node that is none, or the root', async () => {
    for (const nodeid of [0, 1]) {
      const client = await FuseClient.connect({ mkdir: () => ({ ...entryOf(nodeid, fileAttr) }) })
      await expect(client.mkdir(1, 'a')).rejects.toThrow('the kernel refuses nodeid')
    }
  })

  it('refuses a list with a slash in a name, and one that does not go on', async () => {
    const slash = await FuseClient.connect({ readdir: (_n, _f, _c, sink) => void sink.add('a/b', 1, 8, 1n) })
    await expect(slash.readdir(1, 1)).rejects.toThrow('holds a slash')
    const stuck = await FuseClient.connect({
      readdir: (_n, _f, cookie, sink) => void sink.add('a', 1, 8, cookie),
    })
    await expect(stuck.readdir(1, 1)).rejects.toThrow('stays at cookie 0')
  })

  it('applies the umask, unless that is for the server', async () => {
    const modes: string[] = []
    const fs = (mask: boolean): FileSystem => ({
      init: (connection) => void (mask && connection.enable(InitFlag.DONT_MASK)),
      mkdir(_parent, _name, mode, ctx) {
        modes.push(`${mode.toString(8)} ${ctx.umask.toString(8)}`)
        return entryOf(2, fileAttr)
      },
    })
    for (const mask of [false, true]) {
      await (await FuseClient.connect(fs(mask))).mkdir(1, 'a', 0o777, { umask: 0o022 })
    }
    expect(modes).toEqual(['755 22', '777 22'])
  })
})

describe('lookups', () => {
  it('are counted, and given back', async () => {
    const forgotten: number[][] = []
    const client = await FuseClient.connect({
      lookup: (_parent, name) => entryOf(name.length + 1, fileAttr),
      forget: (...args) => void forgotten.push(args),
    })
    for (const name of ['a', 'a', 'bb', 'a']) await client.lookup(1, name)
    expect([...client.lookups]).toEqual([
      [2, 3],
      [3, 1],
    ])
    await client.forget(2)
    expect(client.lookups.get(2)).toBe(2)
    await client.forgetAll()
    expect(forgotten).toEqual([
      [2, 1],
      [2, 2],
      [3, 1],
    ])
    expect(client.lookups.size).toBe(0)
    await client.forgetAll()
    expect(forgotten).toHaveLength(3)
  })
})

describe('notifications', () => {
  it('are kept, and RETRIEVE is answered', async () => {
    let notifier: Notifier | undefined
    const client = await FuseClient.connect({
      init: (connection) => {
        notifier = connection.notifier
      },
    })
    await notifier?.invalInode(5, 1, 2)
    await notifier?.invalEntry(1, 'name', { expireOnly: true })
    await notifier?.deleteEntry(1, 5, 'gone')
    await notifier?.store(5, 4096, Uint8Array.of(1, 2, 3))
    await notifier?.pollWakeup(9n)
    await notifier?.prune([5, 6])
    await notifier?.resend()
    await notifier?.incEpoch()
    expect(client.notifications).toMatchObject([
      { name: 'INVAL_INODE', fields: { ino: 5, off: 1, len: 2 } },
      { name: 'INVAL_ENTRY', fields: { parent: 1, flags: 1 }, fileName: encoder.encode('name') },
      { name: 'DELETE', fields: { parent: 1, child: 5 }, fileName: encoder.encode('gone') },
      { name: 'STORE', fields: { nodeid: 5, offset: 4096, size: 3 }, payload: Uint8Array.of(1, 2, 3) },
      { name: 'POLL', fields: { kh: 9n } },
      { name: 'PRUNE', fields: { count: 2 } },
      { name: 'RESEND', fields: {} },
      { name: 'INC_EPOCH', fields: {} },
    ])
    expect(client.notifications[5]?.payload).toHaveLength(16)
    const retrieved = notifier?.retrieve(5, 0, 100)
    const unique = client.notifications.at(-1)?.fields['notifyUnique'] as bigint
    await client.notifyReply(unique, 5, 0, Uint8Array.of(7))
    expect(await retrieved).toEqual({ offset: 0, bytes: Uint8Array.of(7) })
  })
})

describe('the end', () => {
  it('comes with close: references, DESTROY, destroy', async () => {
    const calls: string[] = []
    const client = await FuseClient.connect({
      lookup: () => entryOf(2, fileAttr),
      forget: () => void calls.push('forget'),
      destroy: () => void calls.push('destroy'),
    })
    await client.lookup(1, 'a')
    await client[Symbol.asyncDispose]()
    await client.close()
    expect(calls).toEqual(['forget', 'destroy'])
  })

  it('shows what broke the rules meanwhile', async () => {
    const client = await FuseClient.connect({})
    client.channel.violated('a made up one')
    await expect(client.close()).rejects.toThrow('a made up one')
  })
})

describe('connect', () => {
  it('takes a server that exists', async () => {
    const server = new Server({ lookup: () => entryOf(2, fileAttr) })
    const client = await FuseClient.connect(server)
    expect(client.server).toBe(server)
    expect((await client.lookup(1, 'a')).nodeid).toBe(2)
  })
})
