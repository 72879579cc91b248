import { FuseLkIn, FuseLkOut, LockFlag } from '@fb/abi'
import { Errno } from '../errno.js'
import type { FileLock } from '../file-system.js'
import { OPERATIONS } from '../operations.js'
import { isId, takeStruct } from './body.js'
import type { Call } from './call.js'
import type { Core, ReplyEncoder } from './core.js'
import { sendNothing } from './nodes.js'
import { BODY } from './reply.js'

const lkIn = FuseLkIn.create()
const lkOut = FuseLkOut.create()

const F_UNLCK = 2

/** Decodes the arguments into `lkIn`; `undefined` where the request was refused. */
function takeLock(core: Core, call: Call): FileLock | undefined {
  const at = takeStruct(call, FuseLkIn.size)
  if (at < 0) {
    core.fail(call, Errno.EINVAL)
    return undefined
  }
  FuseLkIn.decode(call.request.view, at, lkIn)
  const { start, end, type, pid } = lkIn.lk
  if (!isId(lkIn.fh)) {
    core.fail(call, Errno.EBADF)
    return undefined
  }
  if (type > F_UNLCK || end < start || start >> 63n !== 0n || end >> 63n !== 0n) {
    core.fail(call, Errno.EINVAL)
    return undefined
  }
  return { start, end, type, pid }
}

export function getlk(core: Core, call: Call): void {
  const lock = takeLock(core, call)
  if (lock === undefined) return
  if (core.fs.getlk === undefined) return core.settle(call, OPERATIONS.getlk.missing, sendLock)
  core.settle(call, core.fs.getlk(call.node, lkIn.fh, lkIn.owner, lock, call), sendLock)
}

const sendLock: ReplyEncoder<FileLock> = (_core, call, lock) => {
  lkOut.lk = lock
  FuseLkOut.encode(call.request.reply.view, BODY, lkOut)
  return FuseLkOut.size
}

export function setlk(core: Core, call: Call): void {
  takeLockRequest(core, call, false)
}

export function setlkw(core: Core, call: Call): void {
  takeLockRequest(core, call, true)
}

function takeLockRequest(core: Core, call: Call, wait: boolean): void {
  const lock = takeLock(core, call)
  if (lock === undefined) return
  if (core.fs.setlk === undefined) return core.settle(call, OPERATIONS.setlk.missing, sendNothing)
  const flock = (lkIn.lkFlags & LockFlag.FLOCK) !== 0
  const request = { owner: lkIn.owner, lock, flock, wait }
  core.settle(call, core.fs.setlk(call.node, lkIn.fh, request, call), sendNothing)
}
