import { fstatfs } from '@fb/sys'

/** `struct statfs` of 64-bit Linux (asm-generic/statfs.h). */
export const STATFS_BYTES = 120

const bytes = new Uint8Array(STATFS_BYTES)
const view = new DataView(bytes.buffer)

/** The magic number of the file system of a descriptor (include/uapi/linux/magic.h); 0 where it cannot be told. */
export function fileSystemType(fd: number): number {
  return fstatfs(fd, bytes) < 0 ? 0 : view.getUint32(0, true)
}
