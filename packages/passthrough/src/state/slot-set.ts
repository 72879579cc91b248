/** Bits of the filter: with a million inodes one in eight is a false alarm. */
const FILTER_BITS = 2 ** 23

/** Some of the inodes of a table, by slot, with a quick way to tell that a number is of none of them. */
export class SlotSet {
  readonly #slots: Uint8Array
  #filter: Uint8Array | undefined
  #size = 0

  /** @param slots - the slots are below this */
  constructor(slots: number) {
    this.#slots = new Uint8Array(Math.ceil(slots / 8))
  }

  get size(): number {
    return this.#size
  }

  has(slot: number): boolean {
    return ((this.#slots[slot >> 3] as number) & (1 << (slot & 7))) !== 0
  }

  /** Adds a slot that is not in it, whose inode has this number. */
  add(slot: number, inoLow: number): void {
    this.#filter ??= new Uint8Array(FILTER_BITS / 8)
    this.#slots[slot >> 3] = (this.#slots[slot >> 3] as number) | (1 << (slot & 7))
    const bit = bitOf(inoLow)
    this.#filter[bit >> 3] = (this.#filter[bit >> 3] as number) | (1 << (bit & 7))
    this.#size += 1
  }

  /** Takes a slot out that is in it. */
  delete(slot: number): void {
    this.#slots[slot >> 3] = (this.#slots[slot >> 3] as number) & ~(1 << (slot & 7))
    this.#size -= 1
  }

  /** False where no inode in it has this number. */
  mayHave(inoLow: number): boolean {
    const bit = bitOf(inoLow)
    return this.#filter !== undefined && ((this.#filter[bit >> 3] as number) & (1 << (bit & 7))) !== 0
  }

  *[Symbol.iterator](): Generator<number, void, void> {
    for (let byte = 0; byte < this.#slots.length; byte += 1) {
      if (this.#slots[byte] === 0) continue
      for (let slot = byte * 8; slot < byte * 8 + 8; slot += 1) if (this.has(slot)) yield slot
    }
  }
}

function bitOf(inoLow: number): number {
  return inoLow & (FILTER_BITS - 1)
}
