import { FuseChecksumIn, FuseChecksumOut } from '@fb/abi'
import { Errno } from '../errno.js'
import { OPERATIONS } from '../operations.js'
import { isId, takeStruct } from './body.js'
import type { Call } from './call.js'
import type { Core, ReplyEncoder } from './core.js'
import { BODY } from './reply.js'

const checksumIn = FuseChecksumIn.create()
const checksumOut = FuseChecksumOut.create()

export function checksum(core: Core, call: Call): void {
  const at = takeStruct(call, FuseChecksumIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { fh, algorithm } = FuseChecksumIn.decode(call.request.view, at, checksumIn)
  if (!isId(fh)) return core.fail(call, Errno.EBADF)
  core.settle(
    call,
    core.fs.checksum === undefined
      ? OPERATIONS.checksum.missing
      : core.fs.checksum(call.node, fh, algorithm, call),
    sendSum,
  )
}

const sendSum: ReplyEncoder<number> = (_core, call, sum) => {
  checksumOut.sum = sum
  FuseChecksumOut.encode(call.request.reply.view, BODY, checksumOut)
  return FuseChecksumOut.size
}
