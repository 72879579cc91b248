import {
  type Attr,
  type AttrReply,
  type Connection,
  type Context,
  type CreateReply,
  type DirectorySink,
  type Entry,
  Errno,
  type FileSystem,
  makeAttr,
  type Name,
  type NodeId,
  nameToString,
  type OpenReply,
  type Outcome,
  type ReadSink,
  type SetAttr,
  type StatFs,
  type WriteSource,
} from '@fb/api'

const O_TRUNC = 0o1000
const S_IFMT = 0o170000
const S_IFDIR = 0o040000
const S_IFREG = 0o100000

export interface MemoryNode {
  readonly id: NodeId
  attr: Attr
  data: Uint8Array
  readonly children: Map<string, MemoryNode>
}

export interface MemoryTreeOptions {
  /** The root is a regular file with this content. */
  readonly rootFile?: string
  /** Seconds that the kernel may cache names and attributes. Default 0. */
  readonly timeout?: number
}

/** A file system in memory, answering everything at once: what the tests of this package serve. */
export class MemoryTree implements FileSystem {
  readonly root: MemoryNode
  readonly nodes = new Map<NodeId, MemoryNode>()
  readonly forgotten: NodeId[] = []
  readonly calls: string[] = []
  openFlags = 0
  connection: Connection | undefined
  destroyed = 0
  readonly timeout: number
  #next = 1

  constructor(options: MemoryTreeOptions = {}) {
    this.timeout = options.timeout ?? 0
    this.root = this.#node(options.rootFile === undefined ? S_IFDIR | 0o755 : S_IFREG | 0o644)
    if (options.rootFile !== undefined) this.#fill(this.root, new TextEncoder().encode(options.rootFile))
  }

  /** Adds a file below the root, behind the kernel's back. */
  addFile(name: string, content: string | Uint8Array): MemoryNode {
    const node = this.#node(S_IFREG | 0o644)
    this.setContent(node, content)
    this.root.children.set(name, node)
    return node
  }

  setContent(node: MemoryNode, content: string | Uint8Array): void {
    this.#fill(node, typeof content === 'string' ? new TextEncoder().encode(content) : content)
  }

  text(name: string): string {
    return new TextDecoder().decode(this.root.children.get(name)?.data)
  }

  init(connection: Connection): void {
    this.connection = connection
  }

  destroy(): void {
    this.destroyed += 1
  }

  lookup(parent: NodeId, name: Name, _ctx: Context): Outcome<Entry> {
    this.calls.push(`lookup ${nameToString(name)}`)
    const node = this.nodes.get(parent)?.children.get(nameToString(name))
    return node === undefined ? Errno.ENOENT : this.entry(node)
  }

  forget(node: NodeId, _nlookup: number): void {
    this.forgotten.push(node)
  }

  getattr(node: NodeId): Outcome<AttrReply> {
    const found = this.nodes.get(node)
    return found === undefined ? Errno.ENOENT : { attr: found.attr, attrTimeout: this.timeout }
  }

  setattr(node: NodeId, changes: SetAttr): Outcome<AttrReply> {
    const found = this.nodes.get(node)
    if (found === undefined) return Errno.ENOENT
    if (changes.size !== undefined) {
      const data = new Uint8Array(changes.size)
      data.set(found.data.subarray(0, changes.size))
      this.#fill(found, data)
    }
    if (changes.mode !== undefined) found.attr.mode = (found.attr.mode & S_IFMT) | (changes.mode & ~S_IFMT)
    if (changes.uid !== undefined) found.attr.uid = changes.uid
    if (changes.gid !== undefined) found.attr.gid = changes.gid
    return { attr: found.attr, attrTimeout: this.timeout }
  }

  mkdir(parent: NodeId, name: Name, mode: number): Outcome<Entry> {
    return this.entry(this.#add(parent, name, S_IFDIR | mode))
  }

  create(parent: NodeId, name: Name, mode: number): Outcome<CreateReply> {
    return {
      entry: this.entry(this.#add(parent, name, S_IFREG | mode)),
      open: { fh: 1, openFlags: this.openFlags },
    }
  }

  unlink(parent: NodeId, name: Name): Outcome<void> {
    const { children } = this.nodes.get(parent) as MemoryNode
    if (!children.delete(nameToString(name))) return Errno.ENOENT
  }

  rmdir(parent: NodeId, name: Name): Outcome<void> {
    return this.unlink(parent, name)
  }

  open(node: NodeId, flags: number): Outcome<OpenReply> {
    if ((flags & O_TRUNC) !== 0) this.#fill(this.nodes.get(node) as MemoryNode, new Uint8Array(0))
    return { fh: 1, openFlags: this.openFlags }
  }

  read(
    node: NodeId,
    _fh: number,
    offset: number,
    sink: ReadSink,
    _ctx: Context,
  ): Outcome<number | Uint8Array> {
    this.calls.push('read')
    return (this.nodes.get(node) as MemoryNode).data.subarray(offset, offset + sink.size)
  }

  write(node: NodeId, _fh: number, offset: number, source: WriteSource): Outcome<number> {
    const found = this.nodes.get(node) as MemoryNode
    const end = offset + source.size
    const data = end > found.data.length ? new Uint8Array(end) : found.data
    if (data !== found.data) data.set(found.data)
    data.set(source.bytes(), offset)
    this.#fill(found, data)
    return source.size
  }

  readdir(node: NodeId, _fh: number, cookie: bigint, sink: DirectorySink): Outcome<void> {
    const children = [...(this.nodes.get(node) as MemoryNode).children]
    for (let index = Number(cookie); index < children.length; index += 1) {
      const [name, child] = children[index] as [string, MemoryNode]
      if (!sink.add(name, child.id, child.attr.mode >>> 12, BigInt(index + 1))) return
    }
  }

  statfs(): Outcome<StatFs> {
    return {
      blocks: 1000,
      bfree: 500,
      bavail: 500,
      files: 10,
      ffree: 5,
      bsize: 4096,
      namelen: 255,
      frsize: 4096,
    }
  }

  entry(node: MemoryNode): Entry {
    return {
      nodeid: node.id,
      generation: 0,
      entryTimeout: this.timeout,
      attr: node.attr,
      attrTimeout: this.timeout,
    }
  }

  #add(parent: NodeId, name: Name, mode: number): MemoryNode {
    const node = this.#node(mode)
    this.nodes.get(parent)?.children.set(nameToString(name), node)
    return node
  }

  #node(mode: number): MemoryNode {
    const id = this.#next
    this.#next += 1
    const attr = makeAttr({ mode, ino: id, nlink: 1 })
    const node = { id, attr, data: new Uint8Array(0), children: new Map<string, MemoryNode>() }
    this.nodes.set(id, node)
    return node
  }

  #fill(node: MemoryNode, data: Uint8Array): void {
    node.data = data
    node.attr.size = data.length
    node.attr.mtime += 1
  }
}
