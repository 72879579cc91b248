import { Errno, nameToBytes } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { directory, type PseudoEntries, PseudoFs, pseudoFs } from './index.js'

describe('a directory that is made when somebody looks', () => {
  it('is asked once within the timeout, and every time without one', async () => {
    for (const [timeout, times] of [
      [3600, 1],
      [0, 3],
    ] as const) {
      let calls = 0
      const list = () => {
        calls += 1
        return { a: 'a' }
      }
      await using client = await FuseClient.connect(pseudoFs({ list: directory(list) }, { timeout }))
      const node = await client.resolve('/list')
      for (let i = 0; i < 3; i += 1) await client.lookup(node, 'a')
      expect(calls).toBe(times)
    }
  })

  it('may answer later, and is asked once by many who wait', async () => {
    let calls = 0
    const list = async () => {
      calls += 1
      return { a: 'A', b: 'B' }
    }
    await using client = await FuseClient.connect(pseudoFs({ list: directory(list) }))
    const node = await client.resolve('/list')
    const found = await Promise.all([
      client.lookup(node, 'a'),
      client.lookup(node, 'b'),
      client.list('/list'),
    ])
    expect(found[2]).toEqual(['a', 'b'])
    expect(calls).toBe(1)
  })

  it('keeps the node of a name that stays, and gives a new one to what became another kind', async () => {
    let entries: PseudoEntries = { stays: 'one', turns: 'file', goes: 'x' }
    const fs = pseudoFs({ list: directory(() => entries) }, { timeout: 0, time: new Date(0) })
    await using client = await FuseClient.connect(fs)
    const before = { stays: await client.resolve('/list/stays'), turns: await client.resolve('/list/turns') }
    const gone = await client.resolve('/list/goes')
    const { fh } = await client.open(gone)
    entries = { stays: 'two!', turns: { now: 'a directory' }, fresh: '' }
    expect(await client.resolve('/list/stays')).toBe(before.stays)
    expect(await client.resolve('/list/turns')).not.toBe(before.turns)
    expect(await client.readFile('/list/stays', 'utf8')).toBe('two!')
    expect((await client.stat('/list/stays')).mtime).toBeGreaterThan(0)
    expect(await client.stat('/list')).toMatchObject({ nlink: 3 })
    await expect(client.stat('/list/goes')).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await client.read(gone, fh, 0, 10)).toEqual(nameToBytes('x'))
    expect((await client.getattr(gone)).attr.nlink).toBe(0)
    await client.release(gone, fh)
    await client.forgetAll()
    await expect(client.getattr(gone)).rejects.toMatchObject({ code: 'ESTALE' })
  })

  it('fails as its function fails, and recovers', async () => {
    let broken = true
    const list = () => {
      if (broken) throw Errno.EAGAIN
      return { a: '' }
    }
    await using client = await FuseClient.connect(pseudoFs({ list: directory(list) }))
    await expect(client.list('/list')).rejects.toMatchObject({ code: 'EAGAIN' })
    broken = false
    expect(await client.list('/list')).toEqual(['a'])
  })

  it('keeps cookies valid while names come and go', async () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-d]$/))
    await fc.assert(
      fc.asyncProperty(fc.array(names, { minLength: 2, maxLength: 4 }), async (states) => {
        let entries: PseudoEntries = {}
        const fs = pseudoFs({ list: directory(() => entries) }, { timeout: 0 })
        await using client = await FuseClient.connect(fs)
        const node = await client.resolve('/list')
        const seen: string[] = []
        let cookie = 0n
        for (const state of states) {
          entries = Object.fromEntries(state.map((name) => [name, name]))
          const { fh } = await client.opendir(node)
          // One entry at a time: room for no more than one.
          const [next] = await client.readdirPage(node, fh, { cookie, size: 32 })
          if (next === undefined) continue
          seen.push(Buffer.from(next.name).toString())
          cookie = next.cookie
        }
        expect(seen.slice(0, 2)).toEqual(['.', '..'].slice(0, seen.length))
        const stayed = (states.at(-1) ?? []).filter((name) => states.every((state) => state.includes(name)))
        const rest = (await client.readdir(node, 0, { cookie })).map(({ name }) =>
          Buffer.from(name).toString(),
        )
        for (const name of stayed) {
          expect([...seen, ...rest].filter((other) => other === name)).toEqual([name])
        }
      }),
    )
  })
})

describe('PseudoFs.makeDirectory', () => {
  it('adds and removes directories, counts links and changes times', async () => {
    const fs = new PseudoFs({}, { time: new Date(0) })
    await using client = await FuseClient.connect(fs)
    const a = fs.makeDirectory(1, nameToBytes('a'))
    const b = fs.makeDirectory(a, nameToBytes('b'), 77)
    expect([a, b]).toEqual([2, 77])
    expect(await client.stat('/')).toMatchObject({ nlink: 3 })
    expect((await client.stat('/')).mtime).toBeGreaterThan(0)
    expect(await client.resolve('/a/b')).toBe(77)
    fs.remove(a)
    await expect(client.stat('/a')).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await client.stat('/')).toMatchObject({ nlink: 2 })
    expect((await client.getattr(77)).attr.nlink).toBe(0)
    await client.forgetAll()
    await expect(client.getattr(77)).rejects.toMatchObject({ code: 'ESTALE' })
    expect(fs.makeDirectory(1, nameToBytes('a'))).toBe(78)
  })

  it('makes one that hangs nowhere, which is its own parent', async () => {
    const fs = new PseudoFs()
    const loose = fs.makeDirectory(undefined, nameToBytes('loose'))
    await using client = await FuseClient.connect(fs)
    await expect(client.stat('/loose')).rejects.toMatchObject({ code: 'ENOENT' })
    expect((await client.readdir(loose, 0)).map(({ ino }) => ino)).toEqual([loose, loose])
    expect((await client.lookup(loose, '..')).nodeid).toBe(loose)
  })

  it('hangs directories elsewhere, with all below them', async () => {
    const fs = new PseudoFs()
    const [a, b] = [fs.makeDirectory(1, nameToBytes('a')), fs.makeDirectory(1, nameToBytes('b'))]
    const c = fs.makeDirectory(a, nameToBytes('c'))
    await using client = await FuseClient.connect(fs)
    fs.moveDirectory(a, b)
    expect(await client.resolve('/b/a/c')).toBe(c)
    expect([(await client.stat('/')).nlink, (await client.stat('/b')).nlink]).toEqual([3, 3])
    expect((await client.lookup(a, '..')).nodeid).toBe(b)
    fs.moveDirectory(a, undefined)
    await expect(client.stat('/b/a')).rejects.toMatchObject({ code: 'ENOENT' })
    expect((await client.lookup(a, 'c')).nodeid).toBe(c)
    expect((await client.lookup(a, '..')).nodeid).toBe(a)
    fs.moveDirectory(a, 1)
    fs.moveDirectory(a, 1)
    expect(await client.list('/')).toEqual(['a', 'b'])
    expect(() => fs.moveDirectory(a, c)).toThrow(Errno.EINVAL)
    expect(() => fs.moveDirectory(a, 99)).toThrow(Errno.ENOENT)
    expect(() => fs.moveDirectory(99, 1)).toThrow(Errno.ENOENT)
    expect(() => fs.moveDirectory(1, a)).toThrow(Errno.ENOENT)
    fs.makeDirectory(b, nameToBytes('a'))
    expect(() => fs.moveDirectory(a, b)).toThrow(Errno.EEXIST)
  })

  it('refuses what cannot be', () => {
    const fs = pseudoFs({ f: '' })
    const name = nameToBytes('x')
    expect(() => fs.makeDirectory(99, name)).toThrow(Errno.ENOENT)
    expect(() => fs.makeDirectory(2, name)).toThrow(Errno.ENOENT)
    expect(() => fs.makeDirectory(1, nameToBytes('f'))).toThrow(Errno.EEXIST)
    expect(() => fs.makeDirectory(1, name, 2)).toThrow(RangeError)
    expect(() => fs.makeDirectory(1, nameToBytes('..'))).toThrow(TypeError)
    expect(() => fs.remove(1)).toThrow(Errno.EBUSY)
    expect(() => fs.remove(99)).toThrow(Errno.ENOENT)
  })

  it('writes down all that it knows', async () => {
    const fs = pseudoFs({ now: () => 'text' }, { time: new Date(5000) })
    const client = await FuseClient.connect(fs)
    const { fh } = await client.open(await client.resolve('/now'))
    fs.makeDirectory(1, Uint8Array.of(0xff))
    const snapshot = JSON.parse(JSON.stringify(fs.snapshot()))
    expect(snapshot).toMatchObject({
      nextNode: 4,
      nextHandle: 2,
      nodes: [
        { number: 1, parent: 0, name: '', kind: 'directory', mode: 0o040555, linked: true },
        { number: 2, parent: 1, name: 'now', kind: 'file', lookups: 1, mtime: [5, 0] },
        { number: 3, parent: 1, name: '\xff', kind: 'directory', lookups: 0 },
      ],
      openFiles: [{ fh, node: 2, content: 'dGV4dA==' }],
    })
    await client.close()
    expect(fs.snapshot()).toMatchObject({ openFiles: [] })
  })

  it('goes on from what another wrote down', async () => {
    const make = () =>
      pseudoFs({ now: () => 'text', list: directory(() => ({ a: '' })) }, { time: new Date(5000) })
    const before = make()
    const client = await FuseClient.connect(before)
    const now = await client.resolve('/now')
    const { fh } = await client.open(now)
    const [outer, inner] = ['outer', 'inner'].map((name) => before.makeDirectory(1, nameToBytes(name))) as [
      number,
      number,
    ]
    await client.resolve('/inner')
    before.moveDirectory(outer, inner)
    const gone = before.makeDirectory(1, nameToBytes('gone'))
    await client.resolve('/gone')
    before.remove(gone)
    await client.resolve('/list/a')
    const snapshot = JSON.parse(JSON.stringify(before.snapshot()))

    const after = make()
    after.restore(snapshot)
    const nodes = snapshot.nodes.filter(({ name }: { name: string }) => name !== 'a')
    expect(JSON.parse(JSON.stringify(after.snapshot()))).toEqual({ ...snapshot, nodes })
    const next = await FuseClient.connect(after)
    expect(await next.read(now, fh, 0, 10)).toEqual(nameToBytes('text'))
    expect(await next.resolve('/inner/outer')).toBe(outer)
    expect(await next.stat('/')).toMatchObject({ nlink: 4 })
    expect((await next.getattr(gone)).attr.nlink).toBe(0)
    await next.forget(gone)
    await expect(next.getattr(gone)).rejects.toMatchObject({ code: 'ESTALE' })
    expect((await next.open(now)).fh).toBe(fh + 1)
    await next.close()
  })
})
