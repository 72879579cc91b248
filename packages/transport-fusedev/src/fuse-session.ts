import { type Logger, type Negotiated, Notifier, quietLogger, type Server } from '@fb/api'
import { check, close, dup } from '@fb/sys'
import { FuseChannel } from './device/fuse-channel.js'
import { cloneDevice, isFuseDevice } from './device/fuse-device.js'
import type { ActiveMount, UnmountOptions } from './mount/active-mount.js'
import { mountDevice } from './mount/mount-device.js'
import { MountError } from './mount/mount-error.js'
import { NotificationQueue } from './notify/notification-queue.js'
import type { ResolvedMountOptions } from './options/mount-options.js'
import { onExit } from './process/exit-hook.js'
import { unmountOnSignals } from './process/signals.js'
import { EventLoopService } from './serve/event-loop-service.js'
import type { Service } from './serve/service.js'
import { type FuseSessionOptions, resolveSessionOptions, type SessionOptions } from './session-options.js'
import { type ServeWorkersOptions, WorkerService } from './workers/worker-service.js'

/** Bytes of WRITE that a channel has room for when nothing else is known; the default of a `Server`. */
const DEFAULT_MAX_WRITE = 1024 * 1024
/** Room for INIT, which is all that comes before the size of WRITE is settled. */
const INIT_ROOM = 4096

const DEVICE_PATH = /^\/dev\/fd\/([0-9]+)$/

/** Options of {@link FuseSession.newChannel}. */
export interface NewChannelOptions {
  /** A device of its own (FUSE_DEV_IOC_CLONE) instead of a duplicate of the session's: less contention of threads. */
  readonly clone?: boolean
  /** Most bytes of one WRITE or READ that INIT settles; smaller than that, and reading fails with EINVAL. Default 1 MiB. */
  readonly maxWrite?: number
}

interface SessionInit {
  readonly fd: number
  readonly mount: ActiveMount | undefined
  readonly connection: number | undefined
  /** With `allowRoot`: the user who may, besides root. */
  readonly owner: number | undefined
  readonly logger: Logger
}

/**
 * A FUSE connection: a mount and the device behind it.
 *
 * Mount, make a `Server` with `session.notifier`, and `serve` it. The session ends when the file system is unmounted,
 * by whoever: `closed` then settles. It takes its mount away when the process ends, except by SIGKILL (see the mount
 * option `autoUnmount`) or by a signal that nobody handles (`handleSignals`).
 */
export class FuseSession {
  /** The mountpoint without symbolic links; `undefined` where the device was handed in. */
  readonly path: string | undefined
  /** Number of the connection under /sys/fs/fuse/connections, where it is known. */
  readonly connection: number | undefined
  /** Tells the kernel about changes: for the `Server` of this session. */
  readonly notifier: Notifier
  /** Resolves when INIT is settled and requests are being answered. Rejects where the session ends before. */
  readonly ready: Promise<Negotiated>
  /** Resolves when the connection has ended and the server is closed. Rejects with what made serving impossible. */
  readonly closed: Promise<void>

  readonly #fd: number
  readonly #mount: ActiveMount | undefined
  readonly #owner: number | undefined
  readonly #logger: Logger
  readonly #queue: NotificationQueue
  readonly #channels = new Set<FuseChannel>()
  readonly #cleanups: (() => void)[] = []
  #service: Service | undefined
  #closing = false
  readonly #settle = settlers()

  private constructor(init: SessionInit) {
    this.#fd = init.fd
    this.#mount = init.mount
    this.#owner = init.owner
    this.#logger = init.logger
    this.path = init.mount?.path
    this.connection = init.connection
    this.#queue = new NotificationQueue(init.fd)
    this.notifier = new Notifier(this.#queue.send)
    this.ready = this.#settle.ready.promise
    this.closed = this.#settle.closed.promise
    this.#cleanups.push(onExit({ path: this.path, run: () => this.#exit() }))
  }

  /**
   * Mounts. `/dev/fd/N` as mountpoint takes over an open device instead (see {@link fromFd}), as libfuse does.
   * Throws MountError and MountOptionError.
   */
  static async mount(mountpoint: string, options: FuseSessionOptions = {}): Promise<FuseSession> {
    const resolved = resolveSessionOptions(options)
    const device = DEVICE_PATH.exec(mountpoint)?.[1]
    if (device !== undefined) return FuseSession.fromFd(Number(device), options)
    if (staysWhenKilled(resolved.mount)) {
      resolved.logger.warn(
        { path: mountpoint },
        'auto_unmount: fusermount3 takes the mount of a killed process away for a user with allow_other or allow_root only',
      )
    }
    const { fd, mount, connection } = await mountDevice(mountpoint, resolved.mount, resolved)
    const owner = resolved.mount.allowRoot ? (process.getuid?.() ?? 0) : undefined
    const session = new FuseSession({ fd, mount, connection, owner, logger: resolved.logger })
    if (resolved.handleSignals) session.#cleanups.push(unmountOnSignals(() => session.dismiss()))
    return session
  }

  /**
   * Takes over an open `/dev/fuse` that somebody else mounts or has mounted: a supervisor, systemd, a container runtime,
   * fusermount3. The session owns the descriptor; unmounting stays the other's business. Throws MountError.
   */
  static fromFd(fd: number, options: Pick<SessionOptions, 'logger'> = {}): FuseSession {
    if (!isFuseDevice(fd)) {
      throw new MountError({
        code: 'EBADF',
        mountpoint: `/dev/fd/${fd}`,
        reason: `descriptor ${fd} is not an open /dev/fuse`,
        remedy:
          'Pass the descriptor on when starting this process (stdio of child_process, exec without close-on-exec)',
      })
    }
    const logger = options.logger ?? quietLogger
    return new FuseSession({ fd, mount: undefined, connection: undefined, owner: undefined, logger })
  }

  /** Serves on this thread's event loop. Resolves as {@link ready}. */
  serve(server: Server): Promise<Negotiated> {
    return this.#start((channel) => new EventLoopService(channel, server, this.#settle.ready.resolve))
  }

  /**
   * Serves in worker threads, each with its own `Server` (see `serveInWorker`). `server` answers INIT on this thread; its
   * file system is initialised and destroyed here. Resolves as {@link ready}. A thread that fails ends the session.
   */
  serveWorkers(server: Server, options: ServeWorkersOptions): Promise<Negotiated> {
    const init = { fd: this.#fd, server, notifier: this.notifier, owner: this.#owner, logger: this.#logger }
    const onServing = this.#settle.ready.resolve
    return this.#start((channel) => new WorkerService({ ...init, channel, onServing }, options))
  }

  /**
   * A channel for a loop of one's own, in place of {@link serve}. It ends with the connection, which ends the session.
   * Throws SysError.
   */
  newChannel(options: NewChannelOptions = {}): FuseChannel {
    const clone = options.clone ?? false
    const channel = new FuseChannel({
      fd: clone ? cloneDevice(this.#fd) : check(dup(this.#fd), 'dup'),
      exclusive: clone,
      maxWrite: options.maxWrite ?? DEFAULT_MAX_WRITE,
      owner: this.#owner,
      logger: this.#logger,
      onClose: (closed, ended) => {
        this.#channels.delete(closed)
        if (ended && this.#service === undefined) void this.#close()
      },
    })
    this.#channels.add(channel)
    return channel
  }

  /**
   * Unmounts. Resolves when the connection has ended and the server is closed; with `lazy` as soon as the mount is out of
   * the tree. Throws MountError: `EBUSY` where it is in use and neither `lazy` nor `force` is set.
   */
  async unmount(options: UnmountOptions = {}): Promise<void> {
    if (this.#mount === undefined) {
      throw new MountError({
        code: 'EINVAL',
        mountpoint: '',
        reason: 'this session was handed its device and has not mounted anything',
        remedy: 'Unmount where it was mounted',
      })
    }
    await this.#mount.unmount(options)
    if (options.lazy === true && options.force !== true) return
    if (this.#service === undefined) await this.#close()
    await this.closed
  }

  /** Unmounts, lazily where it is in use. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#unmountAnyhow()
  }

  /**
   * As the disposal, and never rejects: what goes wrong is logged.
   * @internal
   */
  async dismiss(): Promise<void> {
    try {
      await this.#unmountAnyhow()
    } catch (error) {
      this.#logger.error({ err: error, path: this.path }, 'a FUSE mount could not be taken away')
    }
  }

  #start(make: (channel: FuseChannel) => Service): Promise<Negotiated> {
    if (this.#service !== undefined || this.#closing) throw new Error('a session can be served once')
    const channel = this.newChannel({ maxWrite: INIT_ROOM })
    let service: Service
    try {
      service = make(channel)
    } catch (error) {
      channel.close()
      throw error
    }
    this.#service = service
    service.ended.then(
      () => this.#close(),
      (error: unknown) => this.#close(error instanceof Error ? error : new Error(String(error))),
    )
    return this.ready
  }

  async #unmountAnyhow(): Promise<void> {
    if (this.#closing || this.#mount === undefined) return
    try {
      await this.unmount()
    } catch (error) {
      if (!(error instanceof MountError)) throw error
      await this.unmount({ lazy: true })
    }
  }

  /** Ends the session: the connection is over, or `failure` makes going on impossible. */
  async #close(failure?: Error): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    const errors: unknown[] = failure === undefined ? [] : [failure]
    const attempt = async (step: () => Promise<void> | undefined): Promise<void> => {
      try {
        await step()
      } catch (error) {
        errors.push(error)
      }
    }
    // A connection that was aborted leaves a dead mount behind, and one that nobody serves must not make others wait.
    await attempt(() => this.#mount?.unmount(failure === undefined ? { lazy: true } : { force: true }))
    await attempt(() => this.#service?.close())
    this.notifier.close()
    await this.#queue.close()
    this.#closeDescriptors()
    close(this.#fd)
    for (const cleanup of this.#cleanups.splice(0)) cleanup()
    this.#report(errors)
  }

  #report(errors: readonly unknown[]): void {
    const [first] = errors
    for (const error of errors)
      this.#logger.error({ err: error, path: this.path }, 'a FUSE session has failed')
    this.#settle.ready.reject(first ?? new Error('the file system was unmounted before it was ready'))
    if (errors.length === 0) this.#settle.closed.resolve()
    else this.#settle.closed.reject(first)
  }

  #closeDescriptors(): void {
    for (const channel of [...this.#channels]) channel.close()
  }

  /** The process ends: nothing asynchronous can happen any more. */
  #exit(): void {
    if (this.#closing) return
    this.#closing = true
    let closed = false
    const closeDevice = (): void => {
      if (closed) return
      closed = true
      this.#service?.stopNow()
      this.#closeDescriptors()
      close(this.#fd)
    }
    this.#mount?.unmountNow(closeDevice)
    // The connection ends with its last descriptor, also where the mount was taken away lazily before: a thread that waits
    // for an answer of this process itself would keep the process alive.
    closeDevice()
  }
}

/** Whether fusermount3 will find itself locked out of the mount that `autoUnmount` has it watch over. */
function staysWhenKilled({ autoUnmount, allowOther, allowRoot }: ResolvedMountOptions): boolean {
  return autoUnmount && !allowOther && !allowRoot && process.getuid?.() !== 0
}

/** The two promises of a session, whose rejections need not be handled: they are logged. */
function settlers() {
  const ready = settler<Negotiated>()
  const closed = settler<void>()
  ready.promise.catch(() => {})
  closed.promise.catch(() => {})
  return { ready, closed }
}

function settler<T>() {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue
    reject = onError
  })
  return { promise, resolve, reject }
}
