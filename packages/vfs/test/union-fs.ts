import {
  type AttrReply,
  type Context,
  type DirectorySink,
  type Entry,
  Errno,
  type FileHandle,
  type FileSystem,
  type Name,
  type NodeId,
  nameToString,
  OPERATIONS,
  type OpenReply,
  type Outcome,
  type ReadSink,
  type ReleaseRequest,
} from '@fb/api'
import {
  Answers,
  asker,
  type Backing,
  type Composition,
  ListingSink,
  runSteps,
  type Steps,
} from '../src/kit/index.js'

/** One of two file systems: every second node is one of its own. */
interface Layer extends Backing {
  readonly shift: 0 | 1
}

const ROOT = 1
/** Cookies of the lower layer are above those of the upper one. */
const LOWER = 1n << 40n
const ask = {
  lookup: asker('lookup'),
  getattr: asker('getattr'),
  readdirplus: asker('readdirplus'),
  open: asker('open'),
  read: asker('read'),
  release: asker('release'),
}

/**
 * Two file systems in one, made with the kit alone: the root has the names of both, of which the upper one's come first;
 * below, each shows its own. It needs back ends that list without an open directory.
 */
export class UnionFs implements FileSystem {
  /** What the client holds. */
  readonly lookups = new Map<NodeId, number>()
  readonly held = new Set<string>()
  busy = 0
  /** Answers that come now come too late. */
  gone = false
  /** Most nodes that the client may know. */
  most = Number.POSITIVE_INFINITY
  readonly #upper: Layer
  readonly #lower: Layer
  readonly #composition: Composition<Layer> = {
    entry: (layer, entry, fresh) => {
      const nodeid = globalNode(layer, entry.nodeid)
      if (entry.nodeid === 0) return entry
      if (!this.lookups.has(nodeid) && this.lookups.size >= this.most) return Errno.ENFILE
      this.lookups.set(nodeid, (this.lookups.get(nodeid) ?? 0) + 1)
      return { ...entry, nodeid, generation: fresh ? 1 : 0 }
    },
    uncount: (layer, node) => this.#take(globalNode(layer, node), 1),
    found: () => {},
    attributes: (_layer, reply) => reply,
    statx: (_layer, reply) => reply,
    inode: ({ shift }, ino) => Number(ino) * 2 + shift,
    opened: (layer, node, asked, reply, kind) => {
      if (globalNode(layer, node) !== asked) return Errno.EIO
      this.held.add(`${kind} ${asked} ${reply.fh}`)
      return reply
    },
    begun: () => {
      this.busy += 1
    },
    ended: () => {
      this.busy -= 1
    },
    isGone: () => this.gone,
  }
  readonly #answers = new Answers(this.#composition)

  constructor(upper: FileSystem, lower: FileSystem) {
    this.#upper = { fs: upper, shift: 0 }
    this.#lower = { fs: lower, shift: 1 }
  }

  lookup(parent: NodeId, name: Name, ctx: Context): Outcome<Entry> {
    if (parent !== ROOT) return this.#lookup(this.#of(parent), localNode(parent), name, ctx)
    return runSteps(this.#lookupInBoth(name, ctx))
  }

  forget(node: NodeId, nlookup: number): void {
    if (node === ROOT) return
    this.#take(node, nlookup)
    this.#of(node).fs.forget?.(localNode(node), nlookup)
  }

  getattr(node: NodeId, fh: FileHandle | undefined, ctx: Context): Outcome<AttrReply> {
    const layer = this.#of(node)
    const outcome = ask.getattr(layer, localNode(node), fh, ctx)
    return this.#answers.attributes(layer, outcome, OPERATIONS.getattr.missing)
  }

  open(node: NodeId, flags: number, killSuidgid: boolean, ctx: Context): Outcome<OpenReply> {
    const layer = this.#of(node)
    const local = localNode(node)
    return this.#answers.open(layer, local, node, flags, ask.open(layer, local, flags, killSuidgid, ctx))
  }

  read(
    node: NodeId,
    fh: FileHandle,
    offset: number,
    sink: ReadSink,
    ctx: Context,
  ): Outcome<number | Uint8Array> {
    const layer = this.#of(node)
    const outcome = ask.read(layer, localNode(node), fh, offset, sink, ctx)
    return this.#answers.plain<number | Uint8Array>(layer, outcome, OPERATIONS.read.missing)
  }

  release(node: NodeId, fh: FileHandle, request: ReleaseRequest, ctx: Context): Outcome<void> {
    const layer = this.#of(node)
    this.held.delete(`file ${node} ${fh}`)
    const outcome = ask.release(layer, localNode(node), fh, request, ctx)
    return this.#answers.plain<void>(layer, outcome, OPERATIONS.release.missing)
  }

  readdirplus(
    node: NodeId,
    fh: FileHandle,
    cookie: bigint,
    sink: DirectorySink,
    ctx: Context,
  ): Outcome<void> {
    if (node === ROOT) return runSteps(this.#listBoth(cookie, sink, ctx))
    const layer = this.#of(node)
    const own = new ListingSink(this.#composition).begin(sink, layer, true)
    return runSteps(this.#list(layer, own, localNode(node), fh, cookie, ctx))
  }

  *#lookupInBoth(name: Name, ctx: Context): Steps<Entry | Errno> {
    const upper = (yield this.#lookup(this.#upper, ROOT, name, ctx)) as Entry | Errno
    if (upper !== Errno.ENOENT) return upper
    return (yield this.#lookup(this.#lower, ROOT, name, ctx)) as Entry | Errno
  }

  #lookup(layer: Layer, parent: NodeId, name: Name, ctx: Context): Outcome<Entry> {
    return this.#answers.entry(layer, ask.lookup(layer, parent, name, ctx), OPERATIONS.lookup.missing)
  }

  *#listBoth(cookie: bigint, sink: DirectorySink, ctx: Context): Steps<Errno | undefined> {
    if (cookie < LOWER) {
      const own = new ListingSink(this.#composition).begin(sink, this.#upper, true)
      const outcome = yield* this.#list(this.#upper, own, ROOT, 0, cookie, ctx)
      if (outcome !== undefined || own.full) return outcome
    }
    const names = new Set<string>(['.', '..'])
    const upper: DirectorySink = {
      remaining: Number.POSITIVE_INFINITY,
      add: (name) => names.add(typeof name === 'string' ? name : nameToString(name)) !== undefined,
      addPlus: (name, { nodeid }) => {
        names.add(typeof name === 'string' ? name : nameToString(name))
        if (nodeid !== 0) this.#upper.fs.forget?.(nodeid, 1)
        return true
      },
    }
    const seen = yield ask.readdirplus(this.#upper, ROOT, 0, 0n, upper, ctx)
    if (seen instanceof Errno) return seen
    const above: DirectorySink = {
      get remaining() {
        return sink.remaining
      },
      add: (name, ino, type, at) => sink.add(name, ino, type, at + LOWER),
      addPlus: (name, entry, at) => sink.addPlus(name, entry, at + LOWER),
    }
    const hides = (name: Uint8Array | string) =>
      names.has(typeof name === 'string' ? name : nameToString(name))
    const own = new ListingSink(this.#composition).begin(above, this.#lower, true, hides)
    return yield* this.#list(this.#lower, own, ROOT, 0, cookie < LOWER ? 0n : cookie - LOWER, ctx)
  }

  *#list(
    layer: Layer,
    own: ListingSink<Layer>,
    node: NodeId,
    fh: FileHandle,
    cookie: bigint,
    ctx: Context,
  ): Steps<Errno | undefined> {
    const outcome = ask.readdirplus(layer, node, fh, cookie, own, ctx)
    const answer = yield this.#answers.plain<void>(layer, outcome, OPERATIONS.readdirplus.missing)
    for (const owed of own.owed) layer.fs.forget?.(owed, 1)
    return answer as Errno | undefined
  }

  #of(node: NodeId): Layer {
    return node === ROOT || node % 2 === 0 ? this.#upper : this.#lower
  }

  #take(node: NodeId, nlookup: number): void {
    const left = (this.lookups.get(node) ?? 0) - nlookup
    if (left > 0) this.lookups.set(node, left)
    else this.lookups.delete(node)
  }
}

/** Back ends number their nodes from 2 on, as the union does. */
function globalNode({ shift }: Layer, node: NodeId): NodeId {
  return node * 2 + shift
}

function localNode(node: NodeId): NodeId {
  return node === ROOT ? ROOT : Math.floor(node / 2)
}
