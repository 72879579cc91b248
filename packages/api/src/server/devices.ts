import {
  FUSE_IOCTL_MAX_IOV,
  FuseBmapIn,
  FuseBmapOut,
  FuseIoctlIn,
  FuseIoctlIovec,
  FuseIoctlOut,
  FusePollIn,
  FusePollOut,
  IoctlFlag,
  PollFlag,
} from '@fb/abi'
import { Errno } from '../errno.js'
import type { IoctlReply, IoctlVector } from '../file-system.js'
import { OPERATIONS } from '../operations.js'
import { isId, takeStruct } from './body.js'
import type { Call } from './call.js'
import { type Core, type ReplyEncoder, SENT } from './core.js'
import { BODY, InvalidReplyError } from './reply.js'

const bmapIn = FuseBmapIn.create()
const bmapOut = FuseBmapOut.create()
const ioctlIn = FuseIoctlIn.create()
const ioctlOut = FuseIoctlOut.create()
const pollIn = FusePollIn.create()
const pollOut = FusePollOut.create()

/** Bytes that an ioctl may give back: what _IOC_SIZE can express (14 bits), and a page for unrestricted ones. */
const MAX_IOCTL_OUTPUT = 64 * 1024

export function bmap(core: Core, call: Call): void {
  const at = takeStruct(call, FuseBmapIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { block, blocksize } = FuseBmapIn.decode(call.request.view, at, bmapIn)
  if (!isId(block)) return core.fail(call, Errno.EOVERFLOW)
  if (core.fs.bmap === undefined) return core.settle(call, OPERATIONS.bmap.missing, sendBlock)
  core.settle(call, core.fs.bmap(call.node, blocksize, block, call), sendBlock)
}

const sendBlock: ReplyEncoder<number> = (_core, call, block) => {
  bmapOut.block = block
  FuseBmapOut.encode(call.request.reply.view, BODY, bmapOut)
  return FuseBmapOut.size
}

export function ioctl(core: Core, call: Call): void {
  const at = takeStruct(call, FuseIoctlIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { fh, flags, cmd, arg, inSize, outSize } = FuseIoctlIn.decode(call.request.view, at, ioctlIn)
  if (!isId(fh)) return core.fail(call, Errno.EBADF)
  if (call.end - call.at !== inSize) return core.fail(call, Errno.EINVAL)
  const request = {
    command: cmd,
    arg,
    flags,
    input: call.request.bytes.subarray(call.at, call.end),
    outputSize: Math.max(
      0,
      Math.min(outSize, MAX_IOCTL_OUTPUT, call.request.replyCapacity - BODY - FuseIoctlOut.size),
    ),
  }
  const { outputSize } = request
  const encode: ReplyEncoder<IoctlReply> = (_core, _call, value) =>
    sendIoctl(call, value, outputSize, (flags & IoctlFlag.UNRESTRICTED) !== 0)
  core.settle(
    call,
    core.fs.ioctl === undefined ? OPERATIONS.ioctl.missing : core.fs.ioctl(call.node, fh, request, call),
    encode,
  )
}

function sendIoctl(call: Call, value: IoctlReply, room: number, unrestricted: boolean): number {
  const { reply } = call.request
  if ('retry' in value) {
    if (!unrestricted) throw new InvalidReplyError('only an unrestricted ioctl may be retried')
    return encodeRetry(reply.view, value.retry.input, value.retry.output)
  }
  const output = value.output ?? new Uint8Array(0)
  if (output.length > room) {
    throw new InvalidReplyError(`ioctl returned ${output.length} bytes where the caller takes ${room}`)
  }
  ioctlOut.result = value.result
  ioctlOut.flags = 0
  ioctlOut.inIovs = 0
  ioctlOut.outIovs = 0
  FuseIoctlOut.encode(reply.view, BODY, ioctlOut)
  reply.bytes.set(output, BODY + FuseIoctlOut.size)
  return FuseIoctlOut.size + output.length
}

function encodeRetry(view: DataView, input: readonly IoctlVector[], output: readonly IoctlVector[]): number {
  const count = input.length + output.length
  if (count > FUSE_IOCTL_MAX_IOV) {
    throw new InvalidReplyError(`an ioctl may ask for ${FUSE_IOCTL_MAX_IOV} ranges, not ${count}`)
  }
  ioctlOut.result = 0
  ioctlOut.flags = IoctlFlag.RETRY
  ioctlOut.inIovs = input.length
  ioctlOut.outIovs = output.length
  FuseIoctlOut.encode(view, BODY, ioctlOut)
  let at = BODY + FuseIoctlOut.size
  for (const vector of [...input, ...output]) {
    view.setBigUint64(at + FuseIoctlIovec.offsets.base, vector.base, true)
    view.setBigUint64(at + FuseIoctlIovec.offsets.len, vector.length, true)
    at += FuseIoctlIovec.size
  }
  return at - BODY
}

export function poll(core: Core, call: Call): void {
  const at = takeStruct(call, FusePollIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { fh, kh, flags, events } = FusePollIn.decode(call.request.view, at, pollIn)
  if (!isId(fh)) return core.fail(call, Errno.EBADF)
  const wake = (flags & PollFlag.SCHEDULE_NOTIFY) !== 0 ? kh : undefined
  core.settle(
    call,
    core.fs.poll === undefined ? OPERATIONS.poll.missing : core.fs.poll(call.node, fh, events, wake, call),
    sendPoll,
  )
}

const sendPoll: ReplyEncoder<number> = (core, call, revents) => {
  if (revents < 0) {
    core.fail(call, Errno.of(revents))
    return SENT
  }
  pollOut.revents = revents
  FusePollOut.encode(call.request.reply.view, BODY, pollOut)
  return FusePollOut.size
}
