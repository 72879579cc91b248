import { FuseInterruptIn, FuseNotifyRetrieveIn } from '@fb/abi'
import { Errno } from '../errno.js'
import { takeStruct } from './body.js'
import type { Call } from './call.js'
import type { Core } from './core.js'

const interruptIn = FuseInterruptIn.create()
const retrieveIn = FuseNotifyRetrieveIn.create()

/**
 * Aborts the signal of the request that INTERRUPT names. `elsewhere` is asked where it is not one of ours,
 * because several servers share a connection. A request that nobody knows is answered EAGAIN: the kernel
 * then drops the interrupt if the request has ended, and repeats it if it has not.
 */
export function interrupt(
  core: Core,
  call: Call,
  elsewhere: ((unique: bigint) => boolean) | undefined,
): void {
  const at = takeStruct(call, FuseInterruptIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { unique } = FuseInterruptIn.decode(call.request.view, at, interruptIn)
  if (abortInFlight(core, unique) || elsewhere?.(unique) === true) core.drop(call)
  else core.fail(call, Errno.EAGAIN)
}

/** Aborts the signal of a request in flight. False where there is none of that number. */
export function abortInFlight(core: Core, unique: bigint): boolean {
  let found = false
  for (const call of core.inFlight) {
    if (call.unique !== unique) continue
    call.abort(new DOMException('the caller was interrupted', 'AbortError'))
    found = true
  }
  return found
}

/** The answer to a RETRIEVE notification: the header's unique number is the notification's. */
export function notifyReply(core: Core, call: Call): void {
  const at = takeStruct(call, FuseNotifyRetrieveIn.size)
  if (at >= 0) {
    const { offset, size } = FuseNotifyRetrieveIn.decode(call.request.view, at, retrieveIn)
    if (size <= call.end - call.at && call.end <= call.request.available) {
      core.notifier?.retrieved(call.unique, offset, call.request.bytes.subarray(call.at, call.at + size))
    }
  }
  core.drop(call)
}
