import { FuseOutHeader, InitFlag, Opcode, OpenReplyFlag } from '@fb/abi'
import type { Attr } from '../attr.js'
import { Errno } from '../errno.js'
import type { Entry, FileSystem, NodeId, OpenReply } from '../file-system.js'
import { nameToString } from '../name.js'
import { Notifier } from '../notifier.js'
import { Server, type ServerOptions } from '../server.js'
import { DirectoryClient } from './directory-client.js'
import { FuseError } from './fuse-error.js'
import { MemoryChannel } from './memory-channel.js'
import type { MemoryRequestOptions } from './memory-request.js'
import { decodeNotification, type Notification } from './notification.js'
import type { CallOptions, Identity, InitOffer } from './wire-client.js'

const ROOT: NodeId = 1
const S_IFMT = 0o170000
const S_IFDIR = 0o040000
const S_IFLNK = 0o120000
const O_RDONLY = 0
const O_WRONLY = 1
const O_TRUNC = 0o1000
const O_CREAT = 0o100
/** Links that one path may go through (include/linux/namei.h). */
const MAX_LINKS = 40
const PAGE = 4096
const ENCODER = new TextEncoder()

/** How {@link FuseClient.connect} sets up its server and its connection. */
export interface ConnectOptions extends InitOffer, Partial<Identity>, MemoryRequestOptions {
  /** Options of the server that is made around a file system. */
  readonly server?: ServerOptions
}

/** One file or directory that {@link FuseClient.walk} came to. */
export interface WalkEntry {
  readonly path: string
  readonly attr: Attr
}

/** A node that a path leads to. */
interface Place {
  readonly node: NodeId
  readonly attr: Attr
}

/**
 * Plays the kernel to a file system, in memory: no root, no mount, no other process. Every operation of the
 * protocol is a method that resolves with what the file system answered and rejects with a {@link FuseError};
 * `readFile`, `writeFile`, `list`, `stat` and `walk` take paths and send the requests that the kernel would.
 *
 * It refuses with EIO what the kernel refuses, and throws a `ContractViolation` for anything that a correct
 * server never does.
 */
export class FuseClient extends DirectoryClient {
  readonly server: Server
  /** What the file system has told the kernel through `connection.notifier`, in order. */
  readonly notifications: readonly Notification[]

  private constructor(
    server: Server,
    channel: MemoryChannel,
    identity: Partial<Identity>,
    notifications: readonly Notification[],
  ) {
    super(channel, identity)
    this.server = server
    this.notifications = notifications
  }

  /**
   * Makes a server around a file system (or takes one that exists, whose notifications are its own) and sends
   * INIT. Throws {@link FuseError} where the connection is refused.
   */
  static async connect(target: FileSystem | Server, options: ConnectOptions = {}): Promise<FuseClient> {
    const notifications: Notification[] = []
    const notifier = new Notifier((head, data) => {
      notifications.push(decodeNotification(head, data))
      return 0
    })
    const server = target instanceof Server ? target : new Server(target, { notifier, ...options.server })
    const client = new FuseClient(
      server,
      new MemoryChannel(server, transportOptions(options)),
      options,
      notifications,
    )
    await client.init(options)
    return client
  }

  /** Ends the connection with DESTROY: resolves when the file system's `destroy` has run. */
  async destroy(options?: CallOptions): Promise<void> {
    await this.call(Opcode.DESTROY, 0, undefined, options)
  }

  /** Gives every reference back, ends the connection, and throws what broke the rules meanwhile. */
  async close(): Promise<void> {
    await this.forgetAll()
    if (this.server.negotiated !== undefined) await this.destroy()
    await this.server.close()
    this.channel.check()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

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
    const open = await this.#openNode(node, O_RDONLY)
    const direct = (open.openFlags & OpenReplyFlag.DIRECT_IO) !== 0
    const data = await this.#readAll(node, open.fh, direct ? Number.POSITIVE_INFINITY : attr.size)
    await this.#closeNode(node, open, O_RDONLY)
    return encoding === undefined ? data : nameToString(data)
  }

  /** Makes a file or replaces its content. @param mode of a new file, default 0644 */
  async writeFile(path: string, content: Uint8Array | string, mode = 0o644): Promise<void> {
    const { node, open } = await this.#openForWriting(path, mode)
    const data = typeof content === 'string' ? ENCODER.encode(content) : content
    for (let offset = 0; offset < data.length; ) {
      const end = Math.min(data.length, offset + this.negotiated.maxWrite)
      const count = await this.write(node, open.fh, offset, data.subarray(offset, end), { flags: O_WRONLY })
      if (count === 0) throw new FuseError(Errno.EIO, Opcode.WRITE, 'WRITE took nothing')
      offset += count
    }
    await this.#closeNode(node, open, O_WRONLY)
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
    const { fh } = await this.opendir(node)
    const entries = await this.readdir(node, fh)
    await this.releasedir(node, fh)
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

  /** Opens as the kernel does: ENOSYS means, where that was agreed, that no open is needed. */
  async #openNode(node: NodeId, flags: number): Promise<OpenReply> {
    try {
      return await this.open(node, flags)
    } catch (error) {
      const optional =
        error instanceof FuseError && error.code === 'ENOSYS' && this.has(InitFlag.NO_OPEN_SUPPORT)
      if (!optional) throw error
      return { fh: 0, openFlags: OpenReplyFlag.KEEP_CACHE }
    }
  }

  async #closeNode(node: NodeId, { fh, openFlags }: OpenReply, flags: number): Promise<void> {
    if ((openFlags & OpenReplyFlag.NOFLUSH) === 0) await this.flush(node, fh)
    await this.release(node, fh, { flags })
  }

  async #openForWriting(path: string, mode: number): Promise<{ node: NodeId; open: OpenReply }> {
    const place = await this.#existing(path)
    if (place === undefined) {
      const at = path.lastIndexOf('/')
      const parent = await this.resolve(path.slice(0, Math.max(at, 0)))
      const name = path.slice(at + 1)
      const created = await this.create(parent, name, 0o100000 | mode, O_WRONLY | O_CREAT | O_TRUNC)
      return { node: created.entry.nodeid, open: created.open }
    }
    const { node } = place
    if (this.has(InitFlag.ATOMIC_O_TRUNC))
      return { node, open: await this.#openNode(node, O_WRONLY | O_TRUNC) }
    const open = await this.#openNode(node, O_WRONLY)
    await this.setattr(node, { size: 0 }, open.fh)
    return { node, open }
  }

  async #existing(path: string): Promise<Place | undefined> {
    try {
      return await this.#walkTo(path, true)
    } catch (error) {
      if (error instanceof FuseError && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  async #readAll(node: NodeId, fh: number, limit: number): Promise<Uint8Array> {
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
}

function transportOptions({ replyCapacity, payloadOutside }: ConnectOptions): MemoryRequestOptions {
  return {
    replyCapacity: replyCapacity ?? FuseOutHeader.size + 16 * 1024 * 1024,
    ...(payloadOutside === undefined ? {} : { payloadOutside }),
  }
}
