import { readFileSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { quietLogger, Server } from '@fb/api'
import { expect, test } from 'vitest'
import { FuseSession } from '../src/fuse-session.js'
import type { FuseSessionOptions } from '../src/session-options.js'
import type { ServeWorkersOptions } from '../src/workers/worker-service.js'
import { abortConnection } from './support/connections.js'
import { describeWith, machine, root } from './support/machine.js'
import { MemoryTree } from './support/memory-tree.js'
import { mountpoint, mountsAt } from './support/mountpoints.js'
import { openElsewhere, sh, shStatus, until } from './support/run.js'

const SILENT = { ...quietLogger, error() {} }
const SCRIPT = new URL('./programs/worker.mjs', import.meta.url)

const READS = 0
const CLOSED = 1
const ABORTED = 2
const BY_THREAD = 8

interface Served {
  readonly path: string
  readonly session: FuseSession
  readonly words: Int32Array
}

async function served(
  mode: string,
  options: Partial<ServeWorkersOptions> = {},
  sessionOptions: FuseSessionOptions = {},
): Promise<Served> {
  const path = await mountpoint()
  const words = new Int32Array(new SharedArrayBuffer(256))
  const session = await FuseSession.mount(path, { logger: SILENT, ...sessionOptions })
  const server = new Server(new MemoryTree(), { notifier: session.notifier })
  await session.serveWorkers(server, {
    workers: 2,
    script: SCRIPT,
    workerData: { words: words.buffer, mode },
    ...options,
  })
  return { path, session, words }
}

const cat = (path: string): Promise<string> => sh('cat "$1/hello"', path)
const HELLO = 'hello world\n'

describeWith('serving in threads', [machine.mount], () => {
  test.each<[string, Partial<ServeWorkersOptions>]>([
    ['one thread', { workers: 1 }],
    ['two threads', { workers: 2 }],
    ['four threads', { workers: 4 }],
    ['sharing one device', { workers: 2, clone: false }],
    ['spinning before they sleep', { workers: 2, spin: 20 }],
    ['bound to CPUs', { workers: 2, cpus: [0] }],
  ])('%s', async (_name, options) => {
    for (const mode of ['sync', 'microtask', 'async']) {
      const { path, session, words } = await served(mode, options)
      const seen = await Promise.all(Array.from({ length: 8 }, () => cat(path)))
      expect(seen).toEqual(Array.from({ length: 8 }, () => HELLO))
      expect(words[READS]).toBeGreaterThanOrEqual(1)
      await session.unmount()
      expect(words[CLOSED]).toBe(options.workers)
      expect(await mountsAt(path)).toEqual([])
    }
  })

  test('answers synchronous calls of the main thread', async () => {
    const { path, session } = await served('sync')
    expect(readFileSync(`${path}/hello`, 'utf8')).toBe(HELLO)
    expect(statSync(`${path}/hello`).size).toBe(HELLO.length)
    await session.unmount()
  })

  test('several threads take part', async () => {
    const { path, session, words } = await served('async', { workers: 2 })
    await until(async () => {
      await Promise.all(Array.from({ length: 8 }, () => cat(path)))
      return words.subarray(BY_THREAD, BY_THREAD + 2).every((count) => count > 0)
    })
    await session.unmount()
  })

  test('an INTERRUPT reaches the thread that has the request', async () => {
    const { path, session, words } = await served('sync', { workers: 3 })
    for (let round = 1; round <= 5; round += 1) {
      const { code } = await shStatus('timeout -s INT 0.2 cat "$1/hang"', path)
      expect(code).toBe(124)
      await until(() => Atomics.load(words, ABORTED) === round)
    }
    await session.unmount()
  })

  test('the answer to a retrieve reaches the thread that asked, or the main thread', async () => {
    const { path, session } = await served('sync', { workers: 3 })
    // The server of this test allows no caching of attributes, but the page stays as long as the file is open.
    const file = await openElsewhere(`${path}/hello`)
    await session.notifier.store(2, 0, new TextEncoder().encode(HELLO))
    for (let round = 0; round < 5; round += 1) {
      expect((await shStatus('stat "$1/retrieve"', path)).stderr).toMatch(/No such file/)
      const { bytes } = await session.notifier.retrieve(2, 0, 5)
      expect(new TextDecoder().decode(bytes)).toBe('hello')
    }
    await file.finish()
    await session.unmount()
  })

  test('leaves no descriptor and no thread behind', async () => {
    const cycle = async (): Promise<void> => {
      const { path, session } = await served('async')
      await cat(path)
      await session.unmount()
    }
    await cycle()
    const [fds, threads] = [await readdir('/proc/self/fd'), await readdir('/proc/self/task')]
    for (let round = 0; round < 3; round += 1) await cycle()
    expect((await readdir('/proc/self/fd')).length).toBe(fds.length)
    expect((await readdir('/proc/self/task')).length).toBeLessThanOrEqual(threads.length)
  })

  test('wrong options are refused', async () => {
    const session = await FuseSession.mount(await mountpoint())
    expect(() => session.serveWorkers(new Server({}), { workers: 0, script: SCRIPT })).toThrow(RangeError)
    await session.unmount()
  })
})

describeWith('threads and the end of the session', [machine.mount, root], () => {
  test('an abort ends them all', async () => {
    const { path, session, words } = await served('sync', { workers: 3 })
    await abortConnection(session.connection as number)
    await session.closed
    expect(words[CLOSED]).toBe(3)
    expect(await mountsAt(path)).toEqual([])
  })

  test('umount -l with a file open: the rest is served until it is closed', async () => {
    const { path, session } = await served('async')
    const file = await openElsewhere(`${path}/hello`)
    await sh('umount -l "$1"', path)
    expect(await file.finish()).toBe(HELLO)
    await session.closed
  })

  test('an uncaught error in one thread unmounts and rejects', async () => {
    const { path, session } = await served('sync', { workers: 3 })
    const asking = shStatus('cat "$1/crash"', path)
    await expect(session.closed).rejects.toThrow('crashed on purpose')
    expect((await asking).code).not.toBe(0)
    expect(await mountsAt(path)).toEqual([])
  })

  test.each([
    ['fail', /failed on purpose/],
    ['leave', /ended with code 3/],
  ])('a thread that does not come to serving: %s', async (mode, message) => {
    await expect(served(mode)).rejects.toThrow(message)
  })

  test('a script that does not exist', async () => {
    const script = pathToFileURL('/no/such/script.mjs')
    await expect(served('sync', { script })).rejects.toThrow(/Cannot find module/)
  })

  test('a script may be a path', async () => {
    const { path, session } = await served('sync', { script: fileURLToPath(SCRIPT) })
    expect(await cat(path)).toBe(HELLO)
    await session.unmount()
  })

  test('threads get on with one CPU', async () => {
    const { path, session } = await served('sync', { workers: 4, cpus: [0], spin: 5 })
    expect(await Promise.all([cat(path), cat(path), cat(path)])).toEqual([HELLO, HELLO, HELLO])
    await session.unmount()
  })
})
