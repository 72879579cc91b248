import { FuseAttrOut, FuseLkIn, FuseReadIn, Opcode } from '@fb/abi'
import { Errno, type FileSystem, makeAttr } from '@fb/api'
import { RequestBody } from '@fb/api/testing'
import { describe, expect, test } from 'vitest'
import { VirtiofsDevice } from '../src/index.js'
import type { RingClient } from '../src/testing/index.js'
import { decode, serve } from './support.js'

const EIO = -5
const ECONNABORTED = -103
const EACCES = -13
const S_IFDIR = 0o040000

/** Makes file systems whose GETATTR says which of them it is, and remembers those that were destroyed. */
function numbered(extra: FileSystem = {}) {
  const state = { made: 0, destroyed: [] as number[] }
  const createFileSystem = (): FileSystem => {
    state.made += 1
    const own = state.made
    return {
      getattr: () => ({ attr: makeAttr({ ino: 1, mode: S_IFDIR, size: own }), attrTimeout: 0 }),
      destroy: () => void state.destroyed.push(own),
      ...extra,
    }
  }
  return { state, createFileSystem }
}

test('each INIT begins with a new file system, after DESTROY or without', async () => {
  const { state, createFileSystem } = numbered()
  const client = await serve({ createFileSystem }).connect()
  expect((await client.call(Opcode.GETATTR, 1, getattr())).error).toBe(EIO)
  expect(state.made).toBe(0)
  const size = async () =>
    decode(FuseAttrOut, (await client.call(Opcode.GETATTR, 1, getattr())).body).attr.size
  await client.init()
  expect(await size()).toBe(1)
  expect((await client.call(Opcode.DESTROY, 0)).error).toBe(0)
  expect((await client.call(Opcode.GETATTR, 1, getattr())).error).toBe(EIO)
  expect(state.destroyed).toEqual([1])
  await client.init()
  expect(await size()).toBe(2)
  await client.init()
  expect(await size()).toBe(3)
  expect(state.destroyed).toEqual([1, 2])
})

function getattr(): RequestBody {
  return new RequestBody().bytes(new Uint8Array(16))
}

test('a file system that cannot be made is the answer to INIT, and the next INIT tries again', async () => {
  let fails = true
  const { createFileSystem } = numbered()
  const served = serve({
    createFileSystem() {
      if (fails) throw Errno.EACCES
      return createFileSystem()
    },
  })
  const client = await served.connect()
  await expect(client.init()).rejects.toThrow(`INIT was answered ${EACCES}`)
  fails = false
  expect(await client.init()).toMatchObject({ major: 7 })
})

test('a file system that cannot end is logged, and the next guest is served', async () => {
  const { createFileSystem } = numbered({ destroy: () => Promise.reject(new Error('no')) })
  const served = serve({ createFileSystem })
  const client = await served.connect()
  await client.init()
  client.close()
  await served.ended(1)
  expect(served.errors).toEqual(['the file system failed to end'])
  expect(await (await served.connect()).init()).toMatchObject({ major: 7 })
})

describe('requests that are answered later', () => {
  test('come back in the order in which they settle, to the queue that they came from', async () => {
    const waiting = new Map<number, (text: string) => void>()
    const { createFileSystem } = numbered({
      read: (_node, _fh, offset) =>
        new Promise((resolve) => {
          waiting.set(offset, (text) => resolve(new TextEncoder().encode(text)))
        }),
    })
    const client = await serve({ createFileSystem, numRequestQueues: 2 }).connect(2)
    await client.init()
    const places = [0, 1, 2].map(() => ({
      at: client.memory.allocate(4096),
      to: client.memory.allocate(4096),
    }))
    const heads = places.map(({ at, to }, i) => {
      const body = new RequestBody().struct(FuseReadIn, { offset: i, size: 100 })
      const message = client.encode(Opcode.READ, 1, body)
      return client.post(message, [{ address: to, length: 4096 }], { at, queue: i === 2 ? 2 : 1 })
    })
    await until(() => waiting.size === 3)
    expect((await client.call(Opcode.GETATTR, 1, getattr())).error).toBe(0)
    for (const [i, queue] of [
      [1, 1],
      [2, 2],
      [0, 1],
    ] as const) {
      waiting.get(i)?.(`answer ${i}`)
      const { head, length } = await client.queue(queue).take()
      expect(head).toBe(heads[i])
      expect(new TextDecoder().decode(client.replyAt(places[i]?.to ?? 0, length).body)).toBe(`answer ${i}`)
    }
  })

  /** A file system with a lock that is taken; `grant` gives it to whoever has waited longest. */
  function locked() {
    const signals: AbortSignal[] = []
    const grants: (() => void)[] = []
    const fs: FileSystem = {
      setlk: (_node, _fh, _lock, ctx) =>
        new Promise((resolve, reject) => {
          signals.push(ctx.signal)
          grants.push(resolve)
          ctx.signal.addEventListener('abort', () => reject(Errno.EINTR))
        }),
    }
    return { fs, signals, grants }
  }

  /** Posts a SETLKW, and says where its reply will be. */
  function waitForLock(client: RingClient): number {
    const [at, to] = [client.memory.allocate(4096), client.memory.allocate(4096)]
    const lock = new RequestBody().struct(FuseLkIn, { fh: 1 })
    client.post(client.encode(Opcode.SETLKW, 1, lock), [{ address: to, length: 4096 }], { at })
    return to
  }

  test('that wait for a lock go on with their queue, which stops without them', async () => {
    const { fs, signals, grants } = locked()
    const served = serve({ createFileSystem: () => fs })
    const client = await served.connect()
    await client.init()
    const places = [waitForLock(client), waitForLock(client)]
    await until(() => signals.length === 2)
    const queue = client.queue(1)
    expect(await client.frontEnd.stopQueue(1)).toBe(3)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
    // EINTR would be ERESTARTSYS for a program of the guest.
    expect(queue.driver.take()).toBeUndefined()
    client.queues[1] = await client.frontEnd.startQueue(1, queue.driver, 3)
    queue.close()
    await until(() => signals.length === 4)
    grants[2]?.()
    const { length } = await client.queue(1).take()
    expect(client.replyAt(places[0] ?? 0, length).error).toBe(0)
    // The queue takes other requests while the second one waits.
    expect((await client.call(Opcode.STATFS, 1)).error).toBe(0)
    grants[3]?.()
    const second = await client.queue(1).take()
    expect(client.replyAt(places[1] ?? 0, second.length).error).toBe(0)
  })

  test('that wait for a lock are forgotten where the driver has begun anew', async () => {
    const { fs, signals } = locked()
    const served = serve({ createFileSystem: () => fs })
    const client = await served.connect()
    await client.init()
    waitForLock(client)
    await until(() => signals.length === 1)
    await client.frontEnd.stopQueue(1)
    await client.frontEnd.stopQueue(0)
    await client.restart()
    expect(await client.init()).toMatchObject({ major: 7 })
    expect(signals.length).toBe(1)
  })

  test('are given up when the guest has gone', async () => {
    const signals: AbortSignal[] = []
    const { state, createFileSystem } = numbered({
      statfs: (_node, ctx) => {
        signals.push(ctx.signal)
        return new Promise(() => {})
      },
    })
    const served = serve({ createFileSystem })
    const client = await served.connect()
    await client.init()
    client.close()
    await served.ended(1)

    const next = await served.connect()
    await next.init()
    const reply = next.memory.allocate(4096)
    next.post(next.encode(Opcode.STATFS, 1), [{ address: reply, length: 4096 }])
    await until(() => signals.length === 1)
    next.frontEnd.close()
    await served.ended(2)
    expect(signals[0]?.aborted).toBe(true)
    expect(state.destroyed).toEqual([1, 2])
    const { length: given } = await next.queue(1).take()
    expect(next.replyAt(reply, given).error).toBe(ECONNABORTED)
  })
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

describe('VirtiofsDevice', () => {
  const createFileSystem = () => ({})

  test('has the tag and the number of queues in its configuration space', () => {
    const device = new VirtiofsDevice({ createFileSystem, tag: 'Laufwerk', numRequestQueues: 3 })
    const bytes = device.getConfig(0, 40) ?? new Uint8Array(0)
    expect(new TextDecoder().decode(bytes)).toBe(`Laufwerk${'\0'.repeat(28)}\x03\0\0\0`)
    expect(device.getConfig(36, 4)).toEqual(Uint8Array.of(3, 0, 0, 0))
    expect(device.getConfig(37, 4)).toBeUndefined()
    expect(device.queueCount).toBe(4)
  })

  test.each(['', 'a\0b', 'x'.repeat(37)])('refuses the tag %j', (tag) => {
    expect(() => new VirtiofsDevice({ createFileSystem, tag })).toThrow(RangeError)
  })

  test.each([0, 256, 1.5])('refuses %d queues', (numRequestQueues) => {
    expect(() => new VirtiofsDevice({ createFileSystem, numRequestQueues })).toThrow(RangeError)
  })
})
