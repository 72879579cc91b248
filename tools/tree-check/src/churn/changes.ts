import type { TreeServer } from '../tree-server.js'
import type { Slot } from './layout.js'

/** What was changed. */
export interface ChangeCounts {
  mounted: number
  unmounted: number
  /** Of these, while those who used them were served on. */
  unmountedLazily: number
  replaced: number
}

/** Of 100 changes of something that is mounted: how many replace it, and how many remove it lazily. */
const REPLACING = 30
const LAZY = 20
const PERCENT = 100

/** Mounts that come and go at random. */
export class Changes {
  readonly counts: ChangeCounts = { mounted: 0, unmounted: 0, unmountedLazily: 0, replaced: 0 }
  readonly #server: TreeServer
  readonly #slots: readonly Slot[]
  readonly #random: (below: number) => number
  readonly #mounted = new Set<Slot>()

  constructor(server: TreeServer, slots: readonly Slot[], seed: number) {
    this.#server = server
    this.#slots = slots
    this.#random = randomNumbers(seed)
  }

  /** How many changes there were. */
  get total(): number {
    const { mounted, unmounted, replaced } = this.counts
    return mounted + unmounted + replaced
  }

  /** Mounts whatever is not mounted. */
  async mountAll(): Promise<void> {
    const missing = this.#slots.filter((slot) => !this.#mounted.has(slot))
    await this.#server.mount(
      ...missing.map((slot) => ({ path: slot.path, source: this.#pick(slot.sources) })),
    )
    for (const slot of missing) this.#mounted.add(slot)
  }

  /** Changes one mount. */
  async change(): Promise<void> {
    const { counts } = this
    const slot = this.#pick(this.#slots)
    const { path } = slot
    const source = this.#pick(slot.sources)
    if (!this.#mounted.has(slot)) {
      await this.#server.mount({ path, source })
      this.#mounted.add(slot)
      counts.mounted += 1
      return
    }
    const dice = this.#random(PERCENT)
    const lazy = dice % PERCENT < LAZY
    if (this.#random(PERCENT) < REPLACING) {
      await this.#server.mount({ path, source, options: { replace: true, lazy } })
      counts.replaced += 1
      return
    }
    await this.#server.umount(path, lazy)
    this.#mounted.delete(slot)
    counts.unmounted += 1
    if (lazy) counts.unmountedLazily += 1
  }

  /** Unmounts whatever is mounted. */
  async unmountAll(): Promise<void> {
    for (const slot of this.#mounted) await this.#server.umount(slot.path)
    this.#mounted.clear()
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random(list.length)] as T
  }
}

/** Numbers below a limit, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed | 0
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}
