import { SetupmappingFlag } from '@fb/abi'
import { Errno, type FileSystem, type IoctlRequest, type MappingRequest, OPERATIONS } from '@fb/api'
import { type Method, wrap } from './wrap.js'

const O_ACCMODE = 3
const O_TRUNC = 0o1000
const W_OK = 2
/** Direction bit of an ioctl that carries data to the driver (asm-generic/ioctl.h). */
const IOC_WRITE = 0x4000_0000

const refuse: Method = () => Errno.EROFS

/**
 * Refuses with EROFS whatever could change the file system: the operations that do, opening for writing, `access` with
 * W_OK, writable DAX mappings, and every ioctl that carries data to the file system (FS_IOC_SETFLAGS is one).
 * Locks, fsync and extended attributes can still be used or read.
 */
export function readOnly(fs: FileSystem): FileSystem {
  return wrap(fs, (operation, next) => {
    if (OPERATIONS[operation].changes) return refuse
    switch (operation) {
      case 'open':
        return (node, flags, killSuidgid, ctx) =>
          wantsToWrite(flags as number) ? Errno.EROFS : next(node, flags, killSuidgid, ctx)
      case 'access':
        return (node, mask, ctx) => (((mask as number) & W_OK) !== 0 ? Errno.EROFS : next(node, mask, ctx))
      case 'ioctl':
        return (node, fh, request, ctx) =>
          ((request as IoctlRequest).command & IOC_WRITE) !== 0 ? Errno.EROFS : next(node, fh, request, ctx)
      case 'setupmapping':
        return (node, fh, request, window, ctx) =>
          ((request as MappingRequest).flags & SetupmappingFlag.WRITE) !== 0
            ? Errno.EROFS
            : next(node, fh, request, window, ctx)
      default:
        return next
    }
  })
}

function wantsToWrite(flags: number): boolean {
  return (flags & O_ACCMODE) !== 0 || (flags & O_TRUNC) !== 0
}
