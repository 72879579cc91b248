import {
  type Context,
  type DirectorySink,
  type Entry,
  Errno,
  type FileHandle,
  isPromise,
  type NodeId,
  type OpenReply,
  type Outcome,
} from '@fb/api'
import { run, type Steps } from './kit/steps.js'
import { localNode, type Mount } from './mount/mount.js'
import { inodeNumber, PSEUDO_INDEX, ROOT } from './node-ids.js'
import { isListed, isPlaceCookie, MountSink, PLACE_COOKIES } from './router/mount-sink.js'
import { type Graft, placeAfter } from './tree/graft-table.js'
import type { Place } from './tree/place.js'
import { VfsXattrs } from './vfs-xattrs.js'

const DT_DIR = 4

/** One READDIR or READDIRPLUS. */
interface Listing {
  readonly mount: Mount
  /** As the back end knows them. */
  readonly node: NodeId
  readonly fh: FileHandle
  readonly plus: boolean
  readonly sink: DirectorySink
  readonly ctx: Context
}

const { ENOSYS, ESTALE, ENOTCONN, EBADF, ENFILE, ENOTDIR } = Errno

/** Operations on directories. */
export class VfsDirectories extends VfsXattrs {
  /** Used for one listing after the other; one that takes its time keeps it. */
  #mountSink = new MountSink(this.replies)

  opendir(node: NodeId, flags: number, ctx: Context): Outcome<OpenReply> {
    const mount = this.at(node)
    if (mount === undefined) return ESTALE
    if (this.isFull(mount)) return ENFILE
    const { fs } = mount
    const local = localNode(mount, node)
    try {
      const outcome = fs.opendir === undefined ? ENOSYS : fs.opendir(local, flags, ctx)
      return this.answers.opendir(mount, local, flags, node === ROOT, outcome)
    } catch (error) {
      return this.answers.opendir(mount, local, flags, node === ROOT, this.answers.thrown(error, ENOSYS))
    }
  }

  readdir(node: NodeId, fh: FileHandle, cookie: bigint, sink: DirectorySink, ctx: Context): Outcome<void> {
    return this.#list(node, fh, cookie, sink, false, ctx)
  }

  readdirplus(
    node: NodeId,
    fh: FileHandle,
    cookie: bigint,
    sink: DirectorySink,
    ctx: Context,
  ): Outcome<void> {
    return this.#list(node, fh, cookie, sink, true, ctx)
  }

  /** EBADF for a directory that is not open. */
  releasedir(node: NodeId, fh: FileHandle, flags: number, ctx: Context): Outcome<void> {
    const mount = this.ownerOf(node, fh)
    if (mount === undefined) return ENOTCONN
    const local = localNode(mount, node)
    const handle = this.localHandle(mount, node, fh)
    if (!this.closed(mount, node, fh, 'directory', flags)) return EBADF
    try {
      const outcome = mount.fs.releasedir?.(local, handle, flags, ctx)
      return this.answers.plain(mount, outcome, undefined)
    } catch (error) {
      return this.answers.thrown(error, undefined)
    } finally {
      this.afterClose(mount, node)
    }
  }

  fsyncdir(node: NodeId, fh: FileHandle, datasync: boolean, ctx: Context): Outcome<void> {
    const mount = this.on(node, fh)
    if (mount === undefined) return ENOTCONN
    try {
      const outcome = mount.fs.fsyncdir?.(
        localNode(mount, node),
        this.localHandle(mount, node, fh),
        datasync,
        ctx,
      )
      return this.answers.plain(mount, outcome, undefined)
    } catch (error) {
      return this.answers.thrown(error, undefined)
    }
  }

  #list(
    node: NodeId,
    fh: FileHandle,
    cookie: bigint,
    sink: DirectorySink,
    plus: boolean,
    ctx: Context,
  ): Outcome<void> {
    if (this.unsettled !== undefined) {
      const settling = this.settle()
      if (settling !== undefined) return settling.then(() => this.#list(node, fh, cookie, sink, plus, ctx))
    }
    const mount = this.on(node, fh)
    if (mount === undefined) return ENOTCONN
    const listing = {
      mount,
      node: localNode(mount, node),
      fh: this.localHandle(mount, node, fh),
      plus: plus && mount.fs.readdirplus !== undefined,
      sink,
      ctx,
    }
    const graft = mount.grafts === 0 ? undefined : this.tree.grafts.graftIn(this.directoryKey(mount, node))
    if (graft !== undefined) return run(this.#listWithPlaces(listing, graft, cookie, plus))
    const own = this.#mountSink.begin(sink, mount, undefined, listing.plus)
    const outcome = this.#ask(listing, cookie, own)
    if (isPromise(outcome)) this.#mountSink = new MountSink(this.replies)
    return outcome
  }

  /** Has a back end list a part of a directory. */
  #ask({ mount, node, fh, plus, ctx }: Listing, cookie: bigint, own: MountSink): Outcome<void> {
    const { fs } = mount
    try {
      const outcome = plus
        ? fs.readdirplus?.(node, fh, cookie, own, ctx)
        : fs.readdir === undefined
          ? ENOSYS
          : fs.readdir(node, fh, cookie, own, ctx)
      const answer = this.answers.plain<void>(mount, outcome, ENOTDIR)
      if (isPromise(answer)) return answer.finally(() => this.#payBack(mount, own))
      this.#payBack(mount, own)
      return answer
    } catch (error) {
      this.#payBack(mount, own)
      return this.answers.thrown(error, ENOTDIR)
    }
  }

  /** The back end has counted what was accepted, now that it is done: it gets back what the client did not get. */
  #payBack(mount: Mount, { owed, taken, plus }: MountSink): void {
    if (mount.state === 'destroyed') return
    for (const nodeid of owed) mount.fs.forget?.(nodeid, 1)
    if (taken > 0 && plus) this.relieve(mount)
  }

  /** A directory in which places are: they follow behind all that the back end has. */
  *#listWithPlaces(listing: Listing, graft: Graft, cookie: bigint, plus: boolean): Steps<undefined | Errno> {
    let from = cookie
    while (!isPlaceCookie(from)) {
      const own = new MountSink(this.replies).begin(listing.sink, listing.mount, graft, listing.plus)
      const outcome = yield this.#ask(listing, from, own)
      if (outcome instanceof Errno && outcome !== ENOTDIR) return outcome
      if (own.failed !== undefined) return own.failed
      if (own.full || own.taken > 0) return undefined
      if (own.offered === 0) break
      from = own.last
    }
    const last = isPlaceCookie(from) ? Number(from - PLACE_COOKIES) : 0
    return yield* this.#listPlaces(graft, last, listing, plus)
  }

  *#listPlaces(graft: Graft, last: number, { sink, ctx }: Listing, plus: boolean): Steps<undefined> {
    for (let place = placeAfter(graft, last); place !== undefined; place = placeAfter(graft, place.id)) {
      if (!isListed(place)) continue
      const cookie = PLACE_COOKIES + BigInt(place.id)
      const entry = plus ? yield* this.#entryOf(place, ctx) : undefined
      if (entry === undefined) {
        if (!sink.add(place.name, inodeNumber(PSEUDO_INDEX, place.id), DT_DIR, cookie)) return undefined
      } else if (!sink.addPlus(place.name, entry, cookie)) {
        this.forget(entry.nodeid, 1)
        return undefined
      }
    }
    return undefined
  }

  /** The entry of a place, as a lookup gives it; `undefined` where a lookup would fail. */
  *#entryOf(place: Place, ctx: Context): Steps<Entry | undefined> {
    try {
      const entry = (yield this.enter(place, ctx)) as Entry | Errno | undefined
      return entry instanceof Errno ? undefined : entry
    } catch {
      return undefined
    }
  }
}
