import {
  type Context,
  Errno,
  type FileHandle,
  type NodeId,
  OPERATIONS,
  type Outcome,
  type ReadSink,
  seekByGetattr,
  type WriteSource,
} from '@fb/api'
import { asker, lacking } from '../kit/ask.js'
import { localNode, type Mount } from '../mount/mount.js'
import type { Router } from '../router/router.js'
import { getattr } from './attributes.js'

/** One side of a copy. */
export interface CopyEnd {
  readonly node: NodeId
  readonly fh: FileHandle
  readonly offset: number
}

const { ENOSYS, ENOTCONN, EXDEV } = Errno
const { read: onRead, write: onWrite } = OPERATIONS
const askToSeek = asker('lseek')
const askToCopy = asker('copyFileRange')

// What asks back ends to read and write is written out, and not made by `asker`: much depends on its speed.

export function read(
  router: Router,
  node: NodeId,
  fh: FileHandle,
  offset: number,
  sink: ReadSink,
  ctx: Context,
): Outcome<number | Uint8Array> {
  const mount = router.on(node, fh)
  if (mount === undefined) return ENOTCONN
  const outcome = askToRead(
    mount,
    localNode(mount, node),
    router.localHandle(mount, node, fh),
    offset,
    sink,
    ctx,
  )
  return router.answers.plain<number | Uint8Array>(mount, outcome, onRead.missing)
}

function askToRead(
  { fs }: Mount,
  node: NodeId,
  fh: FileHandle,
  offset: number,
  sink: ReadSink,
  ctx: Context,
): Outcome<number | Uint8Array> {
  if (fs.read === undefined) return ENOSYS
  try {
    return fs.read(node, fh, offset, sink, ctx)
  } catch (error) {
    return lacking(error)
  }
}

export function write(
  router: Router,
  node: NodeId,
  fh: FileHandle,
  offset: number,
  source: WriteSource,
  ctx: Context,
): Outcome<number> {
  const mount = router.on(node, fh)
  if (mount === undefined) return ENOTCONN
  const outcome = askToWrite(
    mount,
    localNode(mount, node),
    router.localHandle(mount, node, fh),
    offset,
    source,
    ctx,
  )
  return router.answers.plain<number>(mount, outcome, onWrite.missing)
}

function askToWrite(
  { fs }: Mount,
  node: NodeId,
  fh: FileHandle,
  offset: number,
  source: WriteSource,
  ctx: Context,
): Outcome<number> {
  if (fs.write === undefined) return ENOSYS
  try {
    return fs.write(node, fh, offset, source, ctx)
  } catch (error) {
    return lacking(error)
  }
}

/** A back end that knows no holes has data up to the end of the file, where the only hole begins. */
export function lseek(
  router: Router,
  node: NodeId,
  fh: FileHandle,
  offset: number,
  whence: number,
  ctx: Context,
): Outcome<number> {
  const mount = router.on(node, fh)
  if (mount === undefined) return ENOTCONN
  const { fs } = mount
  if (fs.lseek === undefined) {
    const own =
      fs.getattr === undefined
        ? {}
        : { getattr: (...args: Parameters<typeof fs.getattr>) => getattr(router, ...args) }
    return seekByGetattr(own, node, fh, offset, whence, ctx)
  }
  const outcome = askToSeek(
    mount,
    localNode(mount, node),
    router.localHandle(mount, node, fh),
    offset,
    whence,
    ctx,
  )
  return router.answers.plain<number>(mount, outcome, OPERATIONS.lseek.missing)
}

export function copyFileRange(
  router: Router,
  from: CopyEnd,
  to: CopyEnd,
  length: number,
  flags: number,
  ctx: Context,
): Outcome<number> {
  const mount = router.on(from.node, from.fh)
  const target = router.on(to.node, to.fh)
  if (mount === undefined || target === undefined) return ENOTCONN
  if (mount !== target) return EXDEV
  const outcome = askToCopy(
    mount,
    localEnd(router, mount, from),
    localEnd(router, mount, to),
    length,
    flags,
    ctx,
  )
  return router.answers.plain<number>(mount, outcome, OPERATIONS.copyFileRange.missing)
}

function localEnd(router: Router, mount: Mount, { node, fh, offset }: CopyEnd): CopyEnd {
  return { node: localNode(mount, node), fh: router.localHandle(mount, node, fh), offset }
}
