import type { Context, FileSystem } from '@fb/api'

/** Methods of a {@link FileSystem} that no client asks for: they begin and end its work. */
export const LIFECYCLE = ['init', 'join', 'destroy', 'saveState', 'restoreState', 'resume'] as const

/** An operation of a {@link FileSystem}: its methods but those that begin and end its work. */
export type Operation = Exclude<keyof FileSystem, (typeof LIFECYCLE)[number]>

/** Where the {@link Context} stands among the arguments of an operation; -1 for `forget`, which has none. */
type ContextIndex<O extends Operation> =
  Parameters<NonNullable<FileSystem[O]>> extends [...infer Before, Context] ? Before['length'] : -1

/** Position of the context among the arguments of each operation, counted from 0; -1 where there is none. */
export const CONTEXT_AT: { readonly [O in Operation]: ContextIndex<O> } = {
  lookup: 2,
  forget: -1,
  getattr: 2,
  setattr: 3,
  readlink: 1,
  symlink: 3,
  mknod: 4,
  mkdir: 3,
  unlink: 2,
  rmdir: 2,
  rename: 5,
  link: 3,
  open: 3,
  create: 5,
  tmpfile: 3,
  read: 4,
  write: 4,
  flush: 3,
  release: 3,
  fsync: 3,
  fallocate: 5,
  lseek: 4,
  copyFileRange: 4,
  opendir: 2,
  readdir: 4,
  readdirplus: 4,
  releasedir: 3,
  fsyncdir: 3,
  statfs: 1,
  syncfs: 1,
  access: 2,
  statx: 4,
  setxattr: 5,
  getxattr: 3,
  listxattr: 2,
  removexattr: 2,
  getlk: 4,
  setlk: 3,
  bmap: 3,
  ioctl: 3,
  poll: 4,
  setupmapping: 4,
  removemapping: 3,
}

/** Every operation. */
export const OPERATIONS = Object.keys(CONTEXT_AT) as readonly Operation[]

/**
 * Operations that give something back and therefore must reach the file system whatever a layer thinks of them: a
 * file that is not released stays open for ever.
 */
export const RELEASING: ReadonlySet<Operation> = new Set(['forget', 'release', 'releasedir'])

/** The context among the arguments of an operation; `undefined` for `forget`. */
export function contextOf(operation: Operation, args: readonly unknown[]): Context | undefined {
  return args[CONTEXT_AT[operation]] as Context | undefined
}

/** Signal of the caller; one that is never aborted for `forget`. */
export function signalOf(operation: Operation, args: readonly unknown[]): AbortSignal {
  return contextOf(operation, args)?.signal ?? new AbortController().signal
}
