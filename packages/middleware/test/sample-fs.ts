import { type Context, type Entry, Errno, type FileSystem, makeAttr, type Outcome } from '@fb/api'

const CONTENT = new TextEncoder().encode('hello world')

/** What {@link SampleFs} was asked, in the order of the calls. */
export interface Asked {
  readonly operation: string
  readonly args: readonly unknown[]
}

/**
 * A small file system with every kind of answer: `file` is a file that can be read and written, `dir` a directory, all
 * else is ENOENT. It keeps what it was asked, and answers with promises where `later` is set. Its entry is one object
 * that is used again and again, as file systems may.
 */
export class SampleFs implements FileSystem {
  later = false
  readonly asked: Asked[] = []
  readonly #entry: Entry = {
    nodeid: 2,
    generation: 0,
    attr: makeAttr({ mode: 0 }),
    attrTimeout: 1,
    entryTimeout: 1,
  }
  #owner = { uid: 1000, gid: 1000 }

  lookup(parent: number, name: Uint8Array, ctx: Context): Outcome<Entry> {
    return this.#answer('lookup', [parent, name.slice(), ctx], () =>
      Buffer.from(name).toString('latin1') === 'file' ? this.#found(2, 0o100644) : Errno.ENOENT,
    )
  }

  forget(node: number, nlookup: number): void {
    this.asked.push({ operation: 'forget', args: [node, nlookup] })
  }

  getattr(node: number) {
    const attr = makeAttr({ mode: node === 1 ? 0o040755 : 0o100644, ...this.#owner })
    return this.#answer('getattr', [node], () => ({ attr, attrTimeout: 1 }))
  }

  setattr(node: number, changes: { uid?: number; gid?: number }) {
    this.#owner = { ...this.#owner, ...changes }
    return this.getattr(node)
  }

  mkdir(parent: number, name: Uint8Array, mode: number, ctx: Context): Outcome<Entry> {
    return this.#answer('mkdir', [parent, name.slice(), mode, ctx], () => this.#found(3, 0o040000 | mode))
  }

  create(_parent: number, _name: Uint8Array, mode: number, _flags: number, _kill: boolean, ctx: Context) {
    const open = { fh: 9, openFlags: 0 }
    return this.#answer('create', [ctx], () => ({ entry: this.#found(4, 0o100000 | mode), open }))
  }

  open(node: number, flags: number) {
    return this.#answer('open', [node, flags], () => ({ fh: 7, openFlags: 0 }))
  }

  release(node: number, fh: number) {
    return this.#answer('release', [node, fh], () => undefined)
  }

  read(node: number, fh: number, offset: number, sink: { size: number }) {
    return this.#answer('read', [node, fh], () => CONTENT.subarray(offset, offset + sink.size))
  }

  write(node: number, fh: number, _offset: number, source: { size: number }) {
    return this.#answer('write', [node, fh], () => source.size)
  }

  lseek() {
    return this.#answer('lseek', [], () => -Errno.ENXIO.errno)
  }

  unlink(): Outcome<void> {
    throw new Error('the disk is on fire')
  }

  #found(nodeid: number, mode: number): Entry {
    this.#entry.nodeid = nodeid
    Object.assign(this.#entry.attr, { mode, ...this.#owner })
    return this.later ? { ...this.#entry, attr: { ...this.#entry.attr } } : this.#entry
  }

  #answer<T>(operation: string, args: readonly unknown[], make: () => T | Errno): Outcome<T> {
    this.asked.push({ operation, args })
    return this.later ? Promise.resolve().then(make) : make()
  }
}
