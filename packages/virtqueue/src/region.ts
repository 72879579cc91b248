/** A piece of guest memory that another process shares, as vhost-user describes it. Addresses and sizes in bytes. */
export interface GuestRegion {
  /** Where the guest has it: its physical address. */
  readonly guestAddress: number
  readonly size: number
  /** Where the other process has it, which is how ring addresses are given. */
  readonly userAddress: number
  /** The file behind it, open for reading and writing. */
  readonly fd: number
  /** Of the first byte in the file. */
  readonly offset: number
}

/** Guest memory that cannot be used: which region, and why. */
export class GuestMemoryError extends Error {
  override readonly name = 'GuestMemoryError'
  /** Position of the region in the list, where the error is that of one region. */
  readonly region: number | undefined
  /** `-errno` where the kernel refused to map it. */
  readonly errno: number | undefined

  constructor(message: string, region?: number, errno?: number) {
    super(region === undefined ? message : `memory region ${region}: ${message}`)
    this.region = region
    this.errno = errno
  }
}

/** Most regions of a table: what a kernel has slots for, less a few of its own. */
export const MAX_REGIONS = 509

/** Regions begin and end at pages of this many bytes, as guests' memory does. */
export const REGION_ALIGNMENT = 4096

function isOffset(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function overlaps(aStart: number, aSize: number, bStart: number, bSize: number): boolean {
  return aStart < bStart + bSize && bStart < aStart + aSize
}

/**
 * Checks a table before anything is mapped.
 * @throws GuestMemoryError too many regions; an address, size or offset that is not whole, below 2^53 and aligned to
 * pages; an end above 2^53; two regions that overlap in guest addresses
 */
export function checkRegions(regions: readonly GuestRegion[]): void {
  if (regions.length > MAX_REGIONS) {
    throw new GuestMemoryError(`${regions.length} memory regions, more than ${MAX_REGIONS}`)
  }
  regions.forEach((region, index) => {
    const { guestAddress, size, userAddress, offset } = region
    for (const [name, value] of Object.entries({ guestAddress, size, userAddress, offset })) {
      if (!isOffset(value)) throw new GuestMemoryError(`${name} is not below 2^53`, index)
      if (name !== 'userAddress' && value % REGION_ALIGNMENT !== 0) {
        throw new GuestMemoryError(`${name} ${value} is not a multiple of ${REGION_ALIGNMENT}`, index)
      }
    }
    if (size === 0) throw new GuestMemoryError('is empty', index)
    for (const start of [guestAddress, userAddress, offset]) {
      if (!isOffset(start + size)) throw new GuestMemoryError('ends above 2^53', index)
    }
    for (let other = 0; other < index; other += 1) {
      const before = regions[other] as GuestRegion
      if (overlaps(guestAddress, size, before.guestAddress, before.size)) {
        throw new GuestMemoryError(`overlaps region ${other} at guest address ${guestAddress}`, index)
      }
    }
  })
}
