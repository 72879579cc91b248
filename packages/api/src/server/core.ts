import { ProtocolError } from '@fb/abi'
import type { Negotiated } from '../connection.js'
import { Errno } from '../errno.js'
import type { CacheWindow, FileSystem, Outcome } from '../file-system.js'
import type { Logger } from '../logger.js'
import type { Notifier } from '../notifier.js'
import type { Call } from './call.js'
import { BODY, encodeHeader } from './reply.js'

/** Writes the body of a reply behind the header and returns its size, or sends the reply itself and returns `SENT`. */
export type ReplyEncoder<T> = (core: Core, call: Call, value: T) => number

/** Told by an encoder that has sent or dropped the reply. */
export const SENT = -1

/** What handlers share: the file system, what was negotiated, and the one way to answer. */
export class Core {
  readonly fs: FileSystem
  readonly logger: Logger
  readonly notifier: Notifier | undefined
  readonly cacheWindow: CacheWindow | undefined
  /** `undefined` before INIT and after DESTROY. */
  negotiated: Negotiated | undefined
  /** Requests whose answer comes later, by their unique number. */
  readonly inFlight = new Map<bigint, Call>()

  constructor(
    fs: FileSystem,
    logger: Logger,
    notifier: Notifier | undefined,
    cacheWindow: CacheWindow | undefined,
  ) {
    this.fs = fs
    this.logger = logger
    this.notifier = notifier
    this.cacheWindow = cacheWindow
  }

  /** Minor version in use; 0 before INIT. */
  get minor(): number {
    return this.negotiated?.minor ?? 0
  }

  /** Answers with an error; a request that has no reply is dropped instead. */
  fail(call: Call, errno: Errno): void {
    if (call.answered) return
    if (call.unanswered) return this.drop(call)
    call.answered = true
    const { request } = call
    encodeHeader(request.reply, BODY, -errno.errno, call.uniqueLow, call.uniqueHigh)
    request.send(BODY)
  }

  /** Ends a request that has no reply. */
  drop(call: Call): void {
    if (call.answered) return
    call.answered = true
    call.request.drop()
  }

  /** Answers with `size` bytes of body that are in the reply buffer. False where the client did not get it. */
  send(call: Call, size: number): boolean {
    if (call.answered) return true
    call.answered = true
    const { request } = call
    const length = BODY + size
    if (length > request.replyCapacity) {
      encodeHeader(request.reply, BODY, -Errno.EIO.errno, call.uniqueLow, call.uniqueHigh)
      request.send(BODY)
      this.logger.warn(
        { opcode: call.opcode, length, capacity: request.replyCapacity },
        'the client left no room for the reply',
      )
      return false
    }
    encodeHeader(request.reply, length, 0, call.uniqueLow, call.uniqueHigh)
    return request.send(length)
  }

  /** Answers with `data` as the body. */
  sendWith(call: Call, data: Uint8Array): boolean {
    if (call.answered) return true
    const { request } = call
    const length = BODY + data.length
    if (length > request.replyCapacity) {
      this.fail(call, Errno.EIO)
      return false
    }
    call.answered = true
    encodeHeader(request.reply, length, 0, call.uniqueLow, call.uniqueHigh)
    return request.sendWith(data)
  }

  /** Answers with the first `size` bytes of the data area. */
  sendData(call: Call, size: number): boolean {
    if (call.answered) return true
    call.answered = true
    const { request } = call
    encodeHeader(request.reply, BODY + size, 0, call.uniqueLow, call.uniqueHigh)
    return request.sendData(size)
  }

  /** Answers with what a method gave back: now, or when its promise settles. */
  settle<T>(call: Call, outcome: Outcome<T>, encode: ReplyEncoder<T>): void {
    if (isPromise(outcome)) {
      this.#wait(call, outcome, encode)
    } else {
      this.#finish(call, outcome, encode)
    }
  }

  #finish<T>(call: Call, outcome: T | Errno, encode: ReplyEncoder<T>): void {
    if (outcome instanceof Errno) {
      this.fail(call, outcome)
      return
    }
    const size = encode(this, call, outcome)
    if (size >= 0) this.send(call, size)
  }

  #wait<T>(call: Call, promise: Promise<T | Errno>, encode: ReplyEncoder<T>): void {
    call.request.retain()
    call.directory.detach()
    const { unique } = call
    this.inFlight.set(unique, call)
    promise
      .then((outcome) => {
        if (call.answered) this.#late(call, outcome)
        else this.#finish(call, outcome, encode)
      })
      .catch((error: unknown) => this.refuse(call, error))
      .finally(() => {
        if (this.inFlight.get(unique) === call) this.inFlight.delete(unique)
      })
  }

  #late<T>(call: Call, outcome: T | Errno): void {
    if (!(outcome instanceof Errno)) {
      this.logger.debug(
        { opcode: call.opcode, node: call.node },
        'a result came after the connection had ended',
      )
    }
  }

  /** Answers an exception: a malformed body with EINVAL, an errno where it is one, else EIO with the stack in the log. */
  refuse(call: Call, error: unknown): void {
    const errno = error instanceof ProtocolError ? Errno.EINVAL : Errno.from(error)
    if (errno === undefined) {
      this.logger.error(
        { opcode: call.opcode, node: call.node, unique: String(call.unique), err: error },
        'a file system method failed in a way that is not an errno: answered EIO',
      )
    }
    this.fail(call, errno ?? Errno.EIO)
  }

  /** Aborts the signals of everything in flight and answers it with `errno`. Later results are ignored. */
  abandon(errno: Errno): void {
    for (const call of this.inFlight.values()) {
      call.abort(new DOMException('the file system is being unmounted', 'AbortError'))
      this.fail(call, errno)
    }
    this.inFlight.clear()
  }
}

function isPromise<T>(value: Outcome<T>): value is Promise<T | Errno> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}
