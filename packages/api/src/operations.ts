import { InitFlag } from '@fb/abi'
import type { Context } from './context.js'
import { Errno } from './errno.js'
import type {
  AttrReply,
  CreateReply,
  Entry,
  FileSystem,
  OpenReply,
  StatFs,
  StatxReply,
} from './file-system.js'

/** Methods of a {@link FileSystem} that no client asks for: they begin and end its work. */
export const LIFECYCLE = ['init', 'join', 'destroy', 'saveState', 'restoreState', 'resume'] as const

/** An operation of a {@link FileSystem}: its methods but those that begin and end its work. */
export type Operation = Exclude<keyof FileSystem, (typeof LIFECYCLE)[number]>

/** The method of an operation. */
export type OperationMethod<O extends Operation> = NonNullable<FileSystem[O]>

/** Every operation, with a method for each. */
export type Operations = Required<Pick<FileSystem, Operation>>

/** What an operation gives where it succeeds. */
export type OperationResult<O extends Operation> = Exclude<Awaited<ReturnType<OperationMethod<O>>>, Errno>

/** Where the {@link Context} stands among the arguments of an operation; -1 for `forget`, which has none. */
type ContextIndex<O extends Operation> =
  Parameters<OperationMethod<O>> extends [...infer Before, Context] ? Before['length'] : -1

/** Names what an operation gives. */
type ResultName<T> = [T] extends [Entry]
  ? 'entry'
  : [T] extends [CreateReply]
    ? 'created'
    : [T] extends [OpenReply]
      ? 'opened'
      : [T] extends [StatxReply]
        ? 'statx'
        : [T] extends [AttrReply]
          ? 'attributes'
          : 'value'

/** All that servers, layers and trees have to know of an operation. */
export interface OperationInfo<O extends Operation = Operation> {
  /** Where the file handle stands among the arguments, the first of which is its node; -1 where there is none. */
  readonly handle: number
  /** Where the {@link Context} stands; -1 for `forget`, which has none, and no answer. */
  readonly context: { [P in O]: ContextIndex<P> }[O]
  /**
   * What it gives: an `entry`, which is a lookup that the client has from then on; `attributes` or `statx`; a file that is
   * `opened`, or also `created`; a `value` that says nothing of nodes and handles.
   */
  readonly gives: { [P in O]: ResultName<OperationResult<P>> }[O]
  /**
   * The answer where the method is missing: that of a native file system without the feature. Never ENOSYS, which the kernel
   * takes for the whole connection. `lseek`, `statx` and `readdirplus` are made of other methods where these are there.
   */
  readonly missing: OperationResult<O> | Errno
  /** It is about two nodes, which have to be of one file system. */
  readonly pair?: true
  /** It changes the file system, whatever its arguments are. */
  readonly changes?: true
  /** It makes a node, which belongs to the caller. */
  readonly creates?: true
  /**
   * It gives something back, and therefore must reach the file system whatever a layer thinks of it: a file that is not
   * released stays open for ever.
   */
  readonly releases?: true
  /** It may take for ever, for it waits for others who use the file system. */
  readonly waits?: true
  /** `InitFlag` bits to ask for where the method is there: without them, the kernel does not use it. */
  readonly features?: bigint
}

/** A handle for file systems that need none. */
const NO_HANDLE: OpenReply = { fh: 0, openFlags: 0 }

/** No blocks, and names of 255 bytes. */
const EMPTY_STATFS: StatFs = {
  blocks: 0,
  bfree: 0,
  bavail: 0,
  files: 0,
  ffree: 0,
  bsize: 4096,
  namelen: 255,
  frsize: 4096,
}

/** DEFAULT_POLLMASK (include/linux/poll.h): POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM. */
const ALWAYS_READY = 0x145

const { ENOENT, EPERM, EACCES, EINVAL, ENOTDIR, ENOTTY, EOPNOTSUPP } = Errno
const LISTS = InitFlag.DO_READDIRPLUS | InitFlag.READDIRPLUS_AUTO
const LOCKS = InitFlag.POSIX_LOCKS | InitFlag.FLOCK_LOCKS

/**
 * Every operation of a {@link FileSystem}, and what has to be known of it: the server answers what is missing from here, and
 * layers and trees treat each operation as it says.
 */
export const OPERATIONS: { readonly [O in Operation]: OperationInfo<O> } = {
  lookup: { handle: -1, context: 2, gives: 'entry', missing: ENOENT },
  forget: { handle: -1, context: -1, gives: 'value', missing: undefined, releases: true },
  getattr: { handle: 1, context: 2, gives: 'attributes', missing: EOPNOTSUPP },
  setattr: { handle: 2, context: 3, gives: 'attributes', missing: EPERM, changes: true },
  readlink: { handle: -1, context: 1, gives: 'value', missing: EINVAL },
  symlink: { handle: -1, context: 3, gives: 'entry', missing: EPERM, changes: true, creates: true },
  mknod: { handle: -1, context: 4, gives: 'entry', missing: EPERM, changes: true, creates: true },
  mkdir: { handle: -1, context: 3, gives: 'entry', missing: EPERM, changes: true, creates: true },
  unlink: { handle: -1, context: 2, gives: 'value', missing: EPERM, changes: true },
  rmdir: { handle: -1, context: 2, gives: 'value', missing: EPERM, changes: true },
  rename: { handle: -1, context: 5, gives: 'value', missing: EPERM, changes: true, pair: true },
  link: { handle: -1, context: 3, gives: 'entry', missing: EPERM, changes: true, pair: true },
  open: { handle: -1, context: 3, gives: 'opened', missing: NO_HANDLE },
  create: { handle: -1, context: 5, gives: 'created', missing: EACCES, changes: true, creates: true },
  tmpfile: { handle: -1, context: 3, gives: 'created', missing: EOPNOTSUPP, changes: true, creates: true },
  read: { handle: 1, context: 4, gives: 'value', missing: EINVAL },
  write: { handle: 1, context: 4, gives: 'value', missing: EINVAL, changes: true },
  flush: { handle: 1, context: 3, gives: 'value', missing: undefined },
  release: { handle: 1, context: 3, gives: 'value', missing: undefined, releases: true },
  fsync: { handle: 1, context: 3, gives: 'value', missing: undefined },
  fallocate: { handle: 1, context: 5, gives: 'value', missing: EOPNOTSUPP, changes: true },
  lseek: { handle: 1, context: 4, gives: 'value', missing: EINVAL },
  copyFileRange: { handle: -1, context: 4, gives: 'value', missing: EOPNOTSUPP, changes: true, pair: true },
  opendir: { handle: -1, context: 2, gives: 'opened', missing: NO_HANDLE },
  readdir: { handle: 1, context: 4, gives: 'value', missing: ENOTDIR },
  readdirplus: { handle: 1, context: 4, gives: 'value', missing: ENOTDIR, features: LISTS },
  releasedir: { handle: 1, context: 3, gives: 'value', missing: undefined, releases: true },
  fsyncdir: { handle: 1, context: 3, gives: 'value', missing: undefined },
  statfs: { handle: -1, context: 1, gives: 'value', missing: EMPTY_STATFS },
  syncfs: { handle: -1, context: 1, gives: 'value', missing: undefined },
  access: { handle: -1, context: 2, gives: 'value', missing: undefined },
  statx: { handle: 1, context: 4, gives: 'statx', missing: EOPNOTSUPP },
  setxattr: { handle: -1, context: 5, gives: 'value', missing: EOPNOTSUPP, changes: true },
  getxattr: { handle: -1, context: 3, gives: 'value', missing: EOPNOTSUPP },
  listxattr: { handle: -1, context: 2, gives: 'value', missing: EOPNOTSUPP },
  removexattr: { handle: -1, context: 2, gives: 'value', missing: EOPNOTSUPP, changes: true },
  getlk: { handle: 1, context: 4, gives: 'value', missing: EOPNOTSUPP },
  setlk: { handle: 1, context: 3, gives: 'value', missing: EOPNOTSUPP, waits: true, features: LOCKS },
  bmap: { handle: -1, context: 3, gives: 'value', missing: EINVAL },
  ioctl: { handle: 1, context: 3, gives: 'value', missing: ENOTTY },
  poll: { handle: 1, context: 4, gives: 'value', missing: ALWAYS_READY },
  setupmapping: { handle: 1, context: 4, gives: 'value', missing: EOPNOTSUPP },
  removemapping: { handle: -1, context: 3, gives: 'value', missing: EOPNOTSUPP },
}

/** The names of all operations. */
export const OPERATION_NAMES = Object.keys(OPERATIONS) as readonly Operation[]
