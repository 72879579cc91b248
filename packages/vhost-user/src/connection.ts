import type { VhostUserDevice } from './device.js'
import { ProtocolViolation, Refusal } from './errors.js'
import { handlers } from './handlers/index.js'
import { type Logger, silentLogger } from './logger.js'
import { encodeMessage, type Message, type Reply, u64 } from './message.js'
import { MessageSocket } from './message-socket.js'
import { HeaderFlag, ProtocolFeature, requestName } from './protocol.js'
import { checkMessage } from './rules.js'
import { Session } from './session.js'

const DONE = u64(0n)
const FAILED = u64(1n)
/** Messages after which the event loop gets a turn, however fast they come. */
const TURN = 16

/** Options of a {@link VhostUserConnection}. */
export interface ConnectionOptions {
  readonly logger?: Logger
  /** `ProtocolFeature` bits that are not to be offered. */
  readonly withoutProtocolFeatures?: bigint
}

/**
 * One front end, from its first message to its last.
 *
 * Messages are handled one after the other: the next is read when the one before is done and answered, so that a front
 * end cannot pile anything up. A malformed message ends the connection, and nothing but it.
 */
export class VhostUserConnection {
  readonly #socket: MessageSocket
  readonly #session: Session
  readonly #logger: Logger

  /**
   * @param fd - a connected Unix stream socket, the connection's from now on
   * @param device - what is behind it; must have no other connection
   */
  constructor(fd: number, device: VhostUserDevice, options: ConnectionOptions = {}) {
    this.#logger = options.logger ?? silentLogger
    this.#socket = new MessageSocket(fd, 'requests')
    this.#session = new Session(device, this.#logger, options.withoutProtocolFeatures ?? 0n)
  }

  /**
   * Serves the front end until it goes, or misbehaves, or {@link VhostUserConnection.close}. All queues have stopped and
   * everything it gave has been let go of when this settles.
   * @returns why it ended, `undefined` where the front end simply closed; never rejects
   */
  async run(): Promise<Error | undefined> {
    let reason: Error | undefined
    try {
      this.#session.device.connected?.()
      for (let handled = 1; ; handled += 1) {
        const message = await this.#socket.receive()
        if (message === undefined) break
        await this.#take(message)
        if (handled % TURN === 0) await new Promise(setImmediate)
      }
    } catch (error) {
      reason = error instanceof Error ? error : new Error(String(error))
      this.#logger.warn({ err: reason }, 'the connection is given up')
    }
    this.#socket.close()
    await this.#session.close(reason)
    return reason
  }

  /** Ends the connection as if the front end had gone. {@link VhostUserConnection.run} settles soon afterwards. */
  close(): void {
    this.#socket.close()
    // The message that asks how it went waits for its end.
    this.#session.transfer?.abort()
  }

  async #take(message: Message): Promise<void> {
    const { request, flags, fds } = message
    const wantsAnswer = (flags & HeaderFlag.NEED_REPLY) !== 0 && this.#acknowledges()
    try {
      const reply = await this.#handle(message)
      if (reply !== undefined) await this.#answer(request, reply)
      else if (wantsAnswer) await this.#answer(request, { payload: DONE })
    } catch (error) {
      // Whether it can still be told is of no matter: the error is the one to report.
      if (wantsAnswer) await this.#answer(request, { payload: FAILED }).catch(() => {})
      if (!(error instanceof Refusal) || !(wantsAnswer || error.harmless)) throw error
      this.#logger.warn({ err: error }, 'a message was refused')
    } finally {
      for (const fd of fds) fd?.close()
    }
  }

  async #handle(message: Message): Promise<Reply | undefined> {
    const session = this.#session
    checkMessage(message, session.protocolFeatures, session.configured)
    const handler = handlers.get(message.request)
    if (handler === undefined) throw new ProtocolViolation(requestName(message.request), 'has no handler')
    this.#logger.debug({ message: requestName(message.request) }, 'message')
    return handler(session, message)
  }

  async #answer(request: number, reply: Reply): Promise<void> {
    const fds = reply.fds ?? []
    try {
      const bytes = encodeMessage(request, HeaderFlag.VERSION | HeaderFlag.REPLY, reply.payload)
      await this.#socket.send(
        bytes,
        fds.map(({ fd }) => fd),
      )
    } finally {
      for (const fd of fds) fd.close()
    }
  }

  /** Whether success and failure are answered where the front end asks for it. */
  #acknowledges(): boolean {
    return (this.#session.protocolFeatures & ProtocolFeature.REPLY_ACK) !== 0n
  }
}
