import { OpenReplyFlag } from '@fb/abi'
import { describe, expect, it } from 'vitest'
import { makeAttr } from '../attr.js'
import { Errno } from '../errno.js'
import type { Entry, FileSystem } from '../file-system.js'
import { nameToString } from '../name.js'
import { FuseClient } from './fuse-client.js'

const text = new TextEncoder().encode('hello\n')
const root = makeAttr({ mode: 0o040755, nlink: 2 })
const file = makeAttr({ ino: 2, mode: 0o100644, size: text.length })
const entry: Entry = { nodeid: 2, generation: 0, attr: file, attrTimeout: 1, entryTimeout: 1 }

const hello: FileSystem = {
  lookup: (parent, name) => (parent === 1 && nameToString(name) === 'hello' ? entry : Errno.ENOENT),
  getattr: (node) => ({ attr: node === 1 ? root : file, attrTimeout: 1 }),
  read: (_node, _fh, offset, sink) => text.subarray(offset, offset + sink.size),
  readdir(_node, _fh, cookie, sink) {
    if (cookie < 1n) sink.add('hello', 2, 8, 1n)
  },
}

describe('FuseClient', () => {
  it('reads a file and a directory by path', async () => {
    const client = await FuseClient.connect(hello)
    expect(await client.readFile('/hello', 'utf8')).toBe('hello\n')
    expect(await client.list('/')).toEqual(['hello'])
    await expect(client.stat('/nope')).rejects.toMatchObject({ code: 'ENOENT', errno: 2 })
    await client.close()
    expect(OpenReplyFlag.DIRECT_IO).toBe(1)
  })
})
