import { type Context, Errno, type Name, type NodeId, type Outcome } from '@fb/api'
import { localNode } from './mount/mount.js'
import { VfsDevices } from './vfs-devices.js'

const { ENOSYS, ESTALE, EOPNOTSUPP } = Errno

/** Extended attributes. Their names are whatever bytes they are: slashes mean nothing in them. */
export class VfsXattrs extends VfsDevices {
  setxattr(
    node: NodeId,
    name: Name,
    value: Uint8Array,
    flags: number,
    killSgid: boolean,
    ctx: Context,
  ): Outcome<void> {
    const mount = this.at(node)
    if (mount === undefined) return ESTALE
    const { fs } = mount
    try {
      const outcome =
        fs.setxattr === undefined
          ? ENOSYS
          : fs.setxattr(localNode(mount, node), name, value, flags, killSgid, ctx)
      return this.answers.plain<void>(mount, outcome, EOPNOTSUPP)
    } catch (error) {
      return this.answers.thrown(error, EOPNOTSUPP)
    }
  }

  getxattr(node: NodeId, name: Name, size: number, ctx: Context): Outcome<Uint8Array | number> {
    const mount = this.at(node)
    if (mount === undefined) return ESTALE
    const { fs } = mount
    try {
      const outcome =
        fs.getxattr === undefined ? ENOSYS : fs.getxattr(localNode(mount, node), name, size, ctx)
      return this.answers.plain<Uint8Array | number>(mount, outcome, EOPNOTSUPP)
    } catch (error) {
      return this.answers.thrown(error, EOPNOTSUPP)
    }
  }

  listxattr(node: NodeId, size: number, ctx: Context): Outcome<Uint8Array | number> {
    const mount = this.at(node)
    if (mount === undefined) return ESTALE
    const { fs } = mount
    try {
      const outcome = fs.listxattr === undefined ? ENOSYS : fs.listxattr(localNode(mount, node), size, ctx)
      return this.answers.plain<Uint8Array | number>(mount, outcome, EOPNOTSUPP)
    } catch (error) {
      return this.answers.thrown(error, EOPNOTSUPP)
    }
  }

  removexattr(node: NodeId, name: Name, ctx: Context): Outcome<void> {
    const mount = this.at(node)
    if (mount === undefined) return ESTALE
    const { fs } = mount
    try {
      const outcome =
        fs.removexattr === undefined ? ENOSYS : fs.removexattr(localNode(mount, node), name, ctx)
      return this.answers.plain<void>(mount, outcome, EOPNOTSUPP)
    } catch (error) {
      return this.answers.thrown(error, EOPNOTSUPP)
    }
  }
}
