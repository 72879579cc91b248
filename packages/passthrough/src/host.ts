import { AttrFlag, FUSE_ROOT_ID } from '@fb/abi'
import type { AttrReply, CreateReply, Entry, NodeId, Notifier, OpenReply } from '@fb/api'
import { S_ISGID, S_ISUID, STATX_ATTR_MOUNT_ROOT, statxAttributes } from '@fb/sys'
import { emptyAttr, fillAttr, Stat, shownInode } from './attributes.js'
import { type CachePolicy, cachePolicy } from './cache-policy.js'
import { Credentials } from './credentials.js'
import { closeIfAny } from './descriptors.js'
import { DirectoryBuffers } from './directory-buffers.js'
import { FlushPace } from './flush-pace.js'
import { Mounts } from './mounts.js'
import { NodeIds } from './node-ids.js'
import { type NodeTables, openNodeTables } from './node-tables.js'
import { Nodes } from './nodes.js'
import type { ResolvedOptions } from './options.js'
import { Removals } from './removals.js'
import { type PassthroughShare, SessionFlag, SessionWord } from './share.js'
import { ForeignIds } from './tables/foreign-ids.js'
import { HandleTable } from './tables/handle-table.js'
import { LockOwners } from './tables/lock-owners.js'

/**
 * What every operation works with: the options, the tables (shared with other threads), and memory that is used
 * again for each reply that is given at once.
 */
export class Host {
  readonly options: ResolvedOptions
  readonly policy: CachePolicy
  readonly procFd: number
  readonly tables: NodeTables
  readonly handles: HandleTable
  readonly owners: LockOwners
  readonly mounts: Mounts
  readonly ids: NodeIds
  readonly nodes: Nodes
  readonly removals: Removals
  readonly directories = new DirectoryBuffers()
  readonly flushes = new FlushPace()
  readonly credentials: Credentials
  /** Tells the kernel of the client about changes, from `join` on and where that can be. */
  notifier: Notifier | undefined
  /** Attributes of what the operation is about. */
  readonly stat = new Stat()
  /** Attributes of something else that it must look at meanwhile. */
  readonly otherStat = new Stat()
  readonly openReply: OpenReply = { fh: 0, openFlags: 0 }
  readonly #rootDevice: number
  readonly #session: Int32Array
  readonly #tokenBase: bigint
  readonly #attr = emptyAttr()
  readonly #attrReply: AttrReply = { attr: this.#attr, attrTimeout: 0 }
  readonly #entry: Entry = { nodeid: 0, generation: 0, entryTimeout: 0, attr: this.#attr, attrTimeout: 0 }
  readonly createReply: CreateReply = { entry: this.#entry, open: this.openReply }
  readonly #negative: Entry = { nodeid: 0, generation: 0, entryTimeout: 0, attr: emptyAttr(), attrTimeout: 0 }

  constructor(share: PassthroughShare) {
    this.options = share.options
    this.policy = cachePolicy(share.options)
    this.procFd = share.procFd
    this.tables = openNodeTables(share)
    this.handles = new HandleTable(share.handles)
    this.owners = new LockOwners(share.locks)
    this.mounts = new Mounts(this.tables, share.options, share.procFd)
    const { tables, mounts, handles, owners, procFd } = this
    const { exports, rootDevice } = share
    this.exportsWhole = exports?.whole === true
    const foreign = new ForeignIds(share.foreign)
    this.ids = new NodeIds({ inodes: tables.inodes, foreign, exports, rootDevice })
    this.nodes = new Nodes({ tables, ids: this.ids, exports, mounts, handles, owners, procFd })
    this.removals = new Removals(this.tables, this.nodes)
    this.credentials = new Credentials(share.switchesUser)
    this.#rootDevice = share.rootDevice
    this.#session = new Int32Array(share.session)
    this.#tokenBase = BigInt(share.tokenBase) << 32n
  }

  /** Whether inodes are found by number, and all that can be found so are the source's. */
  readonly exportsWhole: boolean

  /** Whether all of the {@link SessionFlag} bits are set. */
  is(flag: number): boolean {
    return (this.flags & flag) === flag
  }

  /** The {@link SessionFlag} bits. */
  get flags(): number {
    return Atomics.load(this.#session, SessionWord.FLAGS)
  }

  /** Replaces the {@link SessionFlag} bits. */
  setFlags(flags: number): void {
    Atomics.store(this.#session, SessionWord.FLAGS, flags)
  }

  /** A token for a wait that can be cancelled; no other wait in the process has it. */
  nextToken(): bigint {
    return this.#tokenBase | BigInt(Atomics.add(this.#session, SessionWord.TOKEN, 1) >>> 0)
  }

  /** The inode number that programs see for one of the host. */
  inode(low: number, high: number, device: number): number | bigint {
    return shownInode(
      low,
      high,
      this.options.inodeNumbers === 'host' ? this.#rootDevice : device,
      this.#rootDevice,
    )
  }

  /** The attributes in `stat` as a reply, valid until the next one. */
  attrReply(): AttrReply {
    this.#fill()
    this.#attrReply.attrTimeout = this.#attrTimeout()
    return this.#attrReply
  }

  /** The entry of a node that was just looked up and whose attributes are in `stat`. Valid until the next reply. */
  entry(node: NodeId): Entry {
    this.#fill()
    const { policy, stat } = this
    const entry = this.#entry
    entry.nodeid = this.ids.id(node)
    entry.generation = this.nodes.generation(node)
    entry.entryTimeout = stat.isDirectory ? policy.directoryEntryTimeout : policy.entryTimeout
    entry.attrTimeout = this.#attrTimeout()
    if (this.#isSubmount(node)) this.#attr.flags = AttrFlag.SUBMOUNT
    return entry
  }

  /** The entry that says "there is no such name", to be kept for `negativeTimeout`. */
  negativeEntry(): Entry {
    this.#negative.entryTimeout = this.policy.negativeTimeout
    return this.#negative
  }

  /** Ends a use of an open file, closing it where it was the last one of a released file. */
  releaseHandle(index: number): void {
    closeIfAny(this.handles.release(index))
  }

  /**
   * How long the attributes in `stat` are kept. The mode of a file with set-id bits not at all: a write takes them away, of which
   * the kernel of the client sees nothing.
   */
  #attrTimeout(): number {
    const { mode, isDirectory } = this.stat
    if (isDirectory) return this.policy.directoryAttrTimeout
    return (mode & (S_ISUID | S_ISGID)) === 0 ? this.policy.attrTimeout : 0
  }

  /** Whether the node whose attributes are in `stat` is to become a mount of its own. */
  #isSubmount(node: NodeId): boolean {
    return (
      this.stat.isDirectory &&
      node !== FUSE_ROOT_ID &&
      this.is(SessionFlag.SUBMOUNTS) &&
      (statxAttributes(this.stat.view) & STATX_ATTR_MOUNT_ROOT) !== 0
    )
  }

  #fill(): void {
    const { stat } = this
    const attr = this.#attr
    fillAttr(attr, stat.view)
    attr.ino = this.inode(stat.inoLow, stat.inoHigh, stat.device)
    attr.flags = 0
  }
}
