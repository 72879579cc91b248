/** One entry of an initramfs. Parent directories must come before what is in them. */
export interface CpioEntry {
  /** Path without a leading slash. */
  readonly path: string
  /** File type and permissions, as in `st_mode`. */
  readonly mode: number
  /** Content of a file, target of a symbolic link. */
  readonly data?: Uint8Array
}

const MAGIC = '070701'
const TRAILER = 'TRAILER!!!'

/**
 * Encodes an archive in the "newc" format that the kernel unpacks as its first root
 * (Documentation/driver-api/early-userspace/buffer-format.rst). Everything belongs to root.
 */
export function encodeCpio(entries: Iterable<CpioEntry>): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let inode = 1
  for (const entry of entries) {
    chunks.push(header(entry.path, inode++, entry.mode, entry.data?.length ?? 0))
    if (entry.data) chunks.push(entry.data, padding(entry.data.length))
  }
  chunks.push(header(TRAILER, 0, 0, 0))
  return chunks
}

function header(path: string, inode: number, mode: number, size: number): Uint8Array {
  const name = Buffer.from(`${path}\0`)
  // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
  const fields = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name.length, 0]
  const text = MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join('')
  return Buffer.concat([Buffer.from(text), name, padding(text.length + name.length)])
}

/** Headers and contents start at multiples of four. */
function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3)
}
