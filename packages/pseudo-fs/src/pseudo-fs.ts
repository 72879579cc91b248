import { OpenReplyFlag } from '@fb/abi'
import {
  type AttrReply,
  type Context,
  type DirectorySink,
  type Entry,
  Errno,
  type FileHandle,
  type Name,
  type NodeId,
  type OpenReply,
  type Outcome,
  piecesOfText,
  type ReadSink,
  StateError,
  type StatePieces,
  type StatFs,
  type Time,
  textOfPieces,
} from '@fb/api'
import {
  checkName,
  DirectoryDescription,
  directory,
  MAX_NAME,
  type PseudoEntries,
  toBytes,
} from './description.js'
import { parseJson, parsePseudoSnapshot } from './parse-snapshot.js'
import { permits, R_OK, W_OK, X_OK } from './permission.js'
import { ReadOnlyFileSystem } from './read-only-file-system.js'
import { applySnapshot, type PseudoSnapshot, takeSnapshot } from './snapshot.js'
import { type DirectoryNode, isDirectory, ROOT, Tree } from './tree.js'
import { setTimes, type TreeNode, withSize } from './tree-node.js'

const O_ACCMODE = 3
const O_TRUNC = 0o1000
/** What the kernel adds to the flags of open for execve(2) (include/linux/fs.h). */
const FMODE_EXEC = 0x20
const DOT = 0x2e
const PAGE = 4096
const S_IFMT_SHIFT = 12
/** Cookies behind `.` and `..`; behind a child it is its number plus one. */
const AFTER_DOT = 1
const AFTER_DOT_DOT = 2

/** Options of a {@link PseudoFs}. */
export interface PseudoOptions {
  /** Owner of every node whose description names none. Default 0. */
  readonly uid?: number
  readonly gid?: number
  /** Permission bits of the root, default 0555. */
  readonly mode?: number
  /** Time of creation and last change of every node whose description has none. Default: now. */
  readonly time?: Time
  /**
   * Seconds for which a client may keep names and attributes, and for which the result of a directory's function is
   * used. Default 1; 0 asks every time.
   */
  readonly timeout?: number
}

/** Most bytes of a state: the content of files that are open is in it. */
const MOST_STATE = 64 * 1024 * 1024
/** Most nodes that are named as lost. */
const MOST_LOSSES = 100

/** A file that is open and whose content was made for this open. */
interface OpenFile {
  readonly node: NodeId
  readonly bytes: Uint8Array
}

/**
 * A read-only tree of directories, files and symbolic links, in memory or made on demand. Whatever would change it is
 * refused with EROFS.
 *
 * Node numbers are inode numbers, are never used twice, and are the cookies of directory listings, so that these stay
 * valid while names come and go. Permission bits are honoured, so that it needs no `default_permissions`.
 *
 * Files of fixed content keep no state between calls. Open files whose content is made on demand do: those must be
 * served by one thread.
 */
export class PseudoFs extends ReadOnlyFileSystem {
  readonly #tree: Tree
  readonly #timeout: number
  readonly #openFiles = new Map<FileHandle, OpenFile>()
  #nextHandle: FileHandle = 1

  /** Throws TypeError or RangeError for what describes no tree. */
  constructor(root: PseudoEntries | DirectoryDescription = {}, options: PseudoOptions = {}) {
    super()
    const { uid = 0, gid = 0, time = new Date(), timeout = 1 } = options
    if (!(timeout >= 0)) throw new RangeError(`timeout is a number of seconds from 0 up, not ${timeout}`)
    const mode = options.mode === undefined ? {} : { mode: options.mode }
    const top = root instanceof DirectoryDescription ? root : directory(root, mode)
    this.#timeout = timeout
    this.#tree = new Tree(top, { uid, gid, time }, timeout)
  }

  /**
   * Adds an empty directory and returns its number. `parent` undefined makes one that hangs nowhere in this tree, for a
   * caller who shows it elsewhere. Throws `Errno` ENOENT for a parent that does not exist or is not a directory, EEXIST
   * for a name that is taken; RangeError for a number that is.
   */
  makeDirectory(parent: NodeId | undefined, name: Uint8Array, number?: NodeId): NodeId {
    checkName(name)
    if (parent === undefined) return this.#tree.make(0, name, directory({}), number).number
    const above = this.#freePlace(parent, name)
    const made = this.#tree.make(parent, name, directory({}), number)
    setTimes(above.attr, new Date())
    return made.number
  }

  /**
   * Hangs a directory elsewhere, under its own name: below `parent`, or nowhere in this tree. Clients that know it keep it.
   * Throws `Errno` as `makeDirectory` does, and ENOENT for a node that is gone or no directory, EINVAL below itself.
   */
  moveDirectory(number: NodeId, parent: NodeId | undefined): void {
    const node = this.#tree.nodes.get(number)
    if (number === ROOT || node === undefined || !isDirectory(node) || !node.linked) throw Errno.ENOENT
    if (node.parent === (parent ?? 0)) return
    const above = parent === undefined ? undefined : this.#freePlace(parent, node.name)
    for (let at: TreeNode | undefined = above; at !== undefined; at = this.#tree.nodes.get(at.parent)) {
      if (at === node) throw Errno.EINVAL
    }
    const before = this.#tree.nodes.get(node.parent)
    this.#tree.move(node, parent ?? 0)
    for (const changed of [before, above]) if (changed !== undefined) setTimes(changed.attr, new Date())
  }

  /**
   * Removes a node and all below it. Clients that still know them may go on until they forget them.
   * Throws `Errno` ENOENT where there is no such node (any more), EBUSY for the root.
   */
  remove(number: NodeId): void {
    if (number === ROOT) throw Errno.EBUSY
    const node = this.#tree.nodes.get(number)
    if (node === undefined || !node.linked) throw Errno.ENOENT
    const above = this.#tree.nodes.get(node.parent)
    this.#tree.unlink(node)
    if (above !== undefined) setTimes(above.attr, new Date())
  }

  /** All that it knows beyond what it was described with, as data that `JSON.stringify` keeps. */
  snapshot(): PseudoSnapshot {
    return takeSnapshot(this.#tree, this.#openFiles, this.#nextHandle)
  }

  /**
   * Goes on where another one was when the snapshot was taken. To be called on a new one with the same description. Nodes
   * that a directory's function has made are not restored: who knows them gets ESTALE and looks again.
   */
  restore(snapshot: PseudoSnapshot): void {
    applySnapshot(this.#tree, snapshot)
    this.#nextHandle = snapshot.nextHandle
    for (const { fh, node, content } of snapshot.openFiles) {
      this.#openFiles.set(fh, { node, bytes: new Uint8Array(Buffer.from(content, 'base64')) })
    }
  }

  /** As `snapshot`. */
  async *saveState(): AsyncGenerator<Uint8Array, void, void> {
    yield* piecesOfText(JSON.stringify(this.snapshot()))
  }

  /**
   * As `restore`, for what comes from somebody else: with the same description, in which a node has the same number. Nodes
   * that a directory's function made are lost.
   */
  async restoreState(state: StatePieces): Promise<readonly string[]> {
    const text = await textOfPieces(state, MOST_STATE)
    const snapshot = parsePseudoSnapshot(parseJson(text))
    for (const { number, name, kind, linked } of snapshot.nodes) {
      const own = this.#tree.nodes.get(number)
      if (own === undefined || !linked) continue
      if (own.description.kind !== kind || Buffer.from(own.name).toString('latin1') !== name) {
        throw new StateError(
          `the state is that of another tree: its node ${number} is a ${kind} named '${name}'`,
        )
      }
    }
    this.restore(snapshot)
    const lost = snapshot.nodes.filter(({ number, lookups }) => lookups > 0 && !this.#tree.nodes.has(number))
    return lost.slice(0, MOST_LOSSES).map(({ number, name }) => `node ${number}, '${name}': ESTALE`)
  }

  lookup(parent: NodeId, name: Name, ctx: Context): Outcome<Entry> {
    const node = this.#tree.nodes.get(parent)
    if (node === undefined) return Errno.ESTALE
    if (!isDirectory(node)) return Errno.ENOTDIR
    if (!permits(node.attr, ctx, X_OK)) return Errno.EACCES
    const pending = this.#tree.refresh(node)
    return pending === undefined ? this.#find(node, name) : pending.then(() => this.#find(node, name))
  }

  forget(number: NodeId, nlookup: number): void {
    const node = this.#tree.nodes.get(number)
    if (node !== undefined) this.#tree.forget(node, nlookup)
  }

  getattr(number: NodeId, fh: FileHandle | undefined): AttrReply | Errno {
    const node = this.#tree.nodes.get(number)
    if (node === undefined) return Errno.ESTALE
    const made = fh === undefined ? undefined : this.#openFiles.get(fh)
    if (made?.node === number) return { attr: withSize(node.attr, made.bytes.length), attrTimeout: 0 }
    return { attr: node.attr, attrTimeout: this.#timeout }
  }

  readlink(number: NodeId): Uint8Array | Errno {
    const node = this.#tree.nodes.get(number)
    if (node === undefined) return Errno.ESTALE
    return node.description.kind === 'link' ? (node.bytes ?? Errno.EINVAL) : Errno.EINVAL
  }

  access(number: NodeId, mask: number, ctx: Context): Outcome<void> {
    const node = this.#tree.nodes.get(number)
    if (node === undefined) return Errno.ESTALE
    if ((mask & W_OK) !== 0) return Errno.EROFS
    return permits(node.attr, ctx, mask) ? undefined : Errno.EACCES
  }

  open(number: NodeId, flags: number, _killSuidgid: boolean, ctx: Context): Outcome<OpenReply> {
    const node = this.#tree.nodes.get(number)
    if (node === undefined) return Errno.ESTALE
    if (isDirectory(node)) return Errno.EISDIR
    if ((flags & O_ACCMODE) !== 0 || (flags & O_TRUNC) !== 0) return Errno.EROFS
    if (!permits(node.attr, ctx, (flags & FMODE_EXEC) !== 0 ? X_OK : R_OK)) return Errno.EACCES
    const { description } = node
    if (description.kind !== 'file') return Errno.ELOOP
    if (typeof description.content !== 'function') return { fh: 0, openFlags: OpenReplyFlag.KEEP_CACHE }
    const made = description.content()
    if (!(made instanceof Promise)) return this.#opened(number, toBytes(made))
    return made.then((content) => this.#opened(number, toBytes(content)))
  }

  read(number: NodeId, fh: FileHandle, offset: number, sink: ReadSink): Uint8Array | Errno {
    const bytes = this.#openFiles.get(fh)?.bytes ?? this.#tree.nodes.get(number)?.bytes
    return bytes === undefined ? Errno.EBADF : bytes.subarray(offset, offset + sink.size)
  }

  release(_number: NodeId, fh: FileHandle): void {
    this.#openFiles.delete(fh)
  }

  opendir(number: NodeId, _flags: number, ctx: Context): Outcome<OpenReply> {
    const node = this.#tree.nodes.get(number)
    if (node === undefined) return Errno.ESTALE
    if (!isDirectory(node)) return Errno.ENOTDIR
    if (!permits(node.attr, ctx, R_OK)) return Errno.EACCES
    const reply = { fh: 0, openFlags: 0 }
    return this.#tree.refresh(node)?.then(() => reply) ?? reply
  }

  readdir(number: NodeId, _fh: FileHandle, cookie: bigint, sink: DirectorySink): Outcome<void> {
    return this.#list(number, cookie, sink, (child) =>
      sink.add(child.name, child.number, child.attr.mode >>> S_IFMT_SHIFT, cookieBehind(child)),
    )
  }

  readdirplus(number: NodeId, _fh: FileHandle, cookie: bigint, sink: DirectorySink): Outcome<void> {
    return this.#list(number, cookie, sink, (child) => {
      const taken = sink.addPlus(child.name, this.#entry(child), cookieBehind(child))
      if (taken) child.lookups += 1
      return taken
    })
  }

  statfs(): StatFs {
    const files = this.#tree.nodes.size
    return { blocks: 0, bfree: 0, bavail: 0, files, ffree: 0, bsize: PAGE, namelen: MAX_NAME, frsize: PAGE }
  }

  destroy(): void {
    this.#openFiles.clear()
    for (const node of [...this.#tree.nodes.values()]) this.#tree.forget(node, node.lookups)
  }

  /** A directory that can take `name`. */
  #freePlace(parent: NodeId, name: Uint8Array): DirectoryNode {
    const above = this.#tree.nodes.get(parent)
    if (above === undefined || !isDirectory(above) || !above.linked) throw Errno.ENOENT
    if (above.children.get(name) !== undefined) throw Errno.EEXIST
    return above
  }

  #find(node: DirectoryNode, name: Name): Entry | Errno {
    const found = this.#dots(node, name) ?? node.children.get(name)
    if (found === undefined) return Errno.ENOENT
    found.lookups += 1
    return this.#entry(found)
  }

  /** What `.` and `..` lead to; asked for by those who export the file system. */
  #dots(node: DirectoryNode, name: Name): TreeNode | undefined {
    if (name[0] !== DOT || name.length > 2) return undefined
    if (name.length === 1) return node
    return name[1] === DOT ? this.#above(node) : undefined
  }

  /** The directory above; the root, and what hangs nowhere in this tree, is above itself. */
  #above(node: TreeNode): TreeNode {
    return this.#tree.nodes.get(node.parent) ?? node
  }

  #entry(node: TreeNode): Entry {
    return {
      nodeid: node.number,
      generation: 0,
      attr: node.attr,
      attrTimeout: this.#timeout,
      entryTimeout: this.#timeout,
    }
  }

  #opened(node: NodeId, bytes: Uint8Array): OpenReply {
    const fh = this.#nextHandle
    this.#nextHandle += 1
    this.#openFiles.set(fh, { node, bytes })
    return { fh, openFlags: OpenReplyFlag.DIRECT_IO }
  }

  #list(
    number: NodeId,
    cookie: bigint,
    sink: DirectorySink,
    add: (child: TreeNode) => boolean,
  ): Outcome<void> {
    const node = this.#tree.nodes.get(number)
    if (node === undefined) return Errno.ESTALE
    if (!isDirectory(node)) return Errno.ENOTDIR
    const from = Number(cookie)
    const type = node.attr.mode >>> S_IFMT_SHIFT
    if (from < AFTER_DOT && !sink.add('.', node.number, type, BigInt(AFTER_DOT))) return
    const above = this.#above(node).number
    if (from < AFTER_DOT_DOT && !sink.add('..', above, type, BigInt(AFTER_DOT_DOT))) return
    for (const child of node.children.after(from - 1)) if (!add(child)) return
  }
}

/**
 * A file system from a description: text or bytes are files, functions files that are made at each open, objects
 * directories. See {@link PseudoEntry} for all of it.
 */
export function pseudoFs(
  entries: PseudoEntries | DirectoryDescription,
  options: PseudoOptions = {},
): PseudoFs {
  return new PseudoFs(entries, options)
}

function cookieBehind(child: TreeNode): bigint {
  return BigInt(child.number + 1)
}
