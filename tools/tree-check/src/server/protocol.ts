import type { MountOptions } from '@fb/vfs'

/** A directory of this machine and where it goes in the tree. */
export interface MountSpec {
  readonly path: string
  readonly source: string
  /** Options of the mount that survive JSON. */
  readonly options?: Pick<
    MountOptions,
    'readOnly' | 'idMap' | 'entryTimeout' | 'attrTimeout' | 'nodes' | 'handles' | 'replace' | 'lazy'
  > & { readonly nodes?: number }
  /** Whether the back end has extended attributes; default true. */
  readonly xattr?: boolean
}

/** What a server is asked. */
export type Question =
  | { readonly ask: 'mount'; readonly mounts: readonly MountSpec[] }
  | { readonly ask: 'umount'; readonly path: string; readonly lazy?: boolean }
  | { readonly ask: 'usage' }

/** How the server serves: through `/dev/fuse` at a directory, or as a virtio-fs device at a socket. */
export type Serving =
  | { readonly transport: 'fusedev'; readonly mountpoint: string }
  | { readonly transport: 'virtiofs'; readonly socketPath: string; readonly submounts: boolean }

/** What a server holds. */
export interface Usage {
  /** Open descriptors of the process. */
  readonly fds: number
  /** Resident memory that is its own, in bytes, after a garbage collection. */
  readonly anonymous: number
  /** Used part of the JavaScript heap in bytes, after a garbage collection. */
  readonly heap: number
  /** Memory that V8 has for that heap, in bytes: it keeps some that it does not use. Part of `anonymous`. */
  readonly heapSpace: number
  /** Mounts in the tree. */
  readonly mounts: number
  /** Mounts out of the tree that the client has not forgotten. */
  readonly leaving: number
  /** Lookups that the client has not given back, and open files, of all mounts. */
  readonly lookups: number
  readonly handles: number
  /** Back ends that have been made and not closed. */
  readonly backends: number
}
