import { InitFlag, Opcode, OpenReplyFlag } from '@fb/abi'
import type { Attr } from '../attr.js'
import { Errno } from '../errno.js'
import type { Entry, FileHandle, NodeId, OpenReply } from '../file-system.js'
import { nameToString } from '../name.js'
import { DirectoryClient } from './directory-client.js'
import { FuseError } from './fuse-error.js'
import type { CallOptions } from './wire-client.js'

const ROOT: NodeId = 1
const S_IFMT = 0o170000
const S_IFDIR = 0o040000
const S_IFLNK = 0o120000
const S_IFREG = 0o100000
const O_RDONLY = 0
const O_WRONLY = 1
const O_TRUNC = 0o1000
const O_CREAT = 0o100
/** Links that one path may go through (include/linux/namei.h). */
const MAX_LINKS = 40
const PAGE = 4096
const ENCODER = new TextEncoder()

/** One file or directory that {@link PathClient.walk} came to. */
export interface WalkEntry {
  readonly path: string
  readonly attr: Attr
}

/** A node that a path leads to. */
interface Place {
  readonly node: NodeId
  readonly attr: Attr
}

/** An open file or directory, and how to close it where that has to be. */
interface Opened {
  readonly node: NodeId
  readonly fh: FileHandle
  readonly openFlags: number
  readonly close: (() => Promise<void>) | undefined
}

/** Works with paths, sending the requests that the kernel would. */
export class PathClient extends DirectoryClient {
  /** The node of a path, through symbolic links; its references are kept until `forgetAll`. */
  async resolve(path: string, options?: CallOptions): Promise<NodeId> {
    return (await this.#walkTo(path, true, options)).node
  }

  /** Attributes of what a path leads to, through symbolic links. */
  async stat(path: string, options?: CallOptions): Promise<Attr> {
    return (await this.#walkTo(path, true, options)).attr
  }

  /** Attributes of what stands at a path: of the link itself where it is one. */
  async lstat(path: string, options?: CallOptions): Promise<Attr> {
    return (await this.#walkTo(path, false, options)).attr
  }

  /**
   * Content of a file, as bytes or text. As the kernel does, it reads no more than the size that the attributes
   * tell, unless the file was opened with DIRECT_IO.
   */
  async readFile(path: string): Promise<Uint8Array>
  async readFile(path: string, encoding: 'utf8'): Promise<string>
  async readFile(path: string, encoding?: 'utf8'): Promise<Uint8Array | string> {
    const { node, attr } = await this.#walkTo(path, true)
    if ((attr.mode & S_IFMT) === S_IFDIR) throw new FuseError(Errno.EISDIR, Opcode.READ)
    const file = await this.#openFile(node, O_RDONLY)
    const direct = (file.openFlags & OpenReplyFlag.DIRECT_IO) !== 0
    const data = await this.#using(file, () =>
      this.#readAll(file, direct ? Number.POSITIVE_INFINITY : attr.size),
    )
    return encoding === undefined ? data : nameToString(data)
  }

  /** Makes a file or replaces its content. @param mode of a new file, default 0644 */
  async writeFile(path: string, content: Uint8Array | string, mode = 0o644): Promise<void> {
    const file = await this.#openForWriting(path, mode)
    const data = typeof content === 'string' ? ENCODER.encode(content) : content
    await this.#using(file, () => this.#writeAll(file, data))
  }

  /** Names in a directory, without `.` and `..`, in the order of the file system. */
  async list(path: string): Promise<string[]> {
    return this.#names((await this.#walkTo(path, true)).node)
  }

  /** Everything below a path, parents first; symbolic links are not followed. */
  async *walk(path = '/'): AsyncGenerator<WalkEntry, void, undefined> {
    const { node, attr } = await this.#walkTo(path, false)
    yield { path, attr }
    if ((attr.mode & S_IFMT) !== S_IFDIR) return
    const prefix = path.endsWith('/') ? path : `${path}/`
    for (const name of await this.#names(node)) yield* this.walk(`${prefix}${name}`)
  }

  async #names(node: NodeId): Promise<string[]> {
    const directory = await this.#openDirectory(node)
    const entries = await this.#using(directory, () => this.readdir(node, directory.fh))
    return entries.map(({ name }) => nameToString(name)).filter((name) => name !== '.' && name !== '..')
  }

  /** Follows a path from the root, component by component. */
  async #walkTo(path: string, follow: boolean, options?: CallOptions, links = 0): Promise<Place> {
    if (links > MAX_LINKS) throw new FuseError(Errno.ELOOP, Opcode.LOOKUP)
    const parts = path.split('/').filter((part) => part !== '' && part !== '.')
    let node = ROOT
    for (const [index, name] of parts.entries()) {
      if (name === '..') {
        const shorter = [...parts.slice(0, Math.max(index - 1, 0)), ...parts.slice(index + 1)]
        return this.#walkTo(shorter.join('/'), follow, options, links)
      }
      const entry = await this.#find(node, name, options)
      const rest = parts.slice(index + 1)
      if ((entry.attr.mode & S_IFMT) === S_IFLNK && (follow || rest.length > 0)) {
        const target = nameToString(await this.readlink(entry.nodeid, options))
        const base = target.startsWith('/') ? [] : parts.slice(0, index)
        return this.#walkTo([...base, target, ...rest].join('/'), follow, options, links + 1)
      }
      if (rest.length === 0) return { node: entry.nodeid, attr: entry.attr }
      if ((entry.attr.mode & S_IFMT) !== S_IFDIR) throw new FuseError(Errno.ENOTDIR, Opcode.LOOKUP)
      node = entry.nodeid
    }
    return { node: ROOT, attr: (await this.getattr(ROOT, undefined, options)).attr }
  }

  async #find(parent: NodeId, name: string, options?: CallOptions): Promise<Entry> {
    const entry = await this.lookup(parent, name, options)
    if (entry.nodeid === 0) throw new FuseError(Errno.ENOENT, Opcode.LOOKUP)
    return entry
  }

  async #openFile(node: NodeId, flags: number): Promise<Opened> {
    return this.#opened(node, flags, InitFlag.NO_OPEN_SUPPORT, () => this.open(node, flags))
  }

  async #openDirectory(node: NodeId): Promise<Opened> {
    const { fh, openFlags, close } = await this.#opened(node, 0, InitFlag.NO_OPENDIR_SUPPORT, () =>
      this.opendir(node),
    )
    return { node, fh, openFlags, close: close && (() => this.releasedir(node, fh)) }
  }

  /** Opens as the kernel does: ENOSYS means, where that was agreed on, that nothing is opened and nothing released. */
  async #opened(
    node: NodeId,
    flags: number,
    optional: bigint,
    open: () => Promise<OpenReply>,
  ): Promise<Opened> {
    try {
      return this.#fileOf(node, flags, await open())
    } catch (error) {
      const needless = error instanceof FuseError && error.code === 'ENOSYS' && this.has(optional)
      if (!needless) throw error
      return { node, fh: 0, openFlags: OpenReplyFlag.KEEP_CACHE, close: undefined }
    }
  }

  #fileOf(node: NodeId, flags: number, { fh, openFlags }: OpenReply): Opened {
    const close = async (): Promise<void> => {
      try {
        if ((openFlags & OpenReplyFlag.NOFLUSH) === 0) await this.flush(node, fh)
      } finally {
        await this.release(node, fh, { flags })
      }
    }
    return { node, fh, openFlags, close }
  }

  /** Closes whatever happens; an error of closing is the error of the whole. */
  async #using<T>(opened: Opened, use: () => Promise<T>): Promise<T> {
    try {
      return await use()
    } finally {
      await opened.close?.()
    }
  }

  async #openForWriting(path: string, mode: number): Promise<Opened> {
    const place = await this.#existing(path)
    if (place === undefined) {
      const at = path.lastIndexOf('/')
      const parent = await this.resolve(path.slice(0, Math.max(at, 0)))
      const flags = O_WRONLY | O_CREAT | O_TRUNC
      const { entry, open } = await this.create(parent, path.slice(at + 1), S_IFREG | mode, flags)
      return this.#fileOf(entry.nodeid, O_WRONLY, open)
    }
    const { node } = place
    if (this.has(InitFlag.ATOMIC_O_TRUNC)) return this.#openFile(node, O_WRONLY | O_TRUNC)
    const file = await this.#openFile(node, O_WRONLY)
    await this.setattr(node, { size: 0 }, file.fh)
    return file
  }

  async #existing(path: string): Promise<Place | undefined> {
    try {
      return await this.#walkTo(path, true)
    } catch (error) {
      if (error instanceof FuseError && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  async #readAll({ node, fh }: Opened, limit: number): Promise<Uint8Array> {
    const most = this.negotiated.maxPages * PAGE
    const parts: Uint8Array[] = []
    let offset = 0
    while (offset < limit) {
      const part = await this.read(node, fh, offset, most)
      parts.push(part.subarray(0, Math.min(part.length, limit - offset)))
      offset += part.length
      if (part.length < most) break
    }
    return new Uint8Array(Buffer.concat(parts))
  }

  async #writeAll({ node, fh }: Opened, data: Uint8Array): Promise<void> {
    for (let offset = 0; offset < data.length; ) {
      const end = Math.min(data.length, offset + this.negotiated.maxWrite)
      const count = await this.write(node, fh, offset, data.subarray(offset, end), { flags: O_WRONLY })
      if (count === 0) throw new FuseError(Errno.EIO, Opcode.WRITE, 'WRITE took nothing')
      offset += count
    }
  }
}
