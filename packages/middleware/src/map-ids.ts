import {
  type Attr,
  type AttrReply,
  type Context,
  type CreateReply,
  type DirectorySink,
  type Entry,
  Errno,
  type FileSystem,
  mapOutcome,
  OPERATIONS,
  type Operation,
  type SetAttr,
} from '@fb/api'
import { type IdMap, IdRanges, NOBODY } from './id-ranges.js'
import { MappedContext } from './mapped-context.js'
import { aclToClient, aclToHost, isPosixAcl } from './posix-acl.js'
import { type Arguments, type Method, wrap } from './wrap.js'

/**
 * Maps user and group ids between a client and a file system: of callers and their groups, of attributes, of what
 * `setattr` sets, and in POSIX ACLs. Several ranges, one for one; see {@link IdMap} for ids outside all of them.
 *
 * Throws RangeError for ranges that overlap.
 */
export function mapIds(fs: FileSystem, map: IdMap): FileSystem {
  const mapper = new IdMapper(map)
  return wrap(fs, (operation, next) => mapped(operation, next, mapper))
}

function mapped(operation: Operation, next: Method, mapper: IdMapper): Method {
  const { context: contextAt, creates = false } = OPERATIONS[operation]
  if (contextAt === -1) return next
  const convert = mapper.resultOf(operation)
  const change = mapper.argumentOf(operation)
  return (a, b, c, d, e, f) => {
    const args: Arguments = [a, b, c, d, e, f]
    const caller = args[contextAt] as Context
    if (creates && !mapper.knows(caller)) return Errno.EOVERFLOW
    args[contextAt] = mapper.context(caller)
    const refused = change?.(args)
    if (refused !== undefined) return refused
    const outcome = next(...args)
    return convert === undefined ? outcome : mapOutcome(outcome, (value) => convert(value, args))
  }
}

type Convert = (value: unknown, args: Arguments) => unknown
type Change = (args: Arguments) => Errno | undefined

/** What changes between a client and a file system whose ids differ. */
class IdMapper {
  readonly #uids: IdRanges
  readonly #gids: IdRanges

  constructor({ uid, gid, unmapped = 'nobody' }: IdMap) {
    this.#uids = new IdRanges(uid, unmapped === 'keep')
    this.#gids = new IdRanges(gid, unmapped === 'keep')
  }

  /** Whether a caller could own a file here. */
  knows({ uid, gid }: Context): boolean {
    return this.#uids.toHost(uid) !== undefined && this.#gids.toHost(gid) !== undefined
  }

  context(caller: Context): Context {
    return new MappedContext(caller, this.#uids, this.#gids)
  }

  /** How the result of an operation is converted for the client; `undefined` where it holds no ids. */
  resultOf(operation: Operation): Convert | undefined {
    const { gives } = OPERATIONS[operation]
    if (gives === 'entry' || gives === 'attributes' || gives === 'statx') {
      return (value) => this.#reply(value as AttrReply)
    }
    if (gives === 'created') {
      return (value) => {
        const { entry, open } = value as CreateReply
        return { entry: this.#reply(entry), open }
      }
    }
    if (operation === 'getxattr') {
      return (value, [, name]) =>
        value instanceof Uint8Array && isPosixAcl(name as Uint8Array) ? this.#aclToClient(value) : value
    }
    return undefined
  }

  /** How the arguments of an operation are converted for the file system, besides the caller. */
  argumentOf(operation: Operation): Change | undefined {
    if (operation === 'setattr') return (args) => this.#setAttr(args)
    if (operation === 'setxattr') return (args) => this.#setAcl(args)
    if (operation === 'readdirplus') {
      return (args) => {
        args[3] = new MappedSink(args[3] as DirectorySink, (entry) => this.#reply(entry))
        return undefined
      }
    }
    return undefined
  }

  /** A copy: the file system may use its own again. */
  #reply<R extends AttrReply>(reply: R): R {
    return { ...reply, attr: this.#attr(reply.attr) }
  }

  #attr(attr: Attr): Attr {
    const copy = { ...attr }
    copy.uid = this.#uids.toClient(attr.uid) ?? NOBODY
    copy.gid = this.#gids.toClient(attr.gid) ?? NOBODY
    return copy
  }

  #setAttr(args: Arguments): Errno | undefined {
    const changes: SetAttr = { ...(args[1] as SetAttr) }
    if (changes.uid !== undefined) {
      const uid = this.#uids.toHost(changes.uid)
      if (uid === undefined) return Errno.EINVAL
      changes.uid = uid
    }
    if (changes.gid !== undefined) {
      const gid = this.#gids.toHost(changes.gid)
      if (gid === undefined) return Errno.EINVAL
      changes.gid = gid
    }
    args[1] = changes
    return undefined
  }

  #setAcl(args: Arguments): Errno | undefined {
    if (!isPosixAcl(args[1] as Uint8Array)) return undefined
    const acl = aclToHost(
      args[2] as Uint8Array,
      (uid) => this.#uids.toHost(uid),
      (gid) => this.#gids.toHost(gid),
    )
    if (acl === undefined) return Errno.EINVAL
    args[2] = acl
    return undefined
  }

  #aclToClient(acl: Uint8Array): Uint8Array | Errno {
    const mapped = aclToClient(
      acl,
      (uid) => this.#uids.toClient(uid),
      (gid) => this.#gids.toClient(gid),
    )
    return mapped ?? Errno.EIO
  }
}

/** A list whose entries are converted on the way to the client. */
class MappedSink implements DirectorySink {
  readonly #inner: DirectorySink
  readonly #convert: (entry: Entry) => Entry

  constructor(inner: DirectorySink, convert: (entry: Entry) => Entry) {
    this.#inner = inner
    this.#convert = convert
  }

  get remaining(): number {
    return this.#inner.remaining
  }

  add(name: Uint8Array | string, ino: number | bigint, type: number, cookie: bigint): boolean {
    return this.#inner.add(name, ino, type, cookie)
  }

  addPlus(name: Uint8Array | string, entry: Entry, cookie: bigint): boolean {
    return this.#inner.addPlus(name, this.#convert(entry), cookie)
  }
}
