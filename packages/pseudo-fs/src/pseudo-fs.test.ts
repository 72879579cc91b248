import { OpenReplyFlag } from '@fb/abi'
import { Errno, nameToBytes } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { directory, file, link, PseudoFs, pseudoFs } from './index.js'

const WRITE_ONLY = 1
const O_TRUNC = 0o1000
const FMODE_EXEC = 0x20
const time = new Date('2020-02-03T04:05:06Z')
const TIME = time.getTime() / 1000

const tree = () =>
  pseudoFs(
    {
      'hello.txt': 'hi\n',
      bytes: Uint8Array.of(0, 255),
      users: { ann: 'Ann\n', bob: { age: '7' } },
      now: () => 'it is late',
      later: async () => Uint8Array.of(1, 2, 3),
      secret: file('42', { mode: 0o400, uid: 7 }),
      latest: link('users/ann'),
    },
    { time },
  )

describe('pseudoFs', () => {
  it('serves text, bytes, directories and links', async () => {
    await using client = await FuseClient.connect(tree())
    expect(await client.list('/')).toEqual([
      'hello.txt',
      'bytes',
      'users',
      'now',
      'later',
      'secret',
      'latest',
    ])
    expect(await client.readFile('/hello.txt', 'utf8')).toBe('hi\n')
    expect(await client.readFile('/bytes')).toEqual(Uint8Array.of(0, 255))
    expect(await client.readFile('/users/bob/age', 'utf8')).toBe('7')
    expect(await client.readFile('/latest', 'utf8')).toBe('Ann\n')
    expect(await client.lstat('/latest')).toMatchObject({ mode: 0o120777, size: 9 })
  })

  it('makes the content of a function at each open, of a size that was not known', async () => {
    let count = 0
    await using client = await FuseClient.connect(pseudoFs({ count: () => `${++count}`.repeat(9000) }))
    expect((await client.stat('/count')).size).toBe(0)
    expect(await client.readFile('/count', 'utf8')).toBe('1'.repeat(9000))
    expect(await client.readFile('/count', 'utf8')).toBe('2'.repeat(9000))
    const node = await client.resolve('/count')
    const { fh, openFlags } = await client.open(node)
    expect(openFlags).toBe(OpenReplyFlag.DIRECT_IO)
    expect((await client.getattr(node, fh)).attr).toMatchObject({ size: 9000, blocks: 18 })
    expect((await client.getattr(node)).attr.size).toBe(0)
    await client.release(node, fh)
  })

  it('waits for a function that answers later, and passes its errno on', async () => {
    await using client = await FuseClient.connect(
      pseudoFs({
        later: async () => Uint8Array.of(1, 2, 3),
        bad: () => Promise.reject(Errno.ENOLINK),
        worse() {
          throw Errno.EHOSTDOWN
        },
      }),
    )
    expect(await client.readFile('/later')).toEqual(Uint8Array.of(1, 2, 3))
    await expect(client.readFile('/bad')).rejects.toMatchObject({ code: 'ENOLINK' })
    await expect(client.readFile('/worse')).rejects.toMatchObject({ code: 'EHOSTDOWN' })
  })

  it('tells attributes as they are described: mode, owner, times, size, links, ino', async () => {
    await using client = await FuseClient.connect(tree())
    expect(await client.stat('/')).toMatchObject({ mode: 0o040555, nlink: 3, ino: 1, uid: 0, mtime: TIME })
    expect(await client.stat('/users')).toMatchObject({ mode: 0o040555, nlink: 3, mtime: TIME, ctime: TIME })
    expect(await client.stat('/hello.txt')).toMatchObject({ mode: 0o100444, nlink: 1, size: 3, atime: TIME })
    expect(await client.lstat('/secret')).toMatchObject({ mode: 0o100400, uid: 7 })
    const inodes = await inodesOf(client)
    expect(new Set(inodes).size).toBe(inodes.length)
  })

  it('lists `.` and `..` and goes on from any cookie', async () => {
    await using client = await FuseClient.connect(tree())
    const users = await client.resolve('/users')
    const { fh } = await client.opendir(users)
    const all = await client.readdir(users, fh)
    expect(all.map(({ name }) => Buffer.from(name).toString())).toEqual(['.', '..', 'ann', 'bob'])
    expect(all.map(({ type }) => type)).toEqual([4, 4, 8, 4])
    expect(all.slice(0, 2).map(({ ino }) => ino)).toEqual([users, 1])
    for (const [at, { cookie }] of all.entries()) {
      expect(await client.readdir(users, fh, { cookie })).toEqual(all.slice(at + 1))
    }
    await client.releasedir(users, fh)
  })

  it('gives attributes with readdirplus and counts the lookups', async () => {
    const fs = tree()
    const client = await FuseClient.connect(fs)
    const { fh } = await client.opendir(1)
    const plus = await client.readdirplus(1, fh, { size: 512 })
    expect(plus.find(({ name }) => Buffer.from(name).toString() === 'bytes')?.entry?.attr.size).toBe(2)
    expect(plus.filter(({ entry }) => entry === undefined)).toHaveLength(2)
    expect(fs.snapshot().nodes.filter(({ lookups }) => lookups === 1)).toHaveLength(7)
    await client.forgetAll()
    expect(fs.snapshot().nodes.filter(({ lookups }) => lookups > 0)).toEqual([])
    await client.close()
  })

  it('finds `.` and `..` for those who export it', async () => {
    await using client = await FuseClient.connect(tree())
    const users = await client.resolve('/users')
    const bob = await client.resolve('/users/bob')
    expect((await client.lookup(bob, '.')).nodeid).toBe(bob)
    expect((await client.lookup(bob, '..')).nodeid).toBe(users)
    expect((await client.lookup(1, '..')).nodeid).toBe(1)
  })

  it('honours permission bits', async () => {
    const fs = pseudoFs({
      own: file('x', { mode: 0o400, uid: 7 }),
      group: file('x', { mode: 0o040, gid: 8 }),
      run: file('x', { mode: 0o111 }),
      shut: directory({ a: 'a' }, { mode: 0o700 }),
      pass: directory({ a: 'a' }, { mode: 0o711 }),
    })
    await using client = await FuseClient.connect(fs)
    const ann = { uid: 7, gid: 1 }
    const bob = { uid: 9, gid: 8 }
    const own = await client.resolve('/own')
    const run = await client.resolve('/run')
    await client.open(own, 0, ann)
    await expect(client.open(own, 0, bob)).rejects.toMatchObject({ code: 'EACCES' })
    await client.open(await client.resolve('/group'), 0, bob)
    await client.open(run, FMODE_EXEC, bob)
    await expect(client.open(run, 0, bob)).rejects.toMatchObject({ code: 'EACCES' })
    await client.access(run, 1, ann)
    await expect(client.access(own, 1)).rejects.toMatchObject({ code: 'EACCES' })
    await expect(client.access(own, 2)).rejects.toMatchObject({ code: 'EROFS' })
    await expect(client.resolve('/shut/a', bob)).rejects.toMatchObject({ code: 'EACCES' })
    const pass = await client.resolve('/pass')
    await client.resolve('/pass/a', bob)
    await expect(client.opendir(pass, 0, bob)).rejects.toMatchObject({ code: 'EACCES' })
    await client.opendir(pass, 0)
  })

  it('refuses every change with EROFS', async () => {
    await using client = await FuseClient.connect(tree())
    const hello = await client.resolve('/hello.txt')
    const text = new Uint8Array(1)
    const changes = [
      client.mkdir(1, 'd'),
      client.mknod(1, 'f', 0o100644),
      client.symlink(1, 's', 't'),
      client.link(hello, 1, 'l'),
      client.unlink(1, 'hello.txt'),
      client.rmdir(1, 'users'),
      client.rename(1, 'hello.txt', 1, 'b'),
      client.create(1, 'c', 0o644, WRITE_ONLY),
      client.tmpfile(1, 0o644, WRITE_ONLY),
      client.setattr(hello, { mode: 0o777 }),
      client.setxattr(hello, 'user.a', text),
      client.removexattr(hello, 'user.a'),
      client.write(hello, 0, 0, text),
      client.open(hello, WRITE_ONLY),
      client.open(hello, O_TRUNC),
    ]
    for (const change of changes) await expect(change).rejects.toMatchObject({ code: 'EROFS' })
  })

  it('answers what makes no sense as a native file system does', async () => {
    await using client = await FuseClient.connect(tree())
    const hello = await client.resolve('/hello.txt')
    const users = await client.resolve('/users')
    await expect(client.readlink(hello)).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(client.lookup(hello, 'x')).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(client.opendir(hello)).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(client.open(users)).rejects.toMatchObject({ code: 'EISDIR' })
    await expect(client.getattr(99)).rejects.toMatchObject({ code: 'ESTALE' })
    await expect(client.stat('/nope')).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await client.statfs()).toMatchObject({ files: 11, namelen: 255 })
  })

  it('takes names that are not UTF-8', async () => {
    const name = Uint8Array.of(0xff, 0x61)
    await using client = await FuseClient.connect(pseudoFs({ sub: new Map([[name, 'odd']]) }))
    const sub = await client.resolve('/sub')
    const { attr } = await client.lookup(sub, name)
    expect(attr.size).toBe(3)
  })

  it('says what is wrong with a description', () => {
    expect(() => pseudoFs({ 'a/b': '' })).toThrow(/"a\/b" is no name/)
    expect(() => pseudoFs({ '': '' })).toThrow(TypeError)
    expect(() => pseudoFs({ a: { '..': '' } })).toThrow(TypeError)
    expect(() => pseudoFs({ a: file('', { mode: 0o100644 }) })).toThrow(RangeError)
    expect(() => pseudoFs({ a: 7 as unknown as string })).toThrow(/not number/)
    const twice = new Map<string | Uint8Array, string>([
      ['a', ''],
      [nameToBytes('a'), ''],
    ])
    expect(() => pseudoFs(twice)).toThrow(/twice/)
    expect(() => new PseudoFs({}, { timeout: -1 })).toThrow(RangeError)
  })
})

async function inodesOf(client: FuseClient): Promise<unknown[]> {
  const inodes: unknown[] = []
  for await (const { attr } of client.walk()) inodes.push(attr.ino)
  return inodes
}
