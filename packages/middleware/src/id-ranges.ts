/** A range of user or group ids: `count` ids that the client calls `client`... and the file system calls `host`... */
export interface IdRange {
  readonly client: number
  readonly host: number
  readonly count: number
}

/** How ids are mapped by {@link mapIds}. */
export interface IdMap {
  readonly uid: readonly IdRange[]
  readonly gid: readonly IdRange[]
  /**
   * What happens to ids outside every range. `nobody` (default): they show as 65534, callers act as 65534 and can
   * create nothing (EOVERFLOW), and files cannot be given to them (EINVAL), as on an idmapped mount; entries of ACLs
   * with such an id are not shown. `keep`: they stay what they are; then a client's root is the host's root unless a
   * range says otherwise.
   */
  readonly unmapped?: 'nobody' | 'keep'
}

/** (uid_t) -1: the caller has no id here. */
export const NO_ID = 0xffff_ffff
/** The overflow id of Linux. */
export const NOBODY = 65534

/** Maps ids in both directions by a list of ranges. */
export class IdRanges {
  readonly #ranges: readonly IdRange[]
  readonly #keep: boolean

  /** Throws RangeError for ranges that overlap on one side, or that are not ranges of 32-bit ids. */
  constructor(ranges: readonly IdRange[], keep: boolean) {
    for (const { client, host, count } of ranges) {
      if (
        !isId(client) ||
        !isId(host) ||
        !isId(count - 1) ||
        client + count > NO_ID ||
        host + count > NO_ID
      ) {
        throw new RangeError(`${client} ${host} ${count} is no range of ids`)
      }
    }
    refuseOverlap(ranges, 'client')
    refuseOverlap(ranges, 'host')
    this.#ranges = ranges.map((range) => ({ ...range }))
    this.#keep = keep
  }

  /** The host's id for one of the client; `undefined` where there is none. */
  toHost(id: number): number | undefined {
    for (const { client, host, count } of this.#ranges) {
      if (id >= client && id < client + count) return host + (id - client)
    }
    return this.#keep ? id : undefined
  }

  /** The client's id for one of the host; `undefined` where there is none. */
  toClient(id: number): number | undefined {
    for (const { client, host, count } of this.#ranges) {
      if (id >= host && id < host + count) return client + (id - host)
    }
    return this.#keep ? id : undefined
  }
}

function isId(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < NO_ID
}

function refuseOverlap(ranges: readonly IdRange[], side: 'client' | 'host'): void {
  const sorted = [...ranges].sort((a, b) => a[side] - b[side])
  for (const [at, range] of sorted.entries()) {
    const before = sorted[at - 1]
    if (before !== undefined && before[side] + before.count > range[side]) {
      throw new RangeError(`two ranges have ${side} id ${range[side]}`)
    }
  }
}
