import { type Bindings, native } from './bindings.js'

/**
 * flock(2): LOCK_SH, LOCK_EX or LOCK_UN of the open file description. Without LOCK_NB it blocks the thread.
 * @returns 0, or `-errno` (`-EAGAIN`: somebody else has it)
 */
export const flock: Bindings['flock'] = native.flock

/**
 * {@link flock} that may wait, on a thread of its own, so that it holds up nothing else.
 * @param token - names the wait for {@link cancelToken}; several waits may share one
 * @returns 0, or `-errno`: `-EINTR` (cancelled), `-ENOLCK` (512 waits in the process already)
 */
export const flockAsync: Bindings['flockAsync'] = native.flockAsync

/**
 * fcntl(2) F_OFD_SETLK: a lock on bytes, owned by the open file description.
 * @param type - F_RDLCK, F_WRLCK or F_UNLCK
 * @param start - first byte
 * @param length - bytes; 0 means to the end, however far that will be
 * @returns 0, or `-errno` (`-EAGAIN`: somebody else has it)
 */
export const ofdSetlk: Bindings['ofdSetlk'] = native.ofdSetlk

/**
 * {@link ofdSetlk} that waits (F_OFD_SETLKW), on a thread of its own. When a cancellation and the lock race, the result
 * tells which won: 0 means that the lock is held.
 * @param token - names the wait for {@link cancelToken}; several waits may share one
 * @returns 0, or `-errno`: `-EINTR` (cancelled), `-ENOLCK` (512 waits in the process already)
 */
export const ofdSetlkWaitAsync: Bindings['ofdSetlkWaitAsync'] = native.ofdSetlkWaitAsync

/**
 * fcntl(2) F_OFD_GETLK: the first lock in the way of the one described.
 * @param out - gets [type, start, length, pid]; type is F_UNLCK when nothing is in the way; pid is -1 for the lock of an
 * open file description; length 0 means to the end
 * @returns 0, or `-errno`
 */
export const ofdGetlk: Bindings['ofdGetlk'] = native.ofdGetlk

/**
 * Makes every wait with this token end with `-EINTR`, whichever thread of JavaScript in the process started it: one that
 * has not begun never will, one that sleeps in the kernel is woken. A wait that is started later is not affected.
 * @returns 1 when there was such a wait, else 0
 */
export const cancelToken: Bindings['cancelToken'] = native.cancelToken
