import { exitNow } from '@fb/sys'
import type { ExitCode } from './exit-code.js'

/**
 * Ends the process, after the handlers of `exit`, also where threads are blocked in system calls that may never return: a host
 * that does not answer. `process.exit` would wait for them.
 */
export function endNow(code: ExitCode): never {
  process.emit('exit', code)
  return exitNow(code)
}
