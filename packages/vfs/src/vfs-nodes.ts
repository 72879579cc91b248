import { InitFlag } from '@fb/abi'
import {
  type AttrReply,
  type Context,
  type Entry,
  Errno,
  type FileHandle,
  isPromise,
  mapOutcome,
  type Name,
  type NodeId,
  type Outcome,
  type SetAttr,
  type StatFs,
  type StatxReply,
} from '@fb/api'
import { localNode, type Mount } from './mount/mount.js'
import { indexOf, ROOT } from './node-ids.js'
import { splitPath } from './tree/path.js'
import { VfsCore } from './vfs-core.js'

const DOT = 0x2e
const DOT_NAME = Uint8Array.of(DOT)
/** STATX_BASIC_STATS: what `getattr` can tell. */
const STATX_BASIC_STATS = 0x7ff

/** What a server answers for a file system without `statfs`. */
const EMPTY_STATFS: StatFs = {
  blocks: 0,
  bfree: 0,
  bavail: 0,
  files: 0,
  ffree: 0,
  bsize: 4096,
  namelen: 255,
  frsize: 4096,
}

const { ENOSYS, ESTALE, ENOTCONN, ENOENT, EINVAL, EPERM, EOPNOTSUPP } = Errno

/** Operations on nodes: finding, forgetting, attributes. */
export class VfsNodes extends VfsCore {
  lookup(parent: NodeId, name: Name, ctx: Context): Outcome<Entry> {
    if (this.unsettled !== undefined) {
      const settling = this.settle()
      if (settling !== undefined) return settling.then(() => this.lookup(parent, name, ctx))
    }
    const mount = this.at(parent)
    if (mount === undefined) return ESTALE
    const local = localNode(mount, parent)
    const place = this.placeAt(mount, parent, name)
    const entered = place === undefined ? undefined : this.enter(place, ctx)
    if (entered !== undefined) return entered
    if (local === ROOT && mount !== this.tree.top && isDotDot(name)) return this.#leave(mount, ctx)
    const { fs } = mount
    try {
      return this.answers.entry(mount, fs.lookup === undefined ? ENOSYS : fs.lookup(local, name, ctx), ENOENT)
    } catch (error) {
      return this.answers.thrown(error, ENOENT)
    }
  }

  forget(node: NodeId, nlookup: number): void {
    // The root of the tree is never forgotten, and its lookups are not counted: see Replies.
    if (node === ROOT) return
    const index = indexOf(node)
    const mount = this.slots[index] ?? this.detached.get(index)
    if (mount === undefined) return
    // Never more than it has been given: the tree itself may have lookups on the node too.
    const local = node - mount.base
    const taken = this.client.nodes.take(local, index, nlookup)
    if (taken === 0) return
    if (local !== ROOT && mount.state !== 'destroyed') mount.fs.forget?.(local, taken)
    if (mount.state !== 'live') this.reapMount(mount)
  }

  getattr(node: NodeId, fh: FileHandle | undefined, ctx: Context): Outcome<AttrReply> {
    const mount = fh === undefined ? this.at(node) : this.on(node, fh)
    if (mount === undefined) return fh === undefined ? ESTALE : ENOTCONN
    const { fs } = mount
    try {
      const outcome =
        fs.getattr === undefined
          ? ENOSYS
          : fs.getattr(localNode(mount, node), this.localHandle(mount, node, fh), ctx)
      return this.answers.attr(mount, outcome, EOPNOTSUPP)
    } catch (error) {
      return this.answers.thrown(error, EOPNOTSUPP)
    }
  }

  setattr(node: NodeId, changes: SetAttr, fh: FileHandle | undefined, ctx: Context): Outcome<AttrReply> {
    const mount = fh === undefined ? this.at(node) : this.on(node, fh)
    if (mount === undefined) return fh === undefined ? ESTALE : ENOTCONN
    const { fs } = mount
    try {
      const outcome =
        fs.setattr === undefined
          ? ENOSYS
          : fs.setattr(localNode(mount, node), changes, this.localHandle(mount, node, fh), ctx)
      return this.answers.attr(mount, outcome, EPERM)
    } catch (error) {
      return this.answers.thrown(error, EPERM)
    }
  }

  statx(
    node: NodeId,
    fh: FileHandle | undefined,
    flags: number,
    mask: number,
    ctx: Context,
  ): Outcome<StatxReply> {
    const mount = fh === undefined ? this.at(node) : this.on(node, fh)
    if (mount === undefined) return fh === undefined ? ESTALE : ENOTCONN
    const { fs } = mount
    const basic = () => asStatx(this.getattr(node, fh, ctx))
    if (fs.statx === undefined) return basic()
    const handle = this.localHandle(mount, node, fh)
    try {
      const outcome = this.answers.statx(mount, fs.statx(localNode(mount, node), handle, flags, mask, ctx))
      if (isPromise(outcome)) return outcome.then((reply) => (reply === ENOSYS ? basic() : reply))
      return outcome === ENOSYS ? basic() : outcome
    } catch (error) {
      if (this.answers.thrown<Errno>(error, ENOSYS) === ENOSYS) return basic()
      throw error
    }
  }

  readlink(node: NodeId, ctx: Context): Outcome<Uint8Array | string> {
    const mount = this.at(node)
    if (mount === undefined) return ESTALE
    const { fs } = mount
    try {
      const outcome = fs.readlink === undefined ? ENOSYS : fs.readlink(localNode(mount, node), ctx)
      return this.answers.plain<Uint8Array | string>(mount, outcome, EINVAL)
    } catch (error) {
      return this.answers.thrown(error, EINVAL)
    }
  }

  access(node: NodeId, mask: number, ctx: Context): Outcome<void> {
    const mount = this.at(node)
    if (mount === undefined) return ESTALE
    try {
      return this.answers.plain(mount, mount.fs.access?.(localNode(mount, node), mask, ctx), undefined)
    } catch (error) {
      return this.answers.thrown(error, undefined)
    }
  }

  statfs(node: NodeId, ctx: Context): Outcome<StatFs> {
    const mount = this.at(node)
    if (mount === undefined) return ESTALE
    const { fs } = mount
    try {
      const outcome = fs.statfs === undefined ? ENOSYS : fs.statfs(localNode(mount, node), ctx)
      return this.answers.plain<StatFs>(mount, outcome, EMPTY_STATFS)
    } catch (error) {
      return this.answers.thrown(error, EMPTY_STATFS)
    }
  }

  /** The whole tree where the client takes it for one file system, else the mount of the node. */
  syncfs(node: NodeId, ctx: Context): Outcome<void> {
    const mount = this.at(node)
    if (mount === undefined) return ESTALE
    if (node !== ROOT || this.features.has(InitFlag.SUBMOUNTS))
      return this.#syncMount(mount, localNode(mount, node), ctx)
    const outcomes = this.slots.flatMap((other) =>
      other === undefined ? [] : [this.#syncMount(other, ROOT, ctx)],
    )
    return outcomes.some(isPromise)
      ? Promise.all(outcomes).then((all) => all.find((outcome) => outcome instanceof Errno))
      : (outcomes.find((outcome) => outcome instanceof Errno) as Errno | undefined)
  }

  #syncMount(mount: Mount, node: NodeId, ctx: Context): Outcome<void> {
    try {
      return this.answers.plain(mount, mount.fs.syncfs?.(node, ctx), undefined)
    } catch (error) {
      return this.answers.thrown(error, undefined)
    }
  }

  /** The directory above the root of a mount: asked for by those who export the tree. */
  #leave(mount: Mount, ctx: Context): Outcome<Entry> {
    const above = this.tree.find(splitPath(mount.path))?.parent?.shown
    if (above === undefined || mount.state !== 'live') return ESTALE
    if (above.node === ROOT) return this.enterRoot(above.mount, ctx)
    const { fs } = above.mount
    try {
      const outcome = fs.lookup === undefined ? ENOSYS : fs.lookup(above.node, DOT_NAME, ctx)
      return this.answers.entry(above.mount, outcome, ESTALE)
    } catch (error) {
      return this.answers.thrown(error, ESTALE)
    }
  }
}

function isDotDot(name: Name): boolean {
  return name.length === 2 && name[0] === DOT && name[1] === DOT
}

function asStatx(outcome: Outcome<AttrReply>): Outcome<StatxReply> {
  return mapOutcome(outcome, ({ attr, attrTimeout }) => ({ attr, attrTimeout, mask: STATX_BASIC_STATS }))
}
