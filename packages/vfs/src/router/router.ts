import { InitFlag } from '@fb/abi'
import { type Errno, type FileHandle, type Logger, type NodeId, type Notifier, quietLogger } from '@fb/api'
import { PseudoFs } from '@fb/pseudo-fs'
import { ClientState } from '../client/client-state.js'
import { Answers } from '../kit/answers.js'
import type { HandleKind } from '../kit/backing.js'
import { ListingSink } from '../kit/listing-sink.js'
import { runSteps, type Steps } from '../kit/steps.js'
import { Features } from '../mount/features.js'
import { localNode, Mount } from '../mount/mount.js'
import { MountTable } from '../mount/mount-table.js'
import { mountSettings } from '../mount/options.js'
import { indexOf, PSEUDO_INDEX, ROOT } from '../node-ids.js'
import { Announcer } from '../tree/announcer.js'
import { Exclusive } from '../tree/exclusive.js'
import { shownPath } from '../tree/path.js'
import { namesOf, type Place } from '../tree/place.js'
import { PlaceTree } from '../tree/place-tree.js'
import { relieve } from './forgetting.js'
import type { VfsOptions } from './options.js'
import { Replies } from './replies.js'

/** All that a tree is, as plain data, and how a node or an open file leads to its mount. The operations are in `ops`. */
export class Router {
  readonly client: ClientState
  /** The directories that lead to the mounts. */
  readonly pseudoFs: PseudoFs
  readonly mounts: MountTable
  readonly tree: PlaceTree
  readonly features: Features
  readonly announcer: Announcer
  readonly replies: Replies
  readonly answers: Answers<Mount>
  /** Used for one list after the other; one that takes its time keeps it. */
  listingSink: ListingSink<Mount>
  readonly logger: Logger
  /** How the client is reached after `restoreState`. */
  readonly successorNotifier: Notifier | undefined
  /** Set as long as it is not worked out which directories the places are. */
  unsettled: 'unknown' | Promise<void> | undefined = 'unknown'
  readonly #served: readonly (Mount | undefined)[]
  readonly #changes = new Exclusive()

  constructor(options: VfsOptions) {
    const { timeout = 1, features = 0n, submounts = false, logger = quietLogger } = options
    const { client = new ClientState() } = options
    if (!(timeout >= 0)) throw new RangeError(`timeout must be 0 or more, not ${timeout}`)
    this.client = client
    this.logger = logger
    this.successorNotifier = options.notifier
    this.pseudoFs = new PseudoFs({}, { timeout })
    const pseudo = new Mount(PSEUDO_INDEX, this.pseudoFs, new Uint8Array(0), mountSettings({}), 0)
    this.mounts = new MountTable(pseudo, client, logger)
    this.#served = this.mounts.served
    this.tree = new PlaceTree(pseudo, this.pseudoFs)
    this.features = new Features(this.tree, submounts ? features | InitFlag.SUBMOUNTS : features)
    this.announcer = new Announcer(() => this.features.notifier, logger)
    this.replies = new Replies(this.tree, client, {
      timeout,
      isSubmount: () => this.features.has(InitFlag.SUBMOUNTS),
      relieve: (mount) => relieve(this, mount),
      ended: (mount) => this.mounts.reap(mount),
    })
    this.answers = new Answers(this.replies)
    this.listingSink = new ListingSink(this.replies)
  }

  /** The mount of a node; `undefined` where there is none any more. */
  at(node: NodeId): Mount | undefined {
    return node === ROOT ? this.tree.top : this.#served[indexOf(node)]
  }

  /**
   * The mount of an open file. What is at the root of the tree may be another mount than when it was opened, so its handles
   * say whose they are.
   */
  on(node: NodeId, fh: FileHandle): Mount | undefined {
    return this.#served[indexOf(node === ROOT ? fh : node)]
  }

  /** The mount of an open file, also where it has been removed. */
  ownerOf(node: NodeId, fh: FileHandle): Mount | undefined {
    const mount = this.mounts.find(indexOf(node === ROOT ? fh : node))
    return mount?.state === 'destroyed' ? undefined : mount
  }

  /** Handle of the back end for one of the tree. */
  localHandle<H extends FileHandle | undefined>(mount: Mount, node: NodeId, fh: H): H {
    if (node !== ROOT || fh === undefined) return fh
    return this.client.handles.behind(mount.index, fh - mount.base) as H
  }

  /** Counts a file or directory that has been closed. False where it was not open. */
  closes(mount: Mount, node: NodeId, fh: FileHandle, kind: HandleKind, flags: number): boolean {
    const { handles } = this.client
    return node === ROOT
      ? handles.removeTop(mount.index, fh - mount.base, kind, flags)
      : handles.remove(node - mount.base, mount.index, fh, kind, flags)
  }

  /** Whether the client has a file open under this number, or others that its back end does not tell from it. */
  isOpen(mount: Mount, node: NodeId, fh: FileHandle): boolean {
    const { handles } = this.client
    return node === ROOT
      ? handles.isOpen(ROOT, mount.index, fh - mount.base)
      : handles.isOpen(node - mount.base, mount.index, fh)
  }

  /** Whether as many files of a mount are open as may be. */
  isFull(mount: Mount): boolean {
    return this.client.handles.count(mount.index) >= mount.settings.handles
  }

  /** The place of a name in a directory, where a mount is there or below. */
  placeAt(mount: Mount, parent: NodeId, name: Uint8Array): Place | undefined {
    return mount.grafts === 0 ? undefined : this.tree.grafts.find(this.directoryKey(mount, parent), name)
  }

  /** The one node id of a directory: the root of a mount may be known by two, if it has been that of the tree. */
  directoryKey(mount: Mount, node: NodeId): NodeId {
    return localNode(mount, node) === ROOT ? this.tree.global(mount, ROOT) : node
  }

  /** Works out which directories the places are, where that is not known. A promise where that takes time. */
  settle(): Promise<void> | undefined {
    if (this.unsettled !== 'unknown') return this.unsettled
    const settling = this.exclusive(() => runSteps(this.#settle()))
    if (!(settling instanceof Promise)) return undefined
    this.unsettled = settling
    return settling
  }

  /** One change of the tree at a time. */
  exclusive<T>(change: () => T | Promise<T>): T | Promise<T> {
    return this.#changes.run(change)
  }

  /** A back end could not say what it has at a place. */
  readonly tellFailure = (place: Place, errno: Errno): void => {
    const path = Buffer.concat(namesOf(place).flatMap((name) => [Buffer.from('/'), name]))
    this.logger.warn(
      { path: shownPath(path), errno: errno.code },
      'a back end failed to look a directory up that leads to a mount: it is shown as a pseudo directory',
    )
  };

  *#settle(): Steps<void> {
    yield* this.tree.rebind([this.tree.root], this.tellFailure)
    this.unsettled = undefined
  }
}
