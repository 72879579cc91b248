import { decodeDirentplus, FuseOpenIn, FuseReadIn, readdirCookie } from '@fb/abi'
import { Errno } from '../errno.js'
import type { OpenReply } from '../file-system.js'
import { isId, takeStruct } from './body.js'
import type { Call } from './call.js'
import { type Core, type ReplyEncoder, SENT } from './core.js'
import { ignoreOutcome } from './files.js'
import { BODY, encodeOpen } from './reply.js'

const openIn = FuseOpenIn.create()
const readIn = FuseReadIn.create()

const NO_HANDLE: OpenReply = { fh: 0, openFlags: 0 }

export function opendir(core: Core, call: Call): void {
  const at = takeStruct(call, FuseOpenIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { flags } = FuseOpenIn.decode(call.request.view, at, openIn)
  core.settle(
    call,
    core.fs.opendir === undefined ? NO_HANDLE : core.fs.opendir(call.node, flags, call),
    sendOpendir,
  )
}

const sendOpendir: ReplyEncoder<OpenReply> = (core, call, value) => {
  const size = encodeOpen(call.request.reply, BODY, value)
  const { fh } = value
  if (!core.send(call, size)) ignoreOutcome(core.fs.releasedir?.(call.node, fh, 0, call))
  return SENT
}

export function readdir(core: Core, call: Call): void {
  const cookie = takeList(core, call, false)
  if (cookie === undefined) return
  if (core.fs.readdir === undefined) return core.fail(call, Errno.ENOTDIR)
  core.settle(call, core.fs.readdir(call.node, readIn.fh, cookie, call.directory, call), sendList)
}

export function readdirplus(core: Core, call: Call): void {
  const cookie = takeList(core, call, true)
  if (cookie === undefined) return
  const { fs } = core
  const { fh } = readIn
  if (fs.readdirplus !== undefined) {
    core.settle(call, fs.readdirplus(call.node, fh, cookie, call.directory, call), sendListPlus)
  } else if (fs.readdir !== undefined) {
    core.settle(call, fs.readdir(call.node, fh, cookie, call.directory, call), sendList)
  } else {
    core.fail(call, Errno.ENOTDIR)
  }
}

/** Decodes the arguments into `readIn`, begins the list, and returns the cookie. */
function takeList(core: Core, call: Call, plus: boolean): bigint | undefined {
  const at = takeStruct(call, FuseReadIn.size)
  if (at < 0) {
    core.fail(call, Errno.EINVAL)
    return undefined
  }
  const { request } = call
  FuseReadIn.decode(request.view, at, readIn)
  if (!isId(readIn.fh)) {
    core.fail(call, Errno.EBADF)
    return undefined
  }
  call.directory.begin(request.reply, Math.min(readIn.size, request.replyCapacity - BODY), plus)
  return readdirCookie(request.view, at)
}

/** Sends the list; true where the client got it. */
function deliver(core: Core, call: Call): boolean {
  const { directory } = call
  const { detached } = directory
  return detached === undefined ? core.send(call, directory.length - BODY) : core.sendWith(call, detached)
}

const sendList: ReplyEncoder<void> = (core, call) => {
  deliver(core, call)
  return SENT
}

/** As `sendList`; where the client did not get the list, it holds none of the lookups in it. */
const sendListPlus: ReplyEncoder<void> = (core, call) => {
  const { directory } = call
  const { view, start, end } = directory.encoded
  if (deliver(core, call)) return SENT
  for (const { entry } of decodeDirentplus(view, start, end)) {
    if (entry.nodeid !== 0) core.fs.forget?.(entry.nodeid, 1)
  }
  return SENT
}
