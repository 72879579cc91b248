import {
  EntryFlag,
  FuseNotifyDeleteOut,
  FuseNotifyInvalEntryOut,
  FuseNotifyInvalInodeOut,
  FuseNotifyPollWakeupOut,
  FuseNotifyPruneOut,
  FuseNotifyRetrieveOut,
  FuseNotifyStoreOut,
  FuseOutHeader,
  NotifyCode,
} from '@fb/abi'
import { Errno } from './errno.js'
import type { NodeId } from './file-system.js'

const HEADER = FuseOutHeader.size
/** Longest name in a notification (FUSE_NAME_MAX). */
const MAX_NAME = 1024
/** Most nodes of one PRUNE. */
const MAX_PRUNE = 1024
/** Most bytes of one STORE or RETRIEVE: the kernel takes no more than a request's pages. */
const MAX_DATA = 1024 * 1024

const ENCODER = new TextEncoder()

/** Sends one message to the kernel in one piece. Gives 0 or a negative errno, now or once the kernel has taken it. */
export type SendNotification = (head: Uint8Array, data?: Uint8Array) => number | Promise<number>

/** Part of a node's page cache, as `retrieve` gives it. */
export interface RetrievedData {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** Options of a {@link Notifier}. */
export interface NotifierOptions {
  /**
   * Tells the notifiers of one connection apart (one per thread), 0...65535: it is in the high bits of the number
   * that the kernel repeats in the answer to `retrieve`. Default 0.
   */
  space?: number
  /** Gets the answer to a `retrieve` that another notifier of the connection sent: whichever thread reads it. */
  onForeignData?: (unique: bigint, data: RetrievedData) => void
}

const SPACE_SHIFT = 48n

/**
 * Tells the kernel what changed behind its back (struct fuse_notify_*, include/uapi/linux/fuse.h).
 *
 * Each call resolves when the kernel is done with the message: true, or false where it knows nothing of the node or
 * name (nothing was cached: usually fine) or the connection has ended. It rejects with an `Errno` where the kernel
 * refuses, EINVAL where it is too old to know the message. Messages are taken in the order of the calls.
 *
 * A call may be made at any time, but never wait for `invalEntry`, `deleteEntry`, `invalInode`, `store` or `prune`
 * before answering a request: the kernel takes locks that the request may hold, and both would wait for ever. Only for
 * `invalInode` of attributes alone (a negative offset) it takes none.
 */
export class Notifier {
  readonly #send: SendNotification
  readonly #onForeignData: NotifierOptions['onForeignData']
  readonly #retrieves = new Map<bigint, Retrieve>()
  #nextRetrieve: bigint
  #closed = false

  constructor(send: SendNotification, options: NotifierOptions = {}) {
    const space = options.space ?? 0
    if (!Number.isInteger(space) || space < 0 || space > 0xffff) {
      throw new RangeError(`space must be a whole number of 0...65535, not ${space}`)
    }
    this.#send = send
    this.#onForeignData = options.onForeignData
    this.#nextRetrieve = (BigInt(space) << SPACE_SHIFT) + 1n
  }

  /** Wakes those who poll: `kh` is what the `poll` method was given. */
  pollWakeup(kh: bigint): Promise<boolean> {
    const message = allocate(FuseNotifyPollWakeupOut.size)
    FuseNotifyPollWakeupOut.encode(message.view, HEADER, { kh })
    return this.#post(NotifyCode.POLL, message)
  }

  /** Drops cached attributes and the cached data of a range; `length` 0 or less means to the end, `offset` negative only attributes. */
  invalInode(node: NodeId, offset = 0, length = 0): Promise<boolean> {
    const message = allocate(FuseNotifyInvalInodeOut.size)
    FuseNotifyInvalInodeOut.encode(message.view, HEADER, { ino: node, off: offset, len: length })
    return this.#post(NotifyCode.INVAL_INODE, message)
  }

  /**
   * Drops a cached name. With `expireOnly` (since 7.38) the name is only marked as old: whoever has it open or
   * mounted below keeps it, and the next use asks again.
   */
  invalEntry(
    parent: NodeId,
    name: Uint8Array | string,
    options: { expireOnly?: boolean } = {},
  ): Promise<boolean> {
    const bytes = nameBytes(name)
    const message = allocate(FuseNotifyInvalEntryOut.size + bytes.length + 1)
    FuseNotifyInvalEntryOut.encode(message.view, HEADER, {
      parent,
      namelen: bytes.length,
      flags: options.expireOnly === true ? EntryFlag.EXPIRE_ONLY : 0,
    })
    message.bytes.set(bytes, HEADER + FuseNotifyInvalEntryOut.size)
    return this.#post(NotifyCode.INVAL_ENTRY, message)
  }

  /** Tells that `name` was removed and was `child`: watchers see a delete. */
  deleteEntry(parent: NodeId, child: NodeId, name: Uint8Array | string): Promise<boolean> {
    const bytes = nameBytes(name)
    const message = allocate(FuseNotifyDeleteOut.size + bytes.length + 1)
    FuseNotifyDeleteOut.encode(message.view, HEADER, { parent, child, namelen: bytes.length })
    message.bytes.set(bytes, HEADER + FuseNotifyDeleteOut.size)
    return this.#post(NotifyCode.DELETE, message)
  }

  /** Puts data into the page cache of a node. At most 1 MiB a call. */
  store(node: NodeId, offset: number, data: Uint8Array): Promise<boolean> {
    if (data.length > MAX_DATA)
      throw new RangeError(`store takes at most ${MAX_DATA} bytes, not ${data.length}`)
    const message = allocate(FuseNotifyStoreOut.size)
    FuseNotifyStoreOut.encode(message.view, HEADER, { nodeid: node, offset, size: data.length })
    return this.#post(NotifyCode.STORE, message, data)
  }

  /**
   * Reads back what the page cache of a node holds: fewer bytes where less is cached. Rejects with ENOENT where the
   * kernel does not know the node, and with ENOTCONN where the connection ends first.
   */
  retrieve(node: NodeId, offset: number, size: number): Promise<RetrievedData> {
    if (!Number.isInteger(size) || size < 0 || size > MAX_DATA) {
      throw new RangeError(`retrieve takes at most ${MAX_DATA} bytes, not ${size}`)
    }
    return this.#retrieve(node, offset, size)
  }

  async #retrieve(node: NodeId, offset: number, size: number): Promise<RetrievedData> {
    if (this.#closed) throw Errno.ENOTCONN
    const unique = this.#nextRetrieve
    this.#nextRetrieve += 1n
    const message = allocate(FuseNotifyRetrieveOut.size)
    FuseNotifyRetrieveOut.encode(message.view, HEADER, { notifyUnique: unique, nodeid: node, offset, size })
    const answer = new Promise<RetrievedData>((resolve, reject) => {
      this.#retrieves.set(unique, { resolve, reject })
    })
    const posted = this.#post(NotifyCode.RETRIEVE, message).then((taken) => {
      if (!taken) throw this.#closed ? Errno.ENOTCONN : Errno.ENOENT
      return answer
    })
    // The answer may come before the message counts as taken, and may be all that ever comes.
    answer.catch(() => {})
    return posted.finally(() => this.#retrieves.delete(unique))
  }

  /** Hands over the answer to a `retrieve` (NOTIFY_REPLY); `bytes` is copied. False where nobody waits for it. */
  retrieved(unique: bigint, offset: number, bytes: Uint8Array): boolean {
    const waiting = this.#retrieves.get(unique)
    if (waiting === undefined) {
      this.#onForeignData?.(unique, { offset, bytes: bytes.slice() })
      return false
    }
    waiting.resolve({ offset, bytes: bytes.slice() })
    return true
  }

  /** Ends it with the connection: whoever still waits for data gets ENOTCONN, and nothing is sent any more. */
  close(): void {
    this.#closed = true
    for (const waiting of this.#retrieves.values()) waiting.reject(Errno.ENOTCONN)
    this.#retrieves.clear()
  }

  /** Asks for every request again that was read but not answered, after a restart (since 7.40). */
  resend(): Promise<boolean> {
    return this.#post(NotifyCode.RESEND, allocate(0))
  }

  /** Makes every cached name old at once (since 7.44). */
  incEpoch(): Promise<boolean> {
    return this.#post(NotifyCode.INC_EPOCH, allocate(0))
  }

  /** Asks the kernel to forget unused nodes now (since 7.45). At most 1024 a call. */
  prune(nodes: readonly NodeId[]): Promise<boolean> {
    if (nodes.length > MAX_PRUNE)
      throw new RangeError(`prune takes at most ${MAX_PRUNE} nodes, not ${nodes.length}`)
    const message = allocate(FuseNotifyPruneOut.size + nodes.length * 8)
    FuseNotifyPruneOut.encode(message.view, HEADER, { count: nodes.length })
    for (const [index, node] of nodes.entries()) {
      message.view.setBigUint64(HEADER + FuseNotifyPruneOut.size + index * 8, BigInt(node), true)
    }
    return this.#post(NotifyCode.PRUNE, message)
  }

  async #post(code: number, message: Message, data?: Uint8Array): Promise<boolean> {
    if (this.#closed) return false
    FuseOutHeader.encode(message.view, 0, {
      len: message.bytes.length + (data?.length ?? 0),
      error: code,
      uniqueLow: 0,
      uniqueHigh: 0,
    })
    const result = await this.#send(message.bytes, data)
    if (result >= 0) return true
    const errno = Errno.of(result)
    if (UNKNOWN_OR_ENDED.has(errno)) return false
    throw errno
  }
}

/** The kernel knows nothing of it, or there is no connection any more. */
const UNKNOWN_OR_ENDED: ReadonlySet<Errno> = new Set([
  Errno.ENOENT,
  Errno.ENODEV,
  Errno.ENOTCONN,
  Errno.ECONNABORTED,
])

interface Retrieve {
  readonly resolve: (data: RetrievedData) => void
  readonly reject: (errno: Errno) => void
}

interface Message {
  readonly bytes: Uint8Array
  readonly view: DataView
}

function allocate(body: number): Message {
  const bytes = new Uint8Array(HEADER + body)
  return { bytes, view: new DataView(bytes.buffer) }
}

function nameBytes(name: Uint8Array | string): Uint8Array {
  const bytes = typeof name === 'string' ? ENCODER.encode(name) : name
  if (bytes.length === 0 || bytes.length > MAX_NAME || bytes.includes(0)) {
    throw new RangeError(`a name has 1...${MAX_NAME} bytes and no NUL`)
  }
  return bytes
}
