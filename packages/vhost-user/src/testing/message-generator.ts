import type { GuestRegion } from '@fb/virtqueue'
import type { DriverQueue, Random, TestMemory } from '@fb/virtqueue/testing'
import { encodeMessage, u64, vringState } from '../message.js'
import { HeaderFlag, Request, VRING_NO_FD } from '../protocol.js'
import { memoryTable, oneRegion, vringAddresses } from './front-end.js'

const MIB = 2 ** 20
const REQUESTS = Object.values(Request)
/** Those that a running session sees. */
const USUAL = [
  Request.SET_MEM_TABLE,
  Request.GET_VRING_BASE,
  Request.SET_VRING_KICK,
  Request.SET_VRING_CALL,
  Request.SET_VRING_ERR,
  Request.SET_VRING_ENABLE,
  Request.SET_VRING_BASE,
  Request.SET_LOG_BASE,
  Request.GET_CONFIG,
  Request.GET_INFLIGHT_FD,
  Request.RESET_DEVICE,
  Request.SET_OWNER,
]
/** Those that {@link MessageGenerator.sound} makes. */
const SOUND = [
  Request.SET_MEM_TABLE,
  Request.GET_VRING_BASE,
  Request.SET_VRING_KICK,
  Request.SET_VRING_KICK,
  Request.SET_VRING_CALL,
  Request.SET_VRING_ERR,
  Request.SET_VRING_ENABLE,
  Request.SET_VRING_ENABLE,
  Request.GET_CONFIG,
  Request.GET_FEATURES,
  Request.GET_QUEUE_NUM,
  Request.GET_MAX_MEM_SLOTS,
]
const EVENTS: readonly number[] = [Request.SET_VRING_KICK, Request.SET_VRING_CALL, Request.SET_VRING_ERR]
const MEMORY: readonly number[] = [Request.SET_MEM_TABLE, Request.ADD_MEM_REG]

/** What a {@link MessageGenerator} makes messages of. All of it stays the caller's. */
export interface MessageParts {
  readonly random: Random
  /** Memory of the guest, which most tables name as it is. */
  readonly ram: TestMemory
  /** Queues of the session, by index. */
  readonly drivers: readonly DriverQueue[]
  /** Descriptors of every kind there is. */
  readonly fds: readonly number[]
  /** One that fits where an event is wanted. */
  readonly event: number
}

/** A message as it is sent. */
export interface GeneratedMessage {
  readonly bytes: Uint8Array
  /** Not to be closed: they are those that the generator was given. */
  readonly fds: number[]
}

/**
 * Makes messages of a front end, most of them nearly sound: right ones in any order, wrong sizes, numbers, flags, tables
 * and descriptors. The same course of random numbers gives the same messages.
 */
export class MessageGenerator {
  readonly #parts: MessageParts

  constructor(parts: MessageParts) {
    this.#parts = parts
  }

  next(): GeneratedMessage {
    const { random } = this.#parts
    const request = random.once(50) ? random.word() % 64 : random.pick(random.once(3) ? REQUESTS : USUAL)
    let payload = this.#payload(request)
    if (random.once(50)) payload = payload.slice(0, random.below(payload.length + 1))
    if (random.once(50) && payload.length > 0) payload[random.below(payload.length)] = random.word()
    const fds = this.#fds(request, payload)
    const flags = random.once(100)
      ? random.word()
      : HeaderFlag.VERSION | (random.once(2) ? HeaderFlag.NEED_REPLY : 0)
    const bytes = encodeMessage(request, flags, payload)
    if (random.once(100)) new DataView(bytes.buffer).setUint32(8, random.word(), true)
    return { bytes, fds }
  }

  /**
   * A message that a session accepts in which every queue has been started: stops and starts queues, replaces memory and
   * descriptors. Between these, what {@link MessageGenerator.next} makes meets more than a session that has just begun.
   */
  sound(): GeneratedMessage {
    const { random, ram, drivers, event } = this.#parts
    const request = random.pick(SOUND)
    const index = random.below(drivers.length)
    // The first region has the rings.
    const regions = ram.regions.slice(0, 1 + random.below(ram.regions.length))
    let payload: Uint8Array = new Uint8Array(0)
    let fds: number[] = []
    if (request === Request.SET_MEM_TABLE) {
      payload = memoryTable(regions)
      fds = regions.map(({ fd }) => fd)
    } else if (EVENTS.includes(request)) {
      payload = u64(BigInt(index))
      fds = [event]
    } else if (request === Request.GET_VRING_BASE) {
      payload = vringState(index, 0)
    } else if (request === Request.SET_VRING_ENABLE) {
      payload = vringState(index, random.once(3) ? 0 : 1)
    } else if (request === Request.GET_CONFIG) {
      const size = random.below(40)
      payload = new Uint8Array(12 + size)
      new DataView(payload.buffer).setUint32(4, size, true)
    }
    return { bytes: encodeMessage(request, HeaderFlag.VERSION, payload), fds }
  }

  #region(): Omit<GuestRegion, 'fd'> {
    const { random, ram } = this.#parts
    const own = random.pick(ram.regions)
    if (!random.once(12)) return own
    const wild = random.pick([
      ...[0, 1, 4096, MIB, 2 ** 32, 2 ** 52, Number.MAX_SAFE_INTEGER],
      ...[random.word(), 4096 * random.below(4096)],
    ])
    return { ...own, [random.pick(['guestAddress', 'size', 'userAddress', 'offset'])]: wild }
  }

  #payload(request: number): Uint8Array {
    const { random, ram } = this.#parts
    const index = random.once(30) ? random.pick([4, 5, 255, 0xffff_ffff]) : random.below(4)
    switch (request) {
      case Request.SET_MEM_TABLE:
        return memoryTable(
          random.once(3) ? ram.regions : Array.from({ length: random.below(9) }, () => this.#region()),
        )
      case Request.ADD_MEM_REG:
      case Request.REM_MEM_REG:
        return oneRegion(this.#region())
      case Request.SET_VRING_NUM:
        return vringState(index, random.pick([16, 16, 16, 8, 1024, 0, 3, random.word()]))
      case Request.SET_VRING_BASE:
      case Request.GET_VRING_BASE:
        return vringState(index, random.pick([0, 0, 5, 0xffff, 0x10000]))
      case Request.SET_VRING_ENABLE:
        return vringState(index, random.pick([1, 1, 1, 0, 1, 0, 1, 2]))
      case Request.SET_VRING_ADDR:
        return this.#addresses(index)
      case Request.SET_VRING_KICK:
      case Request.SET_VRING_CALL:
      case Request.SET_VRING_ERR:
        return u64(BigInt(index & 0xff) | (random.once(4) ? VRING_NO_FD : 0n))
      case Request.SET_FEATURES:
        return u64(random.once(3) ? BigInt(random.word()) << BigInt(random.below(34)) : 0x1_7400_0000n)
      case Request.SET_PROTOCOL_FEATURES:
        return u64(random.once(3) ? BigInt(random.word()) : 0x61_b62bn)
      case Request.SET_LOG_BASE:
        return new Uint8Array(
          BigUint64Array.of(BigInt(random.pick([4096, 65536, 0, 2 ** 40])), BigInt(random.pick([0, 0, 8, 3])))
            .buffer,
        )
      case Request.GET_INFLIGHT_FD:
      case Request.SET_INFLIGHT_FD:
        return this.#inflight()
      case Request.GET_CONFIG:
      case Request.SET_CONFIG:
        return this.#config()
      case Request.SET_STATUS:
        return u64(BigInt(random.below(300)))
      case Request.SET_DEVICE_STATE_FD:
        return vringState(random.below(3), random.below(2))
      default:
        return new Uint8Array(random.once(6) ? random.below(64) : 0)
    }
  }

  #addresses(index: number): Uint8Array {
    const { random, drivers, ram } = this.#parts
    const { descriptors, available, used } = (drivers[index] ?? (drivers[0] as DriverQueue)).addresses
    const at = (address: number) => ram.userAddress(address) + (random.once(12) ? random.word() - 2 ** 31 : 0)
    return vringAddresses(
      index,
      { descriptors: at(descriptors), available: at(available), used: at(used), log: random.word() },
      random.below(3),
    )
  }

  #inflight(): Uint8Array {
    const { random } = this.#parts
    const payload = new Uint8Array(random.pick([24, 24, 20, 22]))
    const view = new DataView(payload.buffer)
    view.setBigUint64(0, BigInt(random.pick([65536, 1024, 0])), true)
    view.setUint16(16, random.below(6), true)
    view.setUint16(18, random.pick([16, 16, 8, 0, 33]), true)
    return payload
  }

  #config(): Uint8Array {
    const { random } = this.#parts
    const size = random.below(48)
    const payload = new Uint8Array(12 + (random.once(5) ? random.below(300) : size))
    new Uint32Array(payload.buffer, 0, 3).set([random.below(50), size, random.below(3)])
    return payload
  }

  /** Descriptors as the message wants them, mostly. */
  #fds(request: number, payload: Uint8Array): number[] {
    const { random, fds, ram } = this.#parts
    const usual: Record<number, number> = {
      [Request.SET_MEM_TABLE]: payload.length >= 8 ? (payload[0] ?? 0) : 0,
      [Request.ADD_MEM_REG]: 1,
      [Request.SET_LOG_BASE]: 1,
      [Request.SET_LOG_FD]: 1,
      [Request.SET_BACKEND_REQ_FD]: 1,
      [Request.SET_INFLIGHT_FD]: 1,
      [Request.SET_DEVICE_STATE_FD]: 1,
    }
    let count = usual[request] ?? 0
    if (EVENTS.includes(request)) count = (payload[1] ?? 0) === 0 ? 1 : 0
    if (random.once(40)) count = random.below(12)
    return Array.from({ length: Math.min(count, 20) }, (_, i) =>
      MEMORY.includes(request) && !random.once(8)
        ? (ram.regions[i % ram.regions.length]?.fd ?? -1)
        : random.pick(fds),
    )
  }
}
