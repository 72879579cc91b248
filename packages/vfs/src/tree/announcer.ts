import { Errno, type Logger, type NodeId, type Notifier } from '@fb/api'

/** Something that the client must not remember any longer. */
export type Change =
  | { readonly kind: 'entry'; readonly parent: NodeId; readonly name: Uint8Array }
  | { readonly kind: 'node'; readonly node: NodeId }
  | { readonly kind: 'everything' }
  | { readonly kind: 'unused'; readonly nodes: readonly NodeId[] }

/**
 * Tells the client what changed in the tree. Never at once: whoever changes the tree may be answering a request on the
 * very directory, and must have done so before the client takes the directory's lock. So messages go out when the
 * current turn of the event loop is over, in order.
 */
export class Announcer {
  readonly #notifier: () => Notifier | undefined
  readonly #logger: Logger
  #changes: Change[] = []
  #sending: Promise<void> | undefined

  /** @param notifier how to reach the client; undefined where there is no way (virtio-fs) or no connection */
  constructor(notifier: () => Notifier | undefined, logger: Logger) {
    this.#notifier = notifier
    this.#logger = logger
  }

  /** Announces changes soon. */
  announce(...changes: Change[]): void {
    if (this.#notifier() === undefined) return
    this.#changes.push(...changes)
    this.#sending ??= this.#send()
  }

  /** Resolves when the client has taken everything that was announced so far. */
  async settled(): Promise<void> {
    await this.#sending
  }

  async #send(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#changes.length > 0) {
      await Promise.all(this.#changes.splice(0).map((change) => this.#tell(change)))
    }
    this.#sending = undefined
  }

  async #tell(change: Change): Promise<void> {
    const notifier = this.#notifier()
    if (notifier === undefined) return
    try {
      await send(notifier, change)
    } catch (error) {
      // EINVAL: the kernel is too old for the message; what it remembers then ends with its timeout.
      if (Errno.from(error) === Errno.EINVAL) return
      this.#logger.warn(
        { change: change.kind, err: error },
        'the client could not be told what changed in the tree',
      )
    }
  }
}

function send(notifier: Notifier, change: Change): Promise<boolean> {
  switch (change.kind) {
    case 'entry':
      return notifier.invalEntry(change.parent, change.name)
    case 'node':
      return notifier.invalInode(change.node)
    case 'everything':
      return notifier.incEpoch()
    case 'unused':
      return notifier.prune(change.nodes)
  }
}
