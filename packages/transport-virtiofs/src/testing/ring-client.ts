import { FuseInitIn, FuseInitOut, FuseOutHeader, InitFlag, Opcode, splitInitFlags } from '@fb/abi'
import { encodeRequest, RequestBody } from '@fb/api/testing'
import { TestFrontEnd, type TestQueue } from '@fb/vhost-user/testing'
import { type DriverBuffer, DriverQueue, TestMemory } from '@fb/virtqueue/testing'

const QUEUE_SIZE = 128
/** Room of one request, and of one reply. */
const ROOM = 256 * 1024
const HEADER = FuseOutHeader.size

/** What came back for a request. */
export interface Reply {
  /** Bytes that the device says it wrote; 0 where there is no reply. */
  readonly used: number
  /** Negative errno, or 0. */
  readonly error: number
  /** What follows the header. */
  readonly body: Uint8Array
}

/** How a request is posted. */
export interface PostOptions {
  /** Queue, default 1, the first for requests. */
  readonly queue?: number
  /** Bytes that the device may write, default all there is room for. */
  readonly capacity?: number
  /** Lengths of the buffers that hold the request; the rest is in a last one. */
  readonly split?: readonly number[]
}

/** What to do with a front end before its queues start. */
export type Preparation = (frontEnd: TestFrontEnd) => Promise<unknown>

/** How a {@link RingClient} connects. */
export interface ConnectOptions {
  /** What else to say before the queues start. */
  readonly prepare?: Preparation
  /** Protocol features that may be negotiated, default all. */
  readonly protocolFeatures?: bigint
}

/** A guest that exists only for a test: it speaks FUSE through rings in shared memory, to the device at a socket. */
export class RingClient {
  frontEnd: TestFrontEnd
  readonly memory = new TestMemory([{ guestAddress: 0, size: 128 * 1024 * 1024 }])
  readonly queues: TestQueue[] = []
  readonly #in: number
  readonly #out: number
  #unique = 0n

  private constructor(path: string) {
    this.frontEnd = TestFrontEnd.connect(path)
    this.#in = this.memory.allocate(ROOM)
    this.#out = this.memory.allocate(ROOM)
  }

  /** Connects and starts the queue for FORGET and `requestQueues` others. */
  static async connect(
    path: string,
    requestQueues = 1,
    { prepare, protocolFeatures }: ConnectOptions = {},
  ): Promise<RingClient> {
    const client = new RingClient(path)
    await client.frontEnd.negotiate(undefined, protocolFeatures)
    await client.frontEnd.setMemory(client.memory)
    await prepare?.(client.frontEnd)
    for (let index = 0; index <= requestQueues; index += 1) {
      const driver = new DriverQueue(client.memory, QUEUE_SIZE, { eventIndex: true, indirect: true })
      client.queues.push(await client.frontEnd.startQueue(index, driver))
    }
    return client
  }

  /** Starts all queues again after a reset, empty. */
  async restart(): Promise<void> {
    for (const [index, { driver }] of [...this.queues].entries()) {
      this.queues[index]?.close()
      driver.reset()
      this.queues[index] = await this.frontEnd.startQueue(index, driver)
    }
  }

  /** Connects anew, as a monitor does whose back end was replaced: the queues go on where their used rings are. */
  async reconnect(path: string, prepare?: Preparation): Promise<void> {
    this.frontEnd.close()
    this.frontEnd = TestFrontEnd.connect(path)
    await this.frontEnd.negotiate()
    await this.frontEnd.setMemory(this.memory)
    await prepare?.(this.frontEnd)
    for (const [index, { driver }] of [...this.queues].entries()) {
      this.queues[index]?.close()
      this.queues[index] = await this.frontEnd.startQueue(index, driver, driver.usedIndex)
    }
  }

  /** Stops all queues, as a monitor does whose virtual machine is paused: where they go on. */
  async pause(): Promise<number[]> {
    const bases: number[] = []
    for (const index of this.queues.keys()) bases.push(await this.frontEnd.stopQueue(index))
    return bases
  }

  /** Goes on where the queues were paused. */
  async resume(bases: readonly number[]): Promise<void> {
    for (const [index, { driver }] of [...this.queues].entries()) {
      this.queues[index]?.close()
      this.queues[index] = await this.frontEnd.startQueue(index, driver, bases[index])
    }
  }

  /**
   * Moves the paused guest to another device, as a migration does. Where that throws, it is still with the first one.
   * @param state - what `saveState` of the front end gave; asked for otherwise
   */
  async migrate(path: string, bases: readonly number[], state?: Uint8Array): Promise<void> {
    const moved = state ?? (await this.frontEnd.saveState())
    const next = TestFrontEnd.connect(path)
    try {
      await next.negotiate()
      await next.loadState(moved)
    } catch (error) {
      next.close()
      throw error
    }
    this.frontEnd.close()
    this.frontEnd = next
    await next.setMemory(this.memory)
    await this.resume(bases)
  }

  /** A queue that runs. */
  queue(index = 1): TestQueue {
    const queue = this.queues[index]
    if (queue === undefined) throw new Error(`there is no queue ${index}`)
    return queue
  }

  /** Posts bytes as a request and does not wait. Its head. */
  post(message: Uint8Array, to: DriverBuffer[], options: PostOptions & { at?: number } = {}): number {
    const { at = this.#in, split = [] } = options
    this.memory.bytes(at, message.length).set(message)
    const readable: DriverBuffer[] = []
    let done = 0
    for (const length of [...split, message.length]) {
      const taken = Math.min(length, message.length - done)
      if (taken > 0) readable.push({ address: at + done, length: taken })
      done += taken
    }
    return this.queue(options.queue).post(readable, to)
  }

  /** Sends bytes as a request and waits until it comes back. */
  async send(message: Uint8Array, options: PostOptions = {}): Promise<Reply> {
    const { capacity = ROOM } = options
    this.memory.bytes(this.#out, ROOM).fill(0xa5)
    // In three buffers, the first without room for a whole header.
    const parts = [
      Math.min(10, capacity),
      Math.min(90, Math.max(capacity - 10, 0)),
      Math.max(capacity - 100, 0),
    ]
    let next = this.#out
    const to = parts.flatMap((length) => {
      const address = next
      next += length
      return length === 0 ? [] : [{ address, length }]
    })
    this.post(message, to, options)
    const { length } = await this.queue(options.queue).take()
    return this.replyAt(this.#out, length)
  }

  /** The reply of `used` bytes at an address. Throws where it is not sound. */
  replyAt(address: number, used: number): Reply {
    if (used === 0) return { used, error: 0, body: new Uint8Array(0) }
    const bytes = this.memory.bytes(address, used).slice()
    const header = FuseOutHeader.decode(new DataView(bytes.buffer), 0, FuseOutHeader.create())
    if (header.len !== used) throw new Error(`the reply says ${header.len} bytes, the ring ${used}`)
    return { used, error: header.error, body: bytes.subarray(HEADER) }
  }

  /** Encodes a request. */
  encode(opcode: number, nodeid: number, body = new RequestBody()): Uint8Array {
    this.#unique += 2n
    return encodeRequest({ opcode, nodeid, unique: this.#unique }, body.finish())
  }

  /** Sends a request and waits for the reply. */
  call(opcode: number, nodeid: number, body?: RequestBody, options?: PostOptions): Promise<Reply> {
    return this.send(this.encode(opcode, nodeid, body), options)
  }

  /** Sends INIT with every flag there is. */
  async init(options: PostOptions = {}): Promise<FuseInitOut> {
    const flags = splitInitFlags((2n ** 64n - 1n) | InitFlag.INIT_EXT)
    const body = new RequestBody().struct(FuseInitIn, {
      major: 7,
      minor: 38,
      maxReadahead: 1 << 20,
      ...flags,
    })
    const { error, body: answer } = await this.call(Opcode.INIT, 0, body, options)
    if (error !== 0) throw new Error(`INIT was answered ${error}`)
    return FuseInitOut.decode(
      new DataView(answer.buffer, answer.byteOffset, answer.length),
      0,
      FuseInitOut.create(),
    )
  }

  /** As if the monitor had been killed. Idempotent. */
  close(): void {
    this.frontEnd.close()
    for (const queue of this.queues) queue.close()
    this.memory.close()
  }
}
