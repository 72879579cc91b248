import type { Context } from '@fb/api'
import { type Creds, S_ISGID } from '@fb/sys'
import { threadIdentity } from './process-limits.js'

const NO_ID = 0xffff_ffff
/** Most supplementary groups that `@fb/sys` takes. */
const MAX_GROUPS = 64
/** Words before the groups: uid, gid, umask, keepCapabilities, ngroups. */
const HEAD = 5

/**
 * As whom the host creates files: as the caller, with exactly the groups that the kernel named, so that owner,
 * set-group-id directories and quotas come out right and no group of this process ever counts (D17).
 *
 * The permissions of the parent, and the right to make devices, have been checked by the kernel of the client
 * (`default_permissions`), which knows all groups and capabilities of the caller; what lets root pass therefore stays in force
 * during the call. A process that may not act as other
 * users creates everything as itself.
 */
export class Credentials {
  readonly #words: Creds = new Uint32Array(HEAD + MAX_GROUPS)
  readonly #own: Creds | undefined

  /** @param switchable whether this process may act as other users */
  constructor(switchable: boolean) {
    if (switchable) return
    const { uid, gid, groups } = threadIdentity()
    const kept = groups.slice(0, MAX_GROUPS)
    this.#own = new Uint32Array([uid, gid, 0, 1, kept.length, ...kept])
  }

  /** The caller, with `umask` to be applied to `mode`. Valid until the next call. `undefined` where the caller has no id here. */
  creator(ctx: Context, umask: number, mode: number): Creds | undefined {
    const setsGroup = (mode & S_ISGID) !== 0 && ctx.process?.keepsSetId === true
    return this.#fill(ctx, umask, setsGroup ? 2 : 1)
  }

  /** As `creator`, but permissions of the host count. */
  opener(ctx: Context): Creds | undefined {
    return this.#fill(ctx, 0, 0)
  }

  #fill(ctx: Context, umask: number, keepCapabilities: number): Creds | undefined {
    const own = this.#own
    if (own !== undefined) {
      own[2] = umask
      return own
    }
    if (ctx.uid === NO_ID || ctx.gid === NO_ID) return undefined
    const words = this.#words
    let count = 0
    for (const group of ctx.groups) {
      if (group === NO_ID || count === MAX_GROUPS) continue
      words[HEAD + count] = group
      count += 1
    }
    words[0] = ctx.uid
    words[1] = ctx.gid
    words[2] = umask
    words[3] = keepCapabilities
    words[4] = count
    return words
  }
}
