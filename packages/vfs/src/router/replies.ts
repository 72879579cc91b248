import { AttrFlag } from '@fb/abi'
import {
  type Attr,
  type AttrReply,
  type Entry,
  Errno,
  makeAttr,
  type NodeId,
  type OpenReply,
  type StatxReply,
} from '@fb/api'
import type { ClientState } from '../client/client-state.js'
import type { HandleTable } from '../client/handle-table.js'
import type { NodeTable } from '../client/node-table.js'
import { type Composition, type HandleKind, isHandle } from '../kit/backing.js'
import type { Mount } from '../mount/mount.js'
import type { NodeNames } from '../mount/notifier.js'
import { fits, inodeNumber, ROOT } from '../node-ids.js'

/** Part of a generation that tells apart the mounts that have had the same index. */
const EPOCH_SHARE = 2 ** 24

/** How the roots of mounts are shown, and whose turn it is when an answer has consequences. */
export interface ReplyPolicy {
  /** Seconds for which the client may keep the name of a mount. */
  readonly timeout: number
  /** Whether each mount gets a device number of its own. */
  isSubmount(): boolean
  /** Has the client forget nodes of a mount that is near its limit. */
  relieve(mount: Mount): void
  /** An operation of a mount has ended that did not end at once. */
  ended(mount: Mount): void
}

/**
 * Turns what back ends answer into what the client is told: node ids, inode numbers, generations, timeouts; and counts the
 * lookups that the client gets with it.
 *
 * What a back end answers at once may be an object that it uses again, and so may what is given back here: it is valid until
 * the next call. What comes later (`fresh`) is a new object each time.
 */
export class Replies implements Composition<Mount> {
  readonly #names: NodeNames
  readonly #nodes: NodeTable
  readonly #handles: HandleTable
  readonly #policy: ReplyPolicy
  readonly #attr: Attr = makeAttr({ mode: 0 })
  readonly #reply: AttrReply = { attr: this.#attr, attrTimeout: 0 }
  readonly #entry: Entry = { nodeid: 0, generation: 0, attr: this.#attr, attrTimeout: 0, entryTimeout: 0 }

  constructor(names: NodeNames, client: ClientState, policy: ReplyPolicy) {
    this.#names = names
    this.#nodes = client.nodes
    this.#handles = client.handles
    this.#policy = policy
  }

  /**
   * An entry of a back end, with its lookup counted, except on the root of the tree, which is never forgotten. An errno
   * where the client cannot have it: EOVERFLOW for a node id that does not fit its share, ENFILE beyond the budget.
   */
  entry(mount: Mount, entry: Entry, fresh: boolean): Entry | Errno {
    const { settings } = mount
    const { nodeid } = entry
    if (nodeid === 0) return this.#absent(mount, entry, fresh)
    if (!fits(nodeid)) return Errno.EOVERFLOW
    const global = this.#names.global(mount, nodeid)
    const generation = entry.generation + mount.epoch * EPOCH_SHARE
    if (global !== ROOT && !this.#nodes.add(nodeid, mount.index, generation, settings.nodes))
      return Errno.ENFILE
    const out = fresh ? { ...entry } : this.#entry
    out.nodeid = global
    out.generation = generation
    out.attr = this.attr(mount, entry.attr, fresh)
    out.attrTimeout = settings.attrTimeout ?? entry.attrTimeout
    out.entryTimeout = settings.entryTimeout ?? entry.entryTimeout
    return out
  }

  /** That a name does not exist. */
  #absent({ settings }: Mount, entry: Entry, fresh: boolean): Entry {
    const out = fresh ? { ...entry } : this.#entry
    out.nodeid = 0
    out.generation = 0
    out.attr = entry.attr
    out.attrTimeout = 0
    out.entryTimeout = entry.entryTimeout > 0 ? (settings.negativeTimeout ?? entry.entryTimeout) : 0
    return out
  }

  /** The entry of a mount's root, from its attributes, with its lookup counted. ENFILE where there is no room for it. */
  root(mount: Mount, { attr, attrTimeout }: AttrReply, fresh: boolean): Entry | Errno {
    const { settings } = mount
    const nodeid = this.#names.global(mount, ROOT)
    const generation = mount.epoch * EPOCH_SHARE
    if (nodeid !== ROOT && !this.#nodes.add(ROOT, mount.index, generation, settings.nodes))
      return Errno.ENFILE
    const own = this.#copy(mount, attr, fresh)
    if (this.#policy.isSubmount()) own.flags |= AttrFlag.SUBMOUNT
    const out = fresh ? { ...this.#entry } : this.#entry
    out.nodeid = nodeid
    out.generation = generation
    out.attr = own
    out.attrTimeout = settings.attrTimeout ?? attrTimeout
    out.entryTimeout = settings.entryTimeout ?? this.#policy.timeout
    return out
  }

  /** Attributes and their timeout. */
  attributes(mount: Mount, reply: AttrReply, fresh: boolean): AttrReply {
    const { attrTimeout } = mount.settings
    if (mount.index === 0 && attrTimeout === undefined) return reply
    const out = fresh ? { ...reply } : this.#reply
    out.attr = this.attr(mount, reply.attr, fresh)
    out.attrTimeout = attrTimeout ?? reply.attrTimeout
    return out
  }

  statx(mount: Mount, reply: StatxReply): StatxReply {
    const attrTimeout = mount.settings.attrTimeout ?? reply.attrTimeout
    return { ...reply, attrTimeout, attr: this.attr(mount, reply.attr, true) }
  }

  /** Attributes with an inode number that is the mount's own. */
  attr(mount: Mount, attr: Attr, fresh: boolean): Attr {
    return mount.index === 0 ? attr : this.#copy(mount, attr, fresh)
  }

  #copy(mount: Mount, attr: Attr, fresh: boolean): Attr {
    const out = fresh ? { ...attr } : this.#attr
    if (!fresh) copyAttr(attr, out)
    out.ino = inodeNumber(mount.index, attr.ino)
    return out
  }

  inode({ index }: Mount, ino: number | bigint): number | bigint {
    return inodeNumber(index, ino)
  }

  /**
   * Counts what has been opened. What is at the root of the tree may be another mount later, so the handles there say whose
   * they are. EOVERFLOW for a handle that is none, ENFILE where as many are open as may be.
   */
  opened(
    mount: Mount,
    node: NodeId,
    asked: NodeId,
    reply: OpenReply,
    kind: HandleKind,
    flags: number,
  ): OpenReply | Errno {
    const { fh } = reply
    if (!isHandle(fh)) return Errno.EOVERFLOW
    const { index, settings } = mount
    if (asked !== ROOT)
      return this.#handles.add(node, index, fh, kind, flags, settings.handles) ? reply : Errno.ENFILE
    const told = this.#handles.addTop(index, fh, kind, flags, settings.handles)
    return told < 0 ? Errno.ENFILE : { ...reply, fh: mount.base + told }
  }

  found(mount: Mount): void {
    if (mount.settings.nodes !== Number.POSITIVE_INFINITY) this.#policy.relieve(mount)
  }

  begun(mount: Mount): void {
    mount.busy += 1
  }

  ended(mount: Mount): void {
    mount.busy -= 1
    this.#policy.ended(mount)
  }

  isGone({ state }: Mount): boolean {
    return state === 'removed'
  }

  /** Takes back a lookup that `entry` has counted and the client did not get. */
  uncount(mount: Mount, node: NodeId): void {
    const global = this.#names.global(mount, node)
    if (global !== ROOT) this.#nodes.take(node, mount.index, 1)
  }
}

function copyAttr(from: Attr, to: Attr): void {
  to.size = from.size
  to.blocks = from.blocks
  to.atime = from.atime
  to.mtime = from.mtime
  to.ctime = from.ctime
  to.atimensec = from.atimensec
  to.mtimensec = from.mtimensec
  to.ctimensec = from.ctimensec
  to.mode = from.mode
  to.nlink = from.nlink
  to.uid = from.uid
  to.gid = from.gid
  to.rdev = from.rdev
  to.blksize = from.blksize
  to.flags = from.flags
}
