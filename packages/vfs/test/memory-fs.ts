import {
  type Attr,
  type AttrReply,
  type Context,
  type CreateReply,
  type DirectorySink,
  type Entry,
  Errno,
  type FileHandle,
  type FileSystem,
  makeAttr,
  type Name,
  type NodeId,
  type OpenReply,
  type Outcome,
  type ReadSink,
  type SetAttr,
  type WriteSource,
} from '@fb/api'

const S_IFDIR = 0o040000
const S_IFREG = 0o100000
const S_IFLNK = 0o120000
const S_IFMT_SHIFT = 12

/** A tree: text is a file, an object a directory. */
export interface Tree {
  readonly [name: string]: string | Tree
}

interface Node {
  readonly number: NodeId
  readonly attr: Attr
  readonly parent: NodeId
  children: Map<string, NodeId> | undefined
  data: Uint8Array
  readonly xattrs: Map<string, Uint8Array>
  lookups: number
}

/**
 * A file system in memory for tests. It is strict: a node that was forgotten more often than it was looked up, a handle that
 * is not open, or anything after `destroy` is a violation. Its entry is one object that is used again and again, as file
 * systems may; with `later` it answers with promises instead.
 */
export class MemoryFs implements FileSystem {
  later = false
  /** Times that `init` and `destroy` ran. */
  inits = 0
  destroys = 0
  /** Lookups that somebody still had when it was destroyed. */
  leftover = 0
  /** What was done that must not be. */
  readonly violations: string[] = []
  /** Names of the operations that were called. */
  readonly calls: string[] = []
  readonly nodes = new Map<NodeId, Node>()
  readonly openFiles = new Map<FileHandle, NodeId>()
  #nextNode = 1
  #nextHandle = 1
  readonly #entry: Entry = {
    nodeid: 0,
    generation: 7,
    attr: makeAttr({ mode: 0 }),
    attrTimeout: 1,
    entryTimeout: 2,
  }

  constructor(tree: Tree = {}) {
    this.#make(0, S_IFDIR | 0o755)
    this.#fill(1, tree)
  }

  /** Lookups that somebody still has. */
  get held(): number {
    return [...this.nodes.values()].reduce((sum, { lookups }) => sum + lookups, 0)
  }

  init(): void {
    this.inits += 1
  }

  destroy(): Outcome<void> {
    this.destroys += 1
    this.leftover = this.held
    for (const node of [...this.nodes.values()]) {
      node.lookups = 0
      this.#drop(node)
    }
    this.openFiles.clear()
    return this.later ? Promise.resolve() : undefined
  }

  lookup(parent: NodeId, name: Name, _ctx?: Context): Outcome<Entry> {
    return this.#answer('lookup', () => {
      if (text(name) === '.') return this.#found(parent)
      const number = this.#children(parent).get(text(name))
      return number === undefined ? Errno.ENOENT : this.#found(number)
    })
  }

  forget(node: NodeId, nlookup: number): void {
    const known = this.nodes.get(node)
    if (known === undefined || known.lookups < nlookup) this.violations.push(`forget(${node}, ${nlookup})`)
    if (known === undefined) return
    known.lookups -= nlookup
    this.#drop(known)
  }

  getattr(node: NodeId): Outcome<AttrReply> {
    return this.#answer('getattr', () => ({ attr: this.#node(node).attr, attrTimeout: 3 }))
  }

  setattr(node: NodeId, { size, mode }: SetAttr): Outcome<AttrReply> {
    return this.#answer('setattr', () => {
      const known = this.#node(node)
      if (size !== undefined) this.#resize(known, size)
      if (mode !== undefined) known.attr.mode = (known.attr.mode & ~0o7777) | (mode & 0o7777)
      return { attr: known.attr, attrTimeout: 3 }
    })
  }

  readlink(node: NodeId): Outcome<Uint8Array> {
    return this.#answer('readlink', () => this.#node(node).data)
  }

  symlink(parent: NodeId, name: Name, target: Uint8Array): Outcome<Entry> {
    return this.#answer('symlink', () => {
      const made = this.#add(parent, text(name), S_IFLNK | 0o777)
      made.data = target.slice()
      return this.#found(made.number)
    })
  }

  mknod(parent: NodeId, name: Name, mode: number): Outcome<Entry> {
    return this.#answer('mknod', () => this.#found(this.#add(parent, text(name), mode).number))
  }

  mkdir(parent: NodeId, name: Name, mode: number): Outcome<Entry> {
    return this.#answer('mkdir', () => this.#found(this.#add(parent, text(name), S_IFDIR | mode).number))
  }

  unlink(parent: NodeId, name: Name): Outcome<void> {
    return this.#answer('unlink', () => this.#remove(parent, text(name)))
  }

  rmdir(parent: NodeId, name: Name): Outcome<void> {
    return this.#answer('rmdir', () => this.#remove(parent, text(name)))
  }

  rename(parent: NodeId, name: Name, newParent: NodeId, newName: Name): Outcome<void> {
    return this.#answer('rename', () => {
      const number = this.#children(parent).get(text(name))
      if (number === undefined) return Errno.ENOENT
      if (this.#children(newParent).has(text(newName))) this.#remove(newParent, text(newName))
      this.#children(parent).delete(text(name))
      this.#children(newParent).set(text(newName), number)
      return undefined
    })
  }

  link(node: NodeId, newParent: NodeId, newName: Name): Outcome<Entry> {
    return this.#answer('link', () => {
      this.#children(newParent).set(text(newName), node)
      this.#node(node).attr.nlink += 1
      return this.#found(node)
    })
  }

  open(node: NodeId): Outcome<OpenReply> {
    return this.#answer('open', () => this.#opened(node))
  }

  create(parent: NodeId, name: Name, mode: number): Outcome<CreateReply> {
    return this.#answer('create', () => {
      const { number } = this.#add(parent, text(name), S_IFREG | mode)
      return { entry: this.#found(number), open: this.#opened(number) }
    })
  }

  tmpfile(parent: NodeId, mode: number): Outcome<CreateReply> {
    return this.#answer('tmpfile', () => {
      const { number, attr } = this.#make(parent, S_IFREG | mode)
      attr.nlink = 0
      return { entry: this.#found(number), open: this.#opened(number) }
    })
  }

  read(node: NodeId, fh: FileHandle, offset: number, sink: ReadSink): Outcome<Uint8Array> {
    return this.#answer('read', () => {
      this.#check(node, fh)
      return this.#node(node).data.subarray(offset, offset + sink.size)
    })
  }

  write(node: NodeId, fh: FileHandle, offset: number, source: WriteSource): Outcome<number> {
    return this.#answer('write', () => {
      this.#check(node, fh)
      const known = this.#node(node)
      this.#resize(known, Math.max(known.data.length, offset + source.size))
      known.data.set(source.bytes(), offset)
      return source.size
    })
  }

  flush(node: NodeId, fh: FileHandle): Outcome<void> {
    return this.#answer('flush', () => this.#check(node, fh))
  }

  release(node: NodeId, fh: FileHandle): Outcome<void> {
    return this.#answer('release', () => {
      this.#check(node, fh)
      this.openFiles.delete(fh)
    })
  }

  copyFileRange(
    from: { node: NodeId; fh: FileHandle; offset: number },
    to: { node: NodeId; fh: FileHandle; offset: number },
    length: number,
  ): Outcome<number> {
    return this.#answer('copyFileRange', () => {
      this.#check(from.node, from.fh)
      this.#check(to.node, to.fh)
      const data = this.#node(from.node).data.slice(from.offset, from.offset + length)
      const target = this.#node(to.node)
      this.#resize(target, Math.max(target.data.length, to.offset + data.length))
      target.data.set(data, to.offset)
      return data.length
    })
  }

  opendir(node: NodeId): Outcome<OpenReply> {
    return this.#answer('opendir', () => {
      this.#children(node)
      return this.#opened(node)
    })
  }

  readdir(node: NodeId, fh: FileHandle, cookie: bigint, sink: DirectorySink): Outcome<void> {
    return this.#answer('readdir', () => {
      this.#list(node, fh, cookie, (name, child, next) => sink.add(name, child.number, typeOf(child), next))
    })
  }

  readdirplus(node: NodeId, fh: FileHandle, cookie: bigint, sink: DirectorySink): Outcome<void> {
    return this.#answer('readdirplus', () => {
      this.#list(node, fh, cookie, (name, child, next) => {
        if (name === '.' || name === '..') return sink.add(name, child.number, typeOf(child), next)
        const entry = this.#found(child.number)
        const taken = sink.addPlus(name, entry, next)
        if (!taken) child.lookups -= 1
        return taken
      })
    })
  }

  releasedir(node: NodeId, fh: FileHandle): Outcome<void> {
    return this.release(node, fh)
  }

  setxattr(node: NodeId, name: Name, value: Uint8Array): Outcome<void> {
    return this.#answer('setxattr', () => {
      this.#node(node).xattrs.set(text(name), value.slice())
    })
  }

  getxattr(node: NodeId, name: Name): Outcome<Uint8Array> {
    return this.#answer('getxattr', () => this.#node(node).xattrs.get(text(name)) ?? Errno.ENODATA)
  }

  #answer<T>(operation: string, make: () => T | Errno): Outcome<T> {
    this.calls.push(operation)
    if (this.destroys > this.inits) this.violations.push(`${operation} after destroy`)
    const guarded = () => {
      try {
        return make()
      } catch (error) {
        if (error instanceof Errno) return error
        throw error
      }
    }
    return this.later ? Promise.resolve().then(guarded) : guarded()
  }

  #found(number: NodeId): Entry {
    const node = this.#node(number)
    node.lookups += 1
    if (this.later) return { ...this.#entry, nodeid: number, attr: { ...node.attr } }
    this.#entry.nodeid = number
    Object.assign(this.#entry.attr, node.attr)
    return this.#entry
  }

  #node(number: NodeId): Node {
    const node = this.nodes.get(number)
    if (node === undefined) throw Errno.ESTALE
    return node
  }

  #children(number: NodeId): Map<string, NodeId> {
    const { children } = this.#node(number)
    if (children === undefined) throw Errno.ENOTDIR
    return children
  }

  #make(parent: NodeId, mode: number): Node {
    // Some may have been taken over from another one.
    while (this.nodes.has(this.#nextNode)) this.#nextNode += 1
    const number = this.#nextNode
    this.#nextNode += 1
    const isDirectory = mode >>> S_IFMT_SHIFT === S_IFDIR >>> S_IFMT_SHIFT
    const node: Node = {
      number,
      parent: parent === 0 ? number : parent,
      attr: makeAttr({ ino: number, mode, nlink: 1, uid: 5, gid: 6 }),
      children: isDirectory ? new Map() : undefined,
      data: new Uint8Array(0),
      xattrs: new Map(),
      lookups: 0,
    }
    this.nodes.set(number, node)
    return node
  }

  #add(parent: NodeId, name: string, mode: number): Node {
    const children = this.#children(parent)
    if (children.has(name)) throw Errno.EEXIST
    const node = this.#make(parent, mode)
    children.set(name, node.number)
    return node
  }

  #fill(parent: NodeId, tree: Tree): void {
    for (const [name, entry] of Object.entries(tree)) {
      const node = this.#add(parent, name, typeof entry === 'string' ? S_IFREG | 0o644 : S_IFDIR | 0o755)
      if (typeof entry !== 'string') {
        this.#fill(node.number, entry)
        continue
      }
      this.#resize(node, entry.length)
      node.data.set(Buffer.from(entry))
    }
  }

  #remove(parent: NodeId, name: string): Errno | undefined {
    const children = this.#children(parent)
    const number = children.get(name)
    if (number === undefined) return Errno.ENOENT
    const node = this.#node(number)
    if (node.children !== undefined && node.children.size > 0) return Errno.ENOTEMPTY
    children.delete(name)
    node.attr.nlink -= 1
    this.#drop(node)
    return undefined
  }

  #drop(node: Node): void {
    if (node.attr.nlink === 0 && node.lookups === 0) this.nodes.delete(node.number)
  }

  #resize(node: Node, size: number): void {
    const data = new Uint8Array(size)
    data.set(node.data.subarray(0, size))
    node.data = data
    node.attr.size = size
  }

  #opened(node: NodeId): OpenReply {
    // Some may have been taken over from another one.
    while (this.openFiles.has(this.#nextHandle)) this.#nextHandle += 1
    const fh = this.#nextHandle
    this.#nextHandle += 1
    this.openFiles.set(fh, node)
    return { fh, openFlags: 0 }
  }

  #check(node: NodeId, fh: FileHandle): void {
    if (this.openFiles.get(fh) !== node) this.violations.push(`handle ${fh} is not one of node ${node}`)
  }

  #list(
    node: NodeId,
    fh: FileHandle,
    cookie: bigint,
    add: (name: string, child: Node, next: bigint) => boolean,
  ): void {
    this.#check(node, fh)
    const { parent } = this.#node(node)
    const names: [string, NodeId][] = [['.', node], ['..', parent], ...this.#children(node)]
    for (const [at, [name, number]] of names.entries()) {
      if (BigInt(at) < cookie) continue
      if (!add(name, this.#node(number), BigInt(at + 1))) return
    }
  }
}

function text(name: Uint8Array): string {
  return Buffer.from(name).toString('latin1')
}

function typeOf(node: Node): number {
  return node.attr.mode >>> S_IFMT_SHIFT
}
