import { Errno, type FileSystem, mapOutcome, OPERATIONS, type Operation, type Outcome } from '@fb/api'
import { type Clock, systemClock } from './clock.js'
import { signalOf } from './context-of.js'
import type { Fault, Faults } from './faults.js'
import { keepOutcome } from './outcome.js'
import { type Arguments, type Method, wrap } from './wrap.js'

/**
 * Makes operations fail or wait, by rules. `release` and `releasedir` are answered the error too, but reach the file
 * system all the same, so that nothing leaks. A delay ends with EINTR where the caller is interrupted.
 *
 * @param clock times the delays; default: that of the process
 */
export function injectFaults(fs: FileSystem, faults: Faults, clock: Clock = systemClock): FileSystem {
  return wrap(fs, (operation, next) =>
    OPERATIONS[operation].context < 0 ? next : faulty(operation, next, faults, clock),
  )
}

function faulty(operation: Operation, next: Method, faults: Faults, clock: Clock): Method {
  const releasing = OPERATIONS[operation].releases === true
  const strike = ({ errno }: Fault, args: Arguments): Outcome<unknown> => {
    if (errno === undefined) return next(...args)
    return releasing ? mapOutcome(next(...args), () => errno) : errno
  }
  return (a, b, c, d, e, f) => {
    const args: Arguments = [a, b, c, d, e, f]
    const fault = faults.next(operation, args)
    if (fault === undefined) return next(a, b, c, d, e, f)
    if (fault.delay === 0) return strike(fault, args)
    return clock.sleep(fault.delay, signalOf(operation, args)).then(
      () => keepOutcome(strike(fault, args)),
      () => (releasing ? strike({ ...fault, errno: fault.errno ?? Errno.EINTR }, args) : Errno.EINTR),
    )
  }
}
