import { uniqueToBigint } from '@fb/abi'
import type { CallerProcess, Context, SecurityContext } from '../context.js'
import type { ReadSink, WriteSource } from '../request.js'
import type { TransportRequest } from '../transport.js'
import type { DirectoryWriter } from './directory-writer.js'

const NO_GROUPS: readonly number[] = []
const NO_SECURITY_CONTEXTS: readonly SecurityContext[] = []

/** What a READ may still do with its sink. */
type Filled = 'none' | 'buffer' | number

/**
 * One request while it is being answered: the caller (as the file system sees it), where the body is, and the
 * reply. The server has one `Call` that it uses again and again for requests that are answered at once; a
 * request whose answer comes later keeps the one it has.
 */
export class Call implements Context {
  request!: TransportRequest
  opcode = 0
  node = 0
  uniqueLow = 0
  uniqueHigh = 0
  uid = 0
  gid = 0
  pid = 0
  umask = 0
  groups: readonly number[] = NO_GROUPS
  securityContexts: readonly SecurityContext[] = NO_SECURITY_CONTEXTS
  /** Where the part of the body that is not yet decoded begins, and where the body ends (extensions excluded). */
  at = 0
  end = 0
  /** The protocol knows no reply to this operation, not even an error. */
  unanswered = false
  /** Set once the one reply has been sent or dropped. */
  answered = false

  readonly sink = new CallSink()
  readonly source = new CallSource()
  /** The list that is being made, for READDIR and READDIRPLUS. */
  directory: DirectoryWriter | undefined

  #controller: AbortController | undefined
  #abortReason: unknown

  /** Begins a new request on this object. */
  begin(request: TransportRequest): void {
    this.request = request
    this.sink.request = request
    this.source.request = request
    this.groups = NO_GROUPS
    this.securityContexts = NO_SECURITY_CONTEXTS
    this.umask = 0
    this.directory = undefined
    this.answered = false
    this.#controller = undefined
    this.#abortReason = undefined
  }

  get unique(): bigint {
    return uniqueToBigint(this.uniqueLow, this.uniqueHigh)
  }

  get process(): CallerProcess | undefined {
    return this.request.callerProcess?.(this.pid)
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason)
    }
    return this.#controller.signal
  }

  /** Whether the caller no longer waits, or shall not. */
  get aborted(): boolean {
    return this.#abortReason !== undefined
  }

  /** Aborts the signal, now or when it is first asked for. */
  abort(reason: unknown): void {
    this.#abortReason ??= reason
    this.#controller?.abort(reason)
  }
}

/** READ's data area, as the file system sees it. */
export class CallSink implements ReadSink {
  request!: TransportRequest
  size = 0
  flags = 0
  lockOwner = 0n
  /** How the data area was filled: what may be sent is bounded by it, so that no stale byte ever leaves. */
  filled: Filled = 'none'

  begin(size: number, flags: number, lockOwner: bigint): this {
    this.size = size
    this.flags = flags
    this.lockOwner = lockOwner
    this.filled = 'none'
    return this
  }

  fromFd(fd: number, offset: number, flags = 0): number {
    const count = this.request.dataFromFd(fd, offset, this.size, flags)
    this.filled = count
    return count
  }

  async fromFdAsync(fd: number, offset: number): Promise<number> {
    const count = await this.request.dataFromFdAsync(fd, offset, this.size)
    this.filled = count
    return count
  }

  buffer(): Uint8Array {
    this.filled = 'buffer'
    return this.request.dataBuffer(this.size)
  }

  /** How many bytes of the data area may be sent. */
  get valid(): number {
    if (this.filled === 'none') return 0
    return this.filled === 'buffer' ? this.size : this.filled
  }
}

/** WRITE's payload, as the file system sees it. */
export class CallSource implements WriteSource {
  request!: TransportRequest
  #start = 0
  size = 0
  flags = 0
  writeFlags = 0
  lockOwner = 0n

  begin(start: number, size: number, flags: number, writeFlags: number, lockOwner: bigint): this {
    this.#start = start
    this.size = size
    this.flags = flags
    this.writeFlags = writeFlags
    this.lockOwner = lockOwner
    return this
  }

  toFd(fd: number, offset: number, flags = 0, killPriv = false): number {
    return this.request.payloadToFd(this.#start, this.size, fd, offset, flags, killPriv)
  }

  toFdAsync(fd: number, offset: number, flags = 0, killPriv = false): Promise<number> {
    return this.request.payloadToFdAsync(this.#start, this.size, fd, offset, flags, killPriv)
  }

  bytes(): Uint8Array {
    return this.request.payloadBytes(this.#start, this.size)
  }
}
