import { describe, expect, it } from 'vitest'
import { Errno } from '../src/errno.js'
import type { FileSystem } from '../src/file-system.js'
import { FuseClient } from '../src/testing/fuse-client.js'
import { recordingLogger } from './logger.js'
import { entry, openReply } from './operations.js'

/** A promise and the way to settle it. */
function deferred<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

/** Whether something has been called, and in which order. */
function recorder() {
  const calls: unknown[] = []
  return { calls, record: (...call: unknown[]) => void calls.push(call) }
}

describe.each([
  ['DESTROY', (client: FuseClient) => client.destroy()],
  ['close', (client: FuseClient) => client.server.close()],
] as const)('%s', (_name, end) => {
  it('answers what is in flight, aborts its signals, then calls destroy', async () => {
    const { calls, record } = recorder()
    const fs: FileSystem = {
      access: (_node, mask, ctx) => {
        ctx.signal.addEventListener('abort', () => record('abort', mask))
        return new Promise(() => {})
      },
      destroy: () => record('destroy'),
    }
    const client = await FuseClient.connect(fs)
    const waiting = [client.access(1, 1), client.access(1, 2)]
    const settled = Promise.allSettled(waiting)
    await end(client)
    expect((await settled).map((one) => (one as PromiseRejectedResult).reason.code)).toEqual([
      'ECONNABORTED',
      'ECONNABORTED',
    ])
    expect(calls).toEqual([['abort', 1], ['abort', 2], ['destroy']])
    expect(client.server.pending).toBe(0)
    expect(client.server.negotiated).toBeUndefined()
  })

  it('calls destroy exactly once, however often and in whichever way it ends', async () => {
    const { calls, record } = recorder()
    const client = await FuseClient.connect({ destroy: () => record('destroy') })
    await end(client)
    await client.server.close()
    await client.server.close()
    await expect(client.destroy()).rejects.toMatchObject({ code: 'EIO' })
    expect(calls).toEqual([['destroy']])
  })

  it('waits for destroy', async () => {
    const { promise, resolve } = deferred<void>()
    const { calls, record } = recorder()
    const client = await FuseClient.connect({ destroy: () => promise })
    const ended = end(client).then(() => record('ended'))
    await new Promise(setImmediate)
    expect(calls).toEqual([])
    resolve()
    await ended
    expect(calls).toEqual([['ended']])
  })

  it('tells what destroy failed with', async () => {
    const failing = await FuseClient.connect({ destroy: () => Errno.EBUSY })
    await expect(end(failing)).rejects.toMatchObject({ code: 'EBUSY' })
    const rejecting = await FuseClient.connect({ destroy: () => Promise.reject(Errno.ENOSPC) })
    await expect(end(rejecting)).rejects.toMatchObject({ code: 'ENOSPC' })
  })

  it('refuses what comes after it, until there is another INIT', async () => {
    const client = await FuseClient.connect({ lookup: () => entry })
    await end(client)
    await expect(client.lookup(1, 'a')).rejects.toMatchObject({ code: 'EIO' })
    await client.init()
    expect((await client.lookup(1, 'a')).nodeid).toBe(7)
  })

  it('takes back what comes too late, and sends nothing more', async () => {
    const late = deferred<void>()
    const { calls, record } = recorder()
    const fs: FileSystem = {
      lookup: () => late.promise.then(() => entry),
      open: () => late.promise.then(() => openReply),
      opendir: () => late.promise.then(() => ({ ...openReply, fh: 5 })),
      create: () =>
        late.promise.then(() => ({ entry: { ...entry, nodeid: 8 }, open: { ...openReply, fh: 6 } })),
      access: () => late.promise,
      forget: (...args) => record('forget', ...args),
      release: (node, fh) => record('release', node, fh),
      releasedir: (node, fh) => record('releasedir', node, fh),
    }
    const { logger, lines } = recordingLogger()
    const client = await FuseClient.connect(fs, { server: { logger } })
    const asked = [
      client.lookup(1, 'a'),
      client.open(7),
      client.opendir(1),
      client.create(1, 'b', 0o100644, 0),
      client.access(1, 0),
    ]
    const settled = Promise.allSettled(asked)
    await end(client)
    for (const one of await settled) expect(one).toMatchObject({ reason: { code: 'ECONNABORTED' } })
    expect(calls).toEqual([])
    late.resolve()
    await new Promise(setImmediate)
    expect(calls).toEqual([
      ['forget', 7, 1],
      ['release', 7, openReply.fh],
      ['releasedir', 1, 5],
      ['release', 8, 6],
      ['forget', 8, 1],
    ])
    expect(lines).toEqual([])
    client.channel.check()
  })
})

describe('close', () => {
  it('before INIT calls nothing', async () => {
    const { Server } = await import('../src/server.js')
    await new Server({ destroy: () => expect.unreachable() }).close()
  })

  it('while DESTROY waits answers that too', async () => {
    const { promise, resolve } = deferred<void>()
    const client = await FuseClient.connect({ destroy: () => promise })
    const destroyed = client.destroy()
    const closed = client.server.close()
    await expect(destroyed).rejects.toMatchObject({ code: 'ECONNABORTED' })
    resolve()
    await closed
    expect(client.server.pending).toBe(0)
  })
})
