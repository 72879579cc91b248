import { InitFlag } from '@fb/abi'
import {
  type Context,
  type Entry,
  Errno,
  type FileHandle,
  type Logger,
  type NodeId,
  type Notifier,
  type Outcome,
  quietLogger,
} from '@fb/api'
import { PseudoFs } from '@fb/pseudo-fs'
import { ClientState } from './client/client-state.js'
import type { HandleKind } from './client/handle-table.js'
import { OWN_CONTEXT } from './kit/own-context.js'
import { run, type Steps } from './kit/steps.js'
import { Features } from './mount/features.js'
import { localNode, Mount } from './mount/mount.js'
import { mountSettings } from './mount/options.js'
import { indexOf, PSEUDO_INDEX, ROOT } from './node-ids.js'
import { Answers } from './router/answers.js'
import { Replies } from './router/replies.js'
import { Announcer } from './tree/announcer.js'
import { shownPath } from './tree/path.js'
import { namesOf, type Place } from './tree/place.js'
import { PlaceTree } from './tree/place-tree.js'

/** Options of a {@link Vfs}. */
export interface VfsOptions {
  /** Seconds for which the client may keep pseudo directories and the names of mounts. Default 1. */
  readonly timeout?: number
  /**
   * `InitFlag` bits to turn on at INIT whatever the back ends say that are mounted then: those that are mounted later get
   * what is on. Default: none.
   */
  readonly features?: bigint
  /**
   * Show each mount as a mount of its own, with its own device number, where the client can (virtio-fs). Read the README
   * about what Linux makes of that when mounts go. Default false.
   */
  readonly submounts?: boolean
  /** What the client holds, where several threads serve one tree: each has a `Vfs`, with the same memory. */
  readonly client?: ClientState
  /** For `restoreState`: tells the client about changes. Otherwise the connection has it. */
  readonly notifier?: Notifier
  /** Gets what a back end fails to tell when nobody asks. Default: errors to stderr, nothing else. */
  readonly logger?: Logger
}

const DOT = Uint8Array.of(0x2e)
/** How many nodes the client is asked to forget at a time. */
const PRUNE_COUNT = 256

/** The tables of a tree, and how a node or an open file leads to its mount. All state is here, as plain data. */
export class VfsCore {
  /** @internal Mounts that are served, by index. */
  protected readonly slots: (Mount | undefined)[] = []
  /** @internal Mounts that are out of the tree and not forgotten yet, by index. */
  protected readonly detached = new Map<number, Mount>()
  /** @internal How many mounts an index has had before, where it has had any. */
  protected readonly epochs = new Map<number, number>()
  /** @internal The directories that lead to the mounts. */
  protected readonly pseudoFs: PseudoFs
  /** @internal */
  protected readonly tree: PlaceTree
  /** @internal */
  protected readonly client: ClientState
  /** @internal */
  protected readonly features: Features
  /** @internal */
  protected readonly announcer: Announcer
  /** @internal */
  protected readonly replies: Replies
  /** @internal */
  protected readonly answers: Answers
  /** @internal */
  protected readonly logger: Logger
  /** @internal How the client is reached after `restoreState`. */
  protected readonly successorNotifier: Notifier | undefined
  /** @internal Set as long as it is not worked out which directories the places are. */
  protected unsettled: 'unknown' | Promise<void> | undefined = 'unknown'
  /** @internal The last change of the tree that has not ended. */
  #changing: Promise<unknown> | undefined

  constructor(options: VfsOptions = {}) {
    const { timeout = 1, features = 0n, submounts = false, logger = quietLogger } = options
    const { client = new ClientState() } = options
    if (!(timeout >= 0)) throw new RangeError(`timeout must be 0 or more, not ${timeout}`)
    this.client = client
    this.logger = logger
    this.successorNotifier = options.notifier
    this.pseudoFs = new PseudoFs({}, { timeout })
    const pseudo = new Mount(PSEUDO_INDEX, this.pseudoFs, new Uint8Array(0), mountSettings({}), 0)
    this.slots.push(undefined, pseudo)
    this.tree = new PlaceTree(pseudo, this.pseudoFs)
    this.features = new Features(this.tree, submounts ? features | InitFlag.SUBMOUNTS : features)
    this.announcer = new Announcer(() => this.features.notifier, logger)
    const policy = { timeout, isSubmount: () => this.features.has(InitFlag.SUBMOUNTS) }
    this.replies = new Replies(this.tree, client.nodes, policy)
    this.answers = new Answers(this.replies, client.handles, {
      ended: (mount) => this.reapMount(mount),
      grown: (mount) => this.relieve(mount),
    })
  }

  /** @internal The mount of a node; `undefined` where there is none any more. */
  protected at(node: NodeId): Mount | undefined {
    return node === ROOT ? this.tree.top : this.slots[indexOf(node)]
  }

  /**
   * @internal The mount of an open file. What is at the root of the tree may be another mount than when it was opened, so
   * its handles say whose they are.
   */
  protected on(node: NodeId, fh: FileHandle): Mount | undefined {
    return this.slots[indexOf(node === ROOT ? fh : node)]
  }

  /** @internal Handle of the back end for one of the tree. */
  protected localHandle<H extends FileHandle | undefined>(mount: Mount, node: NodeId, fh: H): H {
    if (node !== ROOT || fh === undefined) return fh
    return this.client.handles.behind(mount.index, fh - mount.base) as H
  }

  /** @internal Counts a file or directory that has been closed. False where it was not open. */
  protected closed(mount: Mount, node: NodeId, fh: FileHandle, kind: HandleKind, flags: number): boolean {
    const { handles } = this.client
    return node === ROOT
      ? handles.removeTop(mount.index, fh - mount.base, kind, flags)
      : handles.remove(node - mount.base, mount.index, fh, kind, flags)
  }

  /** @internal The mount of an open file, also where it has been removed. */
  protected ownerOf(node: NodeId, fh: FileHandle): Mount | undefined {
    const mount = this.on(node, fh) ?? this.detached.get(indexOf(node === ROOT ? fh : node))
    return mount?.state === 'destroyed' ? undefined : mount
  }

  /** @internal The client has closed a file or directory of a mount. */
  protected afterClose(mount: Mount, node: NodeId): void {
    if (mount.state === 'live') return
    this.reapMount(mount)
    if (node === ROOT) return
    // Its name leads nowhere any more. The client would remember it, and the directories on the way, until it runs out of memory.
    this.announcer.announce({ kind: 'unused', nodes: [node] })
  }

  /**
   * @internal Has the client forget what nobody uses of a mount that is gone: of another one each time. It may have been about
   * to use it, or not quite have let go of it, when it was told before.
   */
  protected forgetAgain(): void {
    const [mount] = this.detached.values()
    if (mount === undefined) return
    const { index, pruneFrom } = mount
    this.detached.delete(index)
    this.detached.set(index, mount)
    const { nodes, next } = this.client.nodes.some(index, pruneFrom, PRUNE_COUNT - 1)
    mount.pruneFrom = next
    const known = [ROOT, ...nodes].map((node) => this.tree.global(mount, node))
    this.announcer.announce({ kind: 'unused', nodes: known })
  }

  /** @internal Whether as many files of a mount are open as may be. */
  protected isFull(mount: Mount): boolean {
    return this.client.handles.count(mount.index) >= mount.settings.handles
  }

  /** @internal The place of a name in a directory, where a mount is there or below. */
  protected placeAt(mount: Mount, parent: NodeId, name: Uint8Array): Place | undefined {
    return mount.grafts === 0 ? undefined : this.tree.grafts.find(this.directoryKey(mount, parent), name)
  }

  /** @internal The one node id of a directory: the root of a mount may be known by two, if it has been that of the tree. */
  protected directoryKey(mount: Mount, node: NodeId): NodeId {
    return localNode(mount, node) === ROOT ? this.tree.global(mount, ROOT) : node
  }

  /** @internal Enters a place: the root of a mount, or a pseudo directory. `undefined` for a directory of the back end above. */
  protected enter(place: Place, ctx: Context): Outcome<Entry> | undefined {
    const { shown } = place
    if (shown === undefined) return undefined
    const { mount, node } = shown
    if (mount === this.tree.pseudo && node !== ROOT) {
      return this.answers.entry(mount, this.pseudoFs.lookup(node, DOT, OWN_CONTEXT), Errno.ENOENT)
    }
    return node === ROOT ? this.enterRoot(mount, ctx) : undefined
  }

  /** @internal The entry of a mount's root. */
  protected enterRoot(mount: Mount, ctx: Context): Outcome<Entry> {
    const { fs } = mount
    try {
      const outcome = fs.getattr === undefined ? Errno.ENOSYS : fs.getattr(ROOT, undefined, ctx)
      return this.answers.root(mount, outcome)
    } catch (error) {
      return this.answers.thrown(error, Errno.EOPNOTSUPP)
    }
  }

  /** @internal Works out which directories the places are, where that is not known. A promise where that takes time. */
  protected settle(): Promise<void> | undefined {
    if (this.unsettled !== 'unknown') return this.unsettled
    const settling = this.exclusive(() => run(this.#settle()))
    if (!(settling instanceof Promise)) return undefined
    this.unsettled = settling
    return settling
  }

  /** @internal One change of the tree at a time. At once where nothing is under way and nothing has to wait. */
  protected exclusive<T>(change: () => T | Promise<T>): T | Promise<T> {
    if (this.#changing !== undefined) return this.#follow(this.#changing.then(change, change))
    const outcome = change()
    return outcome instanceof Promise ? this.#follow(outcome) : outcome
  }

  #follow<T>(outcome: Promise<T>): Promise<T> {
    const ended = outcome.then(
      () => {},
      () => {},
    )
    const done = ended.then(() => {
      if (this.#changing === done) this.#changing = undefined
    })
    this.#changing = done
    return outcome
  }

  *#settle(): Steps<void> {
    yield* this.tree.rebind([this.tree.root], this.tellFailure)
    this.unsettled = undefined
  }

  /** @internal A back end could not say what it has at a place. */
  protected readonly tellFailure = (place: Place, errno: Errno): void => {
    const path = Buffer.concat(namesOf(place).flatMap((name) => [Buffer.from('/'), name]))
    this.logger.warn(
      { path: shownPath(path), errno: errno.code },
      'a back end failed to look a directory up that leads to a mount: it is shown as a pseudo directory',
    )
  }

  /** @internal Lets go of a mount that is out of the tree, as far as nobody uses it any more. */
  protected reapMount(mount: Mount): void {
    const { index, state } = mount
    if (state === 'live' || mount.busy > 0 || this.client.handles.count(index) > 0) return
    const isKnown = this.client.nodes.lookups(index) > 0
    if (state === 'draining' && isKnown) return
    if (state !== 'destroyed') this.destroyMount(mount)
    if (isKnown || this.detached.get(index) !== mount) return
    this.detached.delete(index)
    this.epochs.set(index, mount.epoch + 1)
  }

  /** @internal The end of a mount that is out of the tree. */
  protected destroyMount(mount: Mount): void {
    mount.state = 'destroyed'
    if (this.slots[mount.index] === mount) this.slots[mount.index] = undefined
    mount.locks?.close()
    // The client may know it for long: that must not keep what belongs to the back end.
    const end = destroyBackend(mount).finally(() => mount.letGo())
    end.then(mount.gone.resolve, mount.gone.reject)
    end.catch(this.tellFailedEnd)
  }

  /** @internal Enters a mount by its index. The table is kept without holes, which makes it fast. */
  protected enterMount(mount: Mount): void {
    const { index, state } = mount
    while (this.slots.length < index) this.slots.push(undefined)
    const isServed = state === 'live' || state === 'draining'
    this.slots[index] = isServed ? mount : undefined
    if (state !== 'live') this.detached.set(index, mount)
  }

  /** @internal A back end whose end nobody waits for failed in it. */
  protected readonly tellFailedEnd = (error: unknown): void => {
    this.logger.error({ err: error }, 'a back end failed to end')
  }

  /** @internal Asks the client to forget nodes before a budget is used up. */
  protected relieve(mount: Mount): void {
    const { index, settings, pruneFrom } = mount
    const limit = settings.nodes
    if (limit === Number.POSITIVE_INFINITY || this.client.nodes.nodes(index) < limit - limit / 8) return
    const count = Math.min(PRUNE_COUNT, Math.ceil(limit / 4))
    const { nodes, next } = this.client.nodes.some(index, pruneFrom, count)
    mount.pruneFrom = next
    if (nodes.length === 0) return
    this.announcer.announce({ kind: 'unused', nodes: nodes.map((node) => this.tree.global(mount, node)) })
  }
}

/** Ends a back end, once. Rejects with what it fails with. */
export async function destroyBackend(mount: Mount): Promise<void> {
  if (!mount.active) return
  mount.active = false
  const outcome = await mount.fs.destroy?.()
  if (outcome instanceof Errno) throw outcome
}
