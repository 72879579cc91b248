import {
  type AttrReply,
  type CreateReply,
  type Entry,
  Errno,
  type FileHandle,
  isPromise,
  type NodeId,
  type OpenReply,
  type Outcome,
  type StatxReply,
} from '@fb/api'
import type { HandleKind, HandleTable } from '../client/handle-table.js'
import { OWN_CONTEXT } from '../kit/own-context.js'
import type { Mount } from '../mount/mount.js'
import { ROOT } from '../node-ids.js'
import type { Replies } from './replies.js'

/** Whose turn it is when an answer has consequences. */
export interface AnswerEvents {
  /** An operation of a mount has ended that did not end at once. */
  ended(mount: Mount): void
  /** A mount with a budget of nodes has one more. */
  grown(mount: Mount): void
}

/** What is done with the result of a back end. */
interface Conversion<T, U> {
  /**
   * What the client is told; `fresh`: in objects that stay valid. `node`: the back end's node that was asked about, and
   * `flags` those of open(2), where something is opened.
   */
  take(mount: Mount, value: T, fresh: boolean, node: NodeId, flags: number): U | Errno
  /** The mount has been removed meanwhile: undo what `value` stands for. */
  tooLate(mount: Mount, value: T, node: NodeId): Errno
}

const { ENOSYS } = Errno
const MINUS_ENOSYS = -ENOSYS.errno

/**
 * Turns what back ends answer, now or later, into what the client is told.
 *
 * ENOSYS and a missing method are the same here, and become what a server answers for a file system without the method
 * (`fallback`): the kernel takes ENOSYS for the whole connection and would never ask the other back ends again.
 */
export class Answers {
  readonly #replies: Replies
  readonly #handles: HandleTable
  readonly #events: AnswerEvents

  constructor(replies: Replies, handles: HandleTable, events: AnswerEvents) {
    this.#replies = replies
    this.#handles = handles
    this.#events = events
  }

  // What comes at once goes the short way where that counts: each place then sees few kinds of objects, and stays fast.

  /** A result that holds nothing of a mount. */
  plain<T>(mount: Mount, outcome: Outcome<T>, fallback: T | Errno): Outcome<T> {
    if (outcome === undefined) return outcome
    if (isPromise(outcome)) return this.#later(mount, outcome, fallback)
    return isMissing(outcome) ? fallback : outcome
  }

  /** What to answer for an exception: it goes on, unless it says ENOSYS. */
  thrown<T>(error: unknown, fallback: T): T {
    if (Errno.from(error) === ENOSYS) return fallback
    throw error
  }

  entry(mount: Mount, outcome: Outcome<Entry>, fallback: Errno): Outcome<Entry> {
    if (outcome instanceof Errno && outcome !== ENOSYS) return outcome
    if ((outcome as Entry).nodeid !== undefined) return this.#found(mount, outcome as Entry, false)
    return this.#convert(mount, outcome, fallback, this.#entries, ROOT, 0)
  }

  /** The attributes of a mount's root as the entry that a lookup of the mount gives. */
  root(mount: Mount, outcome: Outcome<AttrReply>): Outcome<Entry> {
    return this.#convert(mount, outcome, Errno.EOPNOTSUPP, this.#roots, ROOT, 0)
  }

  attr(mount: Mount, outcome: Outcome<AttrReply>, fallback: Errno): Outcome<AttrReply> {
    if ((outcome as AttrReply).attr !== undefined)
      return this.#replies.attrReply(mount, outcome as AttrReply, false)
    return this.#convert(mount, outcome, fallback, this.#attributes, ROOT, 0)
  }

  /** ENOSYS stays what it is here: the caller has other means. */
  statx(mount: Mount, outcome: Outcome<StatxReply>): Outcome<StatxReply> {
    return this.#convert(mount, outcome, ENOSYS, this.#statx, ROOT, 0)
  }

  /** @param isTop whether the file is the root of the tree: its handles then say whose they are */
  open(
    mount: Mount,
    node: NodeId,
    flags: number,
    isTop: boolean,
    outcome: Outcome<OpenReply>,
  ): Outcome<OpenReply> {
    if (isTop) return this.#convert(mount, outcome, NO_HANDLE, this.#topFiles, node, flags)
    if ((outcome as OpenReply).fh !== undefined)
      return this.#openedFile(mount, outcome as OpenReply, node, flags)
    return this.#convert(mount, outcome, NO_HANDLE, this.#files, node, flags)
  }

  /** @param isTop as for `open` */
  opendir(
    mount: Mount,
    node: NodeId,
    flags: number,
    isTop: boolean,
    outcome: Outcome<OpenReply>,
  ): Outcome<OpenReply> {
    const conversion = isTop ? this.#topDirectories : this.#directories
    return this.#convert(mount, outcome, NO_HANDLE, conversion, node, flags)
  }

  created(mount: Mount, flags: number, outcome: Outcome<CreateReply>, fallback: Errno): Outcome<CreateReply> {
    return this.#convert(mount, outcome, fallback, this.#created, ROOT, flags)
  }

  readonly #entries: Conversion<Entry, Entry> = {
    take: (mount, entry, fresh) => this.#found(mount, entry, fresh),
    tooLate: (mount, { nodeid }) => {
      if (nodeid !== 0) mount.fs.forget?.(nodeid, 1)
      return Errno.ESTALE
    },
  }

  readonly #roots: Conversion<AttrReply, Entry> = {
    take: (mount, reply, fresh) => this.#replies.root(mount, reply, fresh),
    tooLate: () => Errno.ESTALE,
  }

  readonly #attributes: Conversion<AttrReply, AttrReply> = {
    take: (mount, reply, fresh) => this.#replies.attrReply(mount, reply, fresh),
    tooLate: () => Errno.ESTALE,
  }

  readonly #statx: Conversion<StatxReply, StatxReply> = {
    take: (mount, reply) => this.#replies.statx(mount, reply),
    tooLate: () => Errno.ESTALE,
  }

  readonly #files: Conversion<OpenReply, OpenReply> = {
    take: (mount, reply, _fresh, node, flags) => this.#openedFile(mount, reply, node, flags),
    tooLate: (mount, { fh }, node) => {
      this.#release(mount, node, fh)
      return Errno.ENOTCONN
    },
  }

  readonly #directories: Conversion<OpenReply, OpenReply> = {
    take: (mount, reply, _fresh, node, flags) => {
      const refused = this.#opened(mount, node, reply.fh, 'directory', flags)
      if (refused === undefined) return reply
      this.#releasedir(mount, node, reply.fh)
      return refused
    },
    tooLate: (mount, { fh }, node) => {
      this.#releasedir(mount, node, fh)
      return Errno.ENOTCONN
    },
  }

  readonly #topFiles: Conversion<OpenReply, OpenReply> = {
    take: (mount, reply, _fresh, node, flags) => {
      const told = this.#openedTop(mount, reply, 'file', flags)
      if (told instanceof Errno) this.#release(mount, node, reply.fh)
      return told
    },
    tooLate: this.#files.tooLate,
  }

  readonly #topDirectories: Conversion<OpenReply, OpenReply> = {
    take: (mount, reply, _fresh, node, flags) => {
      const told = this.#openedTop(mount, reply, 'directory', flags)
      if (told instanceof Errno) this.#releasedir(mount, node, reply.fh)
      return told
    },
    tooLate: this.#directories.tooLate,
  }

  readonly #created: Conversion<CreateReply, CreateReply> = {
    take: (mount, { entry, open }, fresh, _node, flags) => {
      const { nodeid } = entry
      const reply = this.#found(mount, entry, fresh)
      if (reply instanceof Errno) {
        this.#release(mount, nodeid, open.fh)
        return reply
      }
      const refused = this.#opened(mount, nodeid, open.fh, 'file', flags)
      if (refused === undefined) return { entry: reply, open }
      this.#release(mount, nodeid, open.fh)
      this.#replies.uncount(mount, nodeid)
      mount.fs.forget?.(nodeid, 1)
      return refused
    },
    tooLate: (mount, { entry, open }) => {
      this.#release(mount, entry.nodeid, open.fh)
      this.#entries.tooLate(mount, entry, ROOT)
      return Errno.ENOTCONN
    },
  }

  #found(mount: Mount, entry: Entry, fresh: boolean): Entry | Errno {
    const { nodeid } = entry
    const reply = this.#replies.entry(mount, entry, fresh)
    if (isOwed(nodeid, reply)) mount.fs.forget?.(nodeid, 1)
    if (mount.settings.nodes !== Number.POSITIVE_INFINITY) this.#events.grown(mount)
    return reply
  }

  #openedFile(mount: Mount, reply: OpenReply, node: NodeId, flags: number): OpenReply | Errno {
    const refused = this.#opened(mount, node, reply.fh, 'file', flags)
    if (refused === undefined) return reply
    this.#release(mount, node, reply.fh)
    return refused
  }

  /** Counts an open file of a mount. An errno where the client cannot have it. */
  #opened(mount: Mount, node: NodeId, fh: FileHandle, kind: HandleKind, flags: number): Errno | undefined {
    if (!isHandle(fh)) return Errno.EOVERFLOW
    const { index, settings } = mount
    return this.#handles.add(node, index, fh, kind, flags, settings.handles) ? undefined : Errno.ENFILE
  }

  /** The same for the root of the tree: what the client is told in place of the back end's handle. */
  #openedTop(mount: Mount, reply: OpenReply, kind: HandleKind, flags: number): OpenReply | Errno {
    if (!isHandle(reply.fh)) return Errno.EOVERFLOW
    const { index, base, settings } = mount
    const told = this.#handles.addTop(index, reply.fh, kind, flags, settings.handles)
    return told < 0 ? Errno.ENFILE : { ...reply, fh: base + told }
  }

  /** Closes a file that the client was never told about. */
  #release(mount: Mount, node: NodeId, fh: FileHandle): void {
    this.#unheard(mount, () => mount.fs.release?.(node, fh, NO_RELEASE, OWN_CONTEXT))
  }

  #releasedir(mount: Mount, node: NodeId, fh: FileHandle): void {
    this.#unheard(mount, () => mount.fs.releasedir?.(node, fh, 0, OWN_CONTEXT))
  }

  /** Has a back end do something whose outcome nobody waits for but the end of the mount. */
  #unheard(mount: Mount, action: () => Outcome<void>): void {
    try {
      const outcome = action()
      if (isPromise(outcome)) this.#later(mount, outcome, undefined).catch(() => {})
    } catch {
      // Nobody is left who could be told.
    }
  }

  #convert<T, U>(
    mount: Mount,
    outcome: Outcome<T>,
    fallback: T | Errno,
    conversion: Conversion<T, U>,
    node: NodeId,
    flags: number,
  ): Outcome<U> {
    if (isPromise(outcome)) return this.#convertLater(mount, outcome, fallback, conversion, node, flags)
    const value = isMissing(outcome) ? fallback : outcome
    return value instanceof Errno ? value : conversion.take(mount, value, false, node, flags)
  }

  async #convertLater<T, U>(
    mount: Mount,
    outcome: Promise<T | Errno>,
    fallback: T | Errno,
    conversion: Conversion<T, U>,
    node: NodeId,
    flags: number,
  ): Promise<U | Errno> {
    mount.busy += 1
    try {
      const value = await this.#result(outcome, fallback)
      if (value instanceof Errno) return value
      if (mount.state === 'removed') return conversion.tooLate(mount, value, node)
      return conversion.take(mount, value, true, node, flags)
    } finally {
      mount.busy -= 1
      this.#events.ended(mount)
    }
  }

  async #later<T>(mount: Mount, outcome: Promise<T | Errno>, fallback: T | Errno): Promise<T | Errno> {
    mount.busy += 1
    try {
      return await this.#result(outcome, fallback)
    } finally {
      mount.busy -= 1
      this.#events.ended(mount)
    }
  }

  async #result<T>(outcome: Promise<T | Errno>, fallback: T | Errno): Promise<T | Errno> {
    try {
      const value = await outcome
      return isMissing(value) ? fallback : value
    } catch (error) {
      return this.thrown(error, fallback)
    }
  }
}

/** What a server answers for a file system that has no open files. */
const NO_HANDLE: OpenReply = { fh: 0, openFlags: 0 }

const NO_RELEASE = { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false }

function isHandle(fh: FileHandle): boolean {
  return fh >= 0 && Number.isSafeInteger(fh)
}

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
