import { FUSE_KERNEL_MINOR_VERSION, FuseInitOut, joinInitFlags } from '@fb/abi'
import type { Negotiated } from '../connection.js'

/** What decides how long the structs of a connection are. */
export interface Dialect {
  readonly minor: number
  /** `InitFlag` bits that are on. */
  readonly flags: bigint
}

/** Until INIT was seen: the newest minor, no features. */
export const newestDialect: Dialect = { minor: FUSE_KERNEL_MINOR_VERSION, flags: 0n }

/** What a connection speaks whose INIT was answered elsewhere. */
export function dialectOf({ minor, flags }: Negotiated): Dialect {
  return { minor, flags }
}

/** What a successful reply to INIT settles. @param offered minor that the request named */
export function dialectFromInit(offered: number, body: DataView): Dialect {
  const { offsets } = FuseInitOut
  const word = (at: number): number => (at + 4 <= body.byteLength ? body.getUint32(at, true) : 0)
  return {
    minor: Math.min(offered, word(offsets.minor)),
    flags: joinInitFlags(word(offsets.flags), word(offsets.flags2)),
  }
}
