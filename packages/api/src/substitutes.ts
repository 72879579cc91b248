import type { Context } from './context.js'
import { Errno } from './errno.js'
import type { AttrReply, FileHandle, FileSystem, NodeId, Outcome, StatxReply } from './file-system.js'
import { OPERATIONS } from './operations.js'
import { mapOutcome } from './outcome.js'

export const SEEK_DATA = 3
export const SEEK_HOLE = 4
/** STATX_BASIC_STATS: what `getattr` can tell. */
const STATX_BASIC_STATS = 0x7ff

/** What `statx` gives of a file system that has only `getattr`; without that, what a missing `statx` means. */
export function statxByGetattr(
  fs: Pick<FileSystem, 'getattr'>,
  node: NodeId,
  fh: FileHandle | undefined,
  ctx: Context,
): Outcome<StatxReply> {
  if (fs.getattr === undefined) return OPERATIONS.statx.missing
  return mapOutcome(fs.getattr(node, fh, ctx), asStatx)
}

function asStatx({ attr, attrTimeout }: AttrReply): StatxReply {
  return { attr, attrTimeout, mask: STATX_BASIC_STATS }
}

/**
 * What `lseek` gives of a file system that knows no holes: all is data up to the end that `getattr` tells, where the only hole
 * begins. Without `getattr`, and for anything but SEEK_DATA and SEEK_HOLE, what a missing `lseek` means.
 */
export function seekByGetattr(
  fs: Pick<FileSystem, 'getattr'>,
  node: NodeId,
  fh: FileHandle,
  offset: number,
  whence: number,
  ctx: Context,
): Outcome<number> {
  if (fs.getattr === undefined || (whence !== SEEK_DATA && whence !== SEEK_HOLE)) {
    return OPERATIONS.lseek.missing
  }
  return mapOutcome(fs.getattr(node, fh, ctx), ({ attr }) => {
    if (offset >= attr.size) return Errno.ENXIO
    return whence === SEEK_DATA ? offset : attr.size
  })
}
