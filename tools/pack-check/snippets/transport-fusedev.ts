import { mkdtempSync, rmdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Errno, type FileSystem, makeAttr, nameToString } from '@fb/api'
import { mount, probe } from '@fb/transport-fusedev'

const content = new TextEncoder().encode('hello\n')
const attr = makeAttr({ ino: 2, mode: 0o100444, size: content.length })
const hello: FileSystem = {
  lookup: (_parent, name) =>
    nameToString(name) === 'hello'
      ? { nodeid: 2, generation: 0, attr, attrTimeout: 1, entryTimeout: 1 }
      : Errno.ENOENT,
  getattr: (node) => ({ attr: node === 1 ? makeAttr({ ino: 1, mode: 0o040755 }) : attr, attrTimeout: 1 }),
  read: (_node, _fh, offset, sink) => content.subarray(offset, offset + sink.size),
}

// Where this process may not mount, that it finds out so is all there is to see.
if ((await probe()).mount.available) {
  const target = mkdtempSync(join(tmpdir(), 'fb-snippet-'))
  const mounted = await mount(hello, target)
  const text = await readFile(join(target, 'hello'), 'utf8')
  await mounted.unmount()
  rmdirSync(target)
  if (text !== 'hello\n') throw new Error(`read ${text}`)
}
console.log('@fb/transport-fusedev works')
