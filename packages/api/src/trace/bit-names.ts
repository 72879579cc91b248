import fs from 'node:fs'
import * as abi from '@fb/abi'

/** Names of bits, lowest first. */
export type BitNames = readonly (readonly [name: string, bits: number])[]

/** `A|B`, with what has no name in hexadecimal; `0` for nothing. */
export function joinBits(value: number, names: BitNames): string {
  const parts: string[] = []
  let rest = value
  for (const [name, bits] of names) {
    if ((rest & bits) !== bits) continue
    parts.push(name)
    rest &= ~bits
  }
  if (rest !== 0 || parts.length === 0) parts.push(rest === 0 ? '0' : `0x${(rest >>> 0).toString(16)}`)
  return parts.join('|')
}

/** The bits of a group of `@fb/abi`, under their names in C. */
export function groupBits(group: Readonly<Record<string, number>>, prefix: string): BitNames {
  return Object.entries(group).map(([name, bits]) => [prefix + name, bits])
}

const ACCESS_MODE = 3
const ACCESS_MODES = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'] as const
const { constants } = fs

/** Flags of open(2) on this machine that are more than one bit of another flag come first. */
const OPEN_BITS: BitNames = [
  ['O_TMPFILE', 0o20000000 | constants.O_DIRECTORY],
  ['O_SYNC', constants.O_SYNC],
  ['O_DSYNC', constants.O_DSYNC],
  ['O_CREAT', constants.O_CREAT],
  ['O_EXCL', constants.O_EXCL],
  ['O_NOCTTY', constants.O_NOCTTY],
  ['O_TRUNC', constants.O_TRUNC],
  ['O_APPEND', constants.O_APPEND],
  ['O_NONBLOCK', constants.O_NONBLOCK],
  ['O_DIRECT', constants.O_DIRECT],
  ['O_LARGEFILE', process.arch === 'arm64' ? 0o400000 : 0o100000],
  ['O_DIRECTORY', constants.O_DIRECTORY],
  ['O_NOFOLLOW', constants.O_NOFOLLOW],
  ['O_NOATIME', constants.O_NOATIME],
  ['O_CLOEXEC', 0o2000000],
  ['O_PATH', 0o10000000],
  // What the kernel adds for execve(2) (include/linux/fs.h).
  ['FMODE_EXEC', 0x20],
]

/** Flags of open(2) by name: `O_RDWR|O_APPEND`. */
export function openFlagNames(flags: number): string {
  const access = ACCESS_MODES[flags & ACCESS_MODE] ?? 'O_RDONLY'
  const rest = flags & ~ACCESS_MODE
  return rest === 0 ? access : `${access}|${joinBits(rest, OPEN_BITS)}`
}

/** poll(2) events (asm-generic/poll.h). */
export const POLL_BITS: BitNames = [
  ['POLLIN', 0x1],
  ['POLLPRI', 0x2],
  ['POLLOUT', 0x4],
  ['POLLERR', 0x8],
  ['POLLHUP', 0x10],
  ['POLLNVAL', 0x20],
  ['POLLRDNORM', 0x40],
  ['POLLRDBAND', 0x80],
  ['POLLWRNORM', 0x100],
  ['POLLWRBAND', 0x200],
  ['POLLMSG', 0x400],
  ['POLLRDHUP', 0x2000],
]

/** access(2). */
export const ACCESS_BITS: BitNames = [
  ['R_OK', 4],
  ['W_OK', 2],
  ['X_OK', 1],
]

/** renameat2(2). */
export const RENAME_BITS: BitNames = [
  ['RENAME_NOREPLACE', 1],
  ['RENAME_EXCHANGE', 2],
  ['RENAME_WHITEOUT', 4],
]

/** setxattr(2). */
export const XATTR_BITS: BitNames = [
  ['XATTR_CREATE', 1],
  ['XATTR_REPLACE', 2],
]

/** fallocate(2). */
export const FALLOCATE_BITS: BitNames = [
  ['FALLOC_FL_KEEP_SIZE', 0x1],
  ['FALLOC_FL_PUNCH_HOLE', 0x2],
  ['FALLOC_FL_NO_HIDE_STALE', 0x4],
  ['FALLOC_FL_COLLAPSE_RANGE', 0x8],
  ['FALLOC_FL_ZERO_RANGE', 0x10],
  ['FALLOC_FL_INSERT_RANGE', 0x20],
  ['FALLOC_FL_UNSHARE_RANGE', 0x40],
]

/** The groups of `@fb/abi` whose bits show up in requests and replies. */
export const groups = {
  setattr: groupBits(abi.SetattrValid, 'FATTR_'),
  openIn: groupBits(abi.OpenInFlag, 'FUSE_OPEN_'),
  openReply: groupBits(abi.OpenReplyFlag, 'FOPEN_'),
  release: groupBits(abi.ReleaseFlag, 'FUSE_RELEASE_'),
  write: groupBits(abi.WriteFlag, 'FUSE_WRITE_'),
  read: groupBits(abi.ReadFlag, 'FUSE_READ_'),
  lock: groupBits(abi.LockFlag, 'FUSE_LK_'),
  ioctl: groupBits(abi.IoctlFlag, 'FUSE_IOCTL_'),
  poll: groupBits(abi.PollFlag, 'FUSE_POLL_'),
  fsync: groupBits(abi.FsyncFlag, 'FUSE_FSYNC_'),
  setxattr: groupBits(abi.SetxattrFlag, 'FUSE_SETXATTR_'),
  setupmapping: groupBits(abi.SetupmappingFlag, 'FUSE_SETUPMAPPING_FLAG_'),
  attr: groupBits(abi.AttrFlag, 'FUSE_ATTR_'),
} as const
