import { Errno, type FileSystem, makeAttr, nameToString } from '@fb/api'
import { FuseClient } from '@fb/api/testing'

const content = new TextEncoder().encode('hello\n')
const root = makeAttr({ mode: 0o040755, nlink: 2 })
const file = makeAttr({ ino: 2, mode: 0o100644, size: content.length })

const hello: FileSystem = {
  lookup: (parent, name) =>
    parent === 1 && nameToString(name) === 'hello'
      ? { nodeid: 2, generation: 0, attr: file, attrTimeout: 1, entryTimeout: 1 }
      : Errno.ENOENT,
  getattr: (node) => ({ attr: node === 1 ? root : file, attrTimeout: 1 }),
  read: (_node, _fh, offset, sink) => content.subarray(offset, offset + sink.size),
}

const client = await FuseClient.connect(hello)
if ((await client.readFile('/hello', 'utf8')) !== 'hello\n') throw new Error('not what was served')
await client.close()
console.log('@fb/api works')
