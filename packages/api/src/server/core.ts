import { ProtocolError } from '@fb/abi'
import type { Negotiated } from '../connection.js'
import { Errno } from '../errno.js'
import type { CacheWindow, FileSystem, Outcome } from '../file-system.js'
import type { Logger } from '../logger.js'
import type { Notifier } from '../notifier.js'
import { isPromise } from '../outcome.js'
import type { Call } from './call.js'
import type { DirectoryWriter } from './directory-writer.js'
import { BODY, encodeHeader, InvalidReplyError } from './reply.js'

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
  /** Requests whose answer comes later. A set: a client that uses a number twice gets two answers all the same. */
  readonly inFlight = new Set<Call>()

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

  /** Answers with an error; a request that has no reply, or no room for one, is dropped instead. */
  fail(call: Call, errno: Errno): void {
    if (call.answered) return
    const { request } = call
    if (call.unanswered || request.replyCapacity < BODY) return this.drop(call)
    call.answered = true
    encodeHeader(request.reply, BODY, -errno.errno, call.uniqueLow, call.uniqueHigh)
    request.send(BODY)
    if (call.directory !== undefined) this.forgetListed(call.directory)
  }

  /** Takes back the lookups of a list that the client did not get, and ends the list. */
  forgetListed(list: DirectoryWriter): void {
    for (const node of list.takeNodes()) this.fs.forget?.(node, 1)
  }

  /** Ends a request that has no reply. */
  drop(call: Call): void {
    if (call.answered) return
    call.answered = true
    call.request.drop()
  }

  /** Answers with `size` bytes of body that are in the reply buffer. False where the client did not get it: undo. */
  send(call: Call, size: number): boolean {
    if (call.answered) return false
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

  /** Answers with `data` as the body. False as for `send`. */
  sendWith(call: Call, data: Uint8Array): boolean {
    if (call.answered) return false
    if (!(data instanceof Uint8Array))
      throw new InvalidReplyError('a method returned something else than bytes')
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

  /** Answers with the first `size` bytes of the data area. False as for `send`. */
  sendData(call: Call, size: number): boolean {
    if (call.answered) return false
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
    call.directory?.detach()
    this.inFlight.add(call)
    // `resolve` makes a real promise of anything else that has a `then`. A result that comes after the request was
    // abandoned goes the same way, and is undone as one that was not delivered.
    Promise.resolve(promise)
      .then((outcome) => this.#finish(call, outcome, encode))
      .catch((error: unknown) => this.refuse(call, error))
      .finally(() => this.inFlight.delete(call))
  }

  /**
   * Answers an exception: a malformed body with EINVAL, an errno where it is one, EINTR for the AbortError of an
   * aborted signal, else EIO with the stack in the log.
   */
  refuse(call: Call, error: unknown): void {
    const errno = errnoOf(call, error)
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
    for (const call of this.inFlight) {
      call.abort(new DOMException('the file system is being unmounted', 'AbortError'))
      this.fail(call, errno)
    }
    this.inFlight.clear()
  }
}

function errnoOf(call: Call, error: unknown): Errno | undefined {
  if (error instanceof ProtocolError) return Errno.EINVAL
  if (call.aborted && error instanceof Error && error.name === 'AbortError') return Errno.EINTR
  return Errno.from(error)
}
