import { type AttrInit, makeAttr } from '../src/attr.js'
import type { Connection } from '../src/connection.js'
import { Errno } from '../src/errno.js'
import type { Entry, FileSystem, Name, Outcome, SetAttr } from '../src/file-system.js'
import type { ReadSink, WriteSource } from '../src/request.js'

interface Node {
  readonly mode: number
  readonly target: Uint8Array
  content: Uint8Array
  readonly children: Map<string, number>
}

const O_TRUNC = 0o1000

/** A small file system in memory that counts what it gives away. */
export class MemoryFiles implements FileSystem {
  /** References that clients hold, by node. */
  readonly lookups = new Map<number, number>()
  /** Files and directories that are open. */
  opens = 0
  init: (connection: Connection) => void = () => {}
  readonly #nodes = new Map<number, Node>()

  constructor() {
    this.#add(0o040755)
  }

  lookup(parent: number, name: Name): Outcome<Entry> {
    const id = this.#node(parent).children.get(text(name))
    return id === undefined ? Errno.ENOENT : this.#entry(id)
  }

  forget(node: number, nlookup: number): void {
    this.lookups.set(node, (this.lookups.get(node) ?? 0) - nlookup)
  }

  getattr(node: number) {
    return { attr: this.#attr(node), attrTimeout: 0 }
  }

  setattr(node: number, { size }: SetAttr) {
    if (size !== undefined) this.#node(node).content = resized(this.#node(node).content, size)
    return this.getattr(node)
  }

  readlink(node: number): Uint8Array {
    return this.#node(node).target
  }

  symlink(parent: number, name: Name, target: Uint8Array): Entry {
    return this.#make(parent, name, 0o120777, target.slice())
  }

  mkdir(parent: number, name: Name, mode: number): Entry {
    return this.#make(parent, name, 0o040000 | mode)
  }

  create(parent: number, name: Name, mode: number) {
    const entry = this.#make(parent, name, mode)
    return { entry, open: this.open(entry.nodeid, 0) }
  }

  open(node: number, flags: number) {
    if ((flags & O_TRUNC) !== 0) this.#node(node).content = new Uint8Array(0)
    this.opens += 1
    return { fh: node, openFlags: 0 }
  }

  read(node: number, _fh: number, offset: number, sink: ReadSink): Uint8Array {
    return this.#node(node).content.subarray(offset, offset + sink.size)
  }

  write(node: number, _fh: number, offset: number, source: WriteSource): number {
    const one = this.#node(node)
    one.content = resized(one.content, Math.max(one.content.length, offset + source.size))
    one.content.set(source.bytes(), offset)
    return source.size
  }

  release(): void {
    this.opens -= 1
  }

  readdir(
    node: number,
    _fh: number,
    cookie: bigint,
    sink: Parameters<NonNullable<FileSystem['readdir']>>[3],
  ): void {
    const names = ['.', '..', ...this.#node(node).children.keys()]
    for (let index = Number(cookie); index < names.length; index += 1) {
      if (!sink.add(names[index] ?? '', index + 1, 0, BigInt(index + 1))) return
    }
  }

  #make(parent: number, name: Name, mode: number, target?: Uint8Array): Entry {
    const id = this.#add(mode, target)
    this.#node(parent).children.set(text(name), id)
    return this.#entry(id)
  }

  #add(mode: number, target: Uint8Array = new Uint8Array(0)): number {
    const id = this.#nodes.size + 1
    this.#nodes.set(id, { mode, target, content: new Uint8Array(0), children: new Map() })
    return id
  }

  #node(id: number): Node {
    const node = this.#nodes.get(id)
    if (node === undefined) throw Errno.ESTALE
    return node
  }

  #attr(id: number) {
    const { mode, content } = this.#node(id)
    const init: AttrInit = { ino: id, mode, size: content.length }
    return makeAttr(init)
  }

  #entry(id: number): Entry {
    this.lookups.set(id, (this.lookups.get(id) ?? 0) + 1)
    return { nodeid: id, generation: 0, attr: this.#attr(id), attrTimeout: 0, entryTimeout: 0 }
  }
}

function text(name: Uint8Array): string {
  return new TextDecoder().decode(name)
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size)
  result.set(bytes.subarray(0, size))
  return result
}
