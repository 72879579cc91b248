import { type Bindings, native } from './bindings.js'

/**
 * openat(2): opens or creates a file. `flags` are O_* (O_CLOEXEC is added), `mode` the permissions of a file that is
 * created, less the umask of the process.
 * @param killPriv - truncate (O_TRUNC) without CAP_FSETID, so that set-id bits go; default false
 * @returns a descriptor, or `-errno`
 */
export const openat: Bindings['openat'] = native.openat

/**
 * {@link openat} on a thread of the addon. A descriptor that arrives when its thread of JavaScript has ended is closed.
 */
export const openatAsync: Bindings['openatAsync'] = native.openatAsync

/**
 * openat2(2): {@link openat} that can refuse to leave `dirfd` or to follow links (RESOLVE_*). Strict where openat is
 * lenient: unknown flags, and a mode without O_CREAT or O_TMPFILE, are `-EINVAL`.
 * @param mode - 0 unless a file may be created
 * @returns a descriptor, or `-errno`; `-ENOSYS` before Linux 5.6; `-EAGAIN` when a rename raced with the lookup
 */
export const openat2: Bindings['openat2'] = native.openat2

/**
 * {@link openat2} on a thread of the addon.
 */
export const openat2Async: Bindings['openat2Async'] = native.openat2Async

/**
 * {@link openat} as somebody else, in one breath: the calling thread takes the groups, gid and uid of `creds` for file
 * access, opens, and is itself again before the call returns. The process is aborted if it could not be.
 *
 * The kernel would apply the umask of the process, which all threads share, so that must be 0 (see {@link umask}) and
 * `mode & ~creds.umask` is what is asked for. A directory with a default ACL wants no umask: pass 0 there.
 * @returns a descriptor, or `-errno`; `-EPERM` when the thread may not act as that user
 */
export const openatAs: Bindings['openatAs'] = native.openatAs
