import { lstatSync } from 'node:fs'
import {
  AT_FDCWD,
  acceptUnix,
  check,
  close,
  connectUnix,
  errnoNumber,
  type FdWatcher,
  getfl,
  listenUnix,
  O_NONBLOCK,
  SysError,
  setfl,
  unlinkat,
  WATCH_READABLE,
  watchFd,
} from '@fb/sys'
import { type ConnectionOptions, VhostUserConnection } from './connection.js'
import type { VhostUserDevice } from './device.js'
import { type Logger, silentLogger } from './logger.js'

const EAGAIN = -(errnoNumber('EAGAIN') ?? 11)
const EADDRINUSE = -(errnoNumber('EADDRINUSE') ?? 98)
const ECONNREFUSED = -(errnoNumber('ECONNREFUSED') ?? 111)
/** Connections that wait while another is being served. */
const BACKLOG = 4
/** Milliseconds before the next attempt to accept, when the process has no descriptor left. */
const RETRY_MS = 100

/** Options of a {@link VhostUserServer}: one of `path` and `fd`. */
export interface ServerOptions extends ConnectionOptions {
  readonly device: VhostUserDevice
  /** Name of the socket. A socket there that nobody listens on is replaced; anything else is an error. */
  readonly path?: string
  /** A Unix socket that listens already, the server's from now on. */
  readonly fd?: number
  /** Mode of the name, default 0o600; the umask is taken off. */
  readonly mode?: number
  /** Group of the name. */
  readonly gid?: number
  /** A front end has connected. */
  onConnected?(): void
  /** It has gone, and all it gave is let go of. `error` says why, where it was not its wish. */
  onDisconnected?(error: Error | undefined): void
}

/**
 * Serves one device to whoever connects to a socket, one front end after the other: a virtual machine that reboots, one
 * that was killed, one that reconnects. Several servers live in one process.
 */
export class VhostUserServer {
  readonly #options: ServerOptions
  readonly #logger: Logger
  #fd = -1
  #watcher: FdWatcher | undefined
  #retry: NodeJS.Timeout | undefined
  #connection: VhostUserConnection | undefined
  #serving: Promise<void> = Promise.resolve()
  /** Which file the name was when it was made, so that no other is removed. */
  #name: string | undefined
  #closed = false

  constructor(options: ServerOptions) {
    if ((options.path === undefined) === (options.fd === undefined)) {
      throw new TypeError('a server needs either a path or a descriptor to listen on')
    }
    this.#options = options
    this.#logger = options.logger ?? silentLogger
  }

  /**
   * Begins to accept.
   * @throws SysError `EADDRINUSE` (somebody listens there, or the name is not a socket), `ENAMETOOLONG` ...; of a
   * descriptor that is no socket `ENOTSOCK`, of one that does not listen `EINVAL`: that one stays the caller's
   */
  listen(): void {
    if (this.#fd >= 0 || this.#closed) throw new Error('the server listens already, or is closed')
    const { fd, path = '' } = this.#options
    if (fd === undefined) {
      this.#fd = this.#bind(path)
      return this.#accept()
    }
    const first = acceptFrom(fd)
    this.#fd = fd
    this.#take(first)
  }

  /** Whether a front end is connected. */
  get connected(): boolean {
    return this.#connection !== undefined
  }

  /** Ends the connection, stops listening and removes the name. Settles when the device has let go. Idempotent. */
  async close(): Promise<void> {
    const first = !this.#closed
    this.#closed = true
    this.#watcher?.stop()
    if (this.#retry !== undefined) clearTimeout(this.#retry)
    this.#connection?.close()
    await this.#serving
    if (!first || this.#fd < 0) return
    close(this.#fd)
    if (this.#name !== undefined && this.#name === nameOf(this.#options.path ?? '')) {
      unlinkat(AT_FDCWD, this.#options.path ?? '', 0)
    }
  }

  #bind(path: string): number {
    const { mode = 0o600, gid = -1 } = this.#options
    let fd = listenUnix(path, BACKLOG, mode, gid)
    if (fd === EADDRINUSE && isStale(path)) {
      unlinkat(AT_FDCWD, path, 0)
      fd = listenUnix(path, BACKLOG, mode, gid)
    }
    if (fd < 0) throw new SysError(fd, `listen on ${path}`)
    this.#name = nameOf(path)
    return fd
  }

  /** Takes the next front end; the others wait until it has gone. */
  #accept(): void {
    if (!this.#closed) this.#take(acceptUnix(this.#fd))
  }

  /** What accept(2) has answered. */
  #take(fd: number): void {
    if (fd >= 0) {
      this.#serving = this.#serve(fd)
    } else if (fd === EAGAIN) {
      this.#watcher = watchFd(this.#fd, WATCH_READABLE, () => {
        this.#watcher?.stop()
        this.#accept()
      })
    } else {
      this.#logger.warn({ err: new SysError(fd, 'accept') }, 'a connection could not be accepted')
      this.#retry = setTimeout(() => this.#accept(), RETRY_MS)
    }
  }

  async #serve(fd: number): Promise<void> {
    const connection = new VhostUserConnection(fd, this.#options.device, this.#options)
    this.#connection = connection
    this.#logger.info({ path: this.#options.path }, 'a front end has connected')
    this.#options.onConnected?.()
    const reason = await connection.run()
    this.#connection = undefined
    this.#logger.info({ path: this.#options.path, reason: reason?.message }, 'the front end has gone')
    this.#options.onDisconnected?.(reason)
    this.#accept()
  }
}

/** Whether a name is a socket that nobody listens on, as a process leaves behind that was killed. */
function isStale(path: string): boolean {
  if (!lstatSync(path).isSocket()) return false
  const fd = connectUnix(path)
  if (fd >= 0) close(fd)
  return fd === ECONNREFUSED
}

/** Device and inode behind a name; `undefined` where there is none. */
function nameOf(path: string): string | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`
}

/** Answers of accept(2) that will not change. */
const NEVER: ReadonlySet<number> = new Set(
  ['EBADF', 'ENOTSOCK', 'EINVAL', 'EOPNOTSUPP'].map((code) => -(errnoNumber(code) ?? 0)),
)

/**
 * The first connection of a socket that somebody else made, perhaps to wait, or a negative errno. From now on it does not
 * wait. Throws a SysError where it is no socket that listens, and leaves it as it was.
 */
function acceptFrom(fd: number): number {
  const flags = check(getfl(fd), 'fcntl')
  check(setfl(fd, flags | O_NONBLOCK), 'fcntl')
  const first = acceptUnix(fd)
  if (!NEVER.has(first)) return first
  setfl(fd, flags)
  throw new SysError(first, `accept on descriptor ${fd}`)
}
