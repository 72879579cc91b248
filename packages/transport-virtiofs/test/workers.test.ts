import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FuseAttrOut, FuseInterruptIn, FuseReadIn, Opcode } from '@fb/abi'
import type { FileSystem } from '@fb/api'
import { RequestBody } from '@fb/api/testing'
import { check, close, eventfd } from '@fb/sys'
import { Request } from '@fb/vhost-user'
import { memoryTable } from '@fb/vhost-user/testing'
import { TestMemory } from '@fb/virtqueue/testing'
import { expect, test, vi } from 'vitest'
import { VirtiofsDevice } from '../src/index.js'
import type { RingClient } from '../src/testing/index.js'
import { cleanup, decode, directory, type Served, serve } from './support.js'

const EINTR = -4
const EIO = -5
const EAGAIN = -11
const ECONNABORTED = -103
const SET_MEM_TABLE = 5
const SCRIPT = new URL('./workers/told.mjs', import.meta.url)
const ROOM = 4096

const Count = { WAITING: 0, RELEASED: 1, DESTROYED: 2, ABORTED: 3, SERVED: 4 } as const
const Handle = { ANSWER: 0, WAIT: 1, END_THREAD: 2 } as const

interface Told {
  readonly served: Served
  readonly counts: Int32Array
  count(which: keyof typeof Count): number
}

/** A device with `threads` threads, whose file system of the main thread is `main`. */
function told(threads: number, data: object = {}, main: FileSystem = {}, pollUs = 0): Told {
  const counts = new Int32Array(new SharedArrayBuffer(32))
  const served = serve({
    createFileSystem: () => main,
    numRequestQueues: 3,
    pollUs,
    workers: { count: threads, script: SCRIPT, workerData: () => ({ counts, ...data }) },
  })
  return { served, counts, count: (which) => Atomics.load(counts, Count[which]) }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

function reading(fh: number, offset = 0): RequestBody {
  return new RequestBody().struct(FuseReadIn, { fh, offset, size: 100 })
}

function text(body: Uint8Array): string {
  return new TextDecoder().decode(body)
}

/** Posts a request that waits, and says where its reply will be. */
function postWaiting(client: RingClient, queue: number, offset = 0): { to: number; unique: bigint } {
  const [at, to] = [client.memory.allocate(ROOM), client.memory.allocate(ROOM)]
  const message = client.encode(Opcode.READ, 1, reading(Handle.WAIT, offset))
  client.post(message, [{ address: to, length: ROOM }], { at, queue })
  return { to, unique: new DataView(message.buffer, message.byteOffset).getBigUint64(8, true) }
}

async function threadOf(client: RingClient, queue: number): Promise<string> {
  return text((await client.call(Opcode.READ, 1, reading(Handle.ANSWER), { queue })).body)
}

test('queues are dealt out to the threads in turn, which wait for no other', async () => {
  const { served, count } = told(2)
  const client = await served.connect(3)
  await client.init()
  expect(await threadOf(client, 1)).toBe('thread 0')
  expect(await threadOf(client, 2)).toBe('thread 1')
  expect(await threadOf(client, 3)).toBe('thread 0')
  postWaiting(client, 1)
  await until(() => count('WAITING') === 1)
  expect(await threadOf(client, 2)).toBe('thread 1')
  const { body } = await client.call(Opcode.GETATTR, 1, new RequestBody().bytes(new Uint8Array(16)), {
    queue: 2,
  })
  expect(decode(FuseAttrOut, body).attr.size).toBe(2)
  expect(served.errors).toEqual([])
})

test('a thread is there before the queue that it serves, as soon as the monitor has that', async () => {
  const path = join(directory(), 'started')
  const script = new URL('./workers/announced.mjs', import.meta.url)
  const workers = { count: 2, script, workerOptions: { env: { FB_STARTED: path } } }
  const served = serve({ createFileSystem: () => ({}), numRequestQueues: 3, workers })
  const client = await served.connect(0)
  const call = check(eventfd(0, 0), 'eventfd')
  cleanup(() => close(call))
  const started = () => (existsSync(path) ? readFileSync(path, 'utf8') : '')
  for (const [index, threads] of [
    [0, ''],
    [1, 'x'],
    [3, 'x'],
    [2, 'xx'],
  ] as const) {
    const payload = new Uint8Array(BigUint64Array.of(BigInt(index)).buffer)
    await client.frontEnd.obeyed(Request.SET_VRING_CALL, payload, [call])
    await until(() => started() === threads)
  }
  expect(served.errors).toEqual([])
})

test('whatever queue INIT comes over, every thread has the session when it is answered', async () => {
  const { served, count } = told(3)
  const client = await served.connect(3)
  for (const queue of [1, 2, 3, 0]) {
    const before = count('DESTROYED')
    await client.init({ queue })
    for (const each of [1, 2, 3]) expect(await threadOf(client, each)).toBe(`thread ${each - 1}`)
    if (queue !== 1) expect(count('DESTROYED')).toBe(before + 3)
  }
  const before = count('DESTROYED')
  expect((await client.call(Opcode.DESTROY, 0, undefined, { queue: 2 })).error).toBe(0)
  expect(count('DESTROYED')).toBe(before + 3)
  expect((await client.call(Opcode.READ, 1, reading(Handle.ANSWER), { queue: 3 })).error).toBe(EIO)
  expect(served.errors).toEqual([])
})

test('INTERRUPT over its own queue aborts a request of any thread, and is answered where nobody knows it', async () => {
  const { served, count } = told(2)
  const client = await served.connect(2)
  await client.init()
  for (const [done, queue] of [1, 2].entries()) {
    const { to, unique } = postWaiting(client, queue)
    await until(() => count('WAITING') === done + 1)
    const interrupt = new RequestBody().struct(FuseInterruptIn, { unique })
    expect((await client.call(Opcode.INTERRUPT, 0, interrupt, { queue: 0 })).used).toBe(0)
    const { length } = await client.queue(queue).take()
    expect(client.replyAt(to, length).error).toBe(EINTR)
    expect(count('ABORTED')).toBe(done + 1)
    const late = new RequestBody().struct(FuseInterruptIn, { unique })
    expect((await client.call(Opcode.INTERRUPT, 0, late, { queue: 0 })).error).toBe(EAGAIN)
  }
  expect((await client.call(Opcode.INTERRUPT, 0, new RequestBody(), { queue: 0 })).error).toBe(-22)
})

test('memory that is replaced under requests in flight takes their replies, and the old one is gone', async () => {
  const { served, counts, count } = told(2)
  const client = await served.connect(2)
  await client.init()
  const replies = [1, 2].map((queue) => ({ queue, ...postWaiting(client, queue, 7) }))
  await until(() => count('WAITING') === 2)
  // The same addresses in another file: what a monitor does that moves a guest to other memory.
  const [old] = client.memory.regions
  const size = old?.size ?? 0
  const next = new TestMemory([{ guestAddress: 0, size }])
  cleanup(() => next.close())
  const piece = 2 ** 20
  for (let at = 0; at < size; at += piece) next.bytes(at, piece).set(client.memory.bytes(at, piece))
  await client.frontEnd.obeyed(
    SET_MEM_TABLE,
    memoryTable(next.regions),
    next.regions.map(({ fd }) => fd),
  )
  const before = replies.map(({ to }) => client.memory.bytes(to, 64).slice())
  Atomics.store(counts, Count.RELEASED, 1)
  const usedOf = (queue: number): number => {
    const { used } = client.queue(queue).driver.addresses
    return next.view(used, 4).getUint16(2, true)
  }
  await until(() => replies.every(({ queue }) => usedOf(queue) === (queue === 1 ? 2 : 1)))
  replies.forEach(({ to }, i) => {
    expect(text(next.bytes(to + 16, 8))).toBe('waited 7')
    expect(client.memory.bytes(to, 64)).toEqual(before[i])
  })
})

test('a queue that stops waits for what its thread holds', async () => {
  const { served, counts, count } = told(1)
  const client = await served.connect(1)
  await client.init()
  const { to } = postWaiting(client, 1, 3)
  await until(() => count('WAITING') === 1)
  const stopped = client.frontEnd.stopQueue(1)
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(client.queue(1).driver.take()).toBeUndefined()
  Atomics.store(counts, Count.RELEASED, 1)
  expect(await stopped).toBe(2)
  const { length } = await client.queue(1).take()
  expect(text(client.replyAt(to, length).body)).toBe('waited 3')
})

test('requests are given up when the guest has gone, in every thread', async () => {
  const { served, count } = told(3)
  const client = await served.connect(3)
  await client.init()
  const replies = [1, 2, 3].map((queue) => ({ queue, ...postWaiting(client, queue) }))
  await until(() => count('WAITING') === 3)
  client.frontEnd.close()
  await served.ended(1)
  expect([count('ABORTED'), count('DESTROYED')]).toEqual([3, 3])
  for (const { queue, to } of replies) {
    const { length } = await client.queue(queue).take()
    expect(client.replyAt(to, length).error).toBe(ECONNABORTED)
  }
  const next = await served.connect(1)
  await next.init()
  expect(await threadOf(next, 1)).toBe('thread 0')
})

test('a thread that cannot serve a session: INIT is answered EIO, and why is in the log', async () => {
  const destroyed: number[] = []
  const { served } = told(2, { fails: true }, { destroy: () => void destroyed.push(1) })
  const client = await served.connect(2)
  await expect(client.init()).rejects.toThrow(`INIT was answered ${EIO}`)
  expect(destroyed).toEqual([1])
  expect(served.errors).toEqual(['a session could not begin or end: answered EIO'])
})

test('a thread that ends is reported, and the next guest gets another one', async () => {
  const { served } = told(2)
  const client = await served.connect(2)
  await client.init()
  client.post(client.encode(Opcode.READ, 1, reading(Handle.END_THREAD)), [
    { address: client.memory.allocate(ROOM), length: ROOM },
  ])
  await client.queue(1).error()
  expect(served.errors).toEqual(['a serving thread failed: its queues stand still'])
  expect(await threadOf(client, 2)).toBe('thread 1')
  client.close()
  await served.ended(1)
  const next = await served.connect(2)
  await next.init()
  expect(await threadOf(next, 1)).toBe('thread 0')
})

test('a number of threads that cannot be is refused', () => {
  const workers = { count: 0, script: SCRIPT }
  expect(() => new VirtiofsDevice({ createFileSystem: () => ({}), workers })).toThrow(RangeError)
})

test('requests that come one at a time are looked for, and need no kick', async () => {
  const { served } = told(1, {}, {}, 10_000)
  const client = await served.connect(1)
  await client.init()
  const kick = vi.spyOn(client.queue(), 'kick')
  let sent = 0
  while (sent - kick.mock.calls.length < 100) {
    expect(await threadOf(client, 1)).toBe('thread 0')
    sent += 1
  }
  expect(client.queue().driver.usedIndex).toBe(sent + 1)
  expect(served.errors).toEqual([])
})

test('a thread that looks for requests serves its other queues, and stops', async () => {
  const { served } = told(1, {}, {}, 10_000)
  const client = await served.connect(3)
  await client.init()
  for (let i = 0; i < 300; i += 1) {
    for (const queue of [1, 2, 3]) expect(await threadOf(client, queue)).toBe('thread 0')
  }
  expect(await client.frontEnd.stopQueue(1)).toBe(302 - 1)
  expect(await threadOf(client, 2)).toBe('thread 0')
})

test('no thread looks for requests longer than there is time', () => {
  for (const pollUs of [-1, 10_001, Number.NaN]) {
    expect(() => new VirtiofsDevice({ createFileSystem: () => ({}), pollUs })).toThrow(RangeError)
  }
})
