import {
  type FdWatcher,
  recvWithFds,
  SysError,
  sendWithFds,
  WATCH_READABLE,
  WATCH_WRITABLE,
  watchFd,
} from '@fb/sys'
import { ProtocolViolation } from './errors.js'
import { type Direction, decodeHeader, type Header, type Message } from './message.js'
import { OwnedFd } from './owned-fd.js'
import { HEADER_BYTES, MAX_MESSAGE_FDS, MAX_PAYLOAD_BYTES, requestName } from './protocol.js'

const EAGAIN = -11
const EINTR = -4

/**
 * A Unix socket that carries vhost-user messages, whole and one after the other. Owns its descriptor and, until a
 * message is handed out, those that came over it.
 */
export class MessageSocket {
  readonly #fd: OwnedFd
  readonly #direction: Direction
  readonly #header = new Uint8Array(HEADER_BYTES)
  readonly #headerView = new DataView(this.#header.buffer)
  readonly #payload = new Uint8Array(MAX_PAYLOAD_BYTES)
  readonly #fdsOut = new Int32Array(2 + MAX_MESSAGE_FDS)
  readonly #noFds = new Int32Array(0)
  #closed = false
  #wake: (() => void) | undefined

  /**
   * @param fd - a stream socket, this object's from now on
   * @param direction - what comes over it
   */
  constructor(fd: number, direction: Direction) {
    this.#fd = new OwnedFd(fd)
    this.#direction = direction
  }

  /**
   * The next message; its payload is valid until the next call. `undefined` once the other side has closed between two
   * messages, or this one has.
   * @throws ProtocolViolation the header is wrong, descriptors came where they must not, or the message is cut off
   * @throws SysError the socket failed
   */
  async receive(): Promise<Message | undefined> {
    const fds: OwnedFd[] = []
    try {
      if (!(await this.#fill(this.#header, HEADER_BYTES, fds, true))) return undefined
      const { request, flags, size }: Header = decodeHeader(this.#headerView, this.#direction)
      if (size > 0 && !(await this.#fill(this.#payload, size, fds, false))) {
        throw new ProtocolViolation(requestName(request), 'is cut off')
      }
      return { request, flags, payload: new DataView(this.#payload.buffer, 0, size), fds }
    } catch (error) {
      for (const fd of fds) fd.close()
      throw error
    }
  }

  /**
   * Sends bytes, and descriptors with the first of them; both stay the caller's.
   * @throws SysError the other side is gone
   */
  async send(bytes: Uint8Array, fds: readonly number[] = []): Promise<void> {
    const numbers = Int32Array.from(fds)
    for (let sent = 0; sent < bytes.length && !this.#closed; ) {
      const first = sent === 0
      const result = sendWithFds(
        this.#fd.fd,
        bytes,
        sent,
        bytes.length - sent,
        first ? numbers : this.#noFds,
        first ? numbers.length : 0,
      )
      if (result === EAGAIN) {
        await this.#ready(WATCH_WRITABLE)
      } else if (result < 0 && result !== EINTR) {
        throw new SysError(result, 'sendmsg')
      } else if (result > 0) {
        sent += result
      }
    }
  }

  /** Ends waiting at once, and closes. Idempotent. */
  close(): void {
    this.#closed = true
    this.#wake?.()
    this.#fd.close()
  }

  /** Reads `length` bytes into `target`; false where the stream ends before the first of a message. */
  async #fill(target: Uint8Array, length: number, fds: OwnedFd[], header: boolean): Promise<boolean> {
    for (let filled = 0; filled < length; ) {
      if (this.#closed) return false
      const result = recvWithFds(this.#fd.fd, target, filled, length - filled, this.#fdsOut)
      this.#collect(fds, header && filled === 0)
      if (result === EAGAIN) {
        await this.#ready(WATCH_READABLE)
      } else if (result === 0) {
        if (header && filled > 0) throw new ProtocolViolation('header', 'is cut off')
        return false
      } else if (result < 0 && result !== EINTR) {
        throw new SysError(result, 'recvmsg')
      } else if (result > 0) {
        filled += result
      }
    }
    return true
  }

  /** Takes over the descriptors of a read (vhost-user, "Communication": they come with the first byte of a header). */
  #collect(fds: OwnedFd[], allowed: boolean): void {
    const out = this.#fdsOut
    const taken = out[0] as number
    for (let i = 0; i < taken; i += 1) fds.push(new OwnedFd(out[2 + i] as number))
    if (out[1] !== 0)
      throw new ProtocolViolation('message', `more than ${MAX_MESSAGE_FDS} descriptors, or no room for them`)
    if (taken > 0 && !allowed)
      throw new ProtocolViolation('message', 'descriptors that did not come with its first byte')
  }

  /** Until the socket is ready, or this side closes. */
  #ready(events: number): Promise<void> {
    return new Promise((resolve) => {
      let watcher: FdWatcher | undefined
      this.#wake = () => {
        this.#wake = undefined
        watcher?.stop()
        resolve()
      }
      watcher = watchFd(this.#fd.fd, events, () => this.#wake?.())
    })
  }
}
