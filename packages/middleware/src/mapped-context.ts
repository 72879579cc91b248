import type { CallerProcess, Context, SecurityContext } from '@fb/api'
import { type IdRanges, NO_ID, NOBODY } from './id-ranges.js'

/** A caller with the ids that the file system knows it by. */
export class MappedContext implements Context {
  readonly uid: number
  readonly gid: number
  readonly #inner: Context
  readonly #gids: IdRanges

  constructor(inner: Context, uids: IdRanges, gids: IdRanges) {
    this.#inner = inner
    this.#gids = gids
    this.uid = actAs(inner.uid, uids)
    this.gid = actAs(inner.gid, gids)
  }

  /** Groups that the file system does not know give no right. */
  get groups(): readonly number[] {
    const { groups } = this.#inner
    return groups.length === 0 ? groups : groups.flatMap((gid) => this.#gids.toHost(gid) ?? [])
  }

  get pid(): number {
    return this.#inner.pid
  }

  get umask(): number {
    return this.#inner.umask
  }

  get process(): CallerProcess | undefined {
    const { process } = this.#inner
    if (process === undefined) return undefined
    return { ...process, groups: process.groups.flatMap((gid) => this.#gids.toHost(gid) ?? []) }
  }

  get securityContexts(): readonly SecurityContext[] {
    return this.#inner.securityContexts
  }

  get unique(): bigint {
    return this.#inner.unique
  }

  get signal(): AbortSignal {
    return this.#inner.signal
  }
}

function actAs(id: number, ranges: IdRanges): number {
  return id === NO_ID ? id : (ranges.toHost(id) ?? NOBODY)
}
