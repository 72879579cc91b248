import { Errno, makeAttr, nameToString } from '@fb/api'

const S_IFDIR = 0o040000
const S_IFREG = 0o100000
const HELLO = 2
const content = new TextEncoder().encode('hello world\n')

const root = makeAttr({ mode: S_IFDIR | 0o755, ino: 1 })
const hello = makeAttr({ mode: S_IFREG | 0o644, ino: HELLO, size: content.length })

/** One file, `hello`, served without any cache. What the programs of the tests mount. */
export class HelloFs {
  lookup(_parent, name) {
    if (nameToString(name) !== 'hello') return Errno.ENOENT
    return { nodeid: HELLO, generation: 0, entryTimeout: 0, attr: hello, attrTimeout: 0 }
  }

  getattr(node) {
    return { attr: node === HELLO ? hello : root, attrTimeout: 0 }
  }

  read(_node, _fh, offset, sink) {
    return content.subarray(offset, offset + sink.size)
  }

  readdir(_node, _fh, cookie, sink) {
    if (cookie === 0n) sink.add('hello', HELLO, S_IFREG >>> 12, 1n)
  }
}
