import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  FuseForgetIn,
  FuseOpenIn,
  FuseOpenOut,
  FuseReadIn,
  FuseSetupmappingIn,
  FuseWriteIn,
  FuseWriteOut,
  Opcode,
} from '@fb/abi'
import { RequestBody } from '@fb/api/testing'
import { PassthroughFs } from '@fb/passthrough'
import { liveMemory, Plateau } from '@fb/testbed'
import { describe, expect, test } from 'vitest'
import { RingClient } from '../src/testing/index.js'
import { cleanup, decode, directory, guestMappings, lookup, openDescriptors, serve } from './support.js'

const O_RDWR = 2
const EIO = -5
const EINVAL = -22
const EOPNOTSUPP = -95
/** More bytes than what the engine compiles meanwhile, less than some objects of each guest. */
const MUCH = 256 * 1024

const SCRIPT = new URL('./workers/passthrough.mjs', import.meta.url)

function share(blocking: boolean, threads = 0) {
  const source = directory()
  const fs = new PassthroughFs({ source, blocking })
  cleanup(() => fs.close())
  const workers = { count: threads, script: SCRIPT, workerData: () => fs.share() }
  const options = { createFileSystem: () => fs, numRequestQueues: 4 }
  return { source, fs, served: serve(threads === 0 ? options : { ...options, workers }) }
}

async function open(client: RingClient, node: number): Promise<number> {
  const { error, body } = await client.call(
    Opcode.OPEN,
    node,
    new RequestBody().struct(FuseOpenIn, { flags: O_RDWR }),
  )
  expect(error).toBe(0)
  return decode(FuseOpenOut, body).fh
}

describe.each([
  { blocking: true, threads: 0 },
  { blocking: false, threads: 0 },
  { blocking: true, threads: 3 },
])('a directory of the host ($threads threads, blocking: $blocking)', ({ blocking, threads }) => {
  test('files are read and written between the host and guest memory', async () => {
    const { source, served } = share(blocking, threads)
    const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251))
    writeFileSync(join(source, 'file'), content)
    const client = await served.connect(4)
    expect(await client.init()).toMatchObject({ major: 7, maxWrite: 1 << 20 })
    const node = await lookup(client, 'file')
    const fh = await open(client, node)
    const read = new RequestBody().struct(FuseReadIn, { fh, offset: 1000, size: 65_536 })
    const { error, body } = await client.call(Opcode.READ, node, read, { queue: 3 })
    expect(error).toBe(0)
    expect(Buffer.compare(body, content.subarray(1000, 1000 + 65_536))).toBe(0)
    const atEnd = new RequestBody().struct(FuseReadIn, { fh, offset: 99_990, size: 4096 })
    expect((await client.call(Opcode.READ, node, atEnd)).body.length).toBe(10)

    const payload = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7) % 253))
    const write = new RequestBody()
      .struct(FuseWriteIn, { fh, offset: 50_000, size: payload.length })
      .bytes(payload)
    // The payload shares its first buffer with the arguments, and is cut in the middle.
    const reply = await client.call(Opcode.WRITE, node, write, { queue: 2, split: [17, 90, 30_000] })
    expect(reply.error).toBe(0)
    expect(decode(FuseWriteOut, reply.body).size).toBe(payload.length)
    const expected = Buffer.concat([content.subarray(0, 50_000), payload])
    expect(Buffer.compare(readFileSync(join(source, 'file')), expected)).toBe(0)
  })

  test('directories are listed, and FORGET takes lookups back', async () => {
    const { source, fs, served } = share(blocking, threads)
    for (let i = 0; i < 50; i += 1) writeFileSync(join(source, `file-${i}`), '')
    mkdirSync(join(source, 'directory'))
    const client = await served.connect(2)
    await client.init()
    const fh = decode(
      FuseOpenOut,
      (await client.call(Opcode.OPENDIR, 1, new RequestBody().struct(FuseOpenIn))).body,
    ).fh
    const list = new RequestBody().struct(FuseReadIn, { fh, offset: 0, size: 16_384 })
    const text = Buffer.from((await client.call(Opcode.READDIR, 1, list, { queue: 2 })).body).toString(
      'latin1',
    )
    expect(text.match(/file-\d+/g)?.length).toBe(50)
    expect(text).toContain('directory')
    const node = await lookup(client, 'directory')
    expect(fs.usage().inodes).toBe(2)
    const forget = new RequestBody().struct(FuseForgetIn, { nlookup: 1 })
    const { used } = await client.call(Opcode.FORGET, node, forget, { queue: 0, capacity: 0 })
    expect(used).toBe(0)
    expect(fs.usage().inodes).toBe(1)
  })
})

test('a reply that does not fit is an error, and the lookup is undone', async () => {
  const { source, fs, served } = share(true)
  writeFileSync(join(source, 'file'), '')
  const client = await served.connect()
  await client.init()
  const name = () => new RequestBody().name('file')
  expect(await client.call(Opcode.LOOKUP, 1, name(), { capacity: 100 })).toMatchObject({
    error: EIO,
    used: 16,
  })
  expect(await client.call(Opcode.LOOKUP, 1, name(), { capacity: 15 })).toMatchObject({ used: 0 })
  expect(await client.call(Opcode.LOOKUP, 1, name(), { capacity: 0 })).toMatchObject({ used: 0 })
  expect(fs.usage().inodes).toBe(1)
  const node = await lookup(client, 'file')
  const fh = await open(client, node)
  const read = new RequestBody().struct(FuseReadIn, { fh, size: 4096 })
  expect((await client.call(Opcode.READ, node, read, { capacity: 16 })).used).toBe(16)
  expect(await lookup(client, 'file')).toBe(node)
})

test('requests whose lengths are wrong are refused, and the queue goes on', async () => {
  const { source, served } = share(true)
  writeFileSync(join(source, 'file'), '')
  const client = await served.connect()
  await client.init()
  const whole = client.encode(Opcode.LOOKUP, 1, new RequestBody().name('file'))
  for (const length of [1, 8, 39]) expect((await client.send(whole.subarray(0, length))).used).toBe(0)
  for (const length of [40, 44]) expect((await client.send(whole.subarray(0, length))).error).toBe(EINVAL)
  expect((await client.send(Buffer.concat([whole, new Uint8Array(3)]))).error).toBe(EINVAL)
  // More than is ever copied out of guest memory.
  const long = client.encode(Opcode.LOOKUP, 1, new RequestBody().bytes(new Uint8Array(200_000).fill(0x61)))
  expect((await client.send(long)).error).toBe(EINVAL)
  const short = new RequestBody().struct(FuseWriteIn, { fh: 1, size: 1000 }).bytes(new Uint8Array(10))
  expect((await client.call(Opcode.WRITE, 1, short)).error).toBe(EINVAL)
  expect(await lookup(client, 'file')).toBeGreaterThan(1)
})

test('there is no DAX window', async () => {
  const client = await share(true).served.connect()
  await client.init()
  const body = new RequestBody().struct(FuseSetupmappingIn, { len: 4096 })
  expect((await client.call(Opcode.SETUPMAPPING, 1, body)).error).toBe(EOPNOTSUPP)
})

test.each([0, 2])('guests that go without a word leave nothing behind (%d threads)', async (threads) => {
  const { source, fs, served } = share(true, threads)
  writeFileSync(join(source, 'file'), 'x')
  let descriptors = 0
  const live = new Plateau()
  for (let round = 1; round <= 50; round += 1) {
    const client = await RingClient.connect(served.path, 4)
    expect((await client.call(Opcode.GETATTR, 1)).error).toBe(EIO)
    await client.init()
    const node = await lookup(client, 'file')
    await open(client, node)
    expect(fs.usage()).toMatchObject({ inodes: 2, openFiles: 1 })
    client.close()
    await served.ended(round)
    expect(fs.usage()).toMatchObject({ inodes: 1, openFiles: 0 })
    expect(guestMappings()).toBe(0)
    if (round === 2) descriptors = openDescriptors()
    live.add(liveMemory())
  }
  expect(live.growth).toBeLessThan(MUCH)
  expect(openDescriptors()).toBe(descriptors)
  expect(served.errors).toEqual([])
})

test('several sockets of one process have guests of their own, at the same time', async () => {
  const shares = [share(true), share(false), share(true, 2), share(true, 2)]
  const clients = await Promise.all(
    shares.map(async ({ source, served }, i) => {
      writeFileSync(join(source, 'file'), `in ${i}`)
      const client = await served.connect(2)
      await client.init()
      return client
    }),
  )
  const texts = async (client: RingClient): Promise<string[]> => {
    const node = await lookup(client, 'file')
    const fh = await open(client, node)
    const seen: string[] = []
    for (let i = 0; i < 20; i += 1) {
      const read = new RequestBody().struct(FuseReadIn, { fh, size: 100 })
      seen.push(
        Buffer.from((await client.call(Opcode.READ, node, read, { queue: 1 + (i % 2) })).body).toString(),
      )
    }
    return seen
  }
  const seen = await Promise.all(clients.map(texts))
  expect(seen.map((each) => [...new Set(each)])).toEqual([['in 0'], ['in 1'], ['in 2'], ['in 3']])
  // One goes, and comes back; the others notice nothing.
  clients[1]?.close()
  await shares[1]?.served.ended(1)
  const others = clients.filter((_, i) => i !== 1)
  expect((await Promise.all(others.map(texts))).map(([text]) => text)).toEqual(['in 0', 'in 2', 'in 3'])
  const again = await shares[1]?.served.connect(2)
  await again?.init()
  expect(again === undefined ? [] : new Set(await texts(again))).toEqual(new Set(['in 1']))
})
