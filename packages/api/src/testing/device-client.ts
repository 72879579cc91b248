import {
  FuseBmapIn,
  FuseBmapOut,
  FuseIoctlIn,
  FuseIoctlIovec,
  FuseIoctlOut,
  FuseLkIn,
  FuseLkOut,
  FuseNotifyRetrieveIn,
  FusePollIn,
  FusePollOut,
  FuseRemovemappingIn,
  FuseRemovemappingOne,
  FuseSetupmappingIn,
  IoctlFlag,
  LockFlag,
  lkInSize,
  Opcode,
  PollFlag,
} from '@fb/abi'
import type {
  FileHandle,
  FileLock,
  IoctlReply,
  IoctlVector,
  LockRequest,
  MappingRange,
  MappingRequest,
  NodeId,
} from '../file-system.js'
import { FileClient } from './file-client.js'
import { decodeAt, decodeReply } from './reply.js'
import { RequestBody } from './request-body.js'
import { encodeRequest } from './request-bytes.js'
import type { CallOptions } from './wire-client.js'

/** An ioctl as the client sends it. */
export interface IoctlCall {
  readonly command: number
  readonly arg?: bigint
  /** `IoctlFlag` bits. */
  readonly flags?: number
  readonly input?: Uint8Array
  /** Room for the output, bytes. */
  readonly outputSize?: number
}

/** Locks, ioctl, poll, block mapping, DAX mappings, and what answers a notification. */
export class DeviceClient extends FileClient {
  async getlk(
    node: NodeId,
    fh: FileHandle,
    owner: bigint,
    lock: FileLock,
    options?: CallOptions,
  ): Promise<FileLock> {
    const body = this.#lockBody(fh, { owner, lock, flock: false })
    return decodeReply(FuseLkOut, await this.call(Opcode.GETLK, node, body, options)).lk
  }

  /** SETLK, or SETLKW with `request.wait`. */
  async setlk(node: NodeId, fh: FileHandle, request: LockRequest, options?: CallOptions): Promise<void> {
    const opcode = request.wait ? Opcode.SETLKW : Opcode.SETLK
    await this.nothing(opcode, node, this.#lockBody(fh, request), options)
  }

  async bmap(node: NodeId, blocksize: number, block: number, options?: CallOptions): Promise<number> {
    const body = new RequestBody().struct(FuseBmapIn, { blocksize, block })
    return decodeReply(FuseBmapOut, await this.call(Opcode.BMAP, node, body, options)).block
  }

  async ioctl(node: NodeId, fh: FileHandle, request: IoctlCall, options?: CallOptions): Promise<IoctlReply> {
    const { command, arg = 0n, flags = 0, input = new Uint8Array(0), outputSize = 0 } = request
    const value = { fh, flags, cmd: command, arg, inSize: input.length, outSize: outputSize }
    const body = new RequestBody().struct(FuseIoctlIn, value).bytes(input)
    const reply = await this.call(Opcode.IOCTL, node, body, options)
    const out = decodeAt(FuseIoctlOut, reply, 0)
    if ((out.flags & IoctlFlag.RETRY) === 0)
      return { result: out.result, output: reply.slice(FuseIoctlOut.size) }
    const input64 = vectors(reply, FuseIoctlOut.size, out.inIovs)
    const output64 = vectors(reply, FuseIoctlOut.size + out.inIovs * FuseIoctlIovec.size, out.outIovs)
    return { retry: { input: input64, output: output64 } }
  }

  /**
   * Ready events of an open file.
   * @param kh handle for the wake-up: the file system is asked to send POLL with it once, see `notifications`
   */
  async poll(
    node: NodeId,
    fh: FileHandle,
    events: number,
    kh?: bigint,
    options?: CallOptions,
  ): Promise<number> {
    const wake = kh === undefined ? {} : { kh, flags: PollFlag.SCHEDULE_NOTIFY }
    const body = new RequestBody().struct(FusePollIn, { fh, events, ...wake })
    return decodeReply(FusePollOut, await this.call(Opcode.POLL, node, body, options)).revents
  }

  async setupmapping(
    node: NodeId,
    fh: FileHandle,
    { fileOffset, length, flags, windowOffset }: MappingRequest,
    options?: CallOptions,
  ): Promise<void> {
    const value = { fh, foffset: fileOffset, len: length, flags, moffset: windowOffset }
    await this.nothing(
      Opcode.SETUPMAPPING,
      node,
      new RequestBody().struct(FuseSetupmappingIn, value),
      options,
    )
  }

  async removemapping(node: NodeId, ranges: readonly MappingRange[], options?: CallOptions): Promise<void> {
    const body = new RequestBody().struct(FuseRemovemappingIn, { count: ranges.length })
    for (const { windowOffset, length } of ranges) {
      body.struct(FuseRemovemappingOne, { moffset: windowOffset, len: length })
    }
    await this.nothing(Opcode.REMOVEMAPPING, node, body, options)
  }

  /** Answers a RETRIEVE notification with what the page cache would hold. */
  async notifyReply(unique: bigint, node: NodeId, offset: number, data: Uint8Array): Promise<void> {
    const body = new RequestBody().struct(FuseNotifyRetrieveIn, { offset, size: data.length }).bytes(data)
    await this.raw(encodeRequest({ opcode: Opcode.NOTIFY_REPLY, unique, nodeid: node }, body.finish()))
  }

  #lockBody(fh: FileHandle, { owner, lock, flock }: Omit<LockRequest, 'wait'>): RequestBody {
    const value = { fh, owner, lk: lock, lkFlags: flock ? LockFlag.FLOCK : 0 }
    return new RequestBody().struct(FuseLkIn, value, lkInSize(this.minor))
  }
}

function vectors(reply: Uint8Array, start: number, count: number): IoctlVector[] {
  return Array.from({ length: count }, (_, index) => {
    const { base, len } = decodeAt(FuseIoctlIovec, reply, start + index * FuseIoctlIovec.size)
    return { base, length: BigInt(len) }
  })
}
