import { quietLogger } from '@fb/api'
import { VhostUserServer } from '@fb/vhost-user'
import { VirtiofsDevice, type VirtiofsDeviceOptions } from './virtiofs-device.js'

/** Options of {@link serveVirtiofs}: those of the device, and one of `socketPath` and `fd`. */
export interface ServeVirtiofsOptions extends VirtiofsDeviceOptions {
  /** Name of the Unix socket. One that a killed process left behind is replaced. */
  readonly socketPath?: string
  /** A Unix socket that listens already; the server's from now on. */
  readonly fd?: number
  /** Mode of the name, default 0o600; the umask is taken off. */
  readonly socketMode?: number
  /** Group of the name. */
  readonly socketGid?: number
  /** A virtual machine monitor has connected. */
  onConnected?(): void
  /** It has gone; `error` says why, where it was not its wish. */
  onDisconnected?(error: Error | undefined): void
}

/** A file system that is offered at a socket. */
export interface VirtiofsServer {
  /** Whether a virtual machine monitor is connected. */
  readonly connected: boolean
  /** Ends the connection, the file system and the serving threads, and removes the socket. Idempotent. */
  close(): Promise<void>
}

/**
 * Offers a file system to virtual machines at a socket, to one after the other: after a monitor has gone, the next may
 * connect.
 * @throws SysError where it cannot listen (`EADDRINUSE`, ...), TypeError and RangeError for wrong options
 */
export function serveVirtiofs(options: ServeVirtiofsOptions): VirtiofsServer {
  const { socketPath, fd, socketMode, socketGid, logger } = options
  const device = new VirtiofsDevice(options)
  const server = new VhostUserServer({
    device,
    logger: logger ?? quietLogger,
    ...(socketPath === undefined ? {} : { path: socketPath }),
    ...(fd === undefined ? {} : { fd }),
    ...(socketMode === undefined ? {} : { mode: socketMode }),
    ...(socketGid === undefined ? {} : { gid: socketGid }),
    onConnected: () => options.onConnected?.(),
    onDisconnected: (error) => options.onDisconnected?.(error),
  })
  server.listen()
  return {
    get connected() {
      return server.connected
    },
    async close() {
      await server.close()
      await device.close()
    },
  }
}
