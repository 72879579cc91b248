/** Bytes before the entries of a queue: features (8), version (2), desc_num (2), last_batch_head (2), used_idx (2). */
const HEADER_BYTES = 16
/** Bytes per descriptor: inflight (1), padding (5), next (2), counter (8). */
const ENTRY_BYTES = 16
/** Queues begin at multiples of this. */
const ALIGNMENT = 64
const VERSION = 1

// Positions in 16-bit units.
const VERSION_AT = 4
const DESC_NUM_AT = 5
const LAST_BATCH_HEAD_AT = 6
const USED_IDX_AT = 7
const ENTRY_UNITS = ENTRY_BYTES / 2
const FIRST_ENTRY = HEADER_BYTES / 2
const NEXT_IN_ENTRY = 3
const COUNTER_IN_ENTRY = 4

/** Bytes of the region of one split queue, the distance to the next one included. */
export function inflightQueueBytes(size: number): number {
  return Math.ceil((HEADER_BYTES + ENTRY_BYTES * size) / ALIGNMENT) * ALIGNMENT
}

/**
 * What one split queue has taken and not yet returned, kept in memory that outlives this process (vhost-user,
 * "Inflight I/O tracking"), so that a back end that crashed takes up its requests again, each exactly once.
 *
 * The memory is shared with a process that is not trusted: whatever it holds, recovery names each descriptor at most
 * once, none out of range, in bounded time.
 */
export class InflightQueue {
  readonly #size: number
  readonly #bytes: Uint8Array
  readonly #units: Uint16Array
  #counter = 1

  /**
   * @param bytes - the region of the queue, {@link inflightQueueBytes} long, at a multiple of 8 of its buffer
   * @param size - descriptors of the queue
   * @throws RangeError the region is too short
   */
  constructor(bytes: Uint8Array, size: number) {
    if (bytes.length < HEADER_BYTES + ENTRY_BYTES * size) {
      throw new RangeError(`an inflight region of ${bytes.length} bytes is too short for ${size} descriptors`)
    }
    this.#size = size
    this.#bytes = bytes
    this.#units = new Uint16Array(bytes.buffer, bytes.byteOffset, FIRST_ENTRY + ENTRY_UNITS * size)
  }

  /** The driver's request `head` was taken. */
  take(head: number): void {
    const entry = FIRST_ENTRY + ENTRY_UNITS * head
    let counter = this.#counter
    this.#counter += 1
    for (let unit = 0; unit < 4; unit += 1) {
      this.#units[entry + COUNTER_IN_ENTRY + unit] = counter % 0x10000
      counter = Math.floor(counter / 0x10000)
    }
    Atomics.store(this.#bytes, HEADER_BYTES + ENTRY_BYTES * head, 1)
  }

  /** The entry of `head` is in the used ring, whose index does not count it yet. */
  giveBack(head: number): void {
    const units = this.#units
    units[FIRST_ENTRY + ENTRY_UNITS * head + NEXT_IN_ENTRY] = units[LAST_BATCH_HEAD_AT] as number
    Atomics.store(units, LAST_BATCH_HEAD_AT, head)
  }

  /** The index of the used ring counts `head` now. */
  settle(head: number, usedIndex: number): void {
    Atomics.store(this.#bytes, HEADER_BYTES + ENTRY_BYTES * head, 0)
    Atomics.store(this.#units, USED_IDX_AT, usedIndex)
  }

  /**
   * Makes the region right for a queue that starts, and says what the last process left.
   * @param usedIndex - of the used ring
   * @returns heads to take again, in the order in which they were taken
   */
  recover(usedIndex: number): number[] {
    const units = this.#units
    if (units[VERSION_AT] !== VERSION || units[DESC_NUM_AT] !== this.#size) {
      this.#bytes.fill(0, 0, HEADER_BYTES + ENTRY_BYTES * this.#size)
      units[VERSION_AT] = VERSION
      units[DESC_NUM_AT] = this.#size
      units[USED_IDX_AT] = usedIndex
      return []
    }
    this.#settleLastBatch(usedIndex)
    const counters = new Map<number, number>()
    for (let head = 0; head < this.#size; head += 1) {
      if (this.#bytes[HEADER_BYTES + ENTRY_BYTES * head] === 1) counters.set(head, this.#counterOf(head))
    }
    this.#counter = Math.min(Math.max(0, ...counters.values()), 2 ** 52) + 1
    return [...counters.keys()].sort(
      (a, b) => (counters.get(a) as number) - (counters.get(b) as number) || a - b,
    )
  }

  /** The process ended between publishing a batch and noting so: its entries are done. */
  #settleLastBatch(usedIndex: number): void {
    const units = this.#units
    const batch = Math.min((usedIndex - (units[USED_IDX_AT] as number)) & 0xffff, this.#size)
    let head = units[LAST_BATCH_HEAD_AT] as number
    for (let done = 0; done < batch && head < this.#size; done += 1) {
      this.#bytes[HEADER_BYTES + ENTRY_BYTES * head] = 0
      head = units[FIRST_ENTRY + ENTRY_UNITS * head + NEXT_IN_ENTRY] as number
    }
    units[USED_IDX_AT] = usedIndex
  }

  #counterOf(head: number): number {
    const at = FIRST_ENTRY + ENTRY_UNITS * head + COUNTER_IN_ENTRY
    let counter = 0
    for (let unit = 3; unit >= 0; unit -= 1) counter = counter * 0x10000 + (this.#units[at + unit] as number)
    return counter
  }
}
