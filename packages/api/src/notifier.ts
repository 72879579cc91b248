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

/** Sends one message to the kernel in one piece. Returns 0 or a negative errno. */
export type SendNotification = (head: Uint8Array, data?: Uint8Array) => number

/**
 * Tells the kernel what changed behind its back (struct fuse_notify_*, include/uapi/linux/fuse.h).
 *
 * Each call returns when the kernel has taken the message, and throws an `Errno` where it refuses:
 * ENOENT where it does not know the node or name (nothing was cached: usually fine), ENODEV or ENOTCONN
 * where the connection is gone, ENOSYS where it is too old.
 *
 * Never call `invalEntry`, `deleteEntry` or `prune` before the reply to a request on the same directory has been
 * sent: the kernel takes a lock that the waiting request holds.
 */
export class Notifier {
  readonly #send: SendNotification
  readonly #retrieves = new Map<bigint, (data: { offset: number; bytes: Uint8Array }) => void>()
  #nextRetrieve = 1n

  constructor(send: SendNotification) {
    this.#send = send
  }

  /** Wakes those who poll: `kh` is what the `poll` method was given. */
  pollWakeup(kh: bigint): void {
    const message = allocate(FuseNotifyPollWakeupOut.size)
    FuseNotifyPollWakeupOut.encode(message.view, HEADER, { kh })
    this.#post(NotifyCode.POLL, message)
  }

  /** Drops cached attributes and the cached data of a range; `length` 0 or less means to the end, `offset` negative only attributes. */
  invalInode(node: NodeId, offset = 0, length = 0): void {
    const message = allocate(FuseNotifyInvalInodeOut.size)
    FuseNotifyInvalInodeOut.encode(message.view, HEADER, { ino: node, off: offset, len: length })
    this.#post(NotifyCode.INVAL_INODE, message)
  }

  /**
   * Drops a cached name. With `expireOnly` (since 7.38) the name is only marked as old: whoever has it open or
   * mounted below keeps it, and the next use asks again.
   */
  invalEntry(parent: NodeId, name: Uint8Array | string, options: { expireOnly?: boolean } = {}): void {
    const bytes = nameBytes(name)
    const message = allocate(FuseNotifyInvalEntryOut.size + bytes.length + 1)
    FuseNotifyInvalEntryOut.encode(message.view, HEADER, {
      parent,
      namelen: bytes.length,
      flags: options.expireOnly === true ? EntryFlag.EXPIRE_ONLY : 0,
    })
    message.bytes.set(bytes, HEADER + FuseNotifyInvalEntryOut.size)
    this.#post(NotifyCode.INVAL_ENTRY, message)
  }

  /** Tells that `name` was removed and was `child`: watchers see a delete. */
  deleteEntry(parent: NodeId, child: NodeId, name: Uint8Array | string): void {
    const bytes = nameBytes(name)
    const message = allocate(FuseNotifyDeleteOut.size + bytes.length + 1)
    FuseNotifyDeleteOut.encode(message.view, HEADER, { parent, child, namelen: bytes.length })
    message.bytes.set(bytes, HEADER + FuseNotifyDeleteOut.size)
    this.#post(NotifyCode.DELETE, message)
  }

  /** Puts data into the page cache of a node. At most 1 MiB a call. */
  store(node: NodeId, offset: number, data: Uint8Array): void {
    if (data.length > MAX_DATA)
      throw new RangeError(`store takes at most ${MAX_DATA} bytes, not ${data.length}`)
    const message = allocate(FuseNotifyStoreOut.size)
    FuseNotifyStoreOut.encode(message.view, HEADER, { nodeid: node, offset, size: data.length })
    this.#post(NotifyCode.STORE, message, data)
  }

  /** Reads back what the page cache of a node holds. Resolves with fewer bytes where less is cached. */
  retrieve(node: NodeId, offset: number, size: number): Promise<{ offset: number; bytes: Uint8Array }> {
    if (!Number.isInteger(size) || size < 0 || size > MAX_DATA) {
      throw new RangeError(`retrieve takes at most ${MAX_DATA} bytes, not ${size}`)
    }
    const unique = this.#nextRetrieve
    this.#nextRetrieve += 1n
    const message = allocate(FuseNotifyRetrieveOut.size)
    FuseNotifyRetrieveOut.encode(message.view, HEADER, { notifyUnique: unique, nodeid: node, offset, size })
    return new Promise((resolve, reject) => {
      this.#retrieves.set(unique, resolve)
      try {
        this.#post(NotifyCode.RETRIEVE, message)
      } catch (error) {
        this.#retrieves.delete(unique)
        reject(error)
      }
    })
  }

  /** @internal The answer to `retrieve` (NOTIFY_REPLY); `bytes` is copied. False where nobody waits for it. */
  retrieved(unique: bigint, offset: number, bytes: Uint8Array): boolean {
    const resolve = this.#retrieves.get(unique)
    if (resolve === undefined) return false
    this.#retrieves.delete(unique)
    resolve({ offset, bytes: bytes.slice() })
    return true
  }

  /** Asks for every request again that was read but not answered, after a restart (since 7.40). */
  resend(): void {
    this.#post(NotifyCode.RESEND, allocate(0))
  }

  /** Makes every cached name old at once (since 7.44). */
  incEpoch(): void {
    this.#post(NotifyCode.INC_EPOCH, allocate(0))
  }

  /** Asks the kernel to forget unused nodes now (since 7.45). At most 1024 a call. */
  prune(nodes: readonly NodeId[]): void {
    if (nodes.length > MAX_PRUNE)
      throw new RangeError(`prune takes at most ${MAX_PRUNE} nodes, not ${nodes.length}`)
    const message = allocate(FuseNotifyPruneOut.size + nodes.length * 8)
    FuseNotifyPruneOut.encode(message.view, HEADER, { count: nodes.length })
    for (const [index, node] of nodes.entries()) {
      message.view.setBigUint64(HEADER + FuseNotifyPruneOut.size + index * 8, BigInt(node), true)
    }
    this.#post(NotifyCode.PRUNE, message)
  }

  #post(code: number, message: Message, data?: Uint8Array): void {
    FuseOutHeader.encode(message.view, 0, {
      len: message.bytes.length + (data?.length ?? 0),
      error: code,
      uniqueLow: 0,
      uniqueHigh: 0,
    })
    const result = this.#send(message.bytes, data)
    if (result < 0) throw Errno.of(result)
  }
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
