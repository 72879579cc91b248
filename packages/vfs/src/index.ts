/**
 * Many file systems under one tree: {@link Vfs} is a `FileSystem` that mounts file systems.
 *
 * @packageDocumentation
 */

export { MountCounts } from './mount-counts.js'
export type { MountInfo } from './mount-info.js'
export type { MountOptions, UnmountOptions } from './mount-options.js'
export type { MountPath } from './mount-path.js'
export { NodeCounts } from './node-counts.js'
export { SHARE } from './node-ids.js'
export { Vfs } from './vfs.js'
export type { VfsOptions } from './vfs-core.js'
export { VfsError } from './vfs-error.js'
export type { MountResult } from './vfs-mounts.js'
export type {
  ConnectionSnapshot,
  DirectorySnapshot,
  LockSnapshot,
  MountSnapshot,
  PlaceSnapshot,
  VfsSnapshot,
} from './vfs-snapshot.js'
