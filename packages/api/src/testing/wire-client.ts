import {
  encodeExtensions,
  FUSE_KERNEL_MINOR_VERSION,
  FUSE_KERNEL_VERSION,
  FuseInitIn,
  FuseInitOut,
  FuseInterruptIn,
  FuseOutHeader,
  InitFlag,
  initInSize,
  initOutSize,
  joinInitFlags,
  Opcode,
  splitInitFlags,
} from '@fb/abi'
import type { SecurityContext } from '../context.js'
import { Errno } from '../errno.js'
import { ContractViolation } from './contract-violation.js'
import { FuseError } from './fuse-error.js'
import type { MemoryChannel } from './memory-channel.js'
import type { MemoryRequestOptions } from './memory-request.js'
import { decodeAt } from './reply.js'
import { RequestBody } from './request-body.js'
import { encodeRequest } from './request-bytes.js'

/** First minor whose INIT carries the second word of flags. */
const INIT_EXT_SINCE = 36
const HEADER = FuseOutHeader.size
const EMPTY: Uint8Array = new Uint8Array(0)

/** Who asks. */
export interface Identity {
  /** User id, default 0. */
  readonly uid: number
  /** Group id, default 0. */
  readonly gid: number
  /** Thread id, default 1. */
  readonly pid: number
}

/** Options of every operation of a {@link FuseClient}. */
export interface CallOptions extends Partial<Identity>, Pick<MemoryRequestOptions, 'replyCapacity'> {
  /** Sends INTERRUPT for the operation when it is aborted; what the file system answers is still waited for. */
  readonly signal?: AbortSignal
  /** Umask of the caller, for what makes files. Default 0. */
  readonly umask?: number
  /** Supplementary groups of the caller; sent where CREATE_SUPP_GROUP is on, with what makes files. */
  readonly groups?: readonly number[]
  /** Sent where SECURITY_CTX is on, with what makes files. */
  readonly securityContexts?: readonly SecurityContext[]
}

/** What the client says in INIT. */
export interface InitOffer {
  /** Default 7. */
  readonly major?: number
  /** Default the newest that `@fb/abi` knows. */
  readonly minor?: number
  /** `InitFlag` bits on offer. Default all that the minor can carry. */
  readonly flags?: bigint
  /** Default 128 KiB. */
  readonly maxReadahead?: number
}

/** What the server answered to INIT. */
export interface InitAnswer extends Omit<FuseInitOut, 'flags' | 'flags2'> {
  /** `InitFlag` bits that are on. */
  readonly flags: bigint
}

/** Requests and replies as bytes, numbered as the kernel numbers them: the ground that {@link FuseClient} stands on. */
export class WireClient {
  readonly channel: MemoryChannel
  readonly #identity: Identity
  #lastUnique = 0n
  #answer: InitAnswer | undefined

  constructor(channel: MemoryChannel, identity: Partial<Identity> = {}) {
    this.channel = channel
    this.#identity = { uid: 0, gid: 0, pid: 1, ...identity }
  }

  /** What INIT settled. Throws where there was none. */
  get negotiated(): InitAnswer {
    if (this.#answer === undefined) throw new Error('INIT has not been answered')
    return this.#answer
  }

  /** Minor version in use: the lower one of both sides. */
  get minor(): number {
    return this.negotiated.minor
  }

  /** Whether every bit of an `InitFlag` is on. */
  has(flag: bigint): boolean {
    return (this.negotiated.flags & flag) === flag
  }

  /** Number of the request that was sent last. */
  get lastUnique(): bigint {
    return this.#lastUnique
  }

  /**
   * Sends bytes as they are and gives the reply as bytes, `undefined` where there was none. Nothing of it is
   * checked but the rules of the transport.
   */
  async raw(message: Uint8Array, options: MemoryRequestOptions = {}): Promise<Uint8Array | undefined> {
    const reply = await this.channel.submit(message, options).settled
    this.channel.check()
    return reply
  }

  /**
   * Sends INIT as the kernel does. A server that names an older major is asked again in that one.
   * Throws {@link FuseError} where the server refuses.
   */
  async init(offer: InitOffer = {}): Promise<InitAnswer> {
    const {
      major = FUSE_KERNEL_VERSION,
      minor = FUSE_KERNEL_MINOR_VERSION,
      maxReadahead = 128 * 1024,
    } = offer
    const words = splitInitFlags(offer.flags ?? offerable(minor))
    const size = minor < INIT_EXT_SINCE ? initInSize(minor, 0) : FuseInitIn.size
    const body = new RequestBody().struct(FuseInitIn, { major, minor, maxReadahead, ...words }, size)
    const reply = await this.call(Opcode.INIT, 0, body)
    const out = decodeAt(FuseInitOut, grow(reply, FuseInitOut.size), 0)
    if (out.major < major) return this.init({ ...offer, major: out.major, minor: out.minor })
    if (reply.length !== initOutSize(minor)) {
      throw new ContractViolation(
        `the reply to INIT has ${reply.length} bytes instead of ${initOutSize(minor)}`,
      )
    }
    this.#answer = { ...out, minor: Math.min(minor, out.minor), flags: joinInitFlags(out.flags, out.flags2) }
    return this.#answer
  }

  /**
   * Sends a request and gives the body of its reply. Throws {@link FuseError} for an error, and with ENOTCONN
   * where the reply did not come because the channel is not connected.
   */
  async call(
    opcode: number,
    nodeid: number,
    body: RequestBody | undefined,
    options: CallOptions = {},
  ): Promise<Uint8Array> {
    const { signal } = options
    if (signal?.aborted === true) throw new FuseError(Errno.EINTR, opcode)
    const unique = this.#takeUnique()
    const request = this.channel.submit(this.#encode(opcode, unique, nodeid, body, options), limits(options))
    const interrupt = () => void this.interrupt(unique)
    signal?.addEventListener('abort', interrupt, { once: true })
    const reply = await request.settled
    signal?.removeEventListener('abort', interrupt)
    this.channel.check()
    if (reply === undefined) {
      if (request.state === 'dropped')
        throw new ContractViolation(`operation ${opcode} was dropped without a reply`)
      throw new FuseError(Errno.ENOTCONN, opcode)
    }
    return bodyOf(reply, unique, opcode)
  }

  /** Sends a request that has no reply. Throws {@link ContractViolation} where it got one. */
  async post(opcode: number, nodeid: number, body: RequestBody, options: CallOptions = {}): Promise<void> {
    const message = this.#encode(opcode, this.#takeUnique(), nodeid, body, options)
    const reply = await this.raw(message)
    if (reply !== undefined) throw new ContractViolation(`operation ${opcode} has no reply, but got one`)
  }

  /**
   * Sends INTERRUPT for the request of that number. True where the server took it; false where it does not know
   * the request (EAGAIN), because it has been answered.
   */
  async interrupt(unique: bigint): Promise<boolean> {
    const body = new RequestBody().struct(FuseInterruptIn, { unique })
    const head = { opcode: Opcode.INTERRUPT, unique: unique | 1n, nodeid: 0, ...this.#identity }
    const reply = await this.raw(encodeRequest(head, body.finish()))
    if (reply === undefined) return true
    try {
      bodyOf(reply, head.unique, head.opcode)
    } catch (error) {
      if (error instanceof FuseError && error.code === 'EAGAIN') return false
      throw error
    }
    throw new ContractViolation('INTERRUPT was answered with success, which has no reply')
  }

  /** The numbers of the kernel are even; the lowest bit marks the INTERRUPT of a request. */
  #takeUnique(): bigint {
    this.#lastUnique += 2n
    return this.#lastUnique
  }

  #encode(
    opcode: number,
    unique: bigint,
    nodeid: number,
    body: RequestBody | undefined,
    options: CallOptions,
  ): Uint8Array {
    const { uid, gid, pid } = { ...this.#identity, ...options }
    return encodeRequest(
      { opcode, unique, nodeid, uid, gid, pid },
      body?.finish(),
      this.#extensions(opcode, options),
    )
  }

  /** The extensions that the kernel would send with this operation. */
  #extensions(opcode: number, options: CallOptions): Uint8Array {
    if (!CREATING.has(opcode)) return EMPTY
    return encodeExtensions({
      groups: this.has(InitFlag.CREATE_SUPP_GROUP) ? options.groups : undefined,
      securityContexts: this.has(InitFlag.SECURITY_CTX) ? options.securityContexts : undefined,
    })
  }
}

const CREATING: ReadonlySet<number> = new Set([
  Opcode.SYMLINK,
  Opcode.MKNOD,
  Opcode.MKDIR,
  Opcode.CREATE,
  Opcode.TMPFILE,
])

function offerable(minor: number): bigint {
  const all = Object.values(InitFlag).reduce((flags, flag) => flags | flag, 0n) & ~InitFlag.INIT_RESERVED
  return minor < INIT_EXT_SINCE ? all & 0xffff_ffffn & ~InitFlag.INIT_EXT : all
}

function limits({ replyCapacity }: CallOptions): MemoryRequestOptions {
  return replyCapacity === undefined ? {} : { replyCapacity }
}

/** The body of a reply to the request of that number. Throws {@link FuseError} for an error. */
function bodyOf(reply: Uint8Array, unique: bigint, opcode: number): Uint8Array {
  const header = decodeAt(FuseOutHeader, reply, 0)
  const answered = (BigInt(header.uniqueHigh) << 32n) | BigInt(header.uniqueLow)
  if (answered !== unique)
    throw new ContractViolation(`the reply to request ${unique} says that it answers ${answered}`)
  if (header.error === 0) return reply.subarray(HEADER)
  if (header.error > 0 || header.error < -4095)
    throw new ContractViolation(`${header.error} is no error number`)
  if (reply.length !== HEADER) throw new ContractViolation('an error has no body')
  throw new FuseError(Errno.of(header.error), opcode)
}

function grow(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length >= size) return bytes
  const grown = new Uint8Array(size)
  grown.set(bytes)
  return grown
}
