import { FuseInHeader, Opcode } from '@fb/abi'
import type { Negotiated, Server } from '@fb/api'
import { SysError } from '@fb/sys'
import type { FuseChannel } from '../device/fuse-channel.js'

const OPCODE = FuseInHeader.offsets.opcode
/** The unit of `Negotiated.maxPages` where the server was not told another page size. */
const PAGE = 4096

/** INIT was answered with an error, so that every use of the mount would fail. */
export class InitRefusedError extends Error {
  override readonly name = 'InitRefusedError'
}

/** Hands requests to a server, and notices when INIT is settled. */
export class Dispatcher {
  readonly #channel: FuseChannel
  readonly #server: Server
  readonly #onNegotiated: (negotiated: Negotiated) => void
  #settled = false

  /** `onNegotiated` is called once: at once where the server has taken over a connection, else after INIT. */
  constructor(channel: FuseChannel, server: Server, onNegotiated: (negotiated: Negotiated) => void) {
    this.#channel = channel
    this.#server = server
    this.#onNegotiated = onNegotiated
    if (server.negotiated !== undefined) this.#settle(server.negotiated)
  }

  /** Answers the request that the channel has read. Throws {@link InitRefusedError}. */
  dispatch(): void {
    const { request } = this.#channel
    if (this.#settled) {
      this.#server.handle(request)
      return
    }
    const opcode = request.view.getUint32(OPCODE, true)
    this.#server.handle(request)
    const { negotiated } = this.#server
    if (negotiated !== undefined) this.#settle(negotiated)
    else if (opcode === Opcode.INIT) {
      throw new InitRefusedError('the file system, or the version of the kernel, refused the connection')
    }
  }

  /** What a failure to read means, where more is known about it. */
  explain(error: unknown): unknown {
    if (this.#settled || !(error instanceof SysError) || error.code !== 'EINVAL') return error
    return new Error(
      'the device cannot be read: its INIT was answered before, so the server needs ServerOptions.negotiated',
      { cause: error },
    )
  }

  #settle(negotiated: Negotiated): void {
    this.#settled = true
    this.#channel.resize(roomFor(negotiated))
    this.#onNegotiated(negotiated)
  }
}

/** Most bytes that one request carries either way, of what INIT has settled. */
export function roomFor(negotiated: Negotiated): number {
  return Math.max(negotiated.maxWrite, negotiated.maxPages * PAGE)
}
