import { FuseInHeader } from '@fb/abi'

/** Extensions are counted in units of 8 bytes. */
const EXTENSION_UNIT = 8
const EMPTY: Uint8Array = new Uint8Array(0)

/** What the header of a request says, apart from lengths. */
export interface RequestHead {
  readonly opcode: number
  readonly unique: bigint
  readonly nodeid: number
  readonly uid?: number
  readonly gid?: number
  readonly pid?: number
}

/**
 * The bytes of one request, as the kernel sends them.
 * @param extensions what `encodeExtensions` of `@fb/abi` gives, a multiple of 8 bytes
 */
export function encodeRequest(
  head: RequestHead,
  body: Uint8Array = EMPTY,
  extensions: Uint8Array = EMPTY,
): Uint8Array {
  const length = FuseInHeader.size + body.length + extensions.length
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  FuseInHeader.encode(view, 0, {
    len: length,
    opcode: head.opcode,
    uniqueLow: Number(BigInt.asUintN(32, head.unique)),
    uniqueHigh: Number(BigInt.asUintN(32, head.unique >> 32n)),
    nodeid: head.nodeid,
    uid: head.uid ?? 0,
    gid: head.gid ?? 0,
    pid: head.pid ?? 0,
    totalExtlen: extensions.length / EXTENSION_UNIT,
  })
  bytes.set(body, FuseInHeader.size)
  bytes.set(extensions, FuseInHeader.size + body.length)
  return bytes
}
