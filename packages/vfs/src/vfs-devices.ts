import {
  type CacheWindow,
  type Context,
  Errno,
  type FileHandle,
  type FileLock,
  type IoctlReply,
  type IoctlRequest,
  type LockRequest,
  type MappingRange,
  type MappingRequest,
  type NodeId,
  type Outcome,
} from '@fb/api'
import { LockTable } from './mount/lock-table.js'
import { localNode, type Mount } from './mount/mount.js'
import { VfsFiles } from './vfs-files.js'

/** DEFAULT_POLLMASK (include/linux/poll.h): POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM. */
const ALWAYS_READY = 0x145

const { ENOSYS, ESTALE, ENOTCONN, ENOLCK, EINVAL, ENOTTY, EOPNOTSUPP } = Errno

/** Locks, ioctl, poll, block mapping, DAX mappings. */
export class VfsDevices extends VfsFiles {
  getlk(node: NodeId, fh: FileHandle, owner: bigint, lock: FileLock, ctx: Context): Outcome<FileLock> {
    const mount = this.on(node, fh)
    if (mount === undefined) return ENOTCONN
    const { fs } = mount
    const local = localNode(mount, node)
    if (fs.setlk === undefined && fs.getlk === undefined) {
      return this.#locksOf(mount)?.test(local, owner, lock) ?? ENOLCK
    }
    try {
      const outcome =
        fs.getlk === undefined ? ENOSYS : fs.getlk(local, this.localHandle(mount, node, fh), owner, lock, ctx)
      return this.answers.plain<FileLock>(mount, outcome, EOPNOTSUPP)
    } catch (error) {
      return this.answers.thrown(error, EOPNOTSUPP)
    }
  }

  setlk(node: NodeId, fh: FileHandle, request: LockRequest, ctx: Context): Outcome<void> {
    const mount = this.on(node, fh)
    if (mount === undefined) return ENOTCONN
    const { fs } = mount
    const local = localNode(mount, node)
    try {
      if (fs.setlk === undefined) {
        const locks = this.#locksOf(mount)
        if (locks === undefined) return ENOLCK
        return this.answers.plain<void>(
          mount,
          locks.set(local, request, () => ctx.signal),
          ENOLCK,
        )
      }
      const outcome = fs.setlk(local, this.localHandle(mount, node, fh), request, ctx)
      return this.answers.plain<void>(mount, outcome, EOPNOTSUPP)
    } catch (error) {
      return this.answers.thrown(error, EOPNOTSUPP)
    }
  }

  bmap(node: NodeId, blocksize: number, block: number, ctx: Context): Outcome<number> {
    const mount = this.at(node)
    if (mount === undefined) return ESTALE
    const { fs } = mount
    try {
      const outcome = fs.bmap === undefined ? ENOSYS : fs.bmap(localNode(mount, node), blocksize, block, ctx)
      return this.answers.plain<number>(mount, outcome, EINVAL)
    } catch (error) {
      return this.answers.thrown(error, EINVAL)
    }
  }

  ioctl(node: NodeId, fh: FileHandle, request: IoctlRequest, ctx: Context): Outcome<IoctlReply> {
    const mount = this.on(node, fh)
    if (mount === undefined) return ENOTCONN
    const { fs } = mount
    try {
      const outcome =
        fs.ioctl === undefined
          ? ENOSYS
          : fs.ioctl(localNode(mount, node), this.localHandle(mount, node, fh), request, ctx)
      return this.answers.plain<IoctlReply>(mount, outcome, ENOTTY)
    } catch (error) {
      return this.answers.thrown(error, ENOTTY)
    }
  }

  poll(node: NodeId, fh: FileHandle, events: number, kh: bigint | undefined, ctx: Context): Outcome<number> {
    const mount = this.on(node, fh)
    if (mount === undefined) return ENOTCONN
    const { fs } = mount
    try {
      const outcome =
        fs.poll === undefined
          ? ENOSYS
          : fs.poll(localNode(mount, node), this.localHandle(mount, node, fh), events, kh, ctx)
      return this.answers.plain<number>(mount, outcome, ALWAYS_READY)
    } catch (error) {
      return this.answers.thrown(error, ALWAYS_READY)
    }
  }

  setupmapping(
    node: NodeId,
    fh: FileHandle | undefined,
    request: MappingRequest,
    window: CacheWindow,
    ctx: Context,
  ): Outcome<void> {
    const mount = fh === undefined ? this.at(node) : this.on(node, fh)
    if (mount === undefined) return ENOTCONN
    const { fs } = mount
    try {
      const outcome =
        fs.setupmapping === undefined
          ? ENOSYS
          : fs.setupmapping(localNode(mount, node), this.localHandle(mount, node, fh), request, window, ctx)
      return this.answers.plain<void>(mount, outcome, EOPNOTSUPP)
    } catch (error) {
      return this.answers.thrown(error, EOPNOTSUPP)
    }
  }

  /** A mount that is gone has no say any more, but what it had mapped must not stay in the window. */
  removemapping(
    node: NodeId,
    ranges: readonly MappingRange[],
    window: CacheWindow,
    ctx: Context,
  ): Outcome<void> {
    const mount = this.at(node)
    if (mount === undefined) return window.unmap(ranges)
    const { fs } = mount
    try {
      const outcome =
        fs.removemapping === undefined
          ? ENOSYS
          : fs.removemapping(localNode(mount, node), ranges, window, ctx)
      return this.answers.plain<void>(mount, outcome, EOPNOTSUPP)
    } catch (error) {
      return this.answers.thrown(error, EOPNOTSUPP)
    }
  }

  /** Locks of a back end without any of its own; none where several threads serve it, who would not see each other's. */
  #locksOf(mount: Mount): LockTable | undefined {
    if (mount.locks === undefined && !this.client.isShared) mount.locks = new LockTable()
    return mount.locks
  }
}
