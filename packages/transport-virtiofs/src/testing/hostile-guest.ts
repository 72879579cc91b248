import { setTimeout as sleep } from 'node:timers/promises'
import {
  FuseInHeader,
  FuseInitIn,
  FuseInitOut,
  FuseOutHeader,
  InitFlag,
  Opcode,
  opcodeInfo,
  splitInitFlags,
} from '@fb/abi'
import {
  type Agreement,
  encodeRequest,
  judge,
  RequestBody,
  RequestGenerator,
  type SeededRandom,
} from '@fb/api/testing'
import { Knowledge } from './knowledge.js'
import type { RingClient } from './ring-client.js'

/** Requests of a batch: all of them are there before the first answer is looked at. */
const BATCH = 16
/** Room of a request, and of its reply. */
const REQUEST_ROOM = 256 * 1024
const REPLY_ROOM = 64 * 1024
/** Bytes that the device may write: most guests have room for all, some for little, and some not even for a header. */
const CAPACITIES = [0, 1, 15, 16, 24, 100, 160, 4096]
const MINOR = 45
/** Looks at the rings in which nothing came back, after which what waits is given up: that is what INIT does. */
const PATIENCE = 100
/** Milliseconds after which a request is taken for lost. */
const LOST_MS = 60_000
/** Bytes of a request that an error shows. */
const SHOWN = 256

/** How a {@link HostileGuest} goes about it. */
export interface HostileGuestOptions {
  /** Names that requests are about, beside some that lead nowhere. */
  readonly names?: readonly string[]
  /** Lets the device work while nothing has come back. Default: waits for a millisecond. */
  readonly idle?: () => Promise<unknown>
  /** Looks in which nothing came back, after which INIT ends what waits for ever. Default 100. */
  readonly patience?: number
  /** All content is `ChaosFileSystem`'s, so that stale bytes show. */
  readonly knownContent?: boolean
}

/** How one session is played. */
export interface SessionPlan {
  /** All inputs follow from it, and from what the device answers. */
  readonly random: SeededRandom
  /** Requests to post, apart from those for INIT. */
  readonly requests: number
  /** Post the requests of a batch to all queues rather than to one: they race. */
  readonly spread?: boolean
  /** Hears of each request that is posted. */
  onInput?(bytes: Uint8Array): void
}

interface Place {
  readonly at: number
  readonly to: number
}

interface Posted {
  readonly message: Uint8Array
  readonly place: Place
  readonly capacity: number
}

/**
 * A guest that sends sound and spoilt requests over all its queues, and checks that each comes back exactly once, with a
 * reply that the protocol allows or with none where none is due.
 */
export class HostileGuest {
  readonly counts = { posted: 0, returned: 0, succeeded: 0, failed: 0, unanswered: 0 }
  /** Names of the operations that succeeded at least once. */
  readonly succeeded = new Set<string>()
  readonly #client: RingClient
  readonly #options: HostileGuestOptions
  readonly #knowledge: Knowledge
  readonly #places: readonly Place[]
  readonly #spare: Place
  /** Requests that are out, by queue and head. */
  readonly #out = new Map<string, Posted>()
  #agreement: Agreement | undefined

  constructor(client: RingClient, options: HostileGuestOptions = {}) {
    this.#client = client
    this.#options = options
    this.#knowledge = new Knowledge(options.names ?? [])
    const place = () => ({
      at: client.memory.allocate(REQUEST_ROOM),
      to: client.memory.allocate(REPLY_ROOM),
    })
    this.#places = Array.from({ length: BATCH }, place)
    this.#spare = place()
  }

  /** Plays one session from its INIT on. Throws where a request is lost, comes back twice, or is answered wrongly. */
  async session({ random, requests, spread = false, onInput }: SessionPlan): Promise<void> {
    const generator = new RequestGenerator(random, this.#knowledge)
    const { queues } = this.#client
    await this.#begin()
    for (let left = requests; left > 0; left -= BATCH) {
      if (this.#agreement === undefined && random.chance(90)) await this.#begin()
      const agreement = this.#agreement ?? { minor: MINOR, flags: 0n }
      const queue = random.below(queues.length)
      for (const place of this.#places.slice(0, left)) {
        const message = generator.next(agreement)
        onInput?.(message)
        const capacity = random.chance(90) ? REPLY_ROOM : random.pick(CAPACITIES)
        const split = random.chance(50) ? [random.below(50), random.below(100)] : []
        this.#post(message, place, capacity, spread ? random.below(queues.length) : queue, split)
      }
      await this.#drain()
    }
  }

  /** INIT with everything there is, which ends the session before it. */
  async #begin(): Promise<void> {
    this.#post(init(), this.#spare, REPLY_ROOM, 1, [])
    await this.#drain()
  }

  #post(message: Uint8Array, place: Place, capacity: number, queue: number, split: readonly number[]): void {
    const fits = message.length <= REQUEST_ROOM
    const bytes = fits ? message : message.subarray(0, REQUEST_ROOM)
    // A request has at least one buffer.
    const room = bytes.length === 0 && capacity === 0 ? REPLY_ROOM : capacity
    const writable = room === 0 ? [] : [{ address: place.to, length: room }]
    const head = this.#client.post(bytes, writable, { at: place.at, queue, split })
    const key = `${queue}:${head}`
    if (head < 0 || this.#out.has(key)) throw new Error(`there is no descriptor left in queue ${queue}`)
    this.#out.set(key, { message: bytes, place, capacity: room })
    this.counts.posted += 1
  }

  /** Waits until everything has come back, and judges it. */
  async #drain(): Promise<void> {
    const { idle = () => sleep(1), patience = PATIENCE } = this.#options
    const minors = new Set([this.#agreement?.minor ?? MINOR])
    const returned: { posted: Posted; answer: Uint8Array | undefined }[] = []
    const deadline = Date.now() + LOST_MS
    let quiet = 0
    while (this.#out.size > 0) {
      const before = returned.length
      this.#client.queues.forEach(({ driver }, queue) => {
        driver.wantCalls(false)
        for (let used = driver.take(); used !== undefined; used = driver.take()) {
          returned.push(this.#returned(`${queue}:${used.head}`, used.length))
        }
      })
      if (this.#out.size === 0) break
      quiet = returned.length === before ? quiet + 1 : 0
      if (quiet > 0 && quiet % patience === 0) this.#giveUp(deadline)
      await idle()
    }
    for (const { posted, answer } of returned) this.#note(posted.message, answer, minors)
    for (const { posted, answer } of returned) this.#judge(posted, answer, minors)
  }

  #giveUp(deadline: number): void {
    if (Date.now() > deadline) {
      const lost = [...this.#out.values()].map(({ message }) => shown(message))
      throw new Error(`${lost.length} requests were never answered: ${lost.join(', ')}`)
    }
    // One at a time: its place must not be used twice.
    if (![...this.#out.values()].some(({ place }) => place === this.#spare)) {
      this.#post(init(), this.#spare, REPLY_ROOM, 1, [])
    }
  }

  #returned(key: string, used: number): { posted: Posted; answer: Uint8Array | undefined } {
    const posted = this.#out.get(key)
    if (posted === undefined) throw new Error(`request ${key} came back, and was not out`)
    this.#out.delete(key)
    this.counts.returned += 1
    if (used > posted.capacity)
      throw new Error(`${used} bytes where ${posted.capacity} fit: ${shown(posted.message)}`)
    const answer = used === 0 ? undefined : this.#client.memory.bytes(posted.place.to, used).slice()
    return { posted, answer }
  }

  /** Learns what the answer says, before anything is judged: what was agreed on may have changed meanwhile. */
  #note(message: Uint8Array, answer: Uint8Array | undefined, minors: Set<number>): void {
    if (message.length < FuseInHeader.size) return
    const opcode = viewOf(message).getUint32(FuseInHeader.offsets.opcode, true)
    const success = answer !== undefined && answer.length >= FuseOutHeader.size && errorOf(answer) === 0
    if (opcode === Opcode.INIT || opcode === Opcode.DESTROY) {
      this.#agreement = undefined
      this.#knowledge.forget()
      if (opcode === Opcode.DESTROY || !success) return
      // The answer to an old minor version is shorter than the struct.
      const minor = viewOf(answer).getUint32(FuseOutHeader.size + FuseInitOut.offsets.minor, true)
      minors.add(minor)
      this.#agreement = { minor, flags: 0n }
    } else if (success) {
      this.#knowledge.learn(message, answer)
    }
  }

  #judge({ message, capacity }: Posted, answer: Uint8Array | undefined, minors: ReadonlySet<number>): void {
    const { counts } = this
    if (answer === undefined) {
      counts.unanswered += 1
    } else if (errorOf(answer) === 0) {
      counts.succeeded += 1
      const { name } = opcodeInfo(viewOf(message).getUint32(FuseInHeader.offsets.opcode, true)) ?? {}
      if (name !== undefined) this.succeeded.add(name)
    } else {
      counts.failed += 1
    }
    const ended = {
      state: answer === undefined ? 'dropped' : 'replied',
      answer,
      replyCapacity: capacity,
    } as const
    let problem: string | undefined
    for (const minor of minors) {
      problem = judge(message, ended, { minor, flags: 0n }, this.#options.knownContent === true)
      if (problem === undefined) return
    }
    throw new Error(`${problem}: ${shown(message)}`)
  }
}

function init(): Uint8Array {
  const flags = splitInitFlags((2n ** 64n - 1n) | InitFlag.INIT_EXT)
  const body = new RequestBody().struct(FuseInitIn, {
    major: 7,
    minor: MINOR,
    maxReadahead: 1 << 20,
    ...flags,
  })
  return encodeRequest({ opcode: Opcode.INIT, unique: 1n, nodeid: 0 }, body.finish())
}

function errorOf(answer: Uint8Array): number {
  return viewOf(answer).getInt32(FuseOutHeader.offsets.error, true)
}

function shown(message: Uint8Array): string {
  return `request of ${message.length} bytes ${Buffer.from(message.subarray(0, SHOWN)).toString('hex')}`
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
