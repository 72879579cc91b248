import { check, connectUnix, EFD_NONBLOCK, eventfd } from '@fb/sys'
import type { GuestRegion } from '@fb/virtqueue'
import type { DriverQueue, TestMemory } from '@fb/virtqueue/testing'
import { encodeMessage, type Message, u64, vringState } from '../message.js'
import { MessageSocket } from '../message-socket.js'
import { HeaderFlag, ProtocolFeature, Request, VhostFeature } from '../protocol.js'
import { StatePipe } from './state-pipe.js'
import { TestQueue } from './test-queue.js'

/** How a message is sent. */
export interface SendOptions {
  /** Stay the caller's. */
  readonly fds?: readonly number[]
  /** Instead of version 1, with or without the wish for an answer. */
  readonly flags?: number
  /** Ask for an acknowledgement. */
  readonly needReply?: boolean
}

/** Payload of SET_MEM_TABLE. */
export function memoryTable(regions: readonly Omit<GuestRegion, 'fd'>[]): Uint8Array {
  const bytes = new Uint8Array(8 + 32 * regions.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, regions.length, true)
  regions.forEach((region, i) => {
    bytes.set(oneRegion(region).subarray(8), 8 + 32 * i)
  })
  return bytes
}

/** Payload of ADD_MEM_REG and REM_MEM_REG. */
export function oneRegion(region: Omit<GuestRegion, 'fd'>): Uint8Array {
  const bytes = new Uint8Array(40)
  const view = new DataView(bytes.buffer)
  const fields = [region.guestAddress, region.size, region.userAddress, region.offset]
  fields.forEach((value, i) => {
    view.setBigUint64(8 + 8 * i, BigInt(value), true)
  })
  return bytes
}

/** Payload of SET_VRING_ADDR, of user addresses. */
export function vringAddresses(
  index: number,
  addresses: {
    readonly descriptors: number
    readonly available: number
    readonly used: number
    readonly log?: number
  },
  flags = 0,
): Uint8Array {
  const bytes = new Uint8Array(40)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, index, true)
  view.setUint32(4, flags, true)
  const { descriptors, used, available, log = 0 } = addresses
  for (const [i, value] of [descriptors, used, available, log].entries()) {
    view.setBigUint64(8 + 8 * i, BigInt(value), true)
  }
  return bytes
}

/**
 * The front end of a connection, for tests: a virtual machine monitor without a virtual machine. Sends any message, sound
 * or not, and builds whole sessions around a `TestMemory`.
 */
export class TestFrontEnd {
  readonly #socket: MessageSocket
  #protocolFeatures = 0n

  /** @param fd - a connected socket, this object's from now on */
  constructor(fd: number) {
    this.#socket = new MessageSocket(fd, 'replies')
  }

  static connect(path: string): TestFrontEnd {
    return new TestFrontEnd(check(connectUnix(path), `connect ${path}`))
  }

  /** Sends a message and does not wait. */
  send(request: number, payload: Uint8Array = new Uint8Array(0), options: SendOptions = {}): Promise<void> {
    const flags =
      options.flags ?? HeaderFlag.VERSION | (options.needReply === true ? HeaderFlag.NEED_REPLY : 0)
    return this.sendRaw(encodeMessage(request, flags, payload), options.fds)
  }

  /** Sends bytes as they are. */
  sendRaw(bytes: Uint8Array, fds: readonly number[] = []): Promise<void> {
    return this.#socket.send(bytes, fds)
  }

  /** The next reply; `undefined` where the back end has closed. Its descriptors are the caller's. */
  async receive(): Promise<Message | undefined> {
    try {
      return await this.#socket.receive()
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET') return undefined
      throw error
    }
  }

  /** Sends a message that has a reply of its own, and returns that. Throws where the back end closes instead. */
  async request(request: number, payload?: Uint8Array, options: SendOptions = {}): Promise<Message> {
    await this.send(request, payload, options)
    const reply = await this.receive()
    if (reply === undefined) throw new Error(`request ${request}: the back end has closed`)
    if (reply.request !== request) throw new Error(`request ${request} was answered by ${reply.request}`)
    return reply
  }

  /** The number that a request is answered with. */
  async requestNumber(request: number, payload?: Uint8Array): Promise<bigint> {
    return (await this.request(request, payload)).payload.getBigUint64(0, true)
  }

  /** Sends a message and waits for its acknowledgement: 0 for success. */
  async acknowledged(request: number, payload?: Uint8Array, fds: readonly number[] = []): Promise<bigint> {
    return (await this.request(request, payload, { needReply: true, fds })).payload.getBigUint64(0, true)
  }

  /** As {@link TestFrontEnd.acknowledged}, and throws where the back end refuses. */
  async obeyed(request: number, payload?: Uint8Array, fds: readonly number[] = []): Promise<void> {
    const answer = await this.acknowledged(request, payload, fds)
    if (answer !== 0n) throw new Error(`request ${request} was refused`)
  }

  /** Whether the back end closes the connection, whatever it says before. */
  async closes(): Promise<boolean> {
    for (let replies = 0; replies < 16; replies += 1) {
      const reply = await this.receive()
      if (reply === undefined) return true
      for (const fd of reply.fds) fd?.close()
    }
    return false
  }

  /**
   * Negotiates all features that are offered, or those of them in `features` and `protocolFeatures`.
   * @returns the virtio features
   */
  async negotiate(
    features = ~VhostFeature.LOG_ALL,
    protocolFeatures = ~0n,
  ): Promise<{ features: bigint; protocolFeatures: bigint }> {
    await this.send(Request.SET_OWNER)
    const own = (await this.requestNumber(Request.GET_FEATURES)) & features
    this.#protocolFeatures = (await this.requestNumber(Request.GET_PROTOCOL_FEATURES)) & protocolFeatures
    await this.send(Request.SET_PROTOCOL_FEATURES, u64(this.#protocolFeatures))
    await this.send(Request.SET_FEATURES, u64(own))
    return { features: own, protocolFeatures: this.#protocolFeatures }
  }

  /** Sends and waits until it was done, where that can be known. */
  async #do(request: number, payload: Uint8Array, fds: readonly number[] = []): Promise<void> {
    if ((this.#protocolFeatures & ProtocolFeature.REPLY_ACK) !== 0n) await this.obeyed(request, payload, fds)
    else await this.send(request, payload, { fds })
  }

  /** SET_MEM_TABLE of all regions of a memory. */
  async setMemory(ram: TestMemory): Promise<void> {
    await this.#do(
      Request.SET_MEM_TABLE,
      memoryTable(ram.regions),
      ram.regions.map(({ fd }) => fd),
    )
  }

  /** Sets a queue up in the order in which QEMU does, and starts it. */
  async startQueue(index: number, driver: DriverQueue, base = 0): Promise<TestQueue> {
    const { descriptors, available, used } = driver.addresses
    const user = (address: number) => driver.memory.userAddress(address)
    await this.#do(Request.SET_VRING_NUM, vringState(index, driver.size))
    await this.#do(Request.SET_VRING_BASE, vringState(index, base))
    const addresses = { descriptors: user(descriptors), available: user(available), used: user(used) }
    await this.#do(Request.SET_VRING_ADDR, vringAddresses(index, addresses))
    const [kick, call, error] = [0, 0, 0].map(() => check(eventfd(0, EFD_NONBLOCK), 'eventfd')) as [
      number,
      number,
      number,
    ]
    await this.#do(Request.SET_VRING_KICK, u64(BigInt(index)), [kick])
    await this.#do(Request.SET_VRING_CALL, u64(BigInt(index)), [call])
    await this.#do(Request.SET_VRING_ERR, u64(BigInt(index)), [error])
    await this.#do(Request.SET_VRING_ENABLE, vringState(index, 1))
    return new TestQueue(driver, kick, call, error)
  }

  /** GET_VRING_BASE: stops a queue and says where it goes on. */
  async stopQueue(index: number): Promise<number> {
    const { payload } = await this.request(Request.GET_VRING_BASE, vringState(index, 0))
    return payload.getUint32(4, true)
  }

  /** Has the device save its state. Throws where it refuses or fails; all queues must have stopped. */
  async saveState(): Promise<Uint8Array> {
    using pipe = new StatePipe()
    await this.#transfer(0, pipe.writeEnd)
    pipe.close(pipe.writeEnd)
    const state = await pipe.drain()
    await this.#checkTransfer()
    return state
  }

  /** Has the device load a state. Throws where it refuses or fails; no queue may run. */
  async loadState(state: Uint8Array): Promise<void> {
    using pipe = new StatePipe()
    await this.#transfer(1, pipe.readEnd)
    pipe.close(pipe.readEnd)
    await pipe.fill(state)
    await this.#checkTransfer()
  }

  async #transfer(direction: number, fd: number): Promise<void> {
    const payload = new Uint8Array(8)
    payload[0] = direction
    const { payload: answer } = await this.request(Request.SET_DEVICE_STATE_FD, payload, { fds: [fd] })
    if ((answer.getBigUint64(0, true) & 0xffn) !== 0n) throw new Error('the transfer of state was refused')
  }

  async #checkTransfer(): Promise<void> {
    if ((await this.requestNumber(Request.CHECK_DEVICE_STATE)) !== 0n) {
      throw new Error('the transfer of state failed')
    }
  }

  /** As if the monitor had been killed. Idempotent. */
  close(): void {
    this.#socket.close()
  }
}
