/**
 * Mount a file system through `/dev/fuse`.
 *
 * {@link mount} does it in one call. Below it are {@link FuseSession} (a mount and its connection), which serves a
 * `Server` on the event loop or in worker threads, and {@link FuseChannel}, which reads requests for a loop of one's own.
 *
 * @packageDocumentation
 */

export { FuseChannel } from './device/fuse-channel.js'
export { FusedevRequest } from './device/fusedev-request.js'
export { FuseSession, type NewChannelOptions } from './fuse-session.js'
export type { UnmountOptions } from './mount/active-mount.js'
export { MountError } from './mount/mount-error.js'
export type { MountNamespace } from './mount/namespace.js'
export { remount } from './mount/remount.js'
export { type Mounted, type MountedOptions, mount } from './mounted.js'
export { escapeOption, splitOptions } from './options/escape.js'
export { MountOptionError } from './options/mount-option-error.js'
export { type MountOptions, mountOptions, type ResolvedMountOptions } from './options/mount-options.js'
export { parseMountOptions } from './options/parse-mount-options.js'
export type { Capability, KernelProtocol } from './probe/capability.js'
export { type FuseProbe, probe } from './probe/probe.js'
export { InitRefusedError } from './serve/dispatch.js'
export { LoopControl } from './serve/loop-control.js'
export { type BlockingEnd, type BlockingOptions, serveBlocking } from './serve/serve-blocking.js'
export type { FuseSessionOptions, SessionOptions } from './session-options.js'
export { serveInWorker, type WorkerContext } from './workers/serve-in-worker.js'
export type { ServeWorkersOptions } from './workers/worker-service.js'
