import { Errno, type NodeId, Notifier, type RetrievedData } from '@fb/api'
import type { Mount } from './mount.js'

/** What a notifier needs to know about the tree. */
export interface NodeNames {
  /** Node id in the tree of a back end's node. */
  global(mount: Mount, node: NodeId): NodeId
}

/**
 * The notifier of one back end: node ids are its own, and become those of the tree. What has no node is told as it is. Once
 * its back end is out of the tree, the client knows nothing of its nodes: nothing is sent, and the answer is false.
 */
export class MountNotifier extends Notifier {
  readonly #outer: Notifier
  readonly #mount: Mount
  readonly #names: NodeNames

  constructor(outer: Notifier, mount: Mount, names: NodeNames) {
    super(() => -Errno.ENOTCONN.errno)
    this.#outer = outer
    this.#mount = mount
    this.#names = names
  }

  override async pollWakeup(kh: bigint): Promise<boolean> {
    return this.#outer.pollWakeup(kh)
  }

  override async invalInode(node: NodeId, offset = 0, length = 0): Promise<boolean> {
    return this.#isServed && this.#outer.invalInode(this.#global(node), offset, length)
  }

  override async invalEntry(
    parent: NodeId,
    name: Uint8Array | string,
    options: { expireOnly?: boolean } = {},
  ): Promise<boolean> {
    return this.#isServed && this.#outer.invalEntry(this.#global(parent), name, options)
  }

  override async deleteEntry(parent: NodeId, child: NodeId, name: Uint8Array | string): Promise<boolean> {
    return this.#isServed && this.#outer.deleteEntry(this.#global(parent), this.#global(child), name)
  }

  override async store(node: NodeId, offset: number, data: Uint8Array): Promise<boolean> {
    return this.#isServed && this.#outer.store(this.#global(node), offset, data)
  }

  override async retrieve(node: NodeId, offset: number, size: number): Promise<RetrievedData> {
    if (!this.#isServed) throw Errno.ENOTCONN
    return this.#outer.retrieve(this.#global(node), offset, size)
  }

  override resend(): Promise<boolean> {
    return this.#outer.resend()
  }

  override incEpoch(): Promise<boolean> {
    return this.#outer.incEpoch()
  }

  override async prune(nodes: readonly NodeId[]): Promise<boolean> {
    return this.#isServed && this.#outer.prune(nodes.map((node) => this.#global(node)))
  }

  get #isServed(): boolean {
    return this.#mount.state === 'live' || this.#mount.state === 'draining'
  }

  #global(node: NodeId): NodeId {
    return this.#names.global(this.#mount, node)
  }
}
