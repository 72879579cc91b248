import {
  type Context,
  Errno,
  type FileHandle,
  mapOutcome,
  type NodeId,
  type OpenReply,
  type Outcome,
  type ReadSink,
  type ReleaseRequest,
  type WriteSource,
} from '@fb/api'
import { run, type Steps } from './kit/steps.js'
import { localNode, type Mount } from './mount/mount.js'
import { ROOT } from './node-ids.js'
import { VfsNames } from './vfs-names.js'

const O_TRUNC = 0o1000
const SEEK_DATA = 3
const SEEK_HOLE = 4

/** One side of a copy. */
interface Spot {
  readonly node: NodeId
  readonly fh: FileHandle
  readonly offset: number
}

const { ENOSYS, ESTALE, ENOTCONN, EBADF, ENFILE, EINVAL, EPERM, ENXIO, EXDEV, EOPNOTSUPP } = Errno

/** Operations on open files. */
export class VfsFiles extends VfsNames {
  open(node: NodeId, flags: number, killSuidgid: boolean, ctx: Context): Outcome<OpenReply> {
    const mount = this.at(node)
    if (mount === undefined) return ESTALE
    if (this.isFull(mount)) return ENFILE
    const { fs } = mount
    const local = localNode(mount, node)
    if (mount.truncates && (flags & O_TRUNC) !== 0) {
      return run(this.#truncateAndOpen(mount, node, flags, killSuidgid, ctx))
    }
    try {
      const outcome = fs.open === undefined ? ENOSYS : fs.open(local, flags, killSuidgid, ctx)
      return this.answers.open(mount, local, flags, node === ROOT, outcome)
    } catch (error) {
      return this.answers.open(mount, local, flags, node === ROOT, this.answers.thrown(error, ENOSYS))
    }
  }

  read(
    node: NodeId,
    fh: FileHandle,
    offset: number,
    sink: ReadSink,
    ctx: Context,
  ): Outcome<number | Uint8Array> {
    const mount = this.on(node, fh)
    if (mount === undefined) return ENOTCONN
    const { fs } = mount
    try {
      const outcome =
        fs.read === undefined
          ? ENOSYS
          : fs.read(localNode(mount, node), this.localHandle(mount, node, fh), offset, sink, ctx)
      return this.answers.plain<number | Uint8Array>(mount, outcome, EINVAL)
    } catch (error) {
      return this.answers.thrown(error, EINVAL)
    }
  }

  write(node: NodeId, fh: FileHandle, offset: number, source: WriteSource, ctx: Context): Outcome<number> {
    const mount = this.on(node, fh)
    if (mount === undefined) return ENOTCONN
    const { fs } = mount
    try {
      const outcome =
        fs.write === undefined
          ? ENOSYS
          : fs.write(localNode(mount, node), this.localHandle(mount, node, fh), offset, source, ctx)
      return this.answers.plain<number>(mount, outcome, EINVAL)
    } catch (error) {
      return this.answers.thrown(error, EINVAL)
    }
  }

  /** Reaches a back end that has been removed too: what it has taken it may still finish. */
  flush(node: NodeId, fh: FileHandle, lockOwner: bigint, ctx: Context): Outcome<void> {
    const mount = this.ownerOf(node, fh)
    if (mount === undefined) return ENOTCONN
    const local = localNode(mount, node)
    mount.locks?.dropRanges(local, lockOwner)
    try {
      const outcome = mount.fs.flush?.(local, this.localHandle(mount, node, fh), lockOwner, ctx)
      return this.answers.plain(mount, outcome, undefined)
    } catch (error) {
      return this.answers.thrown(error, undefined)
    }
  }

  /** EBADF for a file that is not open: no back end is told to close what it may have opened for another. */
  release(node: NodeId, fh: FileHandle, request: ReleaseRequest, ctx: Context): Outcome<void> {
    const mount = this.ownerOf(node, fh)
    if (mount === undefined) return ENOTCONN
    const local = localNode(mount, node)
    const handle = this.localHandle(mount, node, fh)
    if (!this.closed(mount, node, fh, 'file', request.flags)) return EBADF
    if (request.flockUnlock) mount.locks?.dropFlock(local, request.lockOwner)
    try {
      const outcome = mount.fs.release?.(local, handle, request, ctx)
      return this.answers.plain(mount, outcome, undefined)
    } catch (error) {
      return this.answers.thrown(error, undefined)
    } finally {
      this.afterClose(mount, node)
    }
  }

  fsync(node: NodeId, fh: FileHandle, datasync: boolean, ctx: Context): Outcome<void> {
    const mount = this.on(node, fh)
    if (mount === undefined) return ENOTCONN
    try {
      const outcome = mount.fs.fsync?.(
        localNode(mount, node),
        this.localHandle(mount, node, fh),
        datasync,
        ctx,
      )
      return this.answers.plain(mount, outcome, undefined)
    } catch (error) {
      return this.answers.thrown(error, undefined)
    }
  }

  fallocate(
    node: NodeId,
    fh: FileHandle,
    offset: number,
    length: number,
    mode: number,
    ctx: Context,
  ): Outcome<void> {
    const mount = this.on(node, fh)
    if (mount === undefined) return ENOTCONN
    const { fs } = mount
    try {
      const outcome =
        fs.fallocate === undefined
          ? ENOSYS
          : fs.fallocate(localNode(mount, node), this.localHandle(mount, node, fh), offset, length, mode, ctx)
      return this.answers.plain<void>(mount, outcome, EOPNOTSUPP)
    } catch (error) {
      return this.answers.thrown(error, EOPNOTSUPP)
    }
  }

  /** A back end that knows no holes has data up to the end of the file, where the only hole begins. */
  lseek(node: NodeId, fh: FileHandle, offset: number, whence: number, ctx: Context): Outcome<number> {
    const mount = this.on(node, fh)
    if (mount === undefined) return ENOTCONN
    const { fs } = mount
    if (fs.lseek === undefined) {
      return fs.getattr === undefined ? EINVAL : this.#seekWithoutHoles(node, fh, offset, whence, ctx)
    }
    try {
      const outcome = fs.lseek(localNode(mount, node), this.localHandle(mount, node, fh), offset, whence, ctx)
      return this.answers.plain<number>(mount, outcome, EINVAL)
    } catch (error) {
      return this.answers.thrown(error, EINVAL)
    }
  }

  copyFileRange(from: Spot, to: Spot, length: number, flags: number, ctx: Context): Outcome<number> {
    const mount = this.on(from.node, from.fh)
    const target = this.on(to.node, to.fh)
    if (mount === undefined || target === undefined) return ENOTCONN
    if (mount !== target) return EXDEV
    const { fs } = mount
    try {
      const outcome =
        fs.copyFileRange === undefined
          ? ENOSYS
          : fs.copyFileRange(this.#localSpot(mount, from), this.#localSpot(mount, to), length, flags, ctx)
      return this.answers.plain<number>(mount, outcome, EOPNOTSUPP)
    } catch (error) {
      return this.answers.thrown(error, EOPNOTSUPP)
    }
  }

  #localSpot(mount: Mount, { node, fh, offset }: Spot): Spot {
    return { node: localNode(mount, node), fh: this.localHandle(mount, node, fh), offset }
  }

  *#truncateAndOpen(
    mount: Mount,
    node: NodeId,
    flags: number,
    killSuidgid: boolean,
    ctx: Context,
  ): Steps<OpenReply | Errno> {
    const { fs } = mount
    const local = localNode(mount, node)
    mount.busy += 1
    try {
      const cut = yield fs.setattr === undefined ? EPERM : fs.setattr(local, { size: 0 }, undefined, ctx)
      if (cut instanceof Errno) return cut === ENOSYS ? EPERM : cut
      const opened = fs.open === undefined ? ENOSYS : fs.open(local, flags & ~O_TRUNC, killSuidgid, ctx)
      return (yield this.answers.open(mount, local, flags, node === ROOT, opened)) as OpenReply | Errno
    } finally {
      mount.busy -= 1
      this.reapMount(mount)
    }
  }

  #seekWithoutHoles(
    node: NodeId,
    fh: FileHandle,
    offset: number,
    whence: number,
    ctx: Context,
  ): Outcome<number> {
    if (whence !== SEEK_DATA && whence !== SEEK_HOLE) return EINVAL
    return mapOutcome(this.getattr(node, fh, ctx), ({ attr }) => {
      if (offset >= attr.size) return ENXIO
      return whence === SEEK_DATA ? offset : attr.size
    })
  }
}
