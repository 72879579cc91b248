import { type DirectorySink, type Entry, Errno, type NodeId } from '@fb/api'
import type { Backing, Composition } from './backing.js'

/** Number of the root of every file system. */
const ROOT: NodeId = 1
const S_IFMT_SHIFT = 12

/** Whether a name of a back end is left out of a list; an errno where the list cannot go on. */
export type Hides = (name: Uint8Array | string, cookie: bigint) => boolean | Errno

/**
 * Takes the list of a back end's directory, and shows it as one of the file system that is made of it: nodes, inode numbers,
 * and without names that are hidden. When the back end is done, it gets back the lookups that are `owed`.
 */
export class ListingSink<B extends Backing> implements DirectorySink {
  readonly #composition: Composition<B>
  #inner!: DirectorySink
  #back!: B
  #hides: Hides | undefined
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

  constructor(composition: Composition<B>) {
    this.#composition = composition
  }

  /** Begins a list. @param plus whether entries have attributes, and count as lookups */
  begin(inner: DirectorySink, back: B, plus: boolean, hides?: Hides): this {
    this.#inner = inner
    this.#back = back
    this.#hides = hides
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
    if (this.#hides !== undefined && this.#isHidden(this.#hides, name, cookie))
      return this.failed === undefined
    return this.#took(this.#inner.add(name, this.#composition.inode(this.#back, ino), type, cookie), cookie)
  }

  addPlus(name: Uint8Array | string, entry: Entry, cookie: bigint): boolean {
    const { nodeid, attr } = entry
    const { ino, mode } = attr
    if (!this.plus || nodeid === 0) return this.add(name, ino, mode >>> S_IFMT_SHIFT, cookie)
    if (this.#hides !== undefined && this.#isHidden(this.#hides, name, cookie)) {
      if (this.failed !== undefined) return false
      this.owed.push(nodeid)
      return true
    }
    const back = this.#back
    const reply = this.#composition.entry(back, entry, false)
    if (reply instanceof Errno) {
      const added = this.#took(
        this.#inner.add(name, this.#composition.inode(back, ino), mode >>> S_IFMT_SHIFT, cookie),
        cookie,
      )
      if (added) this.owed.push(nodeid)
      return added
    }
    const added = this.#took(this.#inner.addPlus(name, reply, cookie), cookie)
    if (!added) this.#composition.uncount(back, nodeid)
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

  #isHidden(hides: Hides, name: Uint8Array | string, cookie: bigint): boolean {
    const hidden = hides(name, cookie)
    if (hidden === false) return false
    if (hidden === true) {
      this.offered += 1
      this.last = cookie
    } else {
      this.failed = hidden
    }
    return true
  }
}
