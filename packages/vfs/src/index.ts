/**
 * Many file systems under one tree: {@link Vfs} is a `FileSystem` that mounts file systems.
 *
 * @packageDocumentation
 */

export type { ClientMemory } from './client/client-state.js'
export { ClientState } from './client/client-state.js'
export type { HandleKind } from './client/handle-table.js'
export type { MountInfo } from './mount/info.js'
export type { MountOptions, UnmountOptions } from './mount/options.js'
export { SHARE } from './node-ids.js'
export type { MountPath } from './tree/path.js'
export { Vfs } from './vfs.js'
export type { VfsOptions } from './vfs-core.js'
export { VfsError } from './vfs-error.js'
export type { MountResult } from './vfs-mounts.js'
