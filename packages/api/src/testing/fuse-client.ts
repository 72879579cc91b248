import { FuseOutHeader, Opcode } from '@fb/abi'
import type { FileSystem } from '../file-system.js'
import { Notifier } from '../notifier.js'
import { Server, type ServerOptions } from '../server.js'
import { MemoryChannel } from './memory-channel.js'
import type { MemoryRequestOptions } from './memory-request.js'
import { decodeNotification, type Notification } from './notification.js'
import { PathClient } from './path-client.js'
import type { CallOptions, Identity, InitOffer } from './wire-client.js'

/** How {@link FuseClient.connect} sets up its server and its connection. */
export interface ConnectOptions extends InitOffer, Partial<Identity>, MemoryRequestOptions {
  /** Options of the server that is made around a file system. */
  readonly server?: ServerOptions
}

/**
 * Plays the kernel to a file system, in memory: no root, no mount, no other process. Every operation of the
 * protocol is a method that resolves with what the file system answered and rejects with a {@link FuseError};
 * `readFile`, `writeFile`, `list`, `stat` and `walk` take paths and send the requests that the kernel would.
 *
 * It refuses with EIO what the kernel refuses, and throws a `ContractViolation` for anything that a correct
 * server never does.
 */
export class FuseClient extends PathClient {
  readonly server: Server
  /** What the file system has told the kernel through `connection.notifier`, in order. */
  readonly notifications: readonly Notification[]

  private constructor(
    server: Server,
    channel: MemoryChannel,
    identity: Partial<Identity>,
    notifications: readonly Notification[],
  ) {
    super(channel, identity)
    this.server = server
    this.notifications = notifications
  }

  /**
   * Makes a server around a file system (or takes one that exists, whose notifications are its own) and sends
   * INIT. Throws {@link FuseError} where the connection is refused.
   */
  static async connect(target: FileSystem | Server, options: ConnectOptions = {}): Promise<FuseClient> {
    const notifications: Notification[] = []
    const notifier = new Notifier((head, data) => {
      notifications.push(decodeNotification(head, data))
      return 0
    })
    const server = target instanceof Server ? target : new Server(target, { notifier, ...options.server })
    const client = new FuseClient(
      server,
      new MemoryChannel(server, transportOptions(options)),
      options,
      notifications,
    )
    await client.init(options)
    return client
  }

  /** Ends the connection with DESTROY: resolves when the file system's `destroy` has run. */
  async destroy(options?: CallOptions): Promise<void> {
    await this.call(Opcode.DESTROY, 0, undefined, options)
  }

  /** Gives every reference back, ends the connection, and throws what broke the rules meanwhile. */
  async close(): Promise<void> {
    await this.forgetAll()
    if (this.server.negotiated !== undefined) await this.destroy()
    await this.server.close()
    this.channel.check()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function transportOptions({ replyCapacity, payloadOutside }: ConnectOptions): MemoryRequestOptions {
  return {
    replyCapacity: replyCapacity ?? FuseOutHeader.size + 16 * 1024 * 1024,
    ...(payloadOutside === undefined ? {} : { payloadOutside }),
  }
}
