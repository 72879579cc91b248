import { FuseClient } from '@fb/api/testing'
import { pseudoFs } from '@fb/pseudo-fs'
import { describe, expect, it } from 'vitest'
import { MemoryFs } from '../test/memory-fs.js'
import { Vfs } from './index.js'

describe('Vfs', () => {
  it('serves mounts at several paths', async () => {
    const vfs = new Vfs()
    const [a, b] = [new MemoryFs({ file: 'in a' }), new MemoryFs({ file: 'in b', sub: { x: 'y' } })]
    await vfs.mount(a, '/a')
    await vfs.mount(b, '/x/y/b')
    const client = await FuseClient.connect(vfs)
    expect(await client.list('/')).toEqual(['a', 'x'])
    expect(await client.list('/x/y')).toEqual(['b'])
    expect(await client.list('/x/y/b')).toEqual(['file', 'sub'])
    expect(await client.readFile('/a/file', 'utf8')).toBe('in a')
    expect(await client.readFile('/x/y/b/sub/x', 'utf8')).toBe('y')
    await client.close()
    for (const fs of [a, b]) expect([fs.held, fs.violations, fs.inits, fs.destroys]).toEqual([0, [], 1, 1])
  })

  it('serves a back end at the root with others below', async () => {
    const vfs = new Vfs()
    const root = new MemoryFs({ etc: { motd: 'hello' }, srv: {} })
    const fs = new MemoryFs({ deep: 'x' })
    await vfs.mount(pseudoFs({ top: '1' }), '/srv/new/one')
    await vfs.mount(root, '/')
    await vfs.mount(fs, '/etc/conf.d')
    const client = await FuseClient.connect(vfs)
    expect(await client.list('/')).toEqual(['etc', 'srv'])
    expect(await client.list('/etc')).toEqual(['motd', 'conf.d'])
    expect(await client.list('/srv')).toEqual(['new'])
    expect(await client.readFile('/srv/new/one/top', 'utf8')).toBe('1')
    expect(await client.readFile('/etc/conf.d/deep', 'utf8')).toBe('x')
    expect(await client.readFile('/etc/motd', 'utf8')).toBe('hello')
    await client.close()
    for (const each of [root, fs]) expect([each.held, each.violations]).toEqual([0, []])
  })
})
