import { AT_EMPTY_PATH, nameToHandleAt } from '@fb/sys'
import { fileSystemType } from './file-system-type.js'
import { MAX_HANDLE_BYTES } from './tables/handle-arena.js'

/**
 * How an inode of a file system is found by its number alone: with a file handle whose generation is 0, which these take for
 * "whatever it is" (fs/ext4/super.c ext4_nfs_get_inode, fs/f2fs/super.c, fs/btrfs/export.c).
 */
export interface ExportFormat {
  /** A file handle of the file system, in which number and generation are replaced. */
  readonly template: Uint8Array
  /** Where the generation is in it, 32 bits. The number is in front, 64 bits or 32. */
  readonly generationAt: number
  readonly wide: boolean
  /** The source is the root of its file system, so that every inode is below it. */
  readonly whole: boolean
}

/** Bytes of the header of `struct file_handle`: how many follow it, and of which type (name_to_handle_at(2)). */
const HEADER = 8
const NUMBER_AT = HEADER
/** FILEID_INO32_GEN and FILEID_BTRFS_WITHOUT_PARENT (include/linux/exportfs.h). */
const INO32_GEN = { type: 1, bytes: 8, generationAt: HEADER + 4, wide: false }
const BTRFS = { type: 0x4d, bytes: 20, generationAt: HEADER + 16, wide: true }

/** By magic number (include/uapi/linux/magic.h): the handle, and the number of the root. */
const KNOWN = new Map([
  [0xef53, { ...INO32_GEN, root: 2 }],
  [0xf2f52010, { ...INO32_GEN, root: 3 }],
  [0x9123683e, { ...BTRFS, root: 256 }],
])

/**
 * How inodes of the file system of a descriptor are found by number; `undefined` where they are not.
 *
 * @param ino - number of the inode that `fd` is of, the root of what is served
 */
export function exportFormat(fd: number, ino: number): ExportFormat | undefined {
  const known = KNOWN.get(fileSystemType(fd))
  if (known === undefined) return undefined
  const handle = new Uint8Array(MAX_HANDLE_BYTES)
  const length = nameToHandleAt(fd, '', handle, AT_EMPTY_PATH)
  const view = new DataView(handle.buffer)
  if (length !== HEADER + known.bytes || view.getInt32(4, true) !== known.type) return undefined
  const { generationAt, wide, root } = known
  return { template: handle.slice(0, length), generationAt, wide, whole: ino === root }
}

/** Memory for file handles, and the numbers in the one that it holds. */
export class HandleBuffer {
  readonly bytes = new Uint8Array(MAX_HANDLE_BYTES)
  readonly #view = new DataView(this.bytes.buffer)

  /** Makes the handle of the inode with a number and a generation (0: whichever it has). Its length. */
  make({ template, generationAt, wide }: ExportFormat, ino: number, generation: number): number {
    this.bytes.set(template)
    this.#view.setUint32(NUMBER_AT, ino, true)
    if (wide) this.#view.setUint32(NUMBER_AT + 4, Math.floor(ino / 2 ** 32), true)
    this.#view.setUint32(generationAt, generation, true)
    return template.length
  }

  /** The generation in the handle, which is of a format's file system. */
  generation({ generationAt }: ExportFormat): number {
    return this.#view.getUint32(generationAt, true)
  }

  /** Whether both hold the same handle of so many bytes. */
  equals(other: Uint8Array, length: number): boolean {
    for (let at = 0; at < length; at += 1) if (this.bytes[at] !== other[at]) return false
    return true
  }
}
