import { CompatSize, FuseInitIn, FuseInitOut, InitFlag, Opcode } from '@fb/abi'
import { describe, expect, it } from 'vitest'
import type { Connection } from '../src/connection.js'
import { Errno } from '../src/errno.js'
import type { FileSystem } from '../src/file-system.js'
import { Server } from '../src/server.js'
import { FuseClient } from '../src/testing/fuse-client.js'
import { MemoryChannel } from '../src/testing/memory-channel.js'
import { RequestBody } from '../src/testing/request-body.js'
import { encodeRequest } from '../src/testing/request-bytes.js'
import { recordingLogger } from './logger.js'
import { entry, openReply } from './operations.js'
import { replyError } from './reply-error.js'

const ALL_BITS = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit))
const KNOWN = Object.values(InitFlag).reduce((flags, flag) => flags | flag, 0n)

/** What a file system gets that asks for everything. */
async function greedy(offered: bigint, minor = 45) {
  let connection: Connection | undefined
  const fs: FileSystem = {
    init(one) {
      connection = one
      one.limits.maxStackDepth = 1
      one.limits.requestTimeout = 60
      one.limits.mapAlignment = 12
      one.enable(2n ** 64n - 1n)
    },
  }
  const client = await FuseClient.connect(fs, { flags: offered, minor })
  return { client, connection: connection as unknown as Connection }
}

/** The error of a raw INIT; 0 for success. */
async function initError(body: Uint8Array, server = new Server({}, { logger: recordingLogger().logger })) {
  const client = new MemoryChannel(server)
  const request = client.submit(encodeRequest({ opcode: Opcode.INIT, unique: 2n, nodeid: 0 }, body))
  const reply = await request.settled
  return replyError(reply)
}

describe('features', () => {
  it.each(ALL_BITS.map((bit, index) => [index, bit] as const))(
    'bit %i alone is on only when asked for',
    async (_index, bit) => {
      const { client, connection } = await greedy(bit | InitFlag.INIT_EXT)
      expect(connection.offers(bit)).toBe(true)
      const { flags } = client.negotiated
      expect(flags & ~(bit | InitFlag.INIT_EXT)).toBe(0n)
      const alone = await FuseClient.connect(
        { init: (one) => one.disable(2n ** 64n - 1n) },
        { flags: bit | InitFlag.INIT_EXT },
      )
      expect(alone.negotiated.flags).toBe(0n)
    },
  )

  it('all at once go together', async () => {
    const { client, connection } = await greedy(2n ** 64n - 1n)
    expect(connection.offered).toBe(2n ** 64n - 1n)
    // What excludes each other: see Connection.settle.
    const dropped = InitFlag.ATOMIC_O_TRUNC | InitFlag.PASSTHROUGH | InitFlag.ASYNC_READ
    expect(client.negotiated.flags).toBe((2n ** 64n - 1n) & ~dropped)
  })

  it('nothing is on that was not offered', async () => {
    for (const bit of ALL_BITS) {
      const { client } = await greedy((2n ** 64n - 1n) & ~bit)
      expect(client.negotiated.flags & bit).toBe(0n)
    }
  })

  it('bits above 31 need INIT_EXT', async () => {
    const { client, connection } = await greedy((2n ** 64n - 1n) & ~InitFlag.INIT_EXT)
    expect(connection.offered >> 32n).toBe(0n)
    expect(client.negotiated.flags >> 32n).toBe(0n)
  })

  it('a bit above 31 turns INIT_EXT on, and without it is off', async () => {
    const asks: FileSystem = {
      init(connection) {
        connection.disable(2n ** 64n - 1n)
        connection.enable(InitFlag.SECURITY_CTX)
      },
    }
    const client = await FuseClient.connect(asks)
    expect(client.negotiated.flags).toBe(InitFlag.SECURITY_CTX | InitFlag.INIT_EXT)
  })

  it('the defaults are those that every file system bears', async () => {
    const { flags } = (await FuseClient.connect({})).negotiated
    expect(flags & ~KNOWN).toBe(0n)
    for (const bad of [
      'WRITEBACK_CACHE',
      'POSIX_LOCKS',
      'FLOCK_LOCKS',
      'POSIX_ACL',
      'DONT_MASK',
      'NO_OPEN_SUPPORT',
    ] as const) {
      expect(flags & InitFlag[bad], bad).toBe(0n)
    }
    for (const good of ['ASYNC_READ', 'BIG_WRITES', 'MAX_PAGES', 'PARALLEL_DIROPS', 'INIT_EXT'] as const) {
      expect(flags & InitFlag[good], good).not.toBe(0n)
    }
  })

  it('methods turn their features on', async () => {
    const client = await FuseClient.connect({ setlk: () => {}, readdirplus: () => {} })
    for (const flag of ['POSIX_LOCKS', 'FLOCK_LOCKS', 'DO_READDIRPLUS', 'READDIRPLUS_AUTO'] as const) {
      expect(client.has(InitFlag[flag]), flag).toBe(true)
    }
  })

  it('passthrough needs a depth, and no write-back', async () => {
    const asking = (depth: number, more: bigint): FileSystem => ({
      init(connection) {
        connection.limits.maxStackDepth = depth
        connection.enable(InitFlag.PASSTHROUGH | more)
      },
    })
    const flagsOf = async (fs: FileSystem) => (await FuseClient.connect(fs)).negotiated
    expect(await flagsOf(asking(1, 0n))).toMatchObject({ maxStackDepth: 1 })
    expect((await flagsOf(asking(1, 0n))).flags & InitFlag.PASSTHROUGH).not.toBe(0n)
    expect((await flagsOf(asking(0, 0n))).flags & InitFlag.PASSTHROUGH).toBe(0n)
    expect((await flagsOf(asking(1, InitFlag.WRITEBACK_CACHE))).flags & InitFlag.PASSTHROUGH).toBe(0n)
  })
})

describe('versions', () => {
  it.each(Array.from({ length: 37 }, (_, index) => index + 9))(
    'minor %i is served with its sizes',
    async (minor) => {
      const fs: FileSystem = {
        lookup: () => entry,
        getattr: () => entry,
        mknod: (_parent, _name, _mode, _rdev, ctx) => ({ ...entry, generation: ctx.umask }),
        mkdir: (_parent, _name, _mode, ctx) => ({ ...entry, generation: ctx.umask }),
        create: (_parent, _name, _mode, _flags, _kill, ctx) => ({
          entry: { ...entry, generation: ctx.umask },
          open: openReply,
        }),
      }
      const client = await FuseClient.connect(fs, { minor })
      expect(client.server.negotiated?.minor).toBe(minor)
      expect(client.minor).toBe(minor)
      // The client refuses replies that are not exactly as long as they have to be.
      expect(await client.lookup(1, 'a')).toEqual(entry)
      expect((await client.getattr(7)).attr).toEqual(entry.attr)
      expect((await client.statfs()).frsize).toBe(4096)
      const umask = minor < 12 ? 0 : 0o022
      expect((await client.mknod(1, 'a', 0o100644, 0, { umask: 0o022 })).generation).toBe(umask)
      expect((await client.mkdir(1, 'a', 0o755, { umask: 0o022 })).generation).toBe(umask)
      expect((await client.create(1, 'a', 0o100644, 0, { umask: 0o022 })).entry.generation).toBe(umask)
      expect(client.has(InitFlag.INIT_EXT)).toBe(minor >= 36)
    },
  )

  it('a newer minor is answered with ours', async () => {
    const client = await FuseClient.connect({}, { minor: 99 })
    expect(client.minor).toBe(45)
    expect(client.server.negotiated?.minor).toBe(45)
  })

  it('a newer major is told ours, and may then come in it', async () => {
    const client = await FuseClient.connect({}, { major: 8, minor: 3 })
    expect(client.server.negotiated).toMatchObject({ major: 7, minor: 45 })
  })

  it('older ones are refused, and said in the log', async () => {
    const { logger, lines } = recordingLogger()
    for (const [major, minor] of [
      [7, 8],
      [7, 0],
      [6, 45],
      [0, 0],
    ] as const) {
      const fs: FileSystem = { init: () => expect.unreachable() }
      await expect(FuseClient.connect(fs, { major, minor, server: { logger } })).rejects.toMatchObject({
        code: 'EPROTO',
      })
    }
    expect(lines.map(({ level }) => level)).toEqual(['error', 'error', 'error', 'error'])
  })

  it('below 23 the reply is the short one', async () => {
    const lengthAt = async (minor: number) => {
      const body = new RequestBody().struct(FuseInitIn, { major: 7, minor }, 16).finish()
      const channel = new MemoryChannel(new Server({}))
      const reply = await channel.submit(encodeRequest({ opcode: Opcode.INIT, unique: 2n, nodeid: 0 }, body))
        .settled
      return (reply?.length ?? 0) - 16
    }
    expect(await lengthAt(22)).toBe(CompatSize['22_INIT_OUT_SIZE'])
    expect(await lengthAt(23)).toBe(FuseInitOut.size)
  })
})

describe('bodies', () => {
  const whole = new RequestBody()
    .struct(FuseInitIn, { major: 7, minor: 45, flags: 1 << 30, flags2: 0xffff_ffff })
    .finish()

  it.each([0, 7, 8, 15])('%i bytes are EINVAL', async (length) => {
    expect(await initError(whole.subarray(0, length))).toBe(-Errno.EINVAL.errno)
  })

  it.each([16, 20, 63])('%i bytes have no second word of flags', async (length) => {
    const server = new Server({})
    expect(await initError(whole.subarray(0, length), server)).toBe(0)
    expect(server.negotiated?.offered).toBe(InitFlag.INIT_EXT)
  })

  it('64 bytes and more have', async () => {
    for (const more of [0, 8]) {
      const server = new Server({})
      const body = new Uint8Array(whole.length + more)
      body.set(whole)
      expect(await initError(body, server)).toBe(0)
      expect(server.negotiated?.offered).toBe((0xffff_ffffn << 32n) | InitFlag.INIT_EXT)
    }
  })
})

describe('limits', () => {
  it('are what the options say', async () => {
    const client = await FuseClient.connect(
      {},
      {
        server: { maxWrite: 65536, maxBackground: 100, timeGran: 1000, maxReadahead: 4096 },
        maxReadahead: 8192,
      },
    )
    expect(client.negotiated).toMatchObject({
      maxWrite: 65536,
      maxPages: 16,
      maxBackground: 100,
      congestionThreshold: 75,
      timeGran: 1000,
      maxReadahead: 4096,
    })
  })

  it('readahead is never more than was offered', async () => {
    expect((await FuseClient.connect({}, { maxReadahead: 8192 })).negotiated.maxReadahead).toBe(8192)
  })

  it('without MAX_PAGES a write has 32 pages', async () => {
    const client = await FuseClient.connect({}, { flags: 0n })
    expect(client.negotiated).toMatchObject({ maxWrite: 32 * 4096, maxPages: 32 })
  })

  it('one that is out of range refuses the connection', async () => {
    for (const limits of [
      { maxWrite: 4095 },
      { maxBackground: 0 },
      { timeGran: 2 ** 31 },
      { maxWrite: 4096.5 },
    ]) {
      const { logger, lines } = recordingLogger()
      await expect(FuseClient.connect({}, { server: { ...limits, logger } })).rejects.toMatchObject({
        code: 'EIO',
      })
      expect(lines[0]?.detail['err']).toBeInstanceOf(RangeError)
    }
  })
})

describe('the connection', () => {
  it('is refused by an `init` that throws', async () => {
    const refusing = (error: unknown): FileSystem => ({
      init() {
        throw error
      },
      destroy: () => expect.unreachable(),
    })
    await expect(FuseClient.connect(refusing(Errno.EACCES))).rejects.toMatchObject({ code: 'EACCES' })
    const { logger, lines } = recordingLogger()
    const server = new Server(refusing(new Error('no')), { logger })
    await expect(FuseClient.connect(server)).rejects.toMatchObject({ code: 'EIO' })
    expect(lines).toHaveLength(1)
    expect(server.negotiated).toBeUndefined()
    await server.close()
  })

  it('is set up once', async () => {
    const client = await FuseClient.connect({})
    await expect(client.init()).rejects.toMatchObject({ code: 'EIO' })
    expect(await client.statfs()).toBeDefined()
  })

  it('answers nothing before it', async () => {
    const channel = new MemoryChannel(new Server({ lookup: () => expect.unreachable() }))
    const errorOf = async (opcode: number, body: RequestBody) => {
      const reply = await channel.submit(encodeRequest({ opcode, unique: 2n, nodeid: 1 }, body.finish()))
        .settled
      return replyError(reply)
    }
    expect(await errorOf(Opcode.LOOKUP, new RequestBody().name('a'))).toBe(-5)
    expect(await errorOf(Opcode.DESTROY, new RequestBody())).toBe(-5)
    expect(await errorOf(Opcode.INTERRUPT, new RequestBody().bytes(new Uint8Array(8)))).toBe(-5)
    expect(await errorOf(Opcode.FORGET, new RequestBody().bytes(new Uint8Array(8)))).toBeUndefined()
  })

  it('may be taken over, without an `init`', async () => {
    const first = await FuseClient.connect({})
    const { negotiated } = first.server
    if (negotiated === undefined) throw new Error('not negotiated')
    const fs: FileSystem = { init: () => expect.unreachable(), lookup: () => entry }
    const server = new Server(fs, { negotiated })
    expect(server.negotiated).toBe(negotiated)
    const message = encodeRequest(
      { opcode: Opcode.LOOKUP, unique: 2n, nodeid: 1 },
      new RequestBody().name('a').finish(),
    )
    const reply = await new MemoryChannel(server).submit(message).settled
    expect(reply?.length).toBe(16 + 128)
  })
})
