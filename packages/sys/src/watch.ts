import { native } from './bindings.js'
import { SysError } from './errno.js'

/** A descriptor that the event loop watches; made by {@link watchFd}. */
export interface FdWatcher {
  /** Ends the watching: no callback comes after it. Must be called before the descriptor is closed. Idempotent. */
  stop(): void
  /** Lets the watcher keep the event loop alive, as it does from the start. */
  ref(): void
  /** Lets the event loop end while the watcher is active. */
  unref(): void
  /** {@link FdWatcher.stop}, for `using`. */
  [Symbol.dispose](): void
}

/**
 * Calls back on this thread's event loop whenever a descriptor is ready (uv_poll).
 *
 * - Level-triggered: called again as long as the descriptor is ready, so drain it until EAGAIN.
 * - The descriptor is made non-blocking, for all its duplicates.
 * - Only what can be polled: sockets, pipes, eventfds, devices such as `/dev/fuse`; not regular files.
 * - A descriptor can be watched once per event loop; a {@link dup} of it is another.
 * - An exception of the callback surfaces as uncaught.
 * - The watching ends by itself when its worker does.
 *
 * @param fd - stays the caller's; stop the watcher before closing it
 * @param events - WATCH_* or'ed
 * @param callback - gets the events that are ready (WATCH_*), or `-errno`: after `-EBADF`, which stands for POLLERR
 * too (an unmounted `/dev/fuse`), nothing more will come, and a read tells why
 * @throws SysError `EBADF`, `EPERM` (cannot be polled), `EEXIST` (watched already)
 */
export function watchFd(fd: number, events: number, callback: (events: number) => void): FdWatcher {
  const watcher = native.watchFd(fd, events, callback)
  if (typeof watcher === 'number') throw new SysError(watcher, 'watchFd')
  const stop = () => native.unwatch(watcher)
  return {
    stop,
    ref: () => native.refWatch(watcher),
    unref: () => native.unrefWatch(watcher),
    [Symbol.dispose]: stop,
  }
}
