import { FuseBatchForgetIn, FuseForgetOne, FuseRemovemappingIn, Opcode, opcodeInfo } from '@fb/abi'
import { describe, expect, it } from 'vitest'
import { Errno } from '../src/errno.js'
import type { FileSystem } from '../src/file-system.js'
import { FuseClient } from '../src/testing/fuse-client.js'
import { RequestBody } from '../src/testing/request-body.js'
import { cacheWindow, entry, operations } from './operations.js'

/** A file system with every method, which all refuse with EDQUOT: whoever gets that has passed every check. */
const refusing = Object.fromEntries(
  operations.map(({ method }) => [method, () => Errno.EDQUOT]),
) as FileSystem

async function connect(): Promise<FuseClient> {
  return FuseClient.connect(refusing, { server: { cacheWindow } })
}

const cases = operations.map(({ opcode }) => [opcode] as const)

/** A well-formed body: a struct of zeros, and the names and the payload that it says. */
function bodyOf(opcode: keyof typeof Opcode): { body: Uint8Array; fixed: number; names: number } {
  const info = opcodeInfo(Opcode[opcode])
  if (info === undefined) throw new Error(`no such operation ${opcode}`)
  const fixed = info.request === undefined ? 0 : info.requestSize(45, 0n)
  const body = new RequestBody().bytes(new Uint8Array(fixed))
  for (let index = 0; index < info.names; index += 1) body.name('ab')
  return { body: body.finish(), fixed, names: info.names }
}

function ask(client: FuseClient, opcode: keyof typeof Opcode, body: Uint8Array): Promise<unknown> {
  return client.call(Opcode[opcode], 1, new RequestBody().bytes(body))
}

describe('bodies', () => {
  it.each(cases)('%s: whole', async (opcode) => {
    await expect(ask(await connect(), opcode, bodyOf(opcode).body)).rejects.toMatchObject({ code: 'EDQUOT' })
  })

  it.each(cases)('%s: cut short anywhere is EINVAL', async (opcode) => {
    const client = await connect()
    const { body, fixed, names } = bodyOf(opcode)
    // SYNCFS has a body that means nothing, and the name of TMPFILE means nothing either.
    const needed = opcode === 'SYNCFS' ? 0 : opcode === 'TMPFILE' ? fixed : fixed + names * 3
    for (let length = 0; length < needed; length += 1) {
      await expect(ask(client, opcode, body.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({
        code: 'EINVAL',
      })
    }
  })

  const named = cases.filter(([opcode]) => bodyOf(opcode).names > 0 && opcode !== 'TMPFILE')
  it.each(named)('%s: more than its names is EINVAL', async (opcode) => {
    const client = await connect()
    const longer = new Uint8Array([...bodyOf(opcode).body, 0x61, 0])
    await expect(ask(client, opcode, longer)).rejects.toMatchObject({ code: 'EINVAL' })
  })

  it.each(named)('%s: an empty name is EINVAL', async (opcode) => {
    const client = await connect()
    const { fixed, names } = bodyOf(opcode)
    for (let empty = 0; empty < names; empty += 1) {
      const body = new RequestBody().bytes(new Uint8Array(fixed))
      for (let index = 0; index < names; index += 1) body.name(index === empty ? '' : 'ab')
      await expect(ask(client, opcode, body.finish())).rejects.toMatchObject({ code: 'EINVAL' })
    }
  })
})

describe('names', () => {
  const making: readonly (readonly [string, (client: FuseClient, name: string) => Promise<unknown>])[] = [
    ['SYMLINK', (client, name) => client.symlink(1, name, 'target')],
    ['MKNOD', (client, name) => client.mknod(1, name, 0o100644)],
    ['MKDIR', (client, name) => client.mkdir(1, name)],
    ['UNLINK', (client, name) => client.unlink(1, name)],
    ['RMDIR', (client, name) => client.rmdir(1, name)],
    ['RENAME from', (client, name) => client.rename(1, name, 1, 'a')],
    ['RENAME to', (client, name) => client.rename(1, 'a', 1, name)],
    ['RENAME2 to', (client, name) => client.rename(1, 'a', 1, name, 1)],
    ['LINK', (client, name) => client.link(5, 1, name)],
    ['CREATE', (client, name) => client.create(1, name, 0o100644, 0)],
  ]

  it.each(making)('%s: neither a slash nor . nor .. may be made, removed or renamed', async (_what, act) => {
    const client = await connect()
    for (const name of ['a/b', '/', '../etc', '.', '..']) {
      await expect(act(client, name), name).rejects.toMatchObject({ code: 'EINVAL' })
    }
    for (const name of ['...', '..a', '.a', ' ', 'a\n', '\u00fc'.repeat(127)]) {
      await expect(act(client, name), name).rejects.toMatchObject({ code: 'EDQUOT' })
    }
  })

  it('LOOKUP takes . and .., which NFS export needs, and no slash', async () => {
    const client = await connect()
    for (const name of ['.', '..'])
      await expect(client.lookup(1, name)).rejects.toMatchObject({ code: 'EDQUOT' })
    for (const name of ['a/b', '/'])
      await expect(client.lookup(1, name)).rejects.toMatchObject({ code: 'EINVAL' })
  })

  it('a target of a link and the name of an attribute may hold slashes', async () => {
    const client = await connect()
    await expect(client.symlink(1, 'a', '../b/c')).rejects.toMatchObject({ code: 'EDQUOT' })
    await expect(client.getxattr(1, 'user.a/b')).rejects.toMatchObject({ code: 'EDQUOT' })
  })

  it('need not be UTF-8', async () => {
    const names: number[][] = []
    const fs: FileSystem = {
      lookup(_parent, name) {
        names.push([...name])
        return entry
      },
    }
    const client = await FuseClient.connect(fs)
    await client.lookup(1, Uint8Array.of(0xff, 0xfe, 1))
    expect(names).toEqual([[0xff, 0xfe, 1]])
  })

  it('without an end is EINVAL', async () => {
    const client = await connect()
    await expect(ask(client, 'LOOKUP', new TextEncoder().encode('abc'))).rejects.toMatchObject({
      code: 'EINVAL',
    })
  })
})

describe('flags that are not known', () => {
  it('of RENAME2 and COPY_FILE_RANGE are EINVAL', async () => {
    const client = await connect()
    await expect(client.rename(1, 'a', 1, 'b', 8)).rejects.toMatchObject({ code: 'EINVAL' })
    const place = { node: 1, fh: 1, offset: 0 }
    await expect(client.copyFileRange(place, place, 1, { flags: 1 })).rejects.toMatchObject({
      code: 'EINVAL',
    })
  })
})

describe('FORGET and BATCH_FORGET', () => {
  it('have no answer', async () => {
    const forgotten: number[][] = []
    const client = await FuseClient.connect({ forget: (...args) => void forgotten.push(args) })
    await client.forget(7, 3)
    await client.batchForget([
      [8, 1],
      [9, 2],
    ])
    expect(forgotten).toEqual([
      [7, 3],
      [8, 1],
      [9, 2],
    ])
  })

  it('have none either where they are malformed, or the method throws or is missing', async () => {
    const failing = await FuseClient.connect(
      {
        forget() {
          throw new Error('no')
        },
      },
      { server: { logger: { error() {}, warn() {}, info() {}, debug() {} } } },
    )
    await failing.forget(7)
    await failing.batchForget([[7, 1]])
    const client = await FuseClient.connect({})
    await client.forget(7)
    for (const body of [new Uint8Array(0), new Uint8Array(7), new Uint8Array(9)]) {
      await client.post(Opcode.FORGET, 7, new RequestBody().bytes(body))
      await client.post(Opcode.BATCH_FORGET, 0, new RequestBody().bytes(body))
    }
  })

  it('a count that is not the count forgets nothing', async () => {
    const client = await FuseClient.connect({ forget: () => expect.unreachable() })
    for (const count of [0, 2, 0xffff_ffff]) {
      const body = new RequestBody()
        .struct(FuseBatchForgetIn, { count })
        .struct(FuseForgetOne, { nodeid: 5, nlookup: 1 })
      await client.post(Opcode.BATCH_FORGET, 0, body)
    }
  })

  it('of node 0 mean nothing', async () => {
    const client = await FuseClient.connect({ forget: () => expect.unreachable() })
    await client.forget(0)
  })
})

describe('counts that a client chooses', () => {
  it('of mappings are compared with the bytes before anything is made of them', async () => {
    const client = await connect()
    const body = new RequestBody().struct(FuseRemovemappingIn, { count: 0xffff_ffff })
    await expect(client.call(Opcode.REMOVEMAPPING, 1, body)).rejects.toMatchObject({ code: 'EINVAL' })
  })

  it('of WRITE, SETXATTR and IOCTL have to be what came', async () => {
    const client = await connect()
    const lie = (opcode: number, at: number, size: number, rest: Uint8Array): Promise<unknown> => {
      const body = new RequestBody().bytes(new Uint8Array(size)).bytes(rest)
      return client.call(opcode, 1, body.patch64(at, 100n))
    }
    await expect(lie(Opcode.WRITE, 16, 40, new Uint8Array(99))).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(
      lie(Opcode.SETXATTR, 0, 8, new Uint8Array([97, 0, ...new Uint8Array(99)])),
    ).rejects.toMatchObject({
      code: 'EINVAL',
    })
    await expect(lie(Opcode.IOCTL, 24, 32, new Uint8Array(99))).rejects.toMatchObject({ code: 'EINVAL' })
  })
})
