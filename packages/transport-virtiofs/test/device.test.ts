import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FuseForgetIn, FuseInterruptIn, FuseOpenIn, FuseOpenOut, FuseReadIn, Opcode } from '@fb/abi'
import { Errno, makeAttr } from '@fb/api'
import { RequestBody } from '@fb/api/testing'
import { PassthroughFs } from '@fb/passthrough'
import { check, close, ftruncate, memfdCreate } from '@fb/sys'
import { ProtocolFeature, Request, VhostFeature } from '@fb/vhost-user'
import { GuestMemory } from '@fb/virtqueue'
import { describe, expect, test } from 'vitest'
import type { VirtiofsDeviceOptions } from '../src/index.js'
import { cleanup, decode, directory, lookup, serve } from './support.js'

const EINTR = -4
const EAGAIN = -11
const PAGE = 4096
const ROOM = 4096
const MEMORY_BYTES = 128 * 1024 * 1024

function u64(...values: bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer)
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

const getattr = () => new RequestBody().bytes(new Uint8Array(16))

describe('the queue for FORGET and INTERRUPT', () => {
  test('overtakes the others', async () => {
    const calls: string[] = []
    const served = serve({
      createFileSystem: () => ({
        getattr(node) {
          calls.push(`getattr ${node}`)
          return { attr: makeAttr({ ino: node, mode: 0o040000 }), attrTimeout: 0 }
        },
        forget: (node) => void calls.push(`forget ${node}`),
      }),
    })
    const client = await served.connect()
    await client.init()
    const to = client.memory.allocate(ROOM)
    const at = client.memory.allocate(64 * ROOM)
    // All of it is there before the device looks at any of it.
    for (let node = 1; node <= 20; node += 1) {
      const message = client.encode(Opcode.GETATTR, node, getattr())
      client.post(message, [{ address: to, length: ROOM }], { at: at + node * ROOM })
    }
    const forget = new RequestBody().struct(FuseForgetIn, { nlookup: 1 })
    for (let node = 21; node <= 60; node += 1) {
      client.post(client.encode(Opcode.FORGET, node, forget), [], { queue: 0, at: at + node * ROOM })
    }
    await until(() => calls.length === 60)
    const first = calls.findIndex((call) => call.startsWith('getattr'))
    expect(calls.slice(0, first).filter((call) => call.startsWith('forget')).length).toBeGreaterThanOrEqual(
      16,
    )
    // A few at a time: they do not shut the others out.
    expect(calls.lastIndexOf('forget 60')).toBeGreaterThan(first)
    expect(calls.lastIndexOf('forget 60')).toBeLessThan(calls.indexOf('getattr 5'))
  })

  test('aborts a request that waits, and says so where nobody knows the request', async () => {
    let waiting = 0
    const served = serve({
      createFileSystem: () => ({
        statfs: (_node, ctx) =>
          new Promise((_resolve, reject) => {
            waiting += 1
            ctx.signal.addEventListener('abort', () => reject(Errno.EINTR))
          }),
      }),
    })
    const client = await served.connect()
    await client.init()
    const [at, to] = [client.memory.allocate(ROOM), client.memory.allocate(ROOM)]
    const message = client.encode(Opcode.STATFS, 1)
    client.post(message, [{ address: to, length: ROOM }], { at })
    await until(() => waiting === 1)
    const unique = new DataView(message.buffer, message.byteOffset).getBigUint64(8, true)
    const interrupt = () => new RequestBody().struct(FuseInterruptIn, { unique })
    expect((await client.call(Opcode.INTERRUPT, 0, interrupt(), { queue: 0 })).used).toBe(0)
    const { length } = await client.queue(1).take()
    expect(client.replyAt(to, length).error).toBe(EINTR)
    expect((await client.call(Opcode.INTERRUPT, 0, interrupt(), { queue: 0 })).error).toBe(EAGAIN)
  })
})

test.each([0, 2])(
  'data that is read into guest memory is marked for migration (%d threads)',
  async (threads) => {
    const source = directory()
    writeFileSync(join(source, 'file'), new Uint8Array(5 * PAGE).fill(0x42))
    const fs = new PassthroughFs({ source, blocking: true })
    cleanup(() => fs.close())
    const script = new URL('./workers/passthrough.mjs', import.meta.url)
    const workers = { count: threads, script, workerData: () => fs.share() }
    const options = { createFileSystem: () => fs, numRequestQueues: 2 }
    const client = await serve(threads === 0 ? options : { ...options, workers }).connect(2)
    await client.init()
    const node = await lookup(client, 'file')
    const opened = await client.call(Opcode.OPEN, node, new RequestBody().struct(FuseOpenIn))
    const { fh } = decode(FuseOpenOut, opened.body)

    // As a monitor does that begins to migrate: the log first, then the feature, while the queues run.
    const size = MEMORY_BYTES / PAGE / 8
    const fd = check(memfdCreate('log', 0), 'memfd_create')
    cleanup(() => close(fd))
    check(ftruncate(fd, size), 'ftruncate')
    const log = GuestMemory.map([{ guestAddress: 0, size, userAddress: 0, fd, offset: 0 }])
    cleanup(() => log.unmap())
    const span = log.span(0, size)
    const pages = new Uint8Array(span?.buffer ?? new ArrayBuffer(0), span?.offset, size)
    await client.frontEnd.request(Request.SET_LOG_BASE, u64(BigInt(size), 0n), { fds: [fd] })
    const features = await client.frontEnd.requestNumber(Request.GET_FEATURES)
    expect(features & VhostFeature.LOG_ALL).not.toBe(0n)
    await client.frontEnd.obeyed(Request.SET_FEATURES, u64(features))

    const marked = () => {
      const numbers: number[] = []
      pages.forEach((byte, i) => {
        for (let bit = 0; bit < 8; bit += 1) if ((byte & (1 << bit)) !== 0) numbers.push(8 * i + bit)
      })
      return numbers
    }
    for (const queue of [1, 2]) {
      pages.fill(0)
      const at = client.memory.allocate(ROOM)
      const to = client.memory.allocate(6 * PAGE, PAGE)
      const body = new RequestBody().struct(FuseReadIn, { fh, size: 4 * PAGE })
      const message = client.encode(Opcode.READ, node, body)
      // A header of 16 bytes at the end of the first page, and the data in four others.
      const buffers = [
        { address: to + PAGE - 16, length: 16 },
        { address: to + PAGE, length: 4 * PAGE },
      ]
      client.post(message, buffers, { at, queue })
      const { length } = await client.queue(queue).take()
      expect(length).toBe(16 + 4 * PAGE)
      const first = to / PAGE
      expect(marked()).toEqual([0, 1, 2, 3, 4].map((page) => first + page))
    }

    pages.fill(0)
    await client.frontEnd.obeyed(Request.SET_FEATURES, u64(features & ~VhostFeature.LOG_ALL))
    expect((await client.call(Opcode.GETATTR, node, getattr())).error).toBe(0)
    expect(marked()).toEqual([])
  },
)

describe('the protocol', () => {
  test('offers what is true: the state of the device moves only where that is asked for, and a DAX window has a size', async () => {
    const offered = async (options: Partial<VirtiofsDeviceOptions> = {}) => {
      const { frontEnd } = await serve({ createFileSystem: () => ({}), ...options }).connect()
      return frontEnd.requestNumber(Request.GET_PROTOCOL_FEATURES)
    }
    const plain = await offered()
    const { CONFIG, STATUS, RESET_DEVICE, INFLIGHT_SHMFD, LOG_SHMFD, DEVICE_STATE, SHMEM } = ProtocolFeature
    const always = CONFIG | STATUS | RESET_DEVICE | INFLIGHT_SHMFD | LOG_SHMFD
    expect(plain & always).toBe(always)
    expect(plain & (DEVICE_STATE | SHMEM)).toBe(0n)
    expect((await offered({ cacheWindowSize: 1 << 21 })) & (DEVICE_STATE | SHMEM)).toBe(SHMEM)
    expect((await offered({ migratable: true })) & (DEVICE_STATE | SHMEM)).toBe(DEVICE_STATE)
  })

  test('the tag and the number of queues are in the configuration space, which nobody writes', async () => {
    const { frontEnd } = await serve({
      createFileSystem: () => ({}),
      tag: 'home',
      numRequestQueues: 3,
    }).connect(3)
    const access = (offset: number, size: number) => {
      const payload = new Uint8Array(12 + size)
      new Uint32Array(payload.buffer, 0, 2).set([offset, size])
      return payload
    }
    const { payload } = await frontEnd.request(Request.GET_CONFIG, access(0, 40))
    const bytes = new Uint8Array(payload.buffer.slice(0, payload.byteLength)).subarray(12)
    expect(new TextDecoder().decode(bytes.subarray(0, 5))).toBe('home\0')
    expect([...bytes.subarray(36)]).toEqual([3, 0, 0, 0])
    expect((await frontEnd.request(Request.GET_CONFIG, access(30, 20))).payload.byteLength).toBe(0)
    expect(await frontEnd.acknowledged(Request.SET_CONFIG, access(0, 4))).toBe(1n)
  })

  test('a reset ends the session and its requests; the queues can be started again', async () => {
    let destroyed = 0
    let waiting = 0
    const served = serve({
      createFileSystem: () => ({
        statfs: () => {
          waiting += 1
          return new Promise(() => {})
        },
        destroy: () => {
          destroyed += 1
        },
      }),
    })
    const client = await served.connect()
    await client.init()
    const to = client.memory.allocate(ROOM)
    client.post(client.encode(Opcode.STATFS, 1), [{ address: to, length: ROOM }])
    await until(() => waiting === 1)
    await client.frontEnd.obeyed(Request.RESET_DEVICE)
    expect(destroyed).toBe(1)
    const { length } = await client.queue(1).take()
    expect(client.replyAt(to, length).error).toBe(-103)
    await client.restart()
    await client.init()
    expect((await client.call(Opcode.GETATTR, 1, getattr())).error).toBe(-95)
  })

  test('the status of the driver is kept and throws nothing away', async () => {
    const served = serve({ createFileSystem: () => ({ readlink: () => new Uint8Array(3) }) })
    const client = await served.connect()
    await client.init()
    for (const status of [0, 1, 3, 11, 15, 0x8f, 0]) {
      await client.frontEnd.obeyed(Request.SET_STATUS, u64(BigInt(status)))
      expect(await client.frontEnd.requestNumber(Request.GET_STATUS)).toBe(BigInt(status))
    }
    expect(served.warnings).toEqual(['the driver of the guest has given up'])
    expect((await client.call(Opcode.READLINK, 1)).body.length).toBe(3)
  })
})
