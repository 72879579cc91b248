import { type Bindings, native } from './bindings.js'

/**
 * gettid(2): the kernel's number of the calling thread, for {@link wakeThread}.
 */
export const gettid: Bindings['gettid'] = native.gettid

/**
 * sched_yield(2): lets other threads that are ready to run on this CPU run first; returns at once where there are none.
 * For loops that look for something that another thread is about to do.
 * @returns 0
 */
export const schedYield: Bindings['schedYield'] = native.schedYield

/**
 * _exit(2): ends the process with all its threads at once. Nothing runs before that, no handler of `exit` either; and nobody
 * waits for threads that are blocked in system calls, as `process.exit` does for workers.
 * @param status - 0 to 255
 */
export const exitNow: Bindings['exitNow'] = native.exitNow

/**
 * Interrupts a thread of this process that is blocked in {@link read}, {@link poll} or the like, which then returns
 * `-EINTR`. A thread that is not blocked is left alone, and one that is about to block still blocks: set a flag that it
 * looks at, and repeat every few milliseconds until it has answered. Not in a tight loop: real-time signals queue up, and
 * a thread that gets them faster than it can take them does nothing else.
 * @param tid - from {@link gettid} on that thread
 * @returns 0, or `-errno` (`-ESRCH`: no such thread in this process)
 */
export const wakeThread: Bindings['wakeThread'] = native.wakeThread

/**
 * prctl(2) PR_SET_NAME of the calling thread, as `top -H` shows it. On the main thread it renames the process.
 * @param name - at most 15 bytes
 * @returns 0, or `-errno`
 */
export const setThreadName: Bindings['setThreadName'] = native.setThreadName

/**
 * sched_setaffinity(2): binds the calling thread to one CPU. Threads that the addon starts are not bound with it.
 * @param cpu - number of the CPU
 * @returns 0, or `-errno` (`-EINVAL`: no such CPU for this process)
 */
export const schedSetaffinity: Bindings['schedSetaffinity'] = native.schedSetaffinity

/**
 * sched_getaffinity(2): the CPUs that the calling thread may run on.
 * @param out - gets the numbers of as many as it holds; an empty one only counts
 * @returns how many there are, or `-errno`
 */
export const schedGetaffinity: Bindings['schedGetaffinity'] = native.schedGetaffinity
