import { FUSE_KERNEL_MINOR_VERSION, FUSE_KERNEL_VERSION, InitFlag } from '@fb/abi'
import type { Notifier } from './notifier.js'

/** What INIT settled, as plain data. */
export interface Negotiated {
  /** Version of the protocol that both sides speak. */
  readonly major: number
  readonly minor: number
  /** `InitFlag` bits that the kernel offered. */
  readonly offered: bigint
  /** `InitFlag` bits that are on. */
  readonly flags: bigint
  /** Most bytes of one WRITE. */
  readonly maxWrite: number
  /** Most bytes of readahead. */
  readonly maxReadahead: number
  /** Most background requests (readahead, asynchronous writes) in flight. */
  readonly maxBackground: number
  /** Background requests at which the kernel calls the device congested. */
  readonly congestionThreshold: number
  /** Granularity of times in nanoseconds: a power of ten up to 10^9. */
  readonly timeGran: number
  /** Most pages of one request. */
  readonly maxPages: number
  /** log2 of the alignment of DAX mappings; 0 where there is no window. */
  readonly mapAlignment: number
  /** File systems that may be stacked below (PASSTHROUGH); 0 where it is off. */
  readonly maxStackDepth: number
  /** Seconds after which the kernel gives a request up; 0 for never. */
  readonly requestTimeout: number
}

/** Limits that a file system or its embedder may set before INIT is answered. */
export interface ConnectionLimits {
  /** Most bytes of one WRITE, and of READ by way of `maxPages`. Default 1 MiB. */
  maxWrite: number
  /** Most bytes of readahead; never more than the kernel offers. */
  maxReadahead: number
  maxBackground: number
  /** Default three quarters of `maxBackground`. */
  congestionThreshold: number
  timeGran: number
  mapAlignment: number
  maxStackDepth: number
  requestTimeout: number
}

const MAX_U16 = 0xffff

/**
 * One connection while INIT is being answered: what the kernel offers, and what shall be on.
 * The file system gets it in `init`, changes it there, and may keep it to read the result.
 */
export class Connection {
  /** Version that the kernel speaks. */
  readonly major: number
  readonly minor: number
  /** `InitFlag` bits that the kernel offers. */
  readonly offered: bigint
  readonly limits: ConnectionLimits
  /** Tells the kernel about changes; `undefined` where the transport has no way to (virtio-fs). */
  readonly notifier: Notifier | undefined
  /**
   * Whether those who call are processes of this machine, whose ids in a `Context` mean the same in /proc here, and who are
   * trusted as far as its kernel trusts them. False for guests.
   */
  readonly localCallers: boolean
  #flags = 0n

  constructor(
    peer: { readonly major: number; readonly minor: number; readonly offered: bigint },
    limits: ConnectionLimits,
    notifier: Notifier | undefined,
    localCallers = false,
  ) {
    this.major = peer.major
    this.minor = peer.minor
    this.offered = peer.offered
    this.limits = limits
    this.notifier = notifier
    this.localCallers = localCallers
  }

  /** `InitFlag` bits that are on so far. */
  get flags(): bigint {
    return this.#flags
  }

  /** Whether the kernel offers every bit of `flag`. */
  offers(flag: bigint): boolean {
    return (this.offered & flag) === flag
  }

  /** Whether every bit of `flag` is on. */
  has(flag: bigint): boolean {
    return (this.#flags & flag) === flag
  }

  /** Turns features on where the kernel offers them. True where every bit of `flag` is on afterwards. */
  enable(flag: bigint): boolean {
    this.#flags |= flag & this.offered
    return this.has(flag)
  }

  /** Turns features off. */
  disable(flag: bigint): void {
    this.#flags &= ~flag
  }

  /**
   * Settles the connection: drops what cannot go together and clamps the limits.
   * Throws RangeError for a limit that is not a whole number of its range.
   */
  settle(pageSize: number): Negotiated {
    const { limits } = this
    checkLimit('maxWrite', limits.maxWrite, 4096, 2 ** 30)
    checkLimit('maxReadahead', limits.maxReadahead, 0, 2 ** 32 - 1)
    checkLimit('maxBackground', limits.maxBackground, 1, MAX_U16)
    checkLimit('congestionThreshold', limits.congestionThreshold, 1, MAX_U16)
    checkLimit('timeGran', limits.timeGran, 1, 1_000_000_000)
    checkLimit('mapAlignment', limits.mapAlignment, 0, 63)
    checkLimit('maxStackDepth', limits.maxStackDepth, 0, 2)
    checkLimit('requestTimeout', limits.requestTimeout, 0, MAX_U16)

    // Bits that only mean something together with a field, or that exclude each other (fs/fuse/inode.c).
    if (this.has(InitFlag.NO_OPEN_SUPPORT)) this.disable(InitFlag.ATOMIC_O_TRUNC)
    // Linux dies of a submount that goes while it reads ahead in a file of it that nobody has open any more.
    if (this.has(InitFlag.SUBMOUNTS)) this.disable(InitFlag.ASYNC_READ)
    if (limits.maxStackDepth === 0 || this.has(InitFlag.WRITEBACK_CACHE)) this.disable(InitFlag.PASSTHROUGH)
    if (limits.requestTimeout === 0) this.disable(InitFlag.REQUEST_TIMEOUT)
    if (limits.mapAlignment === 0) this.disable(InitFlag.MAP_ALIGNMENT)
    if (this.#flags >> 32n !== 0n) this.enable(InitFlag.INIT_EXT)
    if (!this.has(InitFlag.INIT_EXT)) this.#flags &= 0xffff_ffffn

    const big = this.has(InitFlag.MAX_PAGES)
    const maxWrite = big ? limits.maxWrite : Math.min(limits.maxWrite, 32 * pageSize)
    return {
      major: FUSE_KERNEL_VERSION,
      minor: Math.min(this.minor, FUSE_KERNEL_MINOR_VERSION),
      offered: this.offered,
      flags: this.#flags,
      maxWrite,
      maxReadahead: limits.maxReadahead,
      maxBackground: limits.maxBackground,
      congestionThreshold: Math.min(limits.congestionThreshold, limits.maxBackground),
      timeGran: limits.timeGran,
      maxPages: big ? Math.min(Math.ceil(maxWrite / pageSize), MAX_U16) : 32,
      mapAlignment: this.has(InitFlag.MAP_ALIGNMENT) ? limits.mapAlignment : 0,
      maxStackDepth: this.has(InitFlag.PASSTHROUGH) ? limits.maxStackDepth : 0,
      requestTimeout: this.has(InitFlag.REQUEST_TIMEOUT) ? limits.requestTimeout : 0,
    }
  }
}

function checkLimit(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name} must be a whole number of ${least}...${most}, not ${value}`)
  }
}

/** Names of the `InitFlag` bits in `flags`, lowest first; unknown bits as `BIT_<n>`. */
export function initFlagNames(flags: bigint): string[] {
  const names: string[] = []
  let known = 0n
  for (const [name, bit] of Object.entries(InitFlag)) {
    if ((flags & bit) !== 0n && (known & bit) === 0n) {
      names.push(name)
      known |= bit
    }
  }
  for (let bit = 0n, rest = flags & ~known; rest !== 0n; bit += 1n, rest >>= 1n) {
    if ((rest & 1n) === 1n) names.push(`BIT_${bit}`)
  }
  return names
}
