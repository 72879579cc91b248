import { createHash } from 'node:crypto'
import {
  type BigIntStats,
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs'
import { lgetxattr, llistxattr } from '@fb/sys'

const CHUNK = 1024 * 1024
const XATTR_MAX = 65536
const S_IFMT = 0o170000n
const S_IFREG = 0o100000n
const S_IFLNK = 0o120000n
const S_IFDIR = 0o040000n

/** What a manifest leaves out. */
export interface ManifestOptions {
  /** Compare times of change, to the nanosecond. Default true. */
  readonly times?: boolean
  /** Compare whether files have holes (fewer blocks than their size needs). Default false. */
  readonly holes?: boolean
}

/**
 * One line per entry of a tree with everything that a copy must keep: name (as bytes), type and permissions,
 * owner, size, modification time, link target, extended attributes, content, which names are one file, and
 * (optionally) whether it is sparse. Two trees are the same where their manifests are.
 */
export function manifest(root: string, options: ManifestOptions = {}): string[] {
  const lines: string[] = []
  const links = new Map<string, string>()
  const visit = (path: Buffer, name: string): void => {
    const stat = lstatSync(path, { bigint: true })
    const type = stat.mode & S_IFMT
    const parts = [
      name === '' ? '.' : name,
      stat.mode.toString(8),
      `${stat.uid}:${stat.gid}`,
      type === S_IFDIR ? '' : `${stat.size}`,
      type === S_IFLNK ? '' : `rdev=${stat.rdev}`,
      options.times === false || type === S_IFDIR ? '' : `${stat.mtimeNs}`,
      xattrs(path),
      type === S_IFLNK ? readlinkSync(path, 'buffer').toString('latin1') : '',
      type === S_IFREG ? digest(path) : '',
      type === S_IFREG && options.holes === true ? sparse(stat) : '',
    ]
    if (type !== S_IFDIR && stat.nlink > 1n) {
      const id = `${stat.dev}:${stat.ino}`
      const first = links.get(id) ?? name
      links.set(id, first)
      parts.push(`same as ${first}`)
    }
    lines.push(parts.join('|'))
    if (type !== S_IFDIR) return
    const names = readdirSync(path, { encoding: 'buffer' }).sort(Buffer.compare)
    for (const child of names) {
      const below = Buffer.concat([path, Buffer.from('/'), child])
      visit(below, `${name}/${child.toString('latin1')}`)
    }
  }
  visit(Buffer.from(root), '')
  return lines
}

function sparse(stat: BigIntStats): string {
  return stat.blocks * 512n < stat.size ? 'sparse' : 'full'
}

function xattrs(path: Buffer): string {
  const list = Buffer.alloc(XATTR_MAX)
  const length = llistxattr(path, list)
  if (length <= 0) return ''
  const names = list
    .toString('latin1', 0, length - 1)
    .split('\0')
    .sort()
  const value = Buffer.alloc(XATTR_MAX)
  return names
    .map((name) => {
      const size = lgetxattr(path, Buffer.from(name, 'latin1'), value)
      return `${name}=${size < 0 ? `error ${size}` : value.toString('hex', 0, size)}`
    })
    .join(',')
}

function digest(path: Buffer): string {
  const hash = createHash('sha256')
  const fd = openSync(path, 'r')
  const chunk = Buffer.alloc(CHUNK)
  for (let count = readSync(fd, chunk); count > 0; count = readSync(fd, chunk))
    hash.update(chunk.subarray(0, count))
  closeSync(fd)
  return hash.digest('hex')
}
