import { Errno, type NodeId, type Outcome, type StatFs } from '@fb/api'
import {
  fstatfs,
  O_DIRECTORY,
  O_RDONLY,
  openat,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  syncfs,
  syncfsAsync,
} from '@fb/sys'
import { closeIfAny, reopen } from '../descriptors.js'
import { STATFS_BYTES } from '../file-system-type.js'
import type { Host } from '../host.js'

/** `struct statfs` of 64-bit Linux (asm-generic/statfs.h): offsets of what is passed on, 64 bits each. */
const OFFSET = {
  bsize: 8,
  blocks: 16,
  bfree: 24,
  bavail: 32,
  files: 40,
  ffree: 48,
  namelen: 64,
  frsize: 72,
} as const

const bytes = new Uint8Array(STATFS_BYTES)
const view = new DataView(bytes.buffer)

export function statfs(host: Host, node: NodeId): Outcome<StatFs> {
  const fd = host.nodes.acquire(node)
  if (fd < 0) return Errno.of(fd)
  const result = fstatfs(fd, bytes)
  host.nodes.release(node)
  if (result < 0) return Errno.of(result)
  return {
    blocks: field(OFFSET.blocks),
    bfree: field(OFFSET.bfree),
    bavail: field(OFFSET.bavail),
    files: field(OFFSET.files),
    ffree: field(OFFSET.ffree),
    bsize: field(OFFSET.bsize),
    namelen: field(OFFSET.namelen),
    frsize: field(OFFSET.frsize),
  }
}

/** A count, at most the largest safe integer: some file systems answer 2^64 - 1 for "no limit". */
function field(offset: number): number {
  return Math.min(Number(view.getBigUint64(offset, true)), Number.MAX_SAFE_INTEGER)
}

/** Brings every file system of the host that the tree reaches into to stable storage. */
export function syncAll(host: Host, node: NodeId): Outcome<void> {
  const own = openForSync(host, node)
  const rows = host.mounts.useAll()
  const fds = [own, ...rows.map((row) => host.mounts.fd(row))].filter((fd) => fd >= 0)
  const finish = (results: number[]): Outcome<void> => {
    for (const row of rows) host.mounts.release(row)
    closeIfAny(own)
    const failed = [own, ...results].find((result) => result < 0)
    return failed === undefined ? undefined : Errno.of(failed)
  }
  if (host.options.blocking) return finish(fds.map((fd) => syncfs(fd)))
  return Promise.all(fds.map((fd) => syncfsAsync(fd))).then(finish)
}

/** A descriptor of a node that syncfs(2) takes, which O_PATH ones are not; or a negative errno. */
function openForSync(host: Host, node: NodeId): number {
  const { nodes } = host
  const path = nodes.acquire(node)
  if (path < 0) return path
  const type = nodes.mode(node) & S_IFMT
  let fd = -Errno.EINVAL.errno
  if (type === S_IFDIR) fd = openat(path, '.', O_RDONLY | O_DIRECTORY, 0)
  else if (type === S_IFREG) fd = reopen(host.procFd, path, O_RDONLY)
  nodes.release(node)
  return fd
}
