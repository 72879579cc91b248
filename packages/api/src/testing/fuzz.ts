import {
  FUSE_KERNEL_MINOR_VERSION,
  FuseInHeader,
  FuseInitIn,
  FuseOutHeader,
  InitFlag,
  Opcode,
  opcodeInfo,
  splitInitFlags,
} from '@fb/abi'
import type { FileSystem } from '../file-system.js'
import type { Logger } from '../logger.js'
import { Server, type ServerOptions } from '../server.js'
import { traceRequests } from '../trace/trace-requests.js'
import { ChaosFileSystem } from './chaos-file-system.js'
import { judge } from './fuzz-oracle.js'
import { MemoryChannel } from './memory-channel.js'
import type { MemoryRequest } from './memory-request.js'
import { SeededRandom } from './random.js'
import { RequestBody } from './request-body.js'
import { encodeRequest } from './request-bytes.js'
import { type Agreement, RequestGenerator } from './request-generator.js'

/** Requests of one round, apart from INIT. */
export const CASES_PER_ROUND = 1000
const OLDEST_MINOR = 9
const ALL_FLAGS = 2n ** 64n - 1n
/** Turns of the microtask queue after which whatever can settle has settled. */
const SETTLING_TURNS = 50

/** What one round did. */
export interface FuzzRound {
  /** Requests that were sent, INIT included. */
  cases: number
  /** Of these, how many got a reply that was an error. */
  errors: number
  /** Of these, how many got any other reply. */
  successes: number
  /** Names of the operations that got any other reply. */
  readonly succeeded: Set<string>
}

/** A request that ended as no request may end, and how to get there again. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure'

  constructor(seed: number, round: number, problem: string, message: Uint8Array, cause?: unknown) {
    const hex = Buffer.from(message.subarray(0, 512)).toString('hex')
    super(`${problem} (seed ${seed}, round ${round}, request of ${message.length} bytes: ${hex})`, { cause })
  }
}

/** One request and what was agreed on when it was sent. */
interface Sent {
  readonly message: Uint8Array
  readonly request: MemoryRequest
  readonly agreement: Agreement
}

/**
 * Sends a round of {@link CASES_PER_ROUND} well-formed and spoilt requests to a server and checks that each gets
 * exactly one reply, or none where the protocol has none, that the reply is well-formed, that nothing is thrown and
 * that nothing stays pending. The same seed and round give the same requests.
 *
 * @param makeFileSystem the file system to serve, for those who fuzz their own: an exception of it that is no errno
 * is a failure too. Default one that answers each request in another right or wrong way.
 * @throws FuzzFailure
 */
export async function fuzzRound(
  seed: number,
  round: number,
  makeFileSystem?: () => FileSystem,
): Promise<FuzzRound> {
  return new Round(seed, round, makeFileSystem?.()).run()
}

class Round {
  readonly #seed: number
  readonly #round: number
  readonly #random: SeededRandom
  readonly #chaos: ChaosFileSystem
  readonly #isChaos: boolean
  readonly #server: Server
  readonly #channel: MemoryChannel
  readonly #generator: RequestGenerator
  readonly #open = new Set<Sent>()
  readonly #exceptions: unknown[] = []
  readonly #result: FuzzRound = { cases: 0, errors: 0, successes: 0, succeeded: new Set() }

  constructor(seed: number, round: number, fileSystem: FileSystem | undefined) {
    this.#seed = seed
    this.#round = round
    this.#random = new SeededRandom(seed, round)
    this.#chaos = new ChaosFileSystem(this.#random)
    this.#isChaos = fileSystem === undefined
    this.#server = new Server(fileSystem ?? this.#chaos.fs, this.#serverOptions())
    this.#channel = new MemoryChannel(this.#server, { payloadOutside: this.#random.chance(30) })
    this.#generator = new RequestGenerator(this.#random)
  }

  async run(): Promise<FuzzRound> {
    const random = this.#random
    for (let index = 0; index < CASES_PER_ROUND; index += 1) {
      if (this.#server.negotiated === undefined && random.chance(90)) this.#send(this.#init())
      this.#channel.connected = !random.chance(2)
      this.#send(this.#generator.next(this.#agreement()))
      this.#channel.connected = true
      if (random.chance(20)) this.#chaos.release(random.below(5))
      if (random.chance(30)) await this.#turns(random.below(6))
    }
    await this.#finish()
    return this.#result
  }

  #serverOptions(): ServerOptions {
    const random = this.#random
    const options: ServerOptions = {
      logger: this.#logger(),
      cacheWindow: { map: () => {}, unmap: () => {} },
      onForeignInterrupt: () => random.chance(20),
    }
    // The tracer reads whatever the clients send: it goes through the same.
    return random.chance(50) ? { ...options, observe: traceRequests(() => {}) } : options
  }

  /** Keeps the exceptions of a file system that should throw none. */
  #logger(): Logger {
    const error = (detail: object): void => {
      if (!this.#isChaos && 'err' in detail) this.#exceptions.push(detail.err)
    }
    return { error, warn() {}, info() {}, debug() {} }
  }

  #agreement(): Agreement {
    return this.#server.negotiated ?? { minor: FUSE_KERNEL_MINOR_VERSION, flags: 0n }
  }

  #init(): Uint8Array {
    const random = this.#random
    const minor = OLDEST_MINOR + random.below(FUSE_KERNEL_MINOR_VERSION + 1 - OLDEST_MINOR)
    const flags = random.chance(50) ? ALL_FLAGS : random.uint64()
    const words = splitInitFlags(flags | InitFlag.INIT_EXT)
    const body = new RequestBody().struct(FuseInitIn, {
      major: 7,
      minor,
      maxReadahead: random.uint32(),
      ...words,
    })
    return encodeRequest({ opcode: Opcode.INIT, unique: 1n, nodeid: 0 }, body.finish())
  }

  #send(message: Uint8Array): void {
    const agreement = this.#agreement()
    const replyCapacity = this.#capacity()
    this.#result.cases += 1
    let request: MemoryRequest
    try {
      request = this.#channel.submit(message, replyCapacity === undefined ? {} : { replyCapacity })
    } catch (error) {
      throw this.#failure('it was not handled', message, error)
    }
    const sent = { message, request, agreement }
    if (request.state === 'open') this.#open.add(sent)
    else this.#judge(sent)
  }

  /** Most clients take all that was asked for; some little, and some not even a header. */
  #capacity(): number | undefined {
    const random = this.#random
    if (random.chance(90)) return undefined
    return random.pick([0, FuseOutHeader.size - 1, FuseOutHeader.size, 24, 100, 160, 4096])
  }

  #judge({ message, request, agreement }: Sent): void {
    const problem = judge(message, request, agreement, this.#isChaos)
    if (problem !== undefined) throw this.#failure(problem, message)
    if (this.#exceptions.length > 0) throw this.#failure('a method threw', message, this.#exceptions[0])
    const { answer } = request
    if (answer === undefined) return
    const error = new DataView(answer.buffer).getInt32(FuseOutHeader.offsets.error, true)
    if (error !== 0) {
      this.#result.errors += 1
      return
    }
    this.#result.successes += 1
    const opcode = new DataView(message.buffer).getUint32(FuseInHeader.offsets.opcode, true)
    this.#result.succeeded.add(opcodeInfo(opcode)?.name ?? String(opcode))
  }

  /** Lets promises settle, and judges what has been answered meanwhile. */
  async #turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) await undefined
    for (const sent of this.#open) {
      if (sent.request.state === 'open') continue
      this.#open.delete(sent)
      this.#judge(sent)
    }
  }

  /** Ends the connection, after which nothing may be left. */
  async #finish(): Promise<void> {
    this.#chaos.release(Number.POSITIVE_INFINITY)
    await this.#turns(SETTLING_TURNS)
    const none = new Uint8Array(0)
    const { pending } = this.#server
    if (pending !== this.#open.size) {
      throw this.#failure(`${pending} requests are pending, but ${this.#open.size} have no answer`, none)
    }
    await this.#server.close()
    await this.#turns(SETTLING_TURNS)
    for (const { message } of this.#open) throw this.#failure('it was never answered', message)
    if (this.#server.pending > 0) throw this.#failure(`${this.#server.pending} requests stay pending`, none)
    const { inits, destroys } = this.#chaos
    if (inits !== destroys) throw this.#failure(`init ran ${inits} times, destroy ${destroys} times`, none)
    try {
      this.#channel.check()
    } catch (error) {
      throw this.#failure('a rule of the transport was broken', none, error)
    }
  }

  #failure(problem: string, message: Uint8Array, cause?: unknown): FuzzFailure {
    return new FuzzFailure(this.#seed, this.#round, problem, message, cause)
  }
}
