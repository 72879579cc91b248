import { type FileSystem, type Negotiated, type Notifier, Server, type ServerOptions } from '@fb/api'
import { FuseSession } from './fuse-session.js'
import type { UnmountOptions } from './mount/active-mount.js'
import type { FuseSessionOptions } from './session-options.js'

/** Options of {@link mount}. */
export interface MountedOptions extends FuseSessionOptions {
  /** Options of the `Server`. Its logger is that of the session unless it is given. */
  readonly server?: Omit<
    ServerOptions,
    'notifier' | 'negotiated' | 'onForeignInterrupt' | 'cacheWindow' | 'mapAlignment'
  >
  /** Unmounts when it aborts: lazily where the mount is in use. */
  readonly signal?: AbortSignal | undefined
}

/** A file system that is mounted and served. */
export interface Mounted extends AsyncDisposable {
  /** The mountpoint without symbolic links; `undefined` where the device was handed in. */
  readonly path: string | undefined
  readonly session: FuseSession
  /** What INIT settled. */
  readonly negotiated: Negotiated
  /** Tells the kernel about changes. */
  readonly notifier: Notifier
  /** See {@link FuseSession.closed}. */
  readonly closed: Promise<void>
  /** See {@link FuseSession.unmount}. */
  unmount(options?: UnmountOptions): Promise<void>
}

/**
 * Mounts a file system and serves it on this thread's event loop. Resolves once it answers; it is unmounted by
 * `unmount`, `await using`, the `signal`, or from outside, and when the process ends: `handleSignals` is on by default.
 *
 * Never use the mount with synchronous calls (`readFileSync`) on the thread that serves it: they wait for an answer that
 * the thread cannot give. Throws MountError, MountOptionError, InitRefusedError, and the reason of the signal.
 *
 * @example
 * await using mounted = await mount(new MyFileSystem(), '/mnt/mine', { ro: true })
 * await mounted.closed
 */
export async function mount(
  fs: FileSystem,
  mountpoint: string,
  options: MountedOptions = {},
): Promise<Mounted> {
  const { server: serverOptions, signal, ...sessionOptions } = options
  signal?.throwIfAborted()
  const session = await FuseSession.mount(mountpoint, { handleSignals: true, ...sessionOptions })
  const onAbort = (): void => void session.dismiss()
  signal?.addEventListener('abort', onAbort, { once: true })
  // It may have aborted while the mount was being made.
  if (signal?.aborted === true) onAbort()
  const forget = (): void => signal?.removeEventListener('abort', onAbort)
  session.closed.then(forget, forget)
  try {
    const logger = sessionOptions.logger === undefined ? {} : { logger: sessionOptions.logger }
    const server = new Server(fs, { ...logger, ...serverOptions, notifier: session.notifier })
    const negotiated = await session.serve(server)
    signal?.throwIfAborted()
    return mountedOf(session, negotiated)
  } catch (error) {
    await session.dismiss()
    await session.closed.catch(() => {})
    signal?.throwIfAborted()
    throw error
  }
}

function mountedOf(session: FuseSession, negotiated: Negotiated): Mounted {
  return {
    path: session.path,
    session,
    negotiated,
    notifier: session.notifier,
    closed: session.closed,
    unmount: (options) => session.unmount(options),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}
