import {
  FuseBatchForgetIn,
  FuseEntryOut,
  FuseForgetIn,
  FuseForgetOne,
  FuseInitIn,
  FuseInterruptIn,
  FuseLseekIn,
  FuseOpenIn,
  FuseReadIn,
  FuseSetxattrIn,
  FuseWriteIn,
  Opcode,
  type OpcodeInfo,
  opcodes,
} from '@fb/abi'
import { RequestBody } from '@fb/api/testing'
import { missingForMount } from '@fb/testbed'
import type { RingClient } from '@fb/transport-virtiofs/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Arena } from './arena.js'
import { decode, lookup, open } from './guest-calls.js'

const TIMEOUT_MS = 120_000
const ROOT = 1
const EIO = -5
const EAGAIN = -11
const EINVAL = -22
/** What the guest speaks. */
const MINOR = 38
const reason = missingForMount(['mkfs.ext4', 'chattr', 'mkfifo'])
const because = reason === undefined ? '' : ` (skipped: ${reason})`

/** None of these is the name of anything in a directory. */
const NAMES: readonly string[] = [
  ...['', '.', '..', '../secret', '../outside', '../outside/secret', '../new', 'directory/../../secret'],
  ...['out/secret', 'out/new', 'etc/passwd', '/', '/etc/passwd', './file', 'file/', 'directory/file'],
  ...['directory/', '//', '.\u0000', 'n'.repeat(256), 'n'.repeat(5000)],
]
/** Operations whose names are of entries of directories: not those of extended attributes, nor TMPFILE, which uses none. */
const NAMED = Object.values(opcodes).filter(
  ({ names, name }) => names > 0 && !name.includes('XATTR') && name !== 'TMPFILE',
)

/** Names that each of them succeeds with; any new ones for the others. */
const RIGHT: Readonly<Record<string, readonly string[]>> = {
  ...{ LOOKUP: ['file'], UNLINK: ['content'], RMDIR: ['empty'] },
  ...{ RENAME: ['file', 'new'], RENAME2: ['file', 'new'] },
}

/** Arguments of an operation that would be right with right names. */
function rightArguments({ request, requestSize }: OpcodeInfo, file: number): RequestBody {
  const bytes = new Uint8Array(request === undefined ? 0 : requestSize(MINOR, 0n))
  const view = new DataView(bytes.buffer)
  for (const { keys, offset } of request?.fields ?? []) {
    if (keys[0] === 'newdir') view.setUint32(offset, ROOT, true)
    if (keys[0] === 'oldnodeid') view.setUint32(offset, file, true)
    if (keys[0] === 'mode') view.setUint32(offset, 0o100644, true)
  }
  return new RequestBody().bytes(bytes)
}

describe.skipIf(reason !== undefined).each([0, 2])(
  `a guest of %d serving threads${because}`,
  {
    timeout: TIMEOUT_MS,
  },
  (threads) => {
    let arena: Arena
    let client: RingClient
    beforeAll(async () => {
      arena = await Arena.start(threads)
      await arena.serves()
    })
    afterAll(() => arena.close())
    afterEach(async () => {
      client.close()
      arena.check()
      await arena.serves()
    })
    const connect = async (): Promise<RingClient> => {
      client = await arena.connect()
      await client.init()
      return client
    }
    /** Whether the session goes on. */
    const alive = async (): Promise<void> => {
      for (const queue of [1, 2, 3])
        expect((await client.call(Opcode.STATFS, ROOT, undefined, { queue })).error).toBe(0)
    }

    describe('reaches nothing outside the directory', () => {
      test.each(NAMED.map((info) => [info.name, info] as const))('by a name in %s', async (_name, info) => {
        await connect()
        const directory = await lookup(client, 'directory')
        const link = await lookup(client, 'out')
        const file = await lookup(client, 'file')
        for (const parent of [ROOT, directory, link]) {
          for (const name of parent === link ? [...NAMES, 'secret', 'new'] : NAMES) {
            for (let place = 0; place < info.names; place += 1) {
              // A target of a symbolic link is text like any other.
              if (info.code === Opcode.SYMLINK && place === 1) continue
              const body = rightArguments(info, file)
              for (let each = 0; each < info.names; each += 1) body.name(each === place ? name : 'other')
              const { error, body: answer } = await client.call(info.code, parent, body, { queue: 1 + place })
              const isLookup = info.code === Opcode.LOOKUP && (name === '.' || name === '..') && error === 0
              // What is above the root is the root.
              if (isLookup) expect([ROOT, directory, link]).toContain(decode(FuseEntryOut, answer).nodeid)
              else
                expect(error, `${info.name} ${JSON.stringify(name.slice(0, 40))} in ${parent}`).toBeLessThan(
                  0,
                )
            }
          }
        }
        arena.check()
        const right = rightArguments(info, file)
        for (let each = 0; each < info.names; each += 1) right.name(RIGHT[info.name]?.[each] ?? 'new')
        expect((await client.call(info.code, ROOT, right)).error).toBe(0)
        await alive()
      })

      test('through the links in it, which are text', async () => {
        await connect()
        const link = await lookup(client, 'out')
        const target = Buffer.from((await client.call(Opcode.READLINK, link)).body).toString()
        expect(target).toBe('../outside')
        for (const opcode of [Opcode.OPEN, Opcode.OPENDIR]) {
          expect((await client.call(opcode, link, new RequestBody().struct(FuseOpenIn))).error).toBeLessThan(
            0,
          )
        }
        await alive()
      })

      test('with a name without an end', async () => {
        await connect()
        const file = await lookup(client, 'file')
        for (const info of NAMED) {
          const body = rightArguments(info, file).bytes(new TextEncoder().encode('../new'))
          expect((await client.call(info.code, ROOT, body)).error, info.name).toBe(EINVAL)
        }
        await alive()
      })
    })

    describe('is answered', () => {
      test('FORGET of more than it has looked up, of the root, and of what it never knew: not at all', async () => {
        await connect()
        const node = await lookup(client, 'file')
        const forget = (target: number, nlookup: number) =>
          client.call(Opcode.FORGET, target, new RequestBody().struct(FuseForgetIn, { nlookup }), {
            queue: 0,
          })
        const many = Number.MAX_SAFE_INTEGER
        for (const [target, count] of [
          [node, many],
          [node, 1],
          [ROOT, many],
          [77_777, 3],
          [0, 1],
          [many, many],
        ] as const) {
          expect(await forget(target, count)).toMatchObject({ used: 0 })
        }
        const one = { nodeid: node, nlookup: many }
        for (const count of [1, 0, 2, 0xffff_ffff]) {
          const body = new RequestBody().struct(FuseBatchForgetIn, { count }).struct(FuseForgetOne, one)
          expect(await client.call(Opcode.BATCH_FORGET, 0, body, { queue: 0 })).toMatchObject({ used: 0 })
        }
        expect(await lookup(client, 'file')).toBeGreaterThan(ROOT)
        await alive()
      })

      test('INTERRUPT of a request that nobody knows: EAGAIN', async () => {
        await connect()
        for (const unique of [0n, 1n, 0xffff_ffff_ffff_ffffn]) {
          for (const queue of [0, 1, 2]) {
            const body = new RequestBody().struct(FuseInterruptIn, { unique })
            expect((await client.call(Opcode.INTERRUPT, 0, body, { queue })).error).toBe(EAGAIN)
          }
        }
        await alive()
      })

      test('requests without a header, without arguments, or before INIT', async () => {
        client = await arena.connect()
        const statfs = client.encode(Opcode.STATFS, ROOT)
        for (const queue of [0, 1, 2]) {
          for (const length of [1, 8, 39]) {
            expect(await client.send(statfs.subarray(0, length), { queue })).toMatchObject({ used: 0 })
          }
          expect((await client.send(statfs, { queue })).error).toBe(EIO)
          // Nothing to read, and nothing to write.
          const head = client.queue(queue).post([], [{ address: client.memory.allocate(4096), length: 4096 }])
          expect(await client.queue(queue).take()).toEqual({ head, length: 0 })
          expect(await client.send(statfs, { queue, capacity: 0 })).toMatchObject({ used: 0 })
          expect(await client.send(statfs, { queue, capacity: 15 })).toMatchObject({ used: 0 })
        }
        const short = new RequestBody().bytes(new Uint8Array(8))
        expect((await client.call(Opcode.INIT, 0, short)).error).toBeLessThan(0)
        const old = new RequestBody().struct(FuseInitIn, { major: 6, minor: 1 })
        expect((await client.call(Opcode.INIT, 0, old)).used).toBeGreaterThan(0)
        await client.init()
        await alive()
      })

      test('sizes and offsets that cannot be', async () => {
        await connect()
        const node = await lookup(client, 'file')
        const fh = await open(client, node)
        const xattr = (size: number) =>
          new RequestBody().struct(FuseSetxattrIn, { size }).name('user.x').bytes(new Uint8Array(10))
        for (const size of [11, 65_537, 0xffff_ffff]) {
          expect((await client.call(Opcode.SETXATTR, node, xattr(size))).error).toBeLessThan(0)
        }
        for (const offset of [2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
          const read = new RequestBody().struct(FuseReadIn, { fh, size: 10 })
          read.patch64(FuseReadIn.offsets.offset, offset)
          expect((await client.call(Opcode.READ, node, read)).body.length).toBe(0)
          const write = new RequestBody().struct(FuseWriteIn, { fh, size: 10 }).bytes(new Uint8Array(10))
          write.patch64(FuseWriteIn.offsets.offset, offset)
          expect((await client.call(Opcode.WRITE, node, write)).error).toBeLessThan(0)
        }
        const seek = new RequestBody().struct(FuseLseekIn, { fh, offset: 0, whence: 77 })
        expect((await client.call(Opcode.LSEEK, node, seek)).error).toBeLessThan(0)
        const most = new RequestBody().struct(FuseReadIn, { fh, offset: 0, size: 0xffff_ffff })
        expect((await client.call(Opcode.READ, node, most)).error).toBe(EINVAL)
        await alive()
      })
    })
  },
)
