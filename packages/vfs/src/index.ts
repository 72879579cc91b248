/**
 * Many file systems under one tree: {@link Vfs} is a `FileSystem` that mounts file systems.
 *
 * @packageDocumentation
 */

export type { ClientMemory } from './client/client-state.js'
export { ClientState } from './client/client-state.js'
export type { HandleKind } from './kit/backing.js'
export type { MountInfo } from './mount/info.js'
export type { MountOptions, UnmountOptions } from './mount/options.js'
export type { MountResult } from './mounts.js'
export { SHARE } from './node-ids.js'
export type { VfsOptions } from './router/options.js'
export type { MountPath } from './tree/path.js'
export { Vfs } from './vfs.js'
export { VfsError } from './vfs-error.js'
