import {
  FuseAccessIn,
  FuseAttrOut,
  FuseBatchForgetIn,
  FuseEntryOut,
  FuseForgetIn,
  FuseForgetOne,
  FuseGetattrIn,
  FuseLinkIn,
  FuseMkdirIn,
  FuseMknodIn,
  FuseRename2In,
  FuseRenameIn,
  FuseSetattrIn,
  FuseStatfsOut,
  FuseStatxIn,
  FuseStatxOut,
  FuseSyncfsIn,
  GetattrFlag,
  InitFlag,
  mknodInSize,
  Opcode,
} from '@fb/abi'
import type { AttrReply, Entry, FileHandle, NodeId, SetAttr, StatFs } from '../file-system.js'
import { checkSize, decodeReply, toAttrReply, toEntry } from './reply.js'
import { RequestBody } from './request-body.js'
import { encodeSetAttr } from './set-attr.js'
import { type CallOptions, WireClient } from './wire-client.js'

/** A name: text, or bytes where it is not UTF-8 (or shall be wrong on purpose). */
export type NameLike = Uint8Array | string

/** Operations on nodes and names. Counts lookups as the kernel does. */
export class NodeClient extends WireClient {
  /** References that the client holds, by node: what `forgetAll` gives back. */
  readonly lookups = new Map<NodeId, number>()

  /** Finds a name. An entry with nodeid 0 is a negative one; a name that is not there is ENOENT. */
  async lookup(parent: NodeId, name: NameLike, options?: CallOptions): Promise<Entry> {
    return this.#entry(Opcode.LOOKUP, parent, new RequestBody().name(name), options)
  }

  /** Drops references to a node. */
  async forget(node: NodeId, nlookup = 1): Promise<void> {
    this.#dropped(node, nlookup)
    await this.post(Opcode.FORGET, node, new RequestBody().struct(FuseForgetIn, { nlookup }))
  }

  /** Drops references to many nodes in one request. */
  async batchForget(forgets: Iterable<readonly [node: NodeId, nlookup: number]>): Promise<void> {
    const list = [...forgets]
    const body = new RequestBody().struct(FuseBatchForgetIn, { count: list.length })
    for (const [nodeid, nlookup] of list) {
      this.#dropped(nodeid, nlookup)
      body.struct(FuseForgetOne, { nodeid, nlookup })
    }
    await this.post(Opcode.BATCH_FORGET, 0, body)
  }

  /**
   * Drops every reference that the client holds. A file system whose counts are right now knows no node but
   * the root.
   */
  async forgetAll(): Promise<void> {
    if (this.lookups.size > 0) await this.batchForget(this.lookups)
  }

  async getattr(node: NodeId, fh?: FileHandle, options?: CallOptions): Promise<AttrReply> {
    const value = fh === undefined ? {} : { fh, getattrFlags: GetattrFlag.FH }
    const reply = await this.call(
      Opcode.GETATTR,
      node,
      new RequestBody().struct(FuseGetattrIn, value),
      options,
    )
    return toAttrReply(decodeReply(FuseAttrOut, reply), Opcode.GETATTR)
  }

  async setattr(node: NodeId, changes: SetAttr, fh?: FileHandle, options?: CallOptions): Promise<AttrReply> {
    const body = new RequestBody().struct(FuseSetattrIn, encodeSetAttr(changes, fh))
    const reply = await this.call(Opcode.SETATTR, node, body, options)
    return toAttrReply(decodeReply(FuseAttrOut, reply), Opcode.SETATTR)
  }

  /** Target of a symbolic link, as bytes. */
  async readlink(node: NodeId, options?: CallOptions): Promise<Uint8Array> {
    return this.call(Opcode.READLINK, node, undefined, options)
  }

  async symlink(parent: NodeId, name: NameLike, target: NameLike, options?: CallOptions): Promise<Entry> {
    return this.#entry(Opcode.SYMLINK, parent, new RequestBody().name(name).name(target), options)
  }

  /** @param rdev the kernel's 32-bit encoding, see `encodeDevice` */
  async mknod(parent: NodeId, name: NameLike, mode: number, rdev = 0, options?: CallOptions): Promise<Entry> {
    const value = { ...this.masked(mode, options), rdev }
    const body = new RequestBody().struct(FuseMknodIn, value, mknodInSize(this.minor)).name(name)
    return this.#entry(Opcode.MKNOD, parent, body, options)
  }

  async mkdir(parent: NodeId, name: NameLike, mode = 0o777, options?: CallOptions): Promise<Entry> {
    const body = new RequestBody().struct(FuseMkdirIn, this.masked(mode, options)).name(name)
    return this.#entry(Opcode.MKDIR, parent, body, options)
  }

  async unlink(parent: NodeId, name: NameLike, options?: CallOptions): Promise<void> {
    await this.nothing(Opcode.UNLINK, parent, new RequestBody().name(name), options)
  }

  async rmdir(parent: NodeId, name: NameLike, options?: CallOptions): Promise<void> {
    await this.nothing(Opcode.RMDIR, parent, new RequestBody().name(name), options)
  }

  /** @param flags RENAME_NOREPLACE 1, RENAME_EXCHANGE 2, RENAME_WHITEOUT 4: RENAME2 is sent for any, as by the kernel */
  async rename(
    parent: NodeId,
    name: NameLike,
    newParent: NodeId,
    newName: NameLike,
    flags = 0,
    options?: CallOptions,
  ): Promise<void> {
    const body = new RequestBody()
    if (flags === 0) body.struct(FuseRenameIn, { newdir: newParent })
    else body.struct(FuseRename2In, { newdir: newParent, flags })
    const opcode = flags === 0 ? Opcode.RENAME : Opcode.RENAME2
    await this.nothing(opcode, parent, body.name(name).name(newName), options)
  }

  async link(node: NodeId, newParent: NodeId, newName: NameLike, options?: CallOptions): Promise<Entry> {
    const body = new RequestBody().struct(FuseLinkIn, { oldnodeid: node }).name(newName)
    return this.#entry(Opcode.LINK, newParent, body, options)
  }

  async statfs(node: NodeId = 1, options?: CallOptions): Promise<StatFs> {
    return decodeReply(FuseStatfsOut, await this.call(Opcode.STATFS, node, undefined, options)).st
  }

  async syncfs(node: NodeId = 1, options?: CallOptions): Promise<void> {
    await this.nothing(Opcode.SYNCFS, node, new RequestBody().struct(FuseSyncfsIn), options)
  }

  /** @param mask R_OK 4, W_OK 2, X_OK 1, F_OK 0 */
  async access(node: NodeId, mask: number, options?: CallOptions): Promise<void> {
    await this.nothing(Opcode.ACCESS, node, new RequestBody().struct(FuseAccessIn, { mask }), options)
  }

  /**
   * @param mask the fields that are wanted, STATX_* bits
   * @returns the struct of the reply as it is on the wire
   */
  async statx(
    node: NodeId,
    mask: number,
    query: { readonly fh?: FileHandle; readonly flags?: number } = {},
    options?: CallOptions,
  ): Promise<FuseStatxOut> {
    const handle = query.fh === undefined ? {} : { fh: query.fh, getattrFlags: GetattrFlag.FH }
    const body = new RequestBody().struct(FuseStatxIn, { sxMask: mask, sxFlags: query.flags ?? 0, ...handle })
    return decodeReply(FuseStatxOut, await this.call(Opcode.STATX, node, body, options))
  }

  /** Sends a request whose reply has no body. */
  protected async nothing(
    opcode: number,
    node: NodeId,
    body: RequestBody,
    options?: CallOptions,
  ): Promise<void> {
    checkSize(await this.call(opcode, node, body, options), 0, 'no body')
  }

  /** Mode and umask as the kernel sends them: it applies the umask itself unless DONT_MASK is on. */
  protected masked(mode: number, { umask = 0 }: CallOptions = {}): { mode: number; umask: number } {
    return { mode: this.has(InitFlag.DONT_MASK) ? mode : mode & ~umask, umask }
  }

  /** Counts the reference that an entry gives. */
  protected counted(entry: Entry): Entry {
    if (entry.nodeid !== 0) this.lookups.set(entry.nodeid, (this.lookups.get(entry.nodeid) ?? 0) + 1)
    return entry
  }

  async #entry(opcode: number, node: NodeId, body: RequestBody, options?: CallOptions): Promise<Entry> {
    const reply = await this.call(opcode, node, body, options)
    return this.counted(toEntry(decodeReply(FuseEntryOut, reply), opcode))
  }

  #dropped(node: NodeId, nlookup: number): void {
    const left = (this.lookups.get(node) ?? 0) - nlookup
    if (left > 0) this.lookups.set(node, left)
    else this.lookups.delete(node)
  }
}
