import {
  createInSize,
  FsyncFlag,
  FuseCopyFileRangeIn,
  FuseCopyFileRangeOut,
  FuseCreateIn,
  FuseEntryOut,
  FuseFallocateIn,
  FuseFlushIn,
  FuseFsyncIn,
  FuseLseekIn,
  FuseLseekOut,
  FuseOpenIn,
  FuseOpenOut,
  FuseReadIn,
  FuseReleaseIn,
  FuseWriteIn,
  FuseWriteOut,
  Opcode,
  OpenInFlag,
  OpenReplyFlag,
  ReadFlag,
  ReleaseFlag,
  WriteFlag,
} from '@fb/abi'
import type { CreateReply, FileHandle, NodeId, OpenReply, ReleaseRequest } from '../file-system.js'
import { ContractViolation } from './contract-violation.js'
import { type NameLike, NodeClient } from './node-client.js'
import { checkSize, decodeAt, decodeReply, toEntry } from './reply.js'
import { RequestBody } from './request-body.js'
import type { CallOptions } from './wire-client.js'

/** What READ and WRITE carry besides place and size. */
export interface TransferOptions extends CallOptions {
  /** Flags that the file is open with. */
  readonly flags?: number
  /** Owner of mandatory locks. */
  readonly lockOwner?: bigint
  /** More `WriteFlag` bits (WRITE only). */
  readonly writeFlags?: number
}

/** What OPEN and CREATE carry besides flags. */
export interface OpenOptions extends CallOptions {
  /** OPEN_KILL_SUIDGID. */
  readonly killSuidgid?: boolean
}

/** A place in an open file. */
export interface FilePlace {
  readonly node: NodeId
  readonly fh: FileHandle
  readonly offset: number
}

/** Operations on open files. */
export class FileClient extends NodeClient {
  /** @param flags open(2) flags, default O_RDONLY */
  async open(node: NodeId, flags = 0, options: OpenOptions = {}): Promise<OpenReply> {
    const body = new RequestBody().struct(FuseOpenIn, { flags, openFlags: killFlag(options) })
    return toOpen(decodeReply(FuseOpenOut, await this.call(Opcode.OPEN, node, body, options)))
  }

  async create(
    parent: NodeId,
    name: NameLike,
    mode: number,
    flags: number,
    options: OpenOptions = {},
  ): Promise<CreateReply> {
    return this.#create(Opcode.CREATE, parent, name, mode, flags, options)
  }

  /** Makes a file without a name. The kernel sends a name all the same, which means nothing. */
  async tmpfile(
    parent: NodeId,
    mode: number,
    flags: number,
    options: OpenOptions = {},
  ): Promise<CreateReply> {
    return this.#create(Opcode.TMPFILE, parent, '/', mode, flags, options)
  }

  async read(
    node: NodeId,
    fh: FileHandle,
    offset: number,
    size: number,
    options: TransferOptions = {},
  ): Promise<Uint8Array> {
    const { flags = 0, lockOwner } = options
    const owner = lockOwner === undefined ? {} : { lockOwner, readFlags: ReadFlag.LOCKOWNER }
    const body = new RequestBody().struct(FuseReadIn, { fh, offset, size, flags, ...owner })
    const data = await this.call(Opcode.READ, node, body, options)
    if (data.length > size) throw new ContractViolation(`READ of ${size} bytes gave ${data.length}`)
    return data
  }

  /** Writes, in one request, and gives the number of bytes that were taken. */
  async write(
    node: NodeId,
    fh: FileHandle,
    offset: number,
    data: Uint8Array,
    options: TransferOptions = {},
  ): Promise<number> {
    const { flags = 0, lockOwner, writeFlags = 0 } = options
    const owner =
      lockOwner === undefined ? { writeFlags } : { lockOwner, writeFlags: writeFlags | WriteFlag.LOCKOWNER }
    const body = new RequestBody()
      .struct(FuseWriteIn, { fh, offset, size: data.length, flags, ...owner })
      .bytes(data)
    const { size } = decodeReply(FuseWriteOut, await this.call(Opcode.WRITE, node, body, options))
    if (size > data.length) throw new ContractViolation(`WRITE of ${data.length} bytes took ${size}`)
    return size
  }

  async flush(node: NodeId, fh: FileHandle, lockOwner = 0n, options?: CallOptions): Promise<void> {
    await this.nothing(Opcode.FLUSH, node, new RequestBody().struct(FuseFlushIn, { fh, lockOwner }), options)
  }

  async release(
    node: NodeId,
    fh: FileHandle,
    request: Partial<ReleaseRequest> = {},
    options?: CallOptions,
  ): Promise<void> {
    const { flags = 0, lockOwner = 0n, flush = false, flockUnlock = false } = request
    const releaseFlags = (flush ? ReleaseFlag.FLUSH : 0) | (flockUnlock ? ReleaseFlag.FLOCK_UNLOCK : 0)
    const body = new RequestBody().struct(FuseReleaseIn, { fh, flags, lockOwner, releaseFlags })
    await this.nothing(Opcode.RELEASE, node, body, options)
  }

  async fsync(node: NodeId, fh: FileHandle, datasync = false, options?: CallOptions): Promise<void> {
    await this.nothing(Opcode.FSYNC, node, fsyncBody(fh, datasync), options)
  }

  async fallocate(
    node: NodeId,
    fh: FileHandle,
    offset: number,
    length: number,
    mode = 0,
    options?: CallOptions,
  ): Promise<void> {
    const body = new RequestBody().struct(FuseFallocateIn, { fh, offset, length, mode })
    await this.nothing(Opcode.FALLOCATE, node, body, options)
  }

  /** @param whence SEEK_DATA 3 or SEEK_HOLE 4 */
  async lseek(
    node: NodeId,
    fh: FileHandle,
    offset: number,
    whence: number,
    options?: CallOptions,
  ): Promise<number> {
    const body = new RequestBody().struct(FuseLseekIn, { fh, offset, whence })
    return decodeReply(FuseLseekOut, await this.call(Opcode.LSEEK, node, body, options)).offset
  }

  /** Copies a range; `wide` asks with COPY_FILE_RANGE_64, whose count has 64 bits. */
  async copyFileRange(
    from: FilePlace,
    to: FilePlace,
    length: number,
    { wide = false, flags = 0, ...options }: CallOptions & { wide?: boolean; flags?: number } = {},
  ): Promise<number> {
    const body = new RequestBody().struct(FuseCopyFileRangeIn, {
      fhIn: from.fh,
      offIn: from.offset,
      nodeidOut: to.node,
      fhOut: to.fh,
      offOut: to.offset,
      len: length,
      flags,
    })
    if (!wide)
      return decodeReply(FuseWriteOut, await this.call(Opcode.COPY_FILE_RANGE, from.node, body, options)).size
    const reply = await this.call(Opcode.COPY_FILE_RANGE_64, from.node, body, options)
    return decodeReply(FuseCopyFileRangeOut, reply).bytesCopied
  }

  async #create(
    opcode: number,
    parent: NodeId,
    name: NameLike,
    mode: number,
    flags: number,
    options: OpenOptions,
  ): Promise<CreateReply> {
    const value = { ...this.masked(mode, options), flags, openFlags: killFlag(options) }
    const body = new RequestBody().struct(FuseCreateIn, value, createInSize(this.minor)).name(name)
    const reply = await this.call(opcode, parent, body, options)
    checkSize(reply, FuseEntryOut.size + FuseOpenOut.size, 'fuse_entry_out and fuse_open_out')
    const open = toOpen(decodeAt(FuseOpenOut, reply, FuseEntryOut.size))
    return { entry: this.counted(toEntry(decodeAt(FuseEntryOut, reply, 0), opcode)), open }
  }
}

/** The body of FSYNC and FSYNCDIR. */
export function fsyncBody(fh: FileHandle, datasync: boolean): RequestBody {
  return new RequestBody().struct(FuseFsyncIn, { fh, fsyncFlags: datasync ? FsyncFlag.FDATASYNC : 0 })
}

/** An open file as the file system gave it. */
export function toOpen({ fh, openFlags, backingId }: FuseOpenOut): OpenReply {
  return (openFlags & OpenReplyFlag.PASSTHROUGH) === 0 ? { fh, openFlags } : { fh, openFlags, backingId }
}

function killFlag({ killSuidgid = false }: OpenOptions): number {
  return killSuidgid ? OpenInFlag.KILL_SUIDGID : 0
}
