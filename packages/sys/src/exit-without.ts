import { isMainThread } from 'node:worker_threads'
import { exitNow } from './threads.js'

let threads = 0

/**
 * Has the process end at once when it ends, without a thread that does not: Node.js would wait for it, for ever where it is
 * in a system call that does not return. `exited` resolves if it ends all the same. Only for threads of the main thread.
 */
export function exitWithout(exited: Promise<void>): void {
  if (!isMainThread) return
  if (threads === 0) process.on('exit', leaveNow)
  threads += 1
  void exited.then(() => {
    threads -= 1
    if (threads === 0) process.off('exit', leaveNow)
  })
}

/** Ends the process with `code` where a thread of {@link exitWithout} would keep it from ending. For the end of an `exit` listener. */
export function leaveNow(code: number): void {
  if (threads > 0) exitNow(code)
}
