/**
 * Linux system calls on raw file descriptors, for servers that Node's own `fs` is not enough for.
 *
 * A function is a system call, or a few that must happen in one breath. It returns a number >= 0 or `-errno`, and
 * throws for wrong arguments only. The `Async` forms run on threads of this package and resolve to the same.
 *
 * @packageDocumentation
 */
export * from './allocation.js'
export * from './attributes.js'
export type { Creds, PathLike } from './bindings.js'
export * from './constants.js'
export * from './create.js'
export * from './data.js'
export * from './descriptors.js'
export * from './directories.js'
export * from './errno.js'
export { exitWithout, leaveNow } from './exit-without.js'
export * from './guest-memory.js'
export * from './handles.js'
export * from './ioctl.js'
export * from './locks.js'
export * from './memory.js'
export * from './mounts.js'
export * from './names.js'
export * from './open.js'
export * from './sockets.js'
export * from './statx.js'
export * from './threads.js'
export * from './unix-socket.js'
export * from './watch.js'
export * from './xattr.js'
