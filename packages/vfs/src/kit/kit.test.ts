import { Errno, type FileSystem } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { caller } from '../../test/caller.js'
import { MemoryFs, type Tree } from '../../test/memory-fs.js'
import { UnionFs } from '../../test/union-fs.js'
import { asker } from './index.js'

/** A file system in memory that may be listed without an open directory. */
class ListedFs extends MemoryFs {
  constructor(tree: Tree, later: boolean) {
    super(tree)
    this.later = later
    this.openFiles.set(0, 1)
  }
}

const UPPER: Tree = { both: 'upper', dir: { deep: 'deep' }, first: '1' }
const LOWER: Tree = { both: 'lower', last: 'z' }

describe.each([false, true])('a file system made with the kit (back ends answer later: %s)', (later) => {
  async function make() {
    const [upper, lower] = [new ListedFs(UPPER, later), new ListedFs(LOWER, later)]
    const union = new UnionFs(upper, lower)
    return { upper, lower, union, client: await FuseClient.connect(union) }
  }

  it('shows both, and gives back all that it got', async () => {
    const { upper, lower, union, client } = await make()
    expect(await client.readFile('/both', 'utf8')).toBe('upper')
    expect(await client.readFile('/dir/deep', 'utf8')).toBe('deep')
    expect(await client.readFile('/last', 'utf8')).toBe('z')
    await expect(client.lookup(1, 'nothing')).rejects.toMatchObject({ code: 'ENOENT' })
    for (const size of [400, 4096]) {
      const names: string[] = []
      for (let cookie = 0n; ; ) {
        const list = await client.readdirplus(1, 0, { cookie, size })
        if (list.length === 0) break
        for (const { name, entry } of list) {
          names.push(Buffer.from(name).toString())
          if (entry !== undefined) expect(entry.nodeid).toBe((await client.lookup(1, name)).nodeid)
        }
        cookie = list.at(-1)?.cookie as bigint
      }
      expect(names).toEqual(['.', '..', 'both', 'dir', 'first', 'last'])
    }
    const node = await client.resolve('/last')
    const { fh } = await client.open(node)
    expect([...union.held]).toEqual([`file ${node} ${fh}`])
    await client.release(node, fh)
    await client.forgetAll()
    expect([[...union.lookups], [...union.held], union.busy]).toEqual([[], [], 0])
    await client.close()
    for (const fs of [upper, lower]) expect([fs.held, fs.violations]).toEqual([0, []])
  })

  it('gives back what the client does not get', async () => {
    const { upper, union, client } = await make()
    union.most = 1
    const both = await client.lookup(1, 'both')
    await expect(client.lookup(1, 'first')).rejects.toMatchObject({ code: 'ENFILE' })
    const list = await client.readdirplus(1, 0)
    expect(list.filter(({ entry }) => entry !== undefined)).toHaveLength(1)
    expect(upper.held).toBe(2)
    await client.forget(both.nodeid, 2)
    union.gone = true
    if (later) {
      await expect(client.lookup(1, 'both')).rejects.toMatchObject({ code: 'ESTALE' })
      await expect(client.open(2 * 2)).rejects.toMatchObject({ code: 'ENOTCONN' })
    }
    expect([upper.held, [...upper.openFiles.keys()], [...union.held], union.busy]).toEqual([0, [0], [], 0])
    expect(upper.violations).toEqual([])
  })
})

describe('asker', () => {
  it('says ENOSYS for a back end that lacks an operation, and hands other exceptions on', () => {
    const ask = asker('readlink')
    const fs = (readlink: () => never): { fs: FileSystem } => ({ fs: { readlink } })
    const throws = (error: unknown) => () => {
      throw error
    }
    expect(ask({ fs: {} }, 1, caller())).toBe(Errno.ENOSYS)
    expect(ask(fs(throws(Errno.ENOSYS)), 1, caller())).toBe(Errno.ENOSYS)
    expect(ask(fs(throws(Object.assign(new Error(), { code: 'ENOSYS' }))), 1, caller())).toBe(Errno.ENOSYS)
    expect(() => ask(fs(throws(Errno.EIO)), 1, caller())).toThrow(Errno.EIO)
  })

  it('gives a method its arguments and no others', () => {
    const received: unknown[][] = []
    const fs = { lookup: (...args: unknown[]) => received.push(args) } as unknown as FileSystem
    const [name, ctx] = [Uint8Array.of(1), caller()]
    asker('lookup')({ fs }, 1, name, ctx)
    expect(received).toEqual([[1, name, ctx]])
  })
})
