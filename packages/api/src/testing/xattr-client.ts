import {
  FuseGetxattrIn,
  FuseGetxattrOut,
  FuseSetxattrIn,
  InitFlag,
  Opcode,
  SetxattrFlag,
  setxattrInSize,
} from '@fb/abi'
import type { NodeId } from '../file-system.js'
import { nameToString } from '../name.js'
import { DeviceClient } from './device-client.js'
import type { NameLike } from './node-client.js'
import { decodeReply } from './reply.js'
import { RequestBody } from './request-body.js'
import type { CallOptions } from './wire-client.js'

/** XATTR_SIZE_MAX and XATTR_LIST_MAX. */
const MAX_XATTR = 65536

/** Operations on extended attributes. */
export class XattrClient extends DeviceClient {
  /** @param flags XATTR_CREATE 1, XATTR_REPLACE 2 */
  async setxattr(
    node: NodeId,
    name: NameLike,
    value: Uint8Array,
    { flags = 0, killSgid = false, ...options }: CallOptions & { flags?: number; killSgid?: boolean } = {},
  ): Promise<void> {
    const size = setxattrInSize(this.has(InitFlag.SETXATTR_EXT))
    const setxattrFlags = killSgid ? SetxattrFlag.ACL_KILL_SGID : 0
    const body = new RequestBody()
      .struct(FuseSetxattrIn, { size: value.length, flags, setxattrFlags }, size)
      .name(name)
      .bytes(value)
    await this.nothing(Opcode.SETXATTR, node, body, options)
  }

  /** Value of an attribute. @param size room of the caller, bytes */
  async getxattr(node: NodeId, name: NameLike, size = MAX_XATTR, options?: CallOptions): Promise<Uint8Array> {
    return this.call(
      Opcode.GETXATTR,
      node,
      new RequestBody().struct(FuseGetxattrIn, { size }).name(name),
      options,
    )
  }

  /** Length of an attribute's value, as a caller with no room asks for it. */
  async getxattrSize(node: NodeId, name: NameLike, options?: CallOptions): Promise<number> {
    return decodeReply(FuseGetxattrOut, await this.getxattr(node, name, 0, options)).size
  }

  /** Names of the attributes. @param size room of the caller, bytes */
  async listxattr(node: NodeId, size = MAX_XATTR, options?: CallOptions): Promise<string[]> {
    const list = await this.call(
      Opcode.LISTXATTR,
      node,
      new RequestBody().struct(FuseGetxattrIn, { size }),
      options,
    )
    return nameToString(list).split('\0').slice(0, -1)
  }

  /** Length of the list of names. */
  async listxattrSize(node: NodeId, options?: CallOptions): Promise<number> {
    const body = new RequestBody().struct(FuseGetxattrIn, { size: 0 })
    return decodeReply(FuseGetxattrOut, await this.call(Opcode.LISTXATTR, node, body, options)).size
  }

  async removexattr(node: NodeId, name: NameLike, options?: CallOptions): Promise<void> {
    await this.nothing(Opcode.REMOVEXATTR, node, new RequestBody().name(name), options)
  }
}
