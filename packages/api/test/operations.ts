import { type Opcode, OpenReplyFlag } from '@fb/abi'
import { makeAttr } from '../src/attr.js'
import type { Context } from '../src/context.js'
import type { DirectorySink } from '../src/directory-sink.js'
import type {
  AttrReply,
  CacheWindow,
  Entry,
  FileLock,
  FileSystem,
  OpenReply,
  StatFs,
} from '../src/file-system.js'
import type { ReadSink, WriteSource } from '../src/request.js'
import type { FuseClient } from '../src/testing/fuse-client.js'

/** An entry with something in every field. */
export const entry: Entry = {
  nodeid: 7,
  generation: 3,
  entryTimeout: 2.25,
  attrTimeout: 1.5,
  attr: makeAttr({
    ino: 2n ** 63n + 7n,
    mode: 0o100644,
    size: 2 ** 40 + 1,
    atime: -1n,
    mtime: 1_700_000_000_123_456_789n,
    ctime: new Date(5),
    nlink: 2,
    uid: 1000,
    gid: 1001,
    rdev: 0x501,
    flags: 2,
  }),
}
export const attrReply: AttrReply = { attr: entry.attr, attrTimeout: 1.5 }
export const openReply: OpenReply = { fh: 2 ** 40, openFlags: OpenReplyFlag.KEEP_CACHE }
const statfs: StatFs = {
  blocks: 10,
  bfree: 9,
  bavail: 8,
  files: 7,
  ffree: 6,
  bsize: 4096,
  namelen: 255,
  frsize: 512,
}
const lock: FileLock = { start: 5n, end: 2n ** 63n - 1n, type: 1, pid: 42 }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** One operation: how a client asks for it, what the method gets, and what comes back. */
export interface Operation {
  readonly opcode: keyof typeof Opcode
  readonly method: keyof FileSystem
  readonly ask: (client: FuseClient) => Promise<unknown>
  /** Arguments of the method as `plain` shows them, without the context. */
  readonly args: readonly unknown[]
  /** What the method gives, or does and gives. */
  readonly give: (...args: never[]) => unknown
  /** What the client gets. */
  readonly answer: unknown
  /** What the client gets where the method is missing: a code, or a result. */
  readonly missing: string | { readonly result: unknown }
}

const done = { give: () => undefined, answer: undefined }
const entered = { give: () => entry, answer: entry, missing: 'EPERM' }
const nothing = { result: undefined }
const noHandle = { result: { fh: 0, openFlags: 0 } }
const emptyStatfs = {
  blocks: 0,
  bfree: 0,
  bavail: 0,
  files: 0,
  ffree: 0,
  bsize: 4096,
  namelen: 255,
  frsize: 4096,
}

function list(_node: number, _fh: number, cookie: bigint, sink: DirectorySink): void {
  if (cookie > 2n ** 63n) return
  sink.add('.', 5, 4, 1n)
  sink.addPlus('file', entry, 2n ** 64n - 1n)
}
const listed = [
  { name: '.', ino: 5, cookie: 1n, type: 4 },
  { name: 'file', ino: entry.attr.ino, cookie: 2n ** 64n - 1n, type: 8 },
]
const listedPlus = [
  { ...listed[0], entry: undefined },
  { ...listed[1], entry },
]

/** A read or written file as the method sees it. */
const sinkShape = { size: 4096, flags: 0x8000, lockOwner: 9n }
const sourceShape = { size: 5, flags: 1, writeFlags: 3, lockOwner: 9n, bytes: 'hello' }

/** Every operation that has a method of its own and a reply. */
export const operations: readonly Operation[] = [
  {
    opcode: 'LOOKUP',
    method: 'lookup',
    ask: (client) => client.lookup(1, 'etc'),
    args: [1, 'etc'],
    ...entered,
    missing: 'ENOENT',
  },
  {
    opcode: 'GETATTR',
    method: 'getattr',
    ask: (client) => client.getattr(5, 9),
    args: [5, 9],
    give: () => attrReply,
    answer: attrReply,
    missing: 'EOPNOTSUPP',
  },
  {
    opcode: 'SETATTR',
    method: 'setattr',
    ask: (client) =>
      client.setattr(
        5,
        {
          mode: 0o640,
          uid: 1,
          gid: 2,
          size: 3,
          atime: 'now',
          mtime: { seconds: -4, nanoseconds: 5 },
          ctime: { seconds: 6, nanoseconds: 7 },
          killSuidgid: true,
          lockOwner: 8n,
        },
        9,
      ),
    args: [
      5,
      {
        mode: 0o640,
        uid: 1,
        gid: 2,
        size: 3,
        atime: 'now',
        mtime: { seconds: -4, nanoseconds: 5 },
        ctime: { seconds: 6, nanoseconds: 7 },
        killSuidgid: true,
        lockOwner: 8n,
      },
      9,
    ],
    give: () => attrReply,
    answer: attrReply,
    missing: 'EPERM',
  },
  {
    opcode: 'READLINK',
    method: 'readlink',
    ask: async (client) => plain(await client.readlink(5)),
    args: [5],
    give: () => 'a/target',
    answer: 'a/target',
    missing: 'EINVAL',
  },
  {
    opcode: 'SYMLINK',
    method: 'symlink',
    ask: (client) => client.symlink(1, 'link', 'to/here'),
    args: [1, 'link', 'to/here'],
    ...entered,
  },
  {
    opcode: 'MKNOD',
    method: 'mknod',
    ask: (client) => client.mknod(1, 'tty', 0o020666, 0x501, { umask: 0o022 }),
    args: [1, 'tty', 0o020644, 0x501],
    ...entered,
  },
  {
    opcode: 'MKDIR',
    method: 'mkdir',
    ask: (client) => client.mkdir(1, 'dir', 0o777, { umask: 0o027 }),
    args: [1, 'dir', 0o750],
    ...entered,
  },
  {
    opcode: 'UNLINK',
    method: 'unlink',
    ask: (client) => client.unlink(1, 'file'),
    args: [1, 'file'],
    ...done,
    missing: 'EPERM',
  },
  {
    opcode: 'RMDIR',
    method: 'rmdir',
    ask: (client) => client.rmdir(1, 'dir'),
    args: [1, 'dir'],
    ...done,
    missing: 'EPERM',
  },
  {
    opcode: 'RENAME',
    method: 'rename',
    ask: (client) => client.rename(1, 'old', 2, 'new'),
    args: [1, 'old', 2, 'new', 0],
    ...done,
    missing: 'EPERM',
  },
  {
    opcode: 'RENAME2',
    method: 'rename',
    ask: (client) => client.rename(1, 'old', 2, 'new', 2),
    args: [1, 'old', 2, 'new', 2],
    ...done,
    missing: 'EPERM',
  },
  {
    opcode: 'LINK',
    method: 'link',
    ask: (client) => client.link(5, 1, 'second'),
    args: [5, 1, 'second'],
    ...entered,
  },
  {
    opcode: 'OPEN',
    method: 'open',
    ask: (client) => client.open(5, 0o2, { killSuidgid: true }),
    args: [5, 0o2, true],
    give: () => openReply,
    answer: openReply,
    missing: noHandle,
  },
  {
    opcode: 'CREATE',
    method: 'create',
    ask: (client) => client.create(1, 'file', 0o100666, 0o102, { umask: 0o022 }),
    args: [1, 'file', 0o100644, 0o102, false],
    give: () => ({ entry, open: openReply }),
    answer: { entry, open: openReply },
    missing: 'EACCES',
  },
  {
    opcode: 'TMPFILE',
    method: 'tmpfile',
    ask: (client) => client.tmpfile(1, 0o100600, 0o2),
    args: [1, 0o100600, 0o2],
    give: () => ({ entry, open: openReply }),
    answer: { entry, open: openReply },
    missing: 'EOPNOTSUPP',
  },
  {
    opcode: 'READ',
    method: 'read',
    ask: async (client) => plain(await client.read(5, 9, 2 ** 40, 4096, { flags: 0x8000, lockOwner: 9n })),
    args: [5, 9, 2 ** 40, sinkShape],
    give: () => bytes('content'),
    answer: 'content',
    missing: 'EINVAL',
  },
  {
    opcode: 'WRITE',
    method: 'write',
    ask: (client) => client.write(5, 9, 2 ** 40, bytes('hello'), { flags: 1, writeFlags: 1, lockOwner: 9n }),
    args: [5, 9, 2 ** 40, sourceShape],
    give: () => 4,
    answer: 4,
    missing: 'EINVAL',
  },
  {
    opcode: 'FLUSH',
    method: 'flush',
    ask: (client) => client.flush(5, 9, 2n ** 63n),
    args: [5, 9, 2n ** 63n],
    ...done,
    missing: nothing,
  },
  {
    opcode: 'RELEASE',
    method: 'release',
    ask: (client) => client.release(5, 9, { flags: 2, lockOwner: 3n, flush: true, flockUnlock: true }),
    args: [5, 9, { flags: 2, lockOwner: 3n, flush: true, flockUnlock: true }],
    ...done,
    missing: nothing,
  },
  {
    opcode: 'FSYNC',
    method: 'fsync',
    ask: (client) => client.fsync(5, 9, true),
    args: [5, 9, true],
    ...done,
    missing: nothing,
  },
  {
    opcode: 'FALLOCATE',
    method: 'fallocate',
    ask: (client) => client.fallocate(5, 9, 2 ** 40, 4096, 3),
    args: [5, 9, 2 ** 40, 4096, 3],
    ...done,
    missing: 'EOPNOTSUPP',
  },
  {
    opcode: 'LSEEK',
    method: 'lseek',
    ask: (client) => client.lseek(5, 9, 100, 3),
    args: [5, 9, 100, 3],
    give: () => 2 ** 52,
    answer: 2 ** 52,
    missing: 'EINVAL',
  },
  {
    opcode: 'COPY_FILE_RANGE',
    method: 'copyFileRange',
    ask: (client) =>
      client.copyFileRange({ node: 5, fh: 9, offset: 1 }, { node: 6, fh: 10, offset: 2 }, 2 ** 33),
    args: [{ node: 5, fh: 9, offset: 1 }, { node: 6, fh: 10, offset: 2 }, 0xffff_f000, 0],
    give: () => 0xffff_f000,
    answer: 0xffff_f000,
    missing: 'EOPNOTSUPP',
  },
  {
    opcode: 'COPY_FILE_RANGE_64',
    method: 'copyFileRange',
    ask: (client) =>
      client.copyFileRange({ node: 5, fh: 9, offset: 1 }, { node: 6, fh: 10, offset: 2 }, 2 ** 33, {
        wide: true,
      }),
    args: [{ node: 5, fh: 9, offset: 1 }, { node: 6, fh: 10, offset: 2 }, 2 ** 33, 0],
    give: () => 2 ** 33,
    answer: 2 ** 33,
    missing: 'EOPNOTSUPP',
  },
  {
    opcode: 'OPENDIR',
    method: 'opendir',
    ask: (client) => client.opendir(5, 0o200000),
    args: [5, 0o200000],
    give: () => openReply,
    answer: openReply,
    missing: noHandle,
  },
  {
    opcode: 'READDIR',
    method: 'readdir',
    ask: async (client) => plain(await client.readdirPage(5, 9)),
    args: [5, 9, 0n, { remaining: 4096 }],
    give: list,
    answer: listed,
    missing: 'ENOTDIR',
  },
  {
    opcode: 'READDIRPLUS',
    method: 'readdirplus',
    ask: async (client) => plain(await client.readdirplusPage(5, 9)),
    args: [5, 9, 0n, { remaining: 4096 }],
    give: list,
    answer: listedPlus,
    missing: 'ENOTDIR',
  },
  {
    opcode: 'RELEASEDIR',
    method: 'releasedir',
    ask: (client) => client.releasedir(5, 9, 0o200000),
    args: [5, 9, 0o200000],
    ...done,
    missing: nothing,
  },
  {
    opcode: 'FSYNCDIR',
    method: 'fsyncdir',
    ask: (client) => client.fsyncdir(5, 9, true),
    args: [5, 9, true],
    ...done,
    missing: nothing,
  },
  {
    opcode: 'STATFS',
    method: 'statfs',
    ask: (client) => client.statfs(5),
    args: [5],
    give: () => statfs,
    answer: statfs,
    missing: { result: emptyStatfs },
  },
  {
    opcode: 'SYNCFS',
    method: 'syncfs',
    ask: (client) => client.syncfs(5),
    args: [5],
    ...done,
    missing: nothing,
  },
  {
    opcode: 'ACCESS',
    method: 'access',
    ask: (client) => client.access(5, 6),
    args: [5, 6],
    ...done,
    missing: nothing,
  },
  {
    opcode: 'STATX',
    method: 'statx',
    ask: async (client) => {
      const { attrValid, attrValidNsec, stat } = await client.statx(5, 0xfff, { fh: 9, flags: 0x100 })
      const { mask, size, btime, attributes, devMajor, devMinor, rdevMajor, rdevMinor } = stat
      return {
        attrValid,
        attrValidNsec,
        mask,
        size,
        btime,
        attributes,
        devMajor,
        devMinor,
        rdevMajor,
        rdevMinor,
      }
    },
    args: [5, 9, 0x100, 0xfff],
    give: () => ({
      ...attrReply,
      mask: 0xfff,
      btime: { seconds: -2, nanoseconds: 3 },
      attributes: 2n ** 40n,
      devMajor: 8,
      devMinor: 1,
    }),
    answer: {
      attrValid: 1,
      attrValidNsec: 500_000_000,
      mask: 0xfff,
      size: entry.attr.size,
      btime: { tvSec: -2, tvNsec: 3 },
      attributes: 2n ** 40n,
      devMajor: 8,
      devMinor: 1,
      rdevMajor: 5,
      rdevMinor: 1,
    },
    missing: 'EOPNOTSUPP',
  },
  {
    opcode: 'SETXATTR',
    method: 'setxattr',
    ask: (client) => client.setxattr(5, 'user.x', bytes('value'), { flags: 2 }),
    args: [5, 'user.x', 'value', 2, false],
    ...done,
    missing: 'EOPNOTSUPP',
  },
  {
    opcode: 'GETXATTR',
    method: 'getxattr',
    ask: async (client) => plain(await client.getxattr(5, 'user.x', 100)),
    args: [5, 'user.x', 100],
    give: () => bytes('value'),
    answer: 'value',
    missing: 'EOPNOTSUPP',
  },
  {
    opcode: 'LISTXATTR',
    method: 'listxattr',
    ask: (client) => client.listxattr(5, 100),
    args: [5, 100],
    give: () => bytes('user.x\0user.y\0'),
    answer: ['user.x', 'user.y'],
    missing: 'EOPNOTSUPP',
  },
  {
    opcode: 'REMOVEXATTR',
    method: 'removexattr',
    ask: (client) => client.removexattr(5, 'user.x'),
    args: [5, 'user.x'],
    ...done,
    missing: 'EOPNOTSUPP',
  },
  {
    opcode: 'GETLK',
    method: 'getlk',
    ask: (client) => client.getlk(5, 9, 2n ** 63n, lock),
    args: [5, 9, 2n ** 63n, lock],
    give: () => ({ ...lock, type: 0, pid: 77 }),
    answer: { ...lock, type: 0, pid: 77 },
    missing: 'EOPNOTSUPP',
  },
  {
    opcode: 'SETLK',
    method: 'setlk',
    ask: (client) => client.setlk(5, 9, { owner: 3n, lock, flock: true, wait: false }),
    args: [5, 9, { owner: 3n, lock, flock: true, wait: false }],
    ...done,
    missing: 'EOPNOTSUPP',
  },
  {
    opcode: 'SETLKW',
    method: 'setlk',
    ask: (client) => client.setlk(5, 9, { owner: 3n, lock, flock: false, wait: true }),
    args: [5, 9, { owner: 3n, lock, flock: false, wait: true }],
    ...done,
    missing: 'EOPNOTSUPP',
  },
  {
    opcode: 'BMAP',
    method: 'bmap',
    ask: (client) => client.bmap(5, 512, 2 ** 40),
    args: [5, 512, 2 ** 40],
    give: () => 2 ** 41,
    answer: 2 ** 41,
    missing: 'EINVAL',
  },
  {
    opcode: 'IOCTL',
    method: 'ioctl',
    ask: async (client) =>
      plain(
        await client.ioctl(5, 9, {
          command: 0x8004_6601,
          arg: 2n ** 63n,
          flags: 1,
          input: bytes('in'),
          outputSize: 8,
        }),
      ),
    args: [5, 9, { command: 0x8004_6601, arg: 2n ** 63n, flags: 1, input: 'in', outputSize: 8 }],
    give: () => ({ result: -3, output: bytes('out') }),
    answer: { result: -3, output: 'out' },
    missing: 'ENOTTY',
  },
  {
    opcode: 'POLL',
    method: 'poll',
    ask: (client) => client.poll(5, 9, 5, 2n ** 63n),
    args: [5, 9, 5, 2n ** 63n],
    give: () => 4,
    answer: 4,
    missing: { result: 0x145 },
  },
  {
    opcode: 'SETUPMAPPING',
    method: 'setupmapping',
    ask: (client) =>
      client.setupmapping(5, 9, { fileOffset: 4096, length: 8192, flags: 2, windowOffset: 2 ** 40 }),
    args: [5, 9, { fileOffset: 4096, length: 8192, flags: 2, windowOffset: 2 ** 40 }, 'window'],
    ...done,
    missing: 'EOPNOTSUPP',
  },
  {
    opcode: 'REMOVEMAPPING',
    method: 'removemapping',
    ask: (client) =>
      client.removemapping(5, [
        { windowOffset: 0, length: 4096 },
        { windowOffset: 8192, length: 4096 },
      ]),
    args: [
      5,
      [
        { windowOffset: 0, length: 4096 },
        { windowOffset: 8192, length: 4096 },
      ],
      'window',
    ],
    ...done,
    missing: 'EOPNOTSUPP',
  },
]

/** The DAX window that `plain` shows as its name. */
export const cacheWindow: CacheWindow = { map: () => {}, unmap: () => {} }

/** A value that stays what it is and is easy to compare: bytes as text, sinks and sources by what they say. */
export function plain(value: unknown): unknown {
  if (value === cacheWindow) return 'window'
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  if ('fromFd' in value) return shapeOfSink(value as ReadSink)
  if ('toFd' in value) return shapeOfSource(value as WriteSource)
  if ('addPlus' in value) return { remaining: (value as DirectorySink).remaining }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]))
}

function shapeOfSink({ size, flags, lockOwner }: ReadSink): object {
  return { size, flags, lockOwner }
}

function shapeOfSource(source: WriteSource): object {
  const { size, flags, writeFlags, lockOwner } = source
  return { size, flags, writeFlags, lockOwner, bytes: plain(source.bytes()) }
}

/** What a context says, as a value that stays. */
export function plainContext(ctx: Context): object {
  const { uid, gid, pid, umask, groups, unique } = ctx
  const securityContexts = ctx.securityContexts.map((context) => plain(context))
  return { uid, gid, pid, umask, groups: [...groups], securityContexts, unique }
}

/** A file system with the one method of an operation, and what it was called with. */
export function fileSystemOf(operation: Operation, give: Operation['give'] = operation.give) {
  const calls: unknown[][] = []
  const contexts: object[] = []
  const fs = {
    [operation.method]: (...args: never[]) => {
      calls.push(args.slice(0, -1).map(plain))
      contexts.push(plainContext(args.at(-1) as unknown as Context))
      return give(...args)
    },
  } as FileSystem
  return { fs, calls, contexts }
}
