import { FuseRemovemappingIn, FuseRemovemappingOne, FuseSetupmappingIn, Opcode } from '@fb/abi'
import type { FileSystem } from '@fb/api'
import { RequestBody } from '@fb/api/testing'
import { check, close, ftruncate, memfdCreate, write } from '@fb/sys'
import { BackendRequest, ProtocolFeature } from '@fb/vhost-user'
import { type BackEndRequest, BackEndRequests } from '@fb/vhost-user/testing'
import { GuestMemory } from '@fb/virtqueue'
import { expect, test } from 'vitest'
import { VirtiofsDevice } from '../src/index.js'
import type { RingClient } from '../src/testing/index.js'
import { cleanup, serve } from './support.js'

const MIB = 2 ** 20
const WINDOW = 8 * MIB
const EINVAL = -22
const EIO = -5
const EOPNOTSUPP = -95
const [READ, WRITE] = [2, 1]
const NO_HANDLE = 2n ** 64n - 1n

/** A file of 4 MiB with a text at 1 MiB. */
function file(): number {
  const fd = check(memfdCreate('file', 0), 'memfd_create')
  cleanup(() => close(fd))
  check(ftruncate(fd, 4 * MIB), 'ftruncate')
  const text = new TextEncoder().encode('seen by the guest')
  write(fd, new Uint8Array(MIB), 0, MIB)
  write(fd, text, 0, text.length)
  return fd
}

/** A device with a window, whose file system maps `fd`. */
function device(threads: number, fd: number) {
  const fs: FileSystem = {
    setupmapping: (_node, _fh, request, window) => window.map(fd, request),
    removemapping: (_node, ranges, window) => window.unmap(ranges),
  }
  const counts = new Int32Array(new SharedArrayBuffer(32))
  const script = new URL('./workers/told.mjs', import.meta.url)
  const workers = { count: threads, script, workerData: () => ({ counts, fd }) }
  const options = { createFileSystem: () => fs, cacheWindowSize: WINDOW, migratable: true }
  return serve(threads === 0 ? options : { ...options, workers })
}

/** The front end of a guest with a window: remembers what it was asked and shows the file as the guest would see it. */
async function monitor(client: RingClient, answer = () => 0n) {
  const asked: { request: number; fields: number[] }[] = []
  const texts: string[] = []
  const requests = await BackEndRequests.open(client.frontEnd, ({ request, fields, fds }: BackEndRequest) => {
    asked.push({ request, fields: fields.map(Number) })
    const [fd] = fds
    if (fd !== undefined) {
      const [, offset = 0n, , length = 0n] = fields
      const region = { guestAddress: 0, size: Number(length), userAddress: 0, fd, offset: Number(offset) }
      const memory = GuestMemory.map([region])
      const span = memory.span(0, 17)
      texts.push(new TextDecoder().decode(new Uint8Array(span?.buffer ?? new ArrayBuffer(17), 0, 17).slice()))
      memory.unmap()
    }
    return answer()
  })
  cleanup(() => requests.close())
  return { asked, texts }
}

async function map(
  client: RingClient,
  foffset: number,
  moffset: number,
  len = MIB,
  flags = READ,
): Promise<number> {
  const body = new RequestBody()
    .struct(FuseSetupmappingIn, { foffset, len, flags, moffset })
    .patch64(0, NO_HANDLE)
  return (await client.call(Opcode.SETUPMAPPING, 1, body)).error
}

async function unmap(client: RingClient, ...ranges: { moffset: number; len: number }[]): Promise<number> {
  const body = new RequestBody().struct(FuseRemovemappingIn, { count: ranges.length })
  for (const range of ranges) body.struct(FuseRemovemappingOne, range)
  return (await client.call(Opcode.REMOVEMAPPING, 1, body)).error
}

const { SHMEM_MAP, SHMEM_UNMAP } = BackendRequest

test.each([0, 1])('parts of files are shown to the guest and taken away (%d threads)', async (threads) => {
  const client = await device(threads, file()).connect()
  const { asked, texts } = await monitor(client)
  await client.init()
  expect(await map(client, MIB, 2 * MIB)).toBe(0)
  expect(texts).toEqual(['seen by the guest'])
  expect(await map(client, 0, 0, MIB, READ | WRITE)).toBe(0)
  expect(asked.splice(0)).toEqual([
    { request: SHMEM_MAP, fields: [0, MIB, 2 * MIB, MIB, 0] },
    { request: SHMEM_MAP, fields: [0, 0, 0, MIB, 1] },
  ])
  // What is there already makes room.
  expect(await map(client, 0, 2 * MIB - 4096, 8192)).toBe(0)
  expect(asked.splice(0).map(({ request }) => request)).toEqual([SHMEM_UNMAP, SHMEM_MAP])
  expect(await unmap(client, { moffset: 5 * MIB, len: MIB }, { moffset: 0, len: WINDOW })).toBe(0)
  const gone = asked.splice(0).map(({ request, fields }) => [request, fields[2], fields[3]])
  expect(gone).toEqual([
    [SHMEM_UNMAP, 0, MIB],
    [SHMEM_UNMAP, 2 * MIB - 4096, 8192],
  ])
  expect(await unmap(client, { moffset: 0, len: WINDOW })).toBe(0)
  expect(asked).toEqual([])
})

test.each([
  ['beyond the window', 0, WINDOW - MIB, 2 * MIB],
  ['not at a page of the window', 0, 100, MIB],
  ['not at a page of the file', 100, 0, MIB],
  ['part of a page', 0, 0, 100],
  ['nothing', 0, 0, 0],
])('a mapping %s is refused', async (_name, foffset, moffset, length) => {
  const client = await device(0, file()).connect()
  const { asked } = await monitor(client)
  await client.init()
  expect(await map(client, foffset, moffset, length)).toBe(EINVAL)
  expect(asked).toEqual([])
})

test.each([0, 1])(
  'a front end that refuses is an error, and nothing is mapped then (%d threads)',
  async (threads) => {
    const client = await device(threads, file()).connect()
    const { asked } = await monitor(client, () => 1n)
    await client.init()
    expect(await map(client, 0, 0)).toBe(EIO)
    expect(await unmap(client, { moffset: 0, len: WINDOW })).toBe(0)
    expect(asked.length).toBe(1)
  },
)

test.each([0, 1])('without a front end that can there is no window (%d threads)', async (threads) => {
  const served = device(threads, file())
  const client = await served.connect()
  await client.init()
  expect(await map(client, 0, 0)).toBe(EOPNOTSUPP)
  client.close()
  await served.ended(1)
  const older = await served.connect(1, { protocolFeatures: ~ProtocolFeature.SHMEM })
  const { asked } = await monitor(older)
  await older.init()
  expect(await map(older, 0, 0)).toBe(EOPNOTSUPP)
  expect(await unmap(older, { moffset: 0, len: MIB })).toBe(EOPNOTSUPP)
  expect(asked).toEqual([])
})

test('what a guest had mapped is gone when the next one begins', async () => {
  const client = await device(0, file()).connect()
  const { asked } = await monitor(client)
  await client.init()
  expect(await map(client, 0, 4 * MIB)).toBe(0)
  await client.init()
  expect(await unmap(client, { moffset: 0, len: WINDOW })).toBe(0)
  expect(asked.map(({ request }) => request)).toEqual([SHMEM_MAP, SHMEM_UNMAP])
})

test('what a guest has mapped keeps it from being moved', async () => {
  const served = device(0, file())
  const client = await served.connect()
  await monitor(client)
  await client.init()
  expect(await map(client, 0, 0)).toBe(0)
  const bases = await client.pause()
  await expect(client.frontEnd.saveState()).rejects.toThrow('the transfer of state failed')
  expect(served.reasons).toEqual(['the guest has files mapped into the DAX window'])
  await client.resume(bases)
  expect(await unmap(client, { moffset: 0, len: WINDOW })).toBe(0)
})

test.each([0, 100, -4096, 4097])('a window of %d bytes cannot be', (cacheWindowSize) => {
  expect(() => new VirtiofsDevice({ createFileSystem: () => ({}), cacheWindowSize })).toThrow(RangeError)
})
