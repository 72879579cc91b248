import {
  type Context,
  type CreateReply,
  type Entry,
  Errno,
  type Name,
  type NodeId,
  type Outcome,
} from '@fb/api'
import { localNode, type Mount } from './mount/mount.js'
import { VfsNodes } from './vfs-nodes.js'

const O_EXCL = 0o200

const { ENOSYS, ESTALE, EPERM, EEXIST, EISDIR, EBUSY, EXDEV, EACCES, EOPNOTSUPP, ENFILE } = Errno

/** Operations that make, remove and rename names. What leads to a mount can be neither removed nor renamed. */
export class VfsNames extends VfsNodes {
  symlink(parent: NodeId, name: Name, target: Uint8Array, ctx: Context): Outcome<Entry> {
    const mount = this.at(parent)
    if (mount === undefined) return ESTALE
    if (this.placeAt(mount, parent, name) !== undefined) return EEXIST
    const { fs } = mount
    try {
      const outcome =
        fs.symlink === undefined ? ENOSYS : fs.symlink(localNode(mount, parent), name, target, ctx)
      return this.answers.entry(mount, outcome, EPERM)
    } catch (error) {
      return this.answers.thrown(error, EPERM)
    }
  }

  mknod(parent: NodeId, name: Name, mode: number, rdev: number, ctx: Context): Outcome<Entry> {
    const mount = this.at(parent)
    if (mount === undefined) return ESTALE
    if (this.placeAt(mount, parent, name) !== undefined) return EEXIST
    const { fs } = mount
    try {
      const outcome =
        fs.mknod === undefined
          ? ENOSYS
          : fs.mknod(localNode(mount, parent), name, masked(mount, mode, ctx), rdev, ctx)
      return this.answers.entry(mount, outcome, EPERM)
    } catch (error) {
      return this.answers.thrown(error, EPERM)
    }
  }

  mkdir(parent: NodeId, name: Name, mode: number, ctx: Context): Outcome<Entry> {
    const mount = this.at(parent)
    if (mount === undefined) return ESTALE
    if (this.placeAt(mount, parent, name) !== undefined) return EEXIST
    const { fs } = mount
    try {
      const outcome =
        fs.mkdir === undefined
          ? ENOSYS
          : fs.mkdir(localNode(mount, parent), name, masked(mount, mode, ctx), ctx)
      return this.answers.entry(mount, outcome, EPERM)
    } catch (error) {
      return this.answers.thrown(error, EPERM)
    }
  }

  unlink(parent: NodeId, name: Name, ctx: Context): Outcome<void> {
    const mount = this.at(parent)
    if (mount === undefined) return ESTALE
    if (this.placeAt(mount, parent, name) !== undefined) return EBUSY
    const { fs } = mount
    try {
      const outcome = fs.unlink === undefined ? ENOSYS : fs.unlink(localNode(mount, parent), name, ctx)
      return this.answers.plain<void>(mount, outcome, EPERM)
    } catch (error) {
      return this.answers.thrown(error, EPERM)
    }
  }

  rmdir(parent: NodeId, name: Name, ctx: Context): Outcome<void> {
    const mount = this.at(parent)
    if (mount === undefined) return ESTALE
    if (this.placeAt(mount, parent, name) !== undefined) return EBUSY
    const { fs } = mount
    try {
      const outcome = fs.rmdir === undefined ? ENOSYS : fs.rmdir(localNode(mount, parent), name, ctx)
      return this.answers.plain<void>(mount, outcome, EPERM)
    } catch (error) {
      return this.answers.thrown(error, EPERM)
    }
  }

  rename(
    parent: NodeId,
    name: Name,
    newParent: NodeId,
    newName: Name,
    flags: number,
    ctx: Context,
  ): Outcome<void> {
    const mount = this.at(parent)
    const newMount = this.at(newParent)
    if (mount === undefined || newMount === undefined) return ESTALE
    if (this.placeAt(mount, parent, name) !== undefined) return EBUSY
    if (this.placeAt(newMount, newParent, newName) !== undefined) return EBUSY
    if (mount !== newMount) return EXDEV
    const { fs } = mount
    try {
      const outcome =
        fs.rename === undefined
          ? ENOSYS
          : fs.rename(localNode(mount, parent), name, localNode(mount, newParent), newName, flags, ctx)
      return this.answers.plain<void>(mount, outcome, EPERM)
    } catch (error) {
      return this.answers.thrown(error, EPERM)
    }
  }

  link(node: NodeId, newParent: NodeId, newName: Name, ctx: Context): Outcome<Entry> {
    const mount = this.at(node)
    const newMount = this.at(newParent)
    if (mount === undefined || newMount === undefined) return ESTALE
    if (this.placeAt(newMount, newParent, newName) !== undefined) return EEXIST
    if (mount !== newMount) return EXDEV
    const { fs } = mount
    try {
      const outcome =
        fs.link === undefined
          ? ENOSYS
          : fs.link(localNode(mount, node), localNode(mount, newParent), newName, ctx)
      return this.answers.entry(mount, outcome, EPERM)
    } catch (error) {
      return this.answers.thrown(error, EPERM)
    }
  }

  create(
    parent: NodeId,
    name: Name,
    mode: number,
    flags: number,
    killSuidgid: boolean,
    ctx: Context,
  ): Outcome<CreateReply> {
    const mount = this.at(parent)
    if (mount === undefined) return ESTALE
    if (this.placeAt(mount, parent, name) !== undefined) return (flags & O_EXCL) !== 0 ? EEXIST : EISDIR
    if (this.isFull(mount)) return ENFILE
    const { fs } = mount
    try {
      const outcome =
        fs.create === undefined
          ? ENOSYS
          : fs.create(localNode(mount, parent), name, masked(mount, mode, ctx), flags, killSuidgid, ctx)
      return this.answers.created(mount, flags, outcome, EACCES)
    } catch (error) {
      return this.answers.thrown(error, EACCES)
    }
  }

  tmpfile(parent: NodeId, mode: number, flags: number, ctx: Context): Outcome<CreateReply> {
    const mount = this.at(parent)
    if (mount === undefined) return ESTALE
    if (this.isFull(mount)) return ENFILE
    const { fs } = mount
    try {
      const outcome =
        fs.tmpfile === undefined
          ? ENOSYS
          : fs.tmpfile(localNode(mount, parent), masked(mount, mode, ctx), flags, ctx)
      return this.answers.created(mount, flags, outcome, EOPNOTSUPP)
    } catch (error) {
      return this.answers.thrown(error, EOPNOTSUPP)
    }
  }
}

/** The mode of a new file, where the kernel leaves the umask to file systems and this one does not know. */
function masked(mount: Mount, mode: number, ctx: Context): number {
  return mount.masks ? mode & ~ctx.umask : mode
}
