import { InitFlag } from './constants/init-flag.js'

/** The two words that carry the features of INIT. */
export interface InitFlagWords {
  /** Bits 0 to 31. */
  readonly flags: number
  /** Bits 32 to 63. */
  readonly flags2: number
}

/**
 * Puts the words of `fuse_init_in` or `fuse_init_out` together. `flags2` counts only with INIT_EXT, as the kernel
 * has it: without that bit it is taken as zero.
 */
export function joinInitFlags(flags: number, flags2: number): bigint {
  const low = BigInt(flags >>> 0)
  return (low & InitFlag.INIT_EXT) === 0n ? low : (BigInt(flags2 >>> 0) << 32n) | low
}

/** Takes a set of {@link InitFlag} apart. Set INIT_EXT in it if it has bits above 31, or the kernel ignores those. */
export function splitInitFlags(flags: bigint): InitFlagWords {
  return { flags: Number(BigInt.asUintN(32, flags)), flags2: Number(BigInt.asUintN(32, flags >> 32n)) }
}
