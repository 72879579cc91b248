import {
  type Context,
  type DirectorySink,
  type Entry,
  Errno,
  type FileHandle,
  isPromise,
  type NodeId,
  OPERATIONS,
  type OpenReply,
  type Outcome,
} from '@fb/api'
import { asker } from '../kit/ask.js'
import { type Hides, ListingSink } from '../kit/listing-sink.js'
import { runSteps, type Steps } from '../kit/steps.js'
import { localNode, type Mount } from '../mount/mount.js'
import { inodeNumber, PSEUDO_INDEX } from '../node-ids.js'
import { afterClose, relieve } from '../router/forgetting.js'
import type { Router } from '../router/router.js'
import { type Graft, placeAfter } from '../tree/graft-table.js'
import { hiddenBy, isListed, isPlaceCookie, PLACE_COOKIES } from '../tree/listed-places.js'
import type { Place } from '../tree/place.js'
import { enter, forget } from './lookup.js'

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

const { ESTALE, ENOTCONN, EBADF, ENFILE } = Errno
const ENDED = OPERATIONS.readdir.missing
const ask = {
  opendir: asker('opendir'),
  readdir: asker('readdir'),
  readdirplus: asker('readdirplus'),
  releasedir: asker('releasedir'),
}

export function opendir(router: Router, node: NodeId, flags: number, ctx: Context): Outcome<OpenReply> {
  const mount = router.at(node)
  if (mount === undefined) return ESTALE
  if (router.isFull(mount)) return ENFILE
  const local = localNode(mount, node)
  return router.answers.opendir(mount, local, node, flags, ask.opendir(mount, local, flags, ctx))
}

/** EBADF for a directory that is not open. */
export function releasedir(
  router: Router,
  node: NodeId,
  fh: FileHandle,
  flags: number,
  ctx: Context,
): Outcome<void> {
  const mount = router.ownerOf(node, fh)
  if (mount === undefined) return ENOTCONN
  const local = localNode(mount, node)
  const handle = router.localHandle(mount, node, fh)
  if (!router.closes(mount, node, fh, 'directory', flags)) return EBADF
  try {
    const outcome = ask.releasedir(mount, local, handle, flags, ctx)
    return router.answers.plain<void>(mount, outcome, OPERATIONS.releasedir.missing)
  } finally {
    if (mount.state !== 'live') afterClose(router, mount, node)
  }
}

/** @param plus for READDIRPLUS */
export function list(
  router: Router,
  node: NodeId,
  fh: FileHandle,
  cookie: bigint,
  sink: DirectorySink,
  plus: boolean,
  ctx: Context,
): Outcome<void> {
  if (router.unsettled !== undefined) {
    const settling = router.settle()
    if (settling !== undefined) return settling.then(() => list(router, node, fh, cookie, sink, plus, ctx))
  }
  const mount = router.on(node, fh)
  if (mount === undefined) return ENOTCONN
  const listing = {
    mount,
    node: localNode(mount, node),
    fh: router.localHandle(mount, node, fh),
    plus: plus && mount.fs.readdirplus !== undefined,
    sink,
    ctx,
  }
  const graft = mount.grafts === 0 ? undefined : router.tree.grafts.graftIn(router.directoryKey(mount, node))
  if (graft !== undefined) return runSteps(listWithPlaces(router, listing, graft, cookie, plus))
  const own = router.listingSink.begin(sink, mount, listing.plus)
  const outcome = askForList(router, listing, cookie, own)
  if (isPromise(outcome)) router.listingSink = new ListingSink(router.replies)
  return outcome
}

/** Has a back end list a part of a directory. */
function askForList(
  router: Router,
  { mount, node, fh, plus, ctx }: Listing,
  cookie: bigint,
  own: ListingSink<Mount>,
): Outcome<void> {
  let answer: Outcome<void>
  try {
    const outcome = (plus ? ask.readdirplus : ask.readdir)(mount, node, fh, cookie, own, ctx)
    answer = router.answers.plain<void>(mount, outcome, ENDED)
    if (isPromise(answer)) return answer.finally(() => payBack(router, mount, own))
  } catch (error) {
    payBack(router, mount, own)
    throw error
  }
  payBack(router, mount, own)
  return answer
}

/** The back end has counted what was accepted, now that it is done: it gets back what the client did not get. */
function payBack(router: Router, mount: Mount, { owed, taken, plus }: ListingSink<Mount>): void {
  if (mount.state === 'destroyed') return
  for (const nodeid of owed) mount.fs.forget?.(nodeid, 1)
  if (taken > 0 && plus) relieve(router, mount)
}

/** A directory in which places are: they follow behind all that the back end has. */
function* listWithPlaces(
  router: Router,
  listing: Listing,
  graft: Graft,
  cookie: bigint,
  plus: boolean,
): Steps<undefined | Errno> {
  const hides: Hides = (name, at) => hiddenBy(graft, name, at)
  let from = cookie
  while (!isPlaceCookie(from)) {
    const own = new ListingSink(router.replies).begin(listing.sink, listing.mount, listing.plus, hides)
    const outcome = yield askForList(router, listing, from, own)
    if (outcome instanceof Errno && outcome !== ENDED) return outcome
    if (own.failed !== undefined) return own.failed
    if (own.full || own.taken > 0) return undefined
    if (own.offered === 0) break
    from = own.last
  }
  const last = isPlaceCookie(from) ? Number(from - PLACE_COOKIES) : 0
  return yield* listPlaces(router, graft, last, listing, plus)
}

function* listPlaces(
  router: Router,
  graft: Graft,
  last: number,
  { sink, ctx }: Listing,
  plus: boolean,
): Steps<undefined> {
  for (let place = placeAfter(graft, last); place !== undefined; place = placeAfter(graft, place.id)) {
    if (!isListed(place)) continue
    const cookie = PLACE_COOKIES + BigInt(place.id)
    const entry = plus ? yield* entryOf(router, place, ctx) : undefined
    if (entry === undefined) {
      if (!sink.add(place.name, inodeNumber(PSEUDO_INDEX, place.id), DT_DIR, cookie)) return undefined
    } else if (!sink.addPlus(place.name, entry, cookie)) {
      forget(router, entry.nodeid, 1)
      return undefined
    }
  }
  return undefined
}

/** The entry of a place, as a lookup gives it; `undefined` where a lookup would fail. */
function* entryOf(router: Router, place: Place, ctx: Context): Steps<Entry | undefined> {
  try {
    const entry = (yield enter(router, place, ctx)) as Entry | Errno | undefined
    return entry instanceof Errno ? undefined : entry
  } catch {
    return undefined
  }
}
