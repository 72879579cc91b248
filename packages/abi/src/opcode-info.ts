import type { AnyStruct } from './struct.js'

/**
 * What follows the struct and the names of a message.
 *
 * - `none`: nothing.
 * - `bytes`: data, counted by `payloadCount` of the entry.
 * - `nodeids`: unsigned 64-bit node ids, counted the same way.
 * - a struct: an array of it, counted the same way.
 */
export type Payload = 'none' | 'bytes' | 'nodeids' | AnyStruct

/**
 * What follows the header of a reply that is no error.
 *
 * - `none`: nothing.
 * - `bytes`: data, at most as much as was asked for.
 * - `xattr`: `FuseGetxattrOut` if the request asked for size 0, else bytes.
 * - `dirents`, `direntplus`: entries, see `decodeDirents` and `decodeDirentplus`.
 * - a struct.
 */
export type Reply = 'none' | 'bytes' | 'xattr' | 'dirents' | 'direntplus' | AnyStruct

/** What is known of one operation: enough to decode, trace, count, document and fuzz it. */
export interface OpcodeInfo {
  /** Its number. */
  readonly code: number
  /** Its key in `Opcode`. */
  readonly name: string
  /** Its name in C. */
  readonly cName: string
  /** Minor version that brought it; 0 for those that version 7 began with. */
  readonly since: number
  /** The struct after the header of the request, `undefined` if there is none. */
  readonly request: AnyStruct | undefined
  /**
   * Bytes of that struct on the wire; less than its size for older minors or without a feature. Call it once for a
   * connection, not for each request.
   *
   * @param minor the negotiated minor version; for INIT the one that the request names.
   * @param flags the negotiated bits of `InitFlag`; for INIT those that the request names.
   */
  readonly requestSize: (minor: number, flags: bigint) => number
  /** How many NUL-terminated names follow. */
  readonly names: 0 | 1 | 2
  /** What follows those. */
  readonly payload: Payload
  /** Key of the request that counts the payload (bytes or elements), `undefined` if there is no payload. */
  readonly payloadCount: string | undefined
  /** Whether the request may end with extensions: see `parseExtensions`. */
  readonly extensions: boolean
  /** What follows the header of a successful reply. */
  readonly reply: Reply
  /** Bytes of the struct of the reply at a negotiated minor version; 0 if `reply` is no struct. */
  readonly replySize: (minor: number) => number
  /** What follows that struct: a second struct, bytes, or nothing. */
  readonly replyTail: 'none' | 'bytes' | AnyStruct
  /** Whether success is never answered. Only INTERRUPT of these may be answered with an error (ENOSYS, EAGAIN). */
  readonly noReply: boolean
}
