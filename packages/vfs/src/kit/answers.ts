import {
  type AttrReply,
  type CreateReply,
  type Entry,
  Errno,
  type FileHandle,
  isPromise,
  type NodeId,
  OPERATIONS,
  type OpenReply,
  type Outcome,
  type StatxReply,
} from '@fb/api'
import type { Backing, Composition } from './backing.js'
import { OWN_CONTEXT } from './own-context.js'

/** Number of the root of every file system. */
const ROOT: NodeId = 1

/** What is done with the result of a back end. */
export interface Conversion<B extends Backing, T, U> {
  /**
   * What the client is told; `fresh`: in objects that stay valid. Where something is opened, `node` is the back end's node,
   * `asked` the same as the client asked for it, and `flags` are those of open(2).
   */
  take(back: B, value: T, fresh: boolean, node: NodeId, asked: NodeId, flags: number): U | Errno
  /** The back end is gone meanwhile: undo what `value` stands for. */
  tooLate(back: B, value: T, node: NodeId): Errno
}

const { ENOSYS } = Errno
const MINUS_ENOSYS = -ENOSYS.errno

/**
 * Turns what back ends answer, now or later, into what the client is told.
 *
 * ENOSYS and a missing method are the same here, and become what a server answers for a file system without the method
 * (`fallback`): the kernel takes ENOSYS for the whole connection and would never ask the other back ends again.
 */
export class Answers<B extends Backing> {
  readonly #composition: Composition<B>

  constructor(composition: Composition<B>) {
    this.#composition = composition
  }

  // What comes at once goes the short way where that counts: each place then sees few kinds of objects, and stays fast.

  /** A result that holds nothing of a mount. */
  plain<T>(back: B, outcome: Outcome<T>, fallback: T | Errno): Outcome<T> {
    if (outcome === undefined) return outcome
    if (isPromise(outcome)) return this.#later(back, outcome, fallback)
    return isMissing(outcome) ? fallback : outcome
  }

  entry(back: B, outcome: Outcome<Entry>, fallback: Entry | Errno): Outcome<Entry> {
    if (outcome instanceof Errno && outcome !== ENOSYS) return outcome
    if ((outcome as Entry).nodeid !== undefined) return this.#found(back, outcome as Entry, false)
    return this.convert(back, outcome, fallback, this.#entries)
  }

  attributes(back: B, outcome: Outcome<AttrReply>, fallback: AttrReply | Errno): Outcome<AttrReply> {
    if ((outcome as AttrReply).attr !== undefined)
      return this.#composition.attributes(back, outcome as AttrReply, false)
    return this.convert(back, outcome, fallback, this.#attributes)
  }

  /** ENOSYS stays what it is here: the caller has other means. */
  statx(back: B, outcome: Outcome<StatxReply>): Outcome<StatxReply> {
    return this.convert(back, outcome, ENOSYS, this.#statx)
  }

  /** @param asked the node as the client asked for it */
  open(back: B, node: NodeId, asked: NodeId, flags: number, outcome: Outcome<OpenReply>): Outcome<OpenReply> {
    if ((outcome as OpenReply).fh !== undefined)
      return this.#openedFile(back, outcome as OpenReply, node, asked, flags)
    return this.convert(back, outcome, OPERATIONS.open.missing, this.#files, node, asked, flags)
  }

  /** @param asked as for `open` */
  opendir(
    back: B,
    node: NodeId,
    asked: NodeId,
    flags: number,
    outcome: Outcome<OpenReply>,
  ): Outcome<OpenReply> {
    return this.convert(back, outcome, OPERATIONS.opendir.missing, this.#directories, node, asked, flags)
  }

  created(
    back: B,
    flags: number,
    outcome: Outcome<CreateReply>,
    fallback: CreateReply | Errno,
  ): Outcome<CreateReply> {
    return this.convert(back, outcome, fallback, this.#created, ROOT, ROOT, flags)
  }

  readonly #entries: Conversion<B, Entry, Entry> = {
    take: (back, entry, fresh) => this.#found(back, entry, fresh),
    tooLate: (back, { nodeid }) => {
      if (nodeid !== 0) back.fs.forget?.(nodeid, 1)
      return Errno.ESTALE
    },
  }

  readonly #attributes: Conversion<B, AttrReply, AttrReply> = {
    take: (back, reply, fresh) => this.#composition.attributes(back, reply, fresh),
    tooLate: () => Errno.ESTALE,
  }

  readonly #statx: Conversion<B, StatxReply, StatxReply> = {
    take: (back, reply) => this.#composition.statx(back, reply),
    tooLate: () => Errno.ESTALE,
  }

  readonly #files: Conversion<B, OpenReply, OpenReply> = {
    take: (back, reply, _fresh, node, asked, flags) => this.#openedFile(back, reply, node, asked, flags),
    tooLate: (back, { fh }, node) => {
      this.#release(back, node, fh)
      return Errno.ENOTCONN
    },
  }

  readonly #directories: Conversion<B, OpenReply, OpenReply> = {
    take: (back, reply, _fresh, node, asked, flags) => {
      const { fh } = reply
      const told = this.#composition.opened(back, node, asked, reply, 'directory', flags)
      if (told instanceof Errno) this.#releasedir(back, node, fh)
      return told
    },
    tooLate: (back, { fh }, node) => {
      this.#releasedir(back, node, fh)
      return Errno.ENOTCONN
    },
  }

  readonly #created: Conversion<B, CreateReply, CreateReply> = {
    take: (back, { entry, open }, fresh, _node, _asked, flags) => {
      const { nodeid } = entry
      const { fh } = open
      const reply = this.#found(back, entry, fresh)
      if (reply instanceof Errno) {
        this.#release(back, nodeid, fh)
        return reply
      }
      const told = this.#composition.opened(back, nodeid, reply.nodeid, open, 'file', flags)
      if (!(told instanceof Errno)) return { entry: reply, open: told }
      this.#release(back, nodeid, fh)
      this.#composition.uncount(back, nodeid)
      back.fs.forget?.(nodeid, 1)
      return told
    },
    tooLate: (back, { entry, open }) => {
      this.#release(back, entry.nodeid, open.fh)
      this.#entries.tooLate(back, entry, ROOT)
      return Errno.ENOTCONN
    },
  }

  #found(back: B, entry: Entry, fresh: boolean): Entry | Errno {
    const { nodeid } = entry
    const reply = this.#composition.entry(back, entry, fresh)
    if (isOwed(nodeid, reply)) back.fs.forget?.(nodeid, 1)
    this.#composition.found(back)
    return reply
  }

  #openedFile(back: B, reply: OpenReply, node: NodeId, asked: NodeId, flags: number): OpenReply | Errno {
    const { fh } = reply
    const told = this.#composition.opened(back, node, asked, reply, 'file', flags)
    if (told instanceof Errno) this.#release(back, node, fh)
    return told
  }

  /** Closes a file that the client was never told about. */
  #release(back: B, node: NodeId, fh: FileHandle): void {
    this.#unheard(back, () => back.fs.release?.(node, fh, NO_RELEASE, OWN_CONTEXT))
  }

  #releasedir(back: B, node: NodeId, fh: FileHandle): void {
    this.#unheard(back, () => back.fs.releasedir?.(node, fh, 0, OWN_CONTEXT))
  }

  /** Has a back end do something whose outcome nobody waits for but the end of the mount. */
  #unheard(back: B, action: () => Outcome<void>): void {
    try {
      const outcome = action()
      if (isPromise(outcome)) this.#later(back, outcome, undefined).catch(() => {})
    } catch {
      // Nobody is left who could be told.
    }
  }

  /** Converts an answer in a way of one's own. @param node, asked, flags what `conversion` is given */
  convert<T, U>(
    back: B,
    outcome: Outcome<T>,
    fallback: T | Errno,
    conversion: Conversion<B, T, U>,
    node: NodeId = ROOT,
    asked: NodeId = ROOT,
    flags = 0,
  ): Outcome<U> {
    if (isPromise(outcome)) return this.#convertLater(back, outcome, fallback, conversion, node, asked, flags)
    const value = isMissing(outcome) ? fallback : outcome
    return value instanceof Errno ? value : conversion.take(back, value, false, node, asked, flags)
  }

  async #convertLater<T, U>(
    back: B,
    outcome: Promise<T | Errno>,
    fallback: T | Errno,
    conversion: Conversion<B, T, U>,
    node: NodeId,
    asked: NodeId,
    flags: number,
  ): Promise<U | Errno> {
    this.#composition.begun(back)
    try {
      const value = await this.#result(outcome, fallback)
      if (value instanceof Errno) return value
      if (this.#composition.isGone(back)) return conversion.tooLate(back, value, node)
      return conversion.take(back, value, true, node, asked, flags)
    } finally {
      this.#composition.ended(back)
    }
  }

  async #later<T>(back: B, outcome: Promise<T | Errno>, fallback: T | Errno): Promise<T | Errno> {
    this.#composition.begun(back)
    try {
      return await this.#result(outcome, fallback)
    } finally {
      this.#composition.ended(back)
    }
  }

  async #result<T>(outcome: Promise<T | Errno>, fallback: T | Errno): Promise<T | Errno> {
    try {
      const value = await outcome
      return isMissing(value) ? fallback : value
    } catch (error) {
      if (Errno.from(error) === ENOSYS) return fallback
      throw error
    }
  }
}

const NO_RELEASE = { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false }

function isMissing(value: unknown): boolean {
  return value === ENOSYS || value === MINUS_ENOSYS
}

/**
 * Whether a back end has counted a lookup that nobody will ever give back: of a node that the client did not get, or of its
 * own root, which is never forgotten.
 */
export function isOwed(nodeid: NodeId, reply: Entry | Errno): boolean {
  return nodeid !== 0 && (nodeid === ROOT || reply instanceof Errno)
}
