import { expect, it } from 'vitest'
import { Errno, type FileSystem, makeAttr, nameToString } from '../src/index.js'
import { FuseClient } from '../src/testing/index.js'

const text = new TextEncoder().encode('hello\n')
const root = { attr: makeAttr({ ino: 1, mode: 0o040755 }), attrTimeout: 1 }
const file = { attr: makeAttr({ ino: 2, mode: 0o100444, size: text.length }), attrTimeout: 1 }

const hello: FileSystem = {
  lookup: (_parent, name) =>
    nameToString(name) === 'hello' ? { ...file, nodeid: 2, generation: 0, entryTimeout: 1 } : Errno.ENOENT,
  getattr: (node) => (node === 1 ? root : file),
  readdir: (_node, _fh, cookie, sink) => {
    if (cookie === 0n) sink.add('hello', 2, 8, 1n)
  },
  read: (_node, _fh, offset, sink) => text.subarray(offset, offset + sink.size),
}

it('says hello', async () => {
  const client = await FuseClient.connect(hello)
  expect(await client.list('/')).toEqual(['hello'])
  expect(await client.readFile('/hello', 'utf8')).toBe('hello\n')
  await expect(client.stat('/other')).rejects.toMatchObject({ code: 'ENOENT' })
  await client.close()
})
