import {
  FUSE_KERNEL_MINOR_VERSION,
  FUSE_KERNEL_VERSION,
  FuseInitIn,
  FuseInitOut,
  InitFlag,
  initOutSize,
} from '@fb/abi'
import { Connection, type ConnectionLimits } from '../connection.js'
import { Errno } from '../errno.js'
import type { FileSystem } from '../file-system.js'
import { OPERATION_NAMES, OPERATIONS } from '../operations.js'
import { takeStruct } from './body.js'
import type { Call } from './call.js'
import type { Core } from './core.js'
import { BODY } from './reply.js'

const initIn = FuseInitIn.create()
const initOut = FuseInitOut.create()

/** Bytes of INIT that every kernel sends: the version. Since 7.6 readahead and flags follow, since 7.36 more flags. */
const VERSION_SIZE = 8
const FLAGS_SIZE = 16
/** Oldest minor that is served. */
const OLDEST_MINOR = 9

/** What is on by default wherever the kernel offers it. */
const DEFAULT_FLAGS =
  InitFlag.ASYNC_READ |
  InitFlag.BIG_WRITES |
  InitFlag.ATOMIC_O_TRUNC |
  InitFlag.AUTO_INVAL_DATA |
  InitFlag.PARALLEL_DIROPS |
  InitFlag.ASYNC_DIO |
  InitFlag.MAX_PAGES |
  InitFlag.HAS_IOCTL_DIR |
  InitFlag.ABORT_ERROR |
  InitFlag.INIT_EXT |
  InitFlag.CREATE_SUPP_GROUP |
  InitFlag.HAS_EXPIRE_ONLY |
  InitFlag.HAS_RESEND

/** Features that follow from which methods a file system has. */
function methodFlags(fs: FileSystem): bigint {
  let flags = 0n
  for (const operation of OPERATION_NAMES) {
    if (fs[operation] !== undefined) flags |= OPERATIONS[operation].features ?? 0n
  }
  return flags
}

/** What the server sets for each connection. */
export interface InitSettings {
  readonly limits: ConnectionLimits
  readonly pageSize: number
}

/** Answers INIT: agrees on a version, lets the file system choose, and remembers the result. */
export function init(core: Core, call: Call, settings: InitSettings): void {
  if (core.negotiated !== undefined) return core.fail(call, Errno.EIO)
  const at = takeStruct(call, VERSION_SIZE)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const { view } = call.request
  const major = view.getUint32(at, true)
  const minor = view.getUint32(at + 4, true)
  if (major > FUSE_KERNEL_VERSION) return sendVersion(core, call)
  if (major < FUSE_KERNEL_VERSION || minor < OLDEST_MINOR) {
    core.logger.error(
      { major, minor },
      `the client speaks FUSE ${major}.${minor}; ${FUSE_KERNEL_VERSION}.${OLDEST_MINOR} is the oldest that is served`,
    )
    return core.fail(call, Errno.EPROTO)
  }
  const rest = call.end - at
  if (rest < FLAGS_SIZE) return core.fail(call, Errno.EINVAL)
  const extended = rest >= FuseInitIn.size
  initIn.maxReadahead = view.getUint32(at + FuseInitIn.offsets.maxReadahead, true)
  let offered = BigInt(view.getUint32(at + FuseInitIn.offsets.flags, true))
  if ((offered & InitFlag.INIT_EXT) !== 0n && extended) {
    offered |= BigInt(view.getUint32(at + FuseInitIn.offsets.flags2, true)) << 32n
  }
  const limits = { ...settings.limits }
  limits.maxReadahead = Math.min(limits.maxReadahead, initIn.maxReadahead)
  const peer = { major, minor, offered }
  const local = call.request.callerProcess !== undefined
  const connection = new Connection(peer, limits, core.notifier, local)
  connection.enable(DEFAULT_FLAGS | methodFlags(core.fs))
  core.fs.init?.(connection)
  const negotiated = connection.settle(settings.pageSize)
  initOut.major = negotiated.major
  initOut.minor = FUSE_KERNEL_MINOR_VERSION
  initOut.maxReadahead = negotiated.maxReadahead
  initOut.flags = Number(negotiated.flags & 0xffff_ffffn)
  initOut.flags2 = Number(negotiated.flags >> 32n)
  initOut.maxBackground = negotiated.maxBackground
  initOut.congestionThreshold = negotiated.congestionThreshold
  initOut.maxWrite = negotiated.maxWrite
  initOut.timeGran = negotiated.timeGran
  initOut.maxPages = negotiated.maxPages
  initOut.mapAlignment = negotiated.mapAlignment
  initOut.maxStackDepth = negotiated.maxStackDepth
  initOut.requestTimeout = negotiated.requestTimeout
  FuseInitOut.encode(call.request.reply.view, BODY, initOut)
  core.fs.join?.(connection)
  core.negotiated = negotiated
  core.send(call, initOutSize(negotiated.minor))
}

/** A newer major: name ours, and the kernel sends INIT again in it (fs/fuse/inode.c). */
function sendVersion(core: Core, call: Call): void {
  const version = FuseInitOut.create()
  version.major = FUSE_KERNEL_VERSION
  version.minor = FUSE_KERNEL_MINOR_VERSION
  FuseInitOut.encode(call.request.reply.view, BODY, version)
  core.send(call, FuseInitOut.size)
}
