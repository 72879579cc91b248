import { check, close, socketpair } from '@fb/sys'
import { encodeMessage, u64 } from '../message.js'
import { MessageSocket } from '../message-socket.js'
import { HeaderFlag, Request } from '../protocol.js'
import type { TestFrontEnd } from './front-end.js'

/** A request of the back end, as it came. */
export interface BackEndRequest {
  readonly request: number
  /** The payload as numbers of 64 bits. */
  readonly fields: readonly bigint[]
  /** Descriptors that came along; they are closed after the answer. */
  readonly fds: readonly number[]
}

/** The socket over which the back end asks a {@link TestFrontEnd} for something, and what that answers. */
export class BackEndRequests {
  readonly #socket: MessageSocket

  private constructor(fd: number) {
    this.#socket = new MessageSocket(fd, 'requests')
  }

  /**
   * Gives the back end its end of a new socket and answers what comes.
   * @param answer - 0 for success; the answer is sent when it settles
   */
  static async open(
    frontEnd: TestFrontEnd,
    answer: (request: BackEndRequest) => bigint | Promise<bigint>,
  ): Promise<BackEndRequests> {
    const ends = new Int32Array(2)
    check(socketpair(ends), 'socketpair')
    const requests = new BackEndRequests(ends[0] as number)
    await frontEnd.obeyed(Request.SET_BACKEND_REQ_FD, undefined, [ends[1] as number])
    close(ends[1] as number)
    void requests.#serve(answer)
    return requests
  }

  /** Idempotent. */
  close(): void {
    this.#socket.close()
  }

  async #serve(answer: (request: BackEndRequest) => bigint | Promise<bigint>): Promise<void> {
    for (let message = await this.#next(); message !== undefined; message = await this.#next()) {
      const { request, payload, fds } = message
      const fields = Array.from({ length: payload.byteLength / 8 }, (_, i) =>
        payload.getBigUint64(8 * i, true),
      )
      const numbers = fds.flatMap((fd) => (fd === undefined ? [] : [fd.fd]))
      const value = await answer({ request, fields, fds: numbers })
      for (const fd of fds) fd?.close()
      await this.#socket.send(encodeMessage(request, HeaderFlag.VERSION | HeaderFlag.REPLY, u64(value)))
    }
  }

  /** `undefined` once one of the sides has closed. */
  async #next(): ReturnType<MessageSocket['receive']> {
    try {
      return await this.#socket.receive()
    } catch {
      return undefined
    }
  }
}
