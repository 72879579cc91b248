import { FuseOpenIn, FuseReadIn, readdirCookie } from '@fb/abi'
import { Errno } from '../errno.js'
import type { FileHandle, OpenReply } from '../file-system.js'
import { OPERATIONS } from '../operations.js'
import { isId, takeStruct } from './body.js'
import type { Call } from './call.js'
import { type Core, type ReplyEncoder, SENT } from './core.js'
import { DirectoryWriter } from './directory-writer.js'
import { ignoreOutcome } from './files.js'
import { BODY, encodeOpen } from './reply.js'

const openIn = FuseOpenIn.create()
const readIn = FuseReadIn.create()

export function opendir(core: Core, call: Call): void {
  const at = takeStruct(call, FuseOpenIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { flags } = FuseOpenIn.decode(call.request.view, at, openIn)
  core.settle(
    call,
    core.fs.opendir === undefined ? OPERATIONS.opendir.missing : core.fs.opendir(call.node, flags, call),
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
  const list = takeList(core, call, false)
  if (list === undefined) return
  const { fh, cookie, sink } = list
  core.settle(
    call,
    core.fs.readdir === undefined
      ? OPERATIONS.readdir.missing
      : core.fs.readdir(call.node, fh, cookie, sink, call),
    sendList(sink),
  )
}

export function readdirplus(core: Core, call: Call): void {
  const list = takeList(core, call, true)
  if (list === undefined) return
  const { fh, cookie, sink } = list
  const { fs } = core
  if (fs.readdirplus === undefined && fs.readdir !== undefined) {
    core.settle(call, fs.readdir(call.node, fh, cookie, sink, call), sendList(sink))
  } else {
    core.settle(
      call,
      fs.readdirplus === undefined
        ? OPERATIONS.readdirplus.missing
        : fs.readdirplus(call.node, fh, cookie, sink, call),
      sendList(sink),
    )
  }
}

/** What a list is asked for with, and where it goes. */
interface List {
  readonly fh: FileHandle
  readonly cookie: bigint
  readonly sink: DirectoryWriter
}

/** Decodes the arguments and begins the list; `undefined` where the request was refused. */
function takeList(core: Core, call: Call, plus: boolean): List | undefined {
  const at = takeStruct(call, FuseReadIn.size)
  if (at < 0) {
    core.fail(call, Errno.EINVAL)
    return undefined
  }
  const { request } = call
  const { fh, size } = FuseReadIn.decode(request.view, at, readIn)
  if (!isId(fh)) {
    core.fail(call, Errno.EBADF)
    return undefined
  }
  const sink = new DirectoryWriter(request.reply, Math.min(size, request.replyCapacity - BODY), plus)
  call.directory = sink
  return { fh, cookie: readdirCookie(request.view, at), sink }
}

/** Sends the list. Where the client did not get it, it holds none of the lookups in it. */
function sendList(sink: DirectoryWriter): ReplyEncoder<void> {
  return (core, call) => {
    sink.end()
    if (sink.tooSmall) {
      core.fail(call, Errno.EINVAL)
      return SENT
    }
    const { detached } = sink
    const delivered =
      detached === undefined ? core.send(call, sink.length - BODY) : core.sendWith(call, detached)
    if (!delivered) core.forgetListed(sink)
    return SENT
  }
}
