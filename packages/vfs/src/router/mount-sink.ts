import { type DirectorySink, type Entry, Errno, type NodeId, nameToBytes } from '@fb/api'
import type { Mount } from '../mount/mount.js'
import { inodeNumber, PSEUDO_INDEX, ROOT } from '../node-ids.js'
import type { Graft } from '../tree/graft-table.js'
import type { Place } from '../tree/place.js'
import type { Replies } from './replies.js'

/**
 * Cookies of places, which are listed behind what the back end has: this plus the number of the place. No file system of
 * Linux is known to use this range: ext4, whose cookies fill 63 bits, keeps the highest 31 of these below all ones but for
 * {@link END_COOKIE}.
 */
export const PLACE_COOKIES = 0x7fff_ffff_0000_0000n
/**
 * No place has this one: ext4 and btrfs give it to the last entry of a directory. File systems whose cookies have the
 * highest bit set are listed too.
 */
const END_COOKIE = 0x7fff_ffff_ffff_ffffn

const S_IFMT_SHIFT = 12

/** Whether a cookie is that of a place. */
export function isPlaceCookie(cookie: bigint): boolean {
  return cookie >= PLACE_COOKIES && cookie < END_COOKIE
}

/** Whether a place is listed by the tree; the back end lists those that are directories of its own. */
export function isListed({ shown }: Place): boolean {
  return shown !== undefined && (shown.node === ROOT || shown.mount.index === PSEUDO_INDEX)
}

/**
 * Takes the listing of a back end's directory, and shows it as that of a directory of the tree: node ids, inode numbers, and
 * without the names under which places are. The places follow when the back end is done.
 */
export class MountSink implements DirectorySink {
  readonly #replies: Replies
  #inner!: DirectorySink
  #mount!: Mount
  #graft: Graft | undefined
  plus = false
  /** Entries that the back end had to offer, and cookie of the last one. */
  offered = 0
  last = 0n
  /** Entries that the client took. */
  taken = 0
  /** The client takes no more. */
  full = false
  /** Why the listing cannot go on. */
  failed: Errno | undefined
  /** Nodes on which the back end has counted a lookup that the client did not get. */
  owed: NodeId[] = []

  constructor(replies: Replies) {
    this.#replies = replies
  }

  /** Begins a listing. @param plus whether entries have attributes, and count as lookups */
  begin(inner: DirectorySink, mount: Mount, graft: Graft | undefined, plus: boolean): this {
    this.#inner = inner
    this.#mount = mount
    this.#graft = graft
    this.plus = plus
    this.offered = 0
    this.taken = 0
    this.full = false
    this.failed = undefined
    if (this.owed.length > 0) this.owed = []
    return this
  }

  get remaining(): number {
    return this.#inner.remaining
  }

  add(name: Uint8Array | string, ino: number | bigint, type: number, cookie: bigint): boolean {
    if (this.#graft !== undefined && this.#isHidden(this.#graft, name, cookie))
      return this.failed === undefined
    return this.#took(this.#inner.add(name, inodeNumber(this.#mount.index, ino), type, cookie), cookie)
  }

  addPlus(name: Uint8Array | string, entry: Entry, cookie: bigint): boolean {
    const { nodeid, attr } = entry
    const { ino, mode } = attr
    if (!this.plus || nodeid === 0) return this.add(name, ino, mode >>> S_IFMT_SHIFT, cookie)
    if (this.#graft !== undefined && this.#isHidden(this.#graft, name, cookie)) {
      if (this.failed !== undefined) return false
      this.owed.push(nodeid)
      return true
    }
    const mount = this.#mount
    const reply = this.#replies.entry(mount, entry, false)
    if (reply instanceof Errno) {
      const added = this.#took(
        this.#inner.add(name, inodeNumber(mount.index, ino), mode >>> S_IFMT_SHIFT, cookie),
        cookie,
      )
      if (added) this.owed.push(nodeid)
      return added
    }
    const added = this.#took(this.#inner.addPlus(name, reply, cookie), cookie)
    if (!added) this.#replies.uncount(mount, nodeid)
    else if (nodeid === ROOT) this.owed.push(nodeid)
    return added
  }

  #took(taken: boolean, cookie: bigint): boolean {
    this.offered += 1
    if (taken) {
      this.taken += 1
      this.last = cookie
    } else {
      this.full = true
    }
    return taken
  }

  /** Whether an entry is not shown: because a place has its name, or because its cookie would be taken for a place's. */
  #isHidden(graft: Graft, name: Uint8Array | string, cookie: bigint): boolean {
    if (isPlaceCookie(cookie)) {
      this.failed = Errno.EOVERFLOW
      return true
    }
    const place = graft.names.get(typeof name === 'string' ? nameToBytes(name) : name)
    if (place === undefined || !isListed(place)) return false
    this.offered += 1
    this.last = cookie
    return true
  }
}
