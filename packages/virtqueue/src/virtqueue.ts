import { Chain } from './chain.js'
import { DescriptorReader } from './descriptor-reader.js'
import type { DirtyLog } from './dirty-log.js'
import type { GuestMemory } from './guest-memory.js'
import type { InflightQueue } from './inflight.js'
import { AVAILABLE_NO_INTERRUPT, isQueueSize, USED_NO_NOTIFY } from './split-layout.js'
import { type RingAddresses, type RingAreas, resolveRing } from './split-ring.js'

/** Chains with more segments give their memory back instead of keeping it for the next request. */
const KEPT_SEGMENTS = 1024
/** Chains that are kept for the next requests. */
const KEPT_CHAINS = 256

/** Where a queue lies and how it is used. */
export interface VirtqueueOptions {
  readonly memory: GuestMemory
  /** Descriptors: a power of two, at most 32768. */
  readonly size: number
  readonly addresses: RingAddresses
  /** Index in the available ring of the first request to take, default 0. Ignored where `inflight` knows better. */
  readonly base?: number
  /** VIRTIO_F_EVENT_IDX was negotiated. */
  readonly eventIndex?: boolean
  /** VIRTIO_F_INDIRECT_DESC was negotiated. */
  readonly indirect?: boolean
  /** Where requests that were taken are remembered beyond this process. */
  readonly inflight?: InflightQueue
  /**
   * Heads that an earlier object withdrew ({@link Virtqueue.withdraw}): handed out again, first of all. Ignored where the
   * used ring does not lack exactly these at `base`, for then the driver has begun anew; and with `inflight`, which knows.
   */
  readonly again?: readonly number[]
}

/** Where the queue marks what it writes, during live migration. */
export interface QueueLog {
  readonly pages: DirtyLog
  /** Address under which writes to the used ring are marked; absent where they are not (no VHOST_VRING_F_LOG). */
  readonly usedAddress?: number
}

/** Numbers since the queue was made. */
export interface QueueCounters {
  /** Notifications of the driver; counted by whoever waits for them. */
  kicks: number
  /** Notifications of the device; counted by whoever sends them. */
  calls: number
  /** Times that requests were looked for and found. */
  batches: number
  /** Requests handed out. */
  requests: number
  /** Broken requests that went back unanswered. */
  refused: number
}

/**
 * The device side of a split virtqueue (virtio 1.2, 2.7), little-endian.
 *
 * `pop` hands out requests until there are none, `push` gives one back; requests may go back in any order. Then
 * `shouldCall` says whether the driver wants to be told. Before waiting for a kick call `enableNotifications`, and
 * `pop` again where it says true.
 *
 * The driver is not trusted. A broken *request* goes back at once with used length 0 and the queue goes on. A broken
 * *ring* (an index that jumps, a descriptor that the device has already, memory that went away) stops the queue:
 * {@link Virtqueue.broken} says why, `pop` finds nothing any more. Nothing it writes makes `pop` spin: one call refuses
 * at most as many requests as the queue has descriptors.
 *
 * Belongs to one thread. Indexes are read with acquire and written with release order and a full fence, by Atomics.
 */
export class Virtqueue {
  readonly size: number
  readonly counters: QueueCounters = { kicks: 0, calls: 0, batches: 0, requests: 0, refused: 0 }
  readonly #eventIndex: boolean
  readonly #addresses: RingAddresses
  readonly #reader: DescriptorReader
  readonly #inflight: InflightQueue | undefined
  readonly #free: Chain[] = []
  /** Requests in flight, by head. */
  readonly #taken: (Chain | undefined)[]
  #memory: GuestMemory
  #ring: RingAreas
  #log: QueueLog | undefined
  /** Heads that a process or an object before this one had taken, last first. */
  #again: number[] = []
  /** Index of the next request in the available ring. */
  #next: number
  /** Index of the available ring as last seen. */
  #seen: number
  #usedIndex: number
  /** Index of the used ring when the driver was last considered for a call. */
  #calledIndex: number
  #considered = false
  #inFlight = 0
  #running = true
  #broken: string | undefined
  #lastRefusal: string | undefined

  /**
   * @throws RangeError `size` or `base` is out of range
   * @throws GuestMemoryError the rings are not aligned or not in memory
   */
  constructor(options: VirtqueueOptions) {
    const { size, memory, base = 0 } = options
    if (!isQueueSize(size)) throw new RangeError(`a queue cannot have ${size} descriptors`)
    if (!Number.isInteger(base) || base < 0 || base > 0xffff) {
      throw new RangeError(`a queue cannot begin at index ${base}`)
    }
    this.size = size
    this.#addresses = options.addresses
    this.#eventIndex = options.eventIndex === true
    this.#reader = new DescriptorReader(size, options.indirect === true)
    this.#inflight = options.inflight
    this.#taken = new Array<Chain | undefined>(size).fill(undefined)
    this.#memory = memory
    this.#ring = resolveRing(memory, options.addresses, size)
    this.#usedIndex = Atomics.load(this.#ring.used, 1)
    this.#calledIndex = this.#usedIndex
    this.#next = base
    const { again = [] } = options
    if (this.#inflight === undefined) {
      const sound = new Set(again).size === again.length && again.every((head) => head >= 0 && head < size)
      if (sound && ((this.#usedIndex + again.length) & 0xffff) === base) this.#again = [...again].reverse()
    } else {
      this.#again = this.#inflight.recover(this.#usedIndex).reverse()
      if (this.#again.length > 0) this.#next = (this.#usedIndex + this.#again.length) & 0xffff
    }
    this.#seen = this.#next
  }

  /** Why the queue is of no use any more; `undefined` while it works. */
  get broken(): string | undefined {
    return this.#broken
  }

  /** Why a request was last refused. */
  get lastRefusal(): string | undefined {
    return this.#lastRefusal
  }

  /** Requests that were handed out and not pushed back. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Requests taken before this object was made that are still to be handed out; they are not in the available ring any more. */
  get recovered(): number {
    return this.#again.length
  }

  /** Whether the driver has posted something that was not handed out yet; one look at the ring. */
  get posted(): boolean {
    return this.waiting !== 0
  }

  /** How many requests the driver says to have posted that were not handed out yet; one look at the ring. */
  get waiting(): number {
    return this.#running ? (Atomics.load(this.#ring.available, 1) - this.#next) & 0xffff : 0
  }

  /** Index in the available ring of the next request: what another process goes on with once nothing is in flight. */
  get base(): number {
    return this.#next
  }

  /** The next request, or `undefined` where there is none now. */
  pop(): Chain | undefined {
    if (!this.#running) return undefined
    for (let refused = 0; refused < this.size; refused += 1) {
      const head = this.#again.length > 0 ? this.#again.pop() : this.#nextHead()
      if (head === undefined) return undefined
      const chain = this.#free.pop() ?? new Chain()
      this.#taken[head] = chain
      this.#inFlight += 1
      chain.active = true
      const reason = this.#reader.read(this.#ring.descriptors, this.#memory, head, chain)
      if (reason === undefined) {
        this.counters.requests += 1
        return chain
      }
      this.counters.refused += 1
      this.#lastRefusal = reason
      this.push(chain, 0)
    }
    return undefined
  }

  /**
   * Gives a request back; its chain must not be touched afterwards. Where the queue has stopped or broken meanwhile, it
   * is only forgotten.
   * @param usedLength - bytes written into it from its first writable byte on, at most its `writableLength`
   * @throws RangeError `usedLength` is more; @throws Error the chain is not in flight
   */
  push(chain: Chain, usedLength: number): void {
    if (!chain.active) throw new Error('the request was pushed back before')
    if (usedLength > chain.writableLength) {
      throw new RangeError(`${usedLength} bytes used of ${chain.writableLength}`)
    }
    const head = this.#forget(chain)
    if (this.#running) {
      if (this.#log !== undefined) this.#markChain(chain)
      this.#publish(head, usedLength)
    }
    this.#keep(chain)
  }

  /**
   * Takes a request out of flight without giving it back: the driver waits on. For a queue that stops and is to go on
   * later; its chain must not be touched afterwards.
   * @returns its head, for {@link VirtqueueOptions.again}
   * @throws Error the chain is not in flight
   */
  withdraw(chain: Chain): number {
    if (!chain.active) throw new Error('the request was pushed back before')
    const head = this.#forget(chain)
    this.#keep(chain)
    return head
  }

  /**
   * Whether the driver wants a call for what was pushed since this was last asked (virtio 1.2, 2.7.7.2 and 2.7.10).
   * Ask once after a batch, and send the call if it says true.
   */
  shouldCall(): boolean {
    const now = this.#usedIndex
    const before = this.#calledIndex
    if (!this.#running || now === before) return false
    this.#calledIndex = now
    const { available } = this.#ring
    if (!this.#eventIndex) return (Atomics.load(available, 0) & AVAILABLE_NO_INTERRUPT) === 0
    // What the driver was told before this queue was made is not known.
    if (!this.#considered) {
      this.#considered = true
      return true
    }
    const event = Atomics.load(available, 2 + this.size)
    return ((now - event - 1) & 0xffff) < ((now - before) & 0xffff)
  }

  /** The driver need not kick while requests are being looked for anyway. A hint: it may still. */
  disableNotifications(): void {
    // With event indexes the driver kicks once at the index that it was told last, and then no more.
    if (this.#running && !this.#eventIndex) this.#setUsedFlags(USED_NO_NOTIFY)
  }

  /**
   * The driver must kick for the next request.
   * @returns true where one came meanwhile, for which no kick will come: `pop` it, then call this again
   */
  enableNotifications(): boolean {
    if (!this.#running) return false
    if (this.#again.length > 0) return true
    if (this.#eventIndex) {
      const at = 2 + 4 * this.size
      Atomics.store(this.#ring.used, at, this.#next)
      this.#markUsed(2 * at, 2)
    } else {
      this.#setUsedFlags(0)
    }
    return Atomics.load(this.#ring.available, 1) !== this.#next
  }

  /** Where to mark what is written, from now on; `undefined` for nowhere. */
  setLog(log: QueueLog | undefined): void {
    this.#log = log
  }

  /**
   * Goes on in another mapping of the memory, where it has the same addresses: the rings are looked up again, and requests
   * in flight refer to the new one. Transfers that have begun end in the old one, which is the same memory. The old one
   * may be unmapped afterwards.
   */
  moveTo(memory: GuestMemory): void {
    this.#memory = memory
    if (this.#inFlight > 0) for (const chain of this.#taken) chain?.relocate(memory)
    if (!this.#running) return
    try {
      this.#ring = resolveRing(memory, this.#addresses, this.size)
    } catch (error) {
      this.#break(error instanceof Error ? error.message : String(error))
    }
  }

  /** Takes no request any more and touches guest memory no more. Requests in flight may still be pushed, into nothing. */
  stop(): void {
    this.#running = false
  }

  #forget(chain: Chain): number {
    const { head } = chain
    this.#inFlight -= 1
    this.#taken[head] = undefined
    chain.active = false
    return head
  }

  /** For the next request. */
  #keep(chain: Chain): void {
    if (this.#free.length >= KEPT_CHAINS) return
    chain.trim(KEPT_SEGMENTS)
    this.#free.push(chain)
  }

  #nextHead(): number | undefined {
    if (this.#next === this.#seen && !this.#look()) return undefined
    const head = this.#ring.available[2 + (this.#next & (this.size - 1))] as number
    if (head >= this.size) return this.#break(`the available ring names descriptor ${head} of ${this.size}`)
    if (this.#taken[head] !== undefined)
      return this.#break(`descriptor ${head} is available and in flight at once`)
    this.#next = (this.#next + 1) & 0xffff
    this.#inflight?.take(head)
    return head
  }

  /** Reads the index of the available ring. True where there are requests. */
  #look(): boolean {
    const index = Atomics.load(this.#ring.available, 1)
    // Asked afterwards: the load itself may have found out.
    if (this.#memory.broken) {
      this.#break('guest memory went away')
      return false
    }
    const waiting = (index - this.#next) & 0xffff
    if (waiting === 0) return false
    if (waiting > this.size) {
      this.#break(`the available index jumped by ${waiting}, with ${this.size} descriptors`)
      return false
    }
    this.#seen = index
    this.counters.batches += 1
    return true
  }

  #break(reason: string): undefined {
    this.#broken = reason
    this.#running = false
    return undefined
  }

  #publish(head: number, usedLength: number): void {
    const { used, usedEntries } = this.#ring
    const slot = this.#usedIndex & (this.size - 1)
    usedEntries[2 * slot] = head
    usedEntries[2 * slot + 1] = usedLength
    this.#usedIndex = (this.#usedIndex + 1) & 0xffff
    this.#inflight?.giveBack(head)
    Atomics.store(used, 1, this.#usedIndex)
    this.#inflight?.settle(head, this.#usedIndex)
    this.#markUsed(4 + 8 * slot, 8)
    this.#markUsed(2, 2)
  }

  #setUsedFlags(flags: number): void {
    Atomics.store(this.#ring.used, 0, flags)
    this.#markUsed(0, 2)
  }

  #markUsed(offset: number, length: number): void {
    const address = this.#log?.usedAddress
    if (address !== undefined) this.#log?.pages.mark(address + offset, length)
  }

  /** All of it, for a transfer that failed may have written beyond the used length. */
  #markChain(chain: Chain): void {
    for (let i = chain.readable; i < chain.count; i += 1) {
      this.#log?.pages.mark(chain.addresses[i] as number, chain.segments[3 * i + 2] as number)
    }
  }
}
