/**
 * A directory of the host as a file system: {@link PassthroughFs}.
 *
 * @packageDocumentation
 */
export type { HandleRefusal } from './handle-support.js'
export type { PassthroughOptions, ResolvedOptions } from './options.js'
export { passthroughOptions } from './options.js'
export { OwnMount } from './own-mount.js'
export type { PassthroughUsage } from './passthrough-fs.js'
export { PassthroughFs } from './passthrough-fs.js'
export type { PassthroughShare } from './share.js'
export type { ThreadedFs } from './threads/threaded-fs.js'
export { withoutWaiting } from './threads/without-waiting.js'
export { wantedFeatures } from './wanted-features.js'
