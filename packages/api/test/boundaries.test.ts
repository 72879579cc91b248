import {
  FuseBmapIn,
  FuseCopyFileRangeIn,
  FuseFallocateIn,
  FuseFlushIn,
  FuseForgetIn,
  FuseForgetOne,
  FuseFsyncIn,
  FuseGetattrIn,
  FuseInHeader,
  FuseIoctlIn,
  FuseLinkIn,
  FuseLkIn,
  FuseLseekIn,
  FusePollIn,
  FuseReadIn,
  FuseReleaseIn,
  FuseRename2In,
  FuseRenameIn,
  FuseSetattrIn,
  FuseSetupmappingIn,
  FuseStatxIn,
  FuseWriteIn,
  Opcode,
  SetattrValid,
} from '@fb/abi'
import { describe, expect, it } from 'vitest'
import type { Context } from '../src/context.js'
import { Errno } from '../src/errno.js'
import type { FileSystem } from '../src/file-system.js'
import { FuseClient } from '../src/testing/fuse-client.js'
import { RequestBody } from '../src/testing/request-body.js'
import { encodeRequest } from '../src/testing/request-bytes.js'
import { cacheWindow, operations } from './operations.js'
import { replyError } from './reply-error.js'

const SAFE = 2n ** 53n - 1n
const UNSAFE = [2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]

/** A file system with every method, none of which may be called. */
const untouchable = Object.fromEntries(
  operations.map(({ method }) => [method, () => expect.unreachable(`${method} was called`)]),
) as FileSystem

const struct = (body: RequestBody): RequestBody => body
const names = (body: RequestBody): RequestBody => body.name('a')
const twoNames = (body: RequestBody): RequestBody => body.name('a').name('b')

/** 64-bit fields that become numbers: where they are, and how one that no safe integer holds is refused. */
const fields: readonly (readonly [
  string,
  number,
  string,
  RequestBody,
  number,
  (body: RequestBody) => RequestBody,
])[] = [
  [
    'GETATTR fh',
    Opcode.GETATTR,
    'EBADF',
    new RequestBody().struct(FuseGetattrIn, { getattrFlags: 1 }),
    8,
    struct,
  ],
  ['STATX fh', Opcode.STATX, 'EBADF', new RequestBody().struct(FuseStatxIn, { getattrFlags: 1 }), 8, struct],
  ['SETATTR fh', Opcode.SETATTR, 'EBADF', setattr(SetattrValid.FH), FuseSetattrIn.offsets.fh, struct],
  ['SETATTR size', Opcode.SETATTR, 'EFBIG', setattr(SetattrValid.SIZE), FuseSetattrIn.offsets.size, struct],
  ['RENAME newdir', Opcode.RENAME, 'EOVERFLOW', new RequestBody().struct(FuseRenameIn), 0, twoNames],
  ['RENAME2 newdir', Opcode.RENAME2, 'EOVERFLOW', new RequestBody().struct(FuseRename2In), 0, twoNames],
  ['LINK oldnodeid', Opcode.LINK, 'EOVERFLOW', new RequestBody().struct(FuseLinkIn), 0, names],
  ['READ fh', Opcode.READ, 'EBADF', new RequestBody().struct(FuseReadIn), 0, struct],
  ['WRITE fh', Opcode.WRITE, 'EBADF', new RequestBody().struct(FuseWriteIn), 0, struct],
  ['WRITE offset', Opcode.WRITE, 'EFBIG', new RequestBody().struct(FuseWriteIn), 8, struct],
  ['READDIR fh', Opcode.READDIR, 'EBADF', new RequestBody().struct(FuseReadIn), 0, struct],
  ['READDIRPLUS fh', Opcode.READDIRPLUS, 'EBADF', new RequestBody().struct(FuseReadIn), 0, struct],
  ['FLUSH fh', Opcode.FLUSH, 'EBADF', new RequestBody().struct(FuseFlushIn), 0, struct],
  ['RELEASE fh', Opcode.RELEASE, 'EBADF', new RequestBody().struct(FuseReleaseIn), 0, struct],
  ['RELEASEDIR fh', Opcode.RELEASEDIR, 'EBADF', new RequestBody().struct(FuseReleaseIn), 0, struct],
  ['FSYNC fh', Opcode.FSYNC, 'EBADF', new RequestBody().struct(FuseFsyncIn), 0, struct],
  ['FSYNCDIR fh', Opcode.FSYNCDIR, 'EBADF', new RequestBody().struct(FuseFsyncIn), 0, struct],
  ['GETLK fh', Opcode.GETLK, 'EBADF', new RequestBody().struct(FuseLkIn), 0, struct],
  ['SETLK fh', Opcode.SETLK, 'EBADF', new RequestBody().struct(FuseLkIn), 0, struct],
  ['FALLOCATE fh', Opcode.FALLOCATE, 'EBADF', new RequestBody().struct(FuseFallocateIn), 0, struct],
  ['FALLOCATE offset', Opcode.FALLOCATE, 'EFBIG', new RequestBody().struct(FuseFallocateIn), 8, struct],
  ['FALLOCATE length', Opcode.FALLOCATE, 'EFBIG', new RequestBody().struct(FuseFallocateIn), 16, struct],
  ['LSEEK fh', Opcode.LSEEK, 'EBADF', new RequestBody().struct(FuseLseekIn), 0, struct],
  ['LSEEK offset', Opcode.LSEEK, 'EINVAL', new RequestBody().struct(FuseLseekIn), 8, struct],
  ['LSEEK data', Opcode.LSEEK, 'ENXIO', new RequestBody().struct(FuseLseekIn, { whence: 3 }), 8, struct],
  ['LSEEK hole', Opcode.LSEEK, 'ENXIO', new RequestBody().struct(FuseLseekIn, { whence: 4 }), 8, struct],
  ['BMAP block', Opcode.BMAP, 'EOVERFLOW', new RequestBody().struct(FuseBmapIn), 0, struct],
  ['IOCTL fh', Opcode.IOCTL, 'EBADF', new RequestBody().struct(FuseIoctlIn), 0, struct],
  ['POLL fh', Opcode.POLL, 'EBADF', new RequestBody().struct(FusePollIn), 0, struct],
  ['COPY fh_in', Opcode.COPY_FILE_RANGE, 'EBADF', new RequestBody().struct(FuseCopyFileRangeIn), 0, struct],
  ['COPY off_in', Opcode.COPY_FILE_RANGE, 'EFBIG', new RequestBody().struct(FuseCopyFileRangeIn), 8, struct],
  [
    'COPY nodeid_out',
    Opcode.COPY_FILE_RANGE,
    'EOVERFLOW',
    new RequestBody().struct(FuseCopyFileRangeIn),
    16,
    struct,
  ],
  ['COPY fh_out', Opcode.COPY_FILE_RANGE, 'EBADF', new RequestBody().struct(FuseCopyFileRangeIn), 24, struct],
  [
    'COPY off_out',
    Opcode.COPY_FILE_RANGE_64,
    'EFBIG',
    new RequestBody().struct(FuseCopyFileRangeIn),
    32,
    struct,
  ],
  [
    'SETUPMAPPING foffset',
    Opcode.SETUPMAPPING,
    'EFBIG',
    new RequestBody().struct(FuseSetupmappingIn),
    8,
    struct,
  ],
  [
    'SETUPMAPPING len',
    Opcode.SETUPMAPPING,
    'EFBIG',
    new RequestBody().struct(FuseSetupmappingIn),
    16,
    struct,
  ],
  [
    'SETUPMAPPING moffset',
    Opcode.SETUPMAPPING,
    'EFBIG',
    new RequestBody().struct(FuseSetupmappingIn),
    32,
    struct,
  ],
]

function setattr(valid: number): RequestBody {
  return new RequestBody().struct(FuseSetattrIn, { valid })
}

describe('numbers that no safe integer holds', () => {
  it.each(fields)('%s is %s', async (name, opcode, code, fixed, at, rest) => {
    const head = fixed.finish()
    const bodyWith = (value: bigint): RequestBody => rest(new RequestBody().bytes(head)).patch64(at, value)
    const strict = await FuseClient.connect(untouchable, { server: { cacheWindow } })
    for (const value of UNSAFE) {
      await expect(strict.call(opcode, 1, bodyWith(value)), `${name} ${value}`).rejects.toMatchObject({
        // An offset with its high bit set is a negative one, which is EINVAL to some operations of the kernel.
        code,
      })
    }
    const called: unknown[] = []
    const lenient = Object.fromEntries(
      operations.map(({ method }) => [method, (...args: unknown[]) => called.push(args) && Errno.EDQUOT]),
    ) as FileSystem
    const client = await FuseClient.connect(lenient, { server: { cacheWindow } })
    await expect(client.call(opcode, 1, bodyWith(SAFE))).rejects.toMatchObject({ code: 'EDQUOT' })
    expect(called).toHaveLength(1)
  })

  it('a node is EOVERFLOW, in every operation', async () => {
    const client = await FuseClient.connect(untouchable, { server: { cacheWindow } })
    for (const { opcode } of operations) {
      const message = encodeRequest({ opcode: Opcode[opcode], unique: 4n, nodeid: 1 }, new Uint8Array(200))
      for (const value of UNSAFE) {
        new DataView(message.buffer).setBigUint64(FuseInHeader.offsets.nodeid, value, true)
        expect(replyError(await client.raw(message)), opcode).toBe(-Errno.EOVERFLOW.errno)
      }
    }
  })

  it('the end of a range counts as well', async () => {
    const client = await FuseClient.connect(untouchable, { server: { cacheWindow } })
    const last = Number(SAFE)
    // There is no byte to read: no file is so long.
    expect(await client.read(1, 1, last, 1)).toHaveLength(0)
    await expect(client.write(1, 1, last, new Uint8Array(1))).rejects.toMatchObject({ code: 'EFBIG' })
    await expect(client.fallocate(1, 1, last, 1)).rejects.toMatchObject({ code: 'EFBIG' })
    const mapping = { fileOffset: last, length: 1, flags: 0, windowOffset: 0 }
    await expect(client.setupmapping(1, 1, mapping)).rejects.toMatchObject({ code: 'EFBIG' })
    const range = { windowOffset: last, length: 1 }
    await expect(client.removemapping(1, [range])).rejects.toMatchObject({ code: 'EFBIG' })
  })

  it('a mapping may come without an open file, but not with one that cannot be', async () => {
    const handles: unknown[] = []
    const fs: FileSystem = { setupmapping: (_node, fh) => void handles.push(fh) }
    const client = await FuseClient.connect(fs, { server: { cacheWindow } })
    const codes: unknown[] = []
    for (const handle of [7n, ...UNSAFE]) {
      const body = new RequestBody().struct(FuseSetupmappingIn, { len: 4096 }).patch64(0, handle)
      codes.push(
        await client.call(Opcode.SETUPMAPPING, 1, body).then(
          () => 'mapped',
          (error: { code: string }) => error.code,
        ),
      )
    }
    expect(codes).toEqual(['mapped', 'EBADF', 'EBADF', 'EBADF', 'mapped'])
    expect(handles).toEqual([7, undefined])
  })

  it('a copy is cut to what can be counted, not refused', async () => {
    const lengths: number[] = []
    const fs: FileSystem = {
      copyFileRange(_from, _to, length) {
        lengths.push(length)
        return 0
      },
    }
    const client = await FuseClient.connect(fs)
    const body = (): RequestBody =>
      new RequestBody().struct(FuseCopyFileRangeIn, { offOut: 10 }).patch64(40, 2n ** 64n - 1n)
    await client.call(Opcode.COPY_FILE_RANGE, 1, body())
    await client.call(Opcode.COPY_FILE_RANGE_64, 1, body())
    expect(lengths).toEqual([0xffff_f000, Number(SAFE) - 10])
  })

  it('a cookie keeps all its bits', async () => {
    const cookies: bigint[] = []
    const fs: FileSystem = { readdir: (_node, _fh, cookie) => void cookies.push(cookie) }
    const client = await FuseClient.connect(fs)
    for (const cookie of [0n, ...UNSAFE]) await client.readdirPage(1, 1, { cookie })
    expect(cookies).toEqual([0n, ...UNSAFE])
  })

  it('a forget is ignored', async () => {
    const forgotten: number[][] = []
    const client = await FuseClient.connect({ forget: (...args) => void forgotten.push(args) })
    const one = (value: bigint, at: number): RequestBody =>
      new RequestBody().struct(FuseForgetOne, { nodeid: 5, nlookup: 6 }).patch64(at, value)
    for (const value of UNSAFE) {
      await client.post(Opcode.FORGET, 5, new RequestBody().struct(FuseForgetIn).patch64(0, value))
      for (const at of [0, 8]) {
        const body = new RequestBody()
          .bytes(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0))
          .bytes(one(value, at).finish())
        await client.post(Opcode.BATCH_FORGET, 0, body)
      }
    }
    expect(forgotten).toEqual([])
  })

  it('a lock beyond 2^63 - 1, or that ends before it begins, is EINVAL', async () => {
    const client = await FuseClient.connect(untouchable)
    const good = { start: 0n, end: 2n ** 63n - 1n, type: 1, pid: 1 }
    for (const bad of [
      { end: 2n ** 63n },
      { start: 2n ** 63n, end: 2n ** 64n - 1n },
      { start: 5n, end: 4n },
      { type: 3 },
    ]) {
      const lock = { ...good, ...bad }
      await expect(client.getlk(1, 1, 1n, lock)).rejects.toMatchObject({ code: 'EINVAL' })
      await expect(client.setlk(1, 1, { owner: 1n, lock, flock: false, wait: false })).rejects.toMatchObject({
        code: 'EINVAL',
      })
    }
  })

  it('a time beyond 2^53 is cut to that', async () => {
    const times: unknown[] = []
    const client = await FuseClient.connect({
      setattr: (_node, { atime }) => {
        times.push(atime)
        return Errno.EDQUOT
      },
    })
    for (const value of [2n ** 53n, 2n ** 63n - 1n, 2n ** 63n]) {
      const body = setattr(SetattrValid.ATIME).patch64(FuseSetattrIn.offsets.atime, value)
      await expect(client.call(Opcode.SETATTR, 1, body)).rejects.toMatchObject({ code: 'EDQUOT' })
    }
    const last = { seconds: Number.MAX_SAFE_INTEGER, nanoseconds: 0 }
    expect(times).toEqual([last, last, { ...last, seconds: -last.seconds }])
  })

  it('a time with a second of nanoseconds is EINVAL', async () => {
    const client = await FuseClient.connect(untouchable)
    const body = new RequestBody().struct(FuseSetattrIn, {
      valid: SetattrValid.MTIME,
      mtimensec: 1_000_000_000,
    })
    await expect(client.call(Opcode.SETATTR, 1, body)).rejects.toMatchObject({ code: 'EINVAL' })
  })
})

describe('a umask', () => {
  it('has the bits that umask(2) takes, whatever else a client sends', async () => {
    const seen: number[] = []
    const refuse = ({ umask }: Context) => {
      seen.push(umask)
      return Errno.EDQUOT
    }
    const client = await FuseClient.connect({
      mknod: (_parent, _name, _mode, _rdev, ctx) => refuse(ctx),
      mkdir: (_parent, _name, _mode, ctx) => refuse(ctx),
      create: (_parent, _name, _mode, _flags, _kill, ctx) => refuse(ctx),
      tmpfile: (_parent, _mode, _flags, ctx) => refuse(ctx),
    })
    const umask = 0xffff_f02d
    await expect(client.mknod(1, 'a', 0o100644, 0, { umask })).rejects.toMatchObject({ code: 'EDQUOT' })
    await expect(client.mkdir(1, 'a', 0o755, { umask })).rejects.toMatchObject({ code: 'EDQUOT' })
    await expect(client.create(1, 'a', 0o100644, 0, { umask })).rejects.toMatchObject({ code: 'EDQUOT' })
    await expect(client.tmpfile(1, 0o600, 2, { umask })).rejects.toMatchObject({ code: 'EDQUOT' })
    expect(seen).toEqual([0o055, 0o055, 0o055, 0o055])
  })
})
