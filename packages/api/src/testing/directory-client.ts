import {
  type Dirent,
  type Direntplus,
  decodeDirentplus,
  decodeDirents,
  FuseOpenIn,
  FuseOpenOut,
  FuseReadIn,
  FuseReleaseIn,
  Opcode,
} from '@fb/abi'
import { Errno } from '../errno.js'
import type { Entry, FileHandle, NodeId, OpenReply } from '../file-system.js'
import { fsyncBody, toOpen } from './file-client.js'
import { FuseError } from './fuse-error.js'
import { decodeReply, toEntry } from './reply.js'
import { RequestBody } from './request-body.js'
import type { CallOptions } from './wire-client.js'
import { XattrClient } from './xattr-client.js'

const PAGE = 4096
/** FUSE_NAME_MAX: the kernel refuses a longer name in a list. */
const MAX_NAME = 1024
const SLASH = 0x2f

/** Where a listing begins, and how much is asked for at a time. */
export interface ListOptions extends CallOptions {
  /** Cookie to begin with; 0n is the start. */
  readonly cookie?: bigint
  /** Bytes of each reply, default 4096. */
  readonly size?: number
}

/** One entry of READDIRPLUS: `entry` is `undefined` where the file system gave no attributes. */
export interface PlusEntry extends Dirent {
  readonly entry: Entry | undefined
}

/** Operations on directories. */
export class DirectoryClient extends XattrClient {
  async opendir(node: NodeId, flags = 0, options?: CallOptions): Promise<OpenReply> {
    const reply = await this.call(
      Opcode.OPENDIR,
      node,
      new RequestBody().struct(FuseOpenIn, { flags }),
      options,
    )
    return toOpen(decodeReply(FuseOpenOut, reply))
  }

  /** One reply of READDIR: empty at the end of the directory. */
  async readdirPage(node: NodeId, fh: FileHandle, options: ListOptions = {}): Promise<Dirent[]> {
    const reply = await this.#page(Opcode.READDIR, node, fh, options)
    return checked(Opcode.READDIR, decodeDirents(viewOf(reply), 0, reply.length))
  }

  /** Every entry from a cookie on, asking again until there are no more. */
  async readdir(node: NodeId, fh: FileHandle, options: ListOptions = {}): Promise<Dirent[]> {
    return everyPage(options.cookie, (cookie) => this.readdirPage(node, fh, { ...options, cookie }))
  }

  /** One reply of READDIRPLUS; counts a lookup for each entry that has a node. */
  async readdirplusPage(node: NodeId, fh: FileHandle, options: ListOptions = {}): Promise<PlusEntry[]> {
    const reply = await this.#page(Opcode.READDIRPLUS, node, fh, options)
    const list = checked(Opcode.READDIRPLUS, decodeDirentplus(viewOf(reply), 0, reply.length))
    return list.map(({ entry, ...dirent }) => ({ ...dirent, entry: this.#counted(entry) }))
  }

  /** As `readdir`, with attributes. */
  async readdirplus(node: NodeId, fh: FileHandle, options: ListOptions = {}): Promise<PlusEntry[]> {
    return everyPage(options.cookie, (cookie) => this.readdirplusPage(node, fh, { ...options, cookie }))
  }

  async releasedir(node: NodeId, fh: FileHandle, flags = 0, options?: CallOptions): Promise<void> {
    const body = new RequestBody().struct(FuseReleaseIn, { fh, flags })
    await this.nothing(Opcode.RELEASEDIR, node, body, options)
  }

  async fsyncdir(node: NodeId, fh: FileHandle, datasync = false, options?: CallOptions): Promise<void> {
    await this.nothing(Opcode.FSYNCDIR, node, fsyncBody(fh, datasync), options)
  }

  #page(opcode: number, node: NodeId, fh: FileHandle, options: ListOptions): Promise<Uint8Array> {
    const { cookie = 0n, size = PAGE } = options
    const body = new RequestBody().struct(FuseReadIn, { fh, size }).patch64(FuseReadIn.offsets.offset, cookie)
    return this.call(opcode, node, body, options)
  }

  #counted(out: Direntplus['entry']): Entry | undefined {
    return out.nodeid === 0 ? undefined : this.counted(toEntry(out, Opcode.LOOKUP))
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** The entries of a reply; EIO where the kernel refuses one (fs/fuse/readdir.c). */
function checked<T extends Dirent>(opcode: number, entries: Iterable<T>): T[] {
  return [...entries].map((entry) => {
    if (entry.name.length > MAX_NAME || entry.name.includes(SLASH)) {
      throw new FuseError(Errno.EIO, opcode, 'the kernel refuses a name that is too long or holds a slash')
    }
    return entry
  })
}

async function everyPage<T extends Dirent>(
  start: bigint | undefined,
  page: (cookie: bigint) => Promise<T[]>,
): Promise<T[]> {
  const all: T[] = []
  for (let cookie = start ?? 0n; ; ) {
    const entries = await page(cookie)
    const last = entries.at(-1)
    if (last === undefined) return all
    if (last.cookie === cookie)
      throw new FuseError(Errno.EIO, Opcode.READDIR, `the listing stays at cookie ${cookie}`)
    all.push(...entries)
    cookie = last.cookie
  }
}
