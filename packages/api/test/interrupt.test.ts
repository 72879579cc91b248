import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Context } from '../src/context.js'
import { Errno } from '../src/errno.js'
import type { FileSystem } from '../src/file-system.js'
import { Server } from '../src/server.js'
import { FuseClient } from '../src/testing/fuse-client.js'
import { encodeRequest } from '../src/testing/request-bytes.js'
import { recordingLogger } from './logger.js'
import { replyError } from './reply-error.js'

const lock = { start: 0n, end: 1n, type: 1, pid: 1 }
const request = { owner: 1n, lock, flock: false, wait: true }

/** A lock that is never free: `wait` says how the method learns that the caller gave up. */
function locked(wait: (ctx: Context) => Promise<Errno | undefined>): FileSystem {
  return { setlk: (_node, _fh, _request, ctx) => wait(ctx) as Promise<Errno> }
}

function untilAborted(ctx: Context): Promise<Errno> {
  return new Promise((resolve) => {
    ctx.signal.addEventListener('abort', () => resolve(Errno.EINTR), { once: true })
  })
}

describe('INTERRUPT', () => {
  it('aborts the signal of the request that it names', async () => {
    const client = await FuseClient.connect(locked(untilAborted))
    const controller = new AbortController()
    const waiting = client.setlk(1, 1, request, { signal: controller.signal })
    expect(client.server.pending).toBe(1)
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'EINTR' })
    expect(client.server.pending).toBe(0)
  })

  it('leaves the others alone', async () => {
    const client = await FuseClient.connect(locked(untilAborted))
    const first = client.setlk(1, 1, request)
    const { lastUnique } = client
    const second = client.setlk(1, 2, request)
    expect(await client.interrupt(lastUnique)).toBe(true)
    await expect(first).rejects.toMatchObject({ code: 'EINTR' })
    expect(client.server.pending).toBe(1)
    await client.server.close()
    await expect(second).rejects.toMatchObject({ code: 'ECONNABORTED' })
  })

  it('is seen by a signal that is read later', async () => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const seen: boolean[] = []
    const fs = locked(async (ctx) => {
      await held
      seen.push(ctx.signal.aborted)
      return Errno.EINTR
    })
    const client = await FuseClient.connect(fs)
    const waiting = client.setlk(1, 1, request)
    expect(await client.interrupt(client.lastUnique)).toBe(true)
    release()
    await expect(waiting).rejects.toMatchObject({ code: 'EINTR' })
    expect(seen).toEqual([true])
  })

  it('makes EINTR of the AbortError of Node, with nothing in the log', async () => {
    const { logger, lines } = recordingLogger()
    const fs = locked(async (ctx) => {
      await sleep(3_600_000, undefined, { signal: ctx.signal })
      return undefined
    })
    const client = await FuseClient.connect(fs, { server: { logger } })
    const waiting = client.setlk(1, 1, request)
    await client.interrupt(client.lastUnique)
    await expect(waiting).rejects.toMatchObject({ code: 'EINTR' })
    const throwing = await FuseClient.connect(
      locked(async (ctx) => {
        await untilAborted(ctx)
        ctx.signal.throwIfAborted()
        return undefined
      }),
      { server: { logger } },
    )
    const thrown = throwing.setlk(1, 1, request)
    await throwing.interrupt(throwing.lastUnique)
    await expect(thrown).rejects.toMatchObject({ code: 'EINTR' })
    expect(lines).toEqual([])
  })

  it('leaves an AbortError alone that has nothing to do with it', async () => {
    const { logger, lines } = recordingLogger()
    const fs = locked(() => Promise.reject(new DOMException('something else', 'AbortError')))
    const client = await FuseClient.connect(fs, { server: { logger } })
    await expect(client.setlk(1, 1, request)).rejects.toMatchObject({ code: 'EIO' })
    expect(lines).toHaveLength(1)
  })

  it('is EAGAIN for a request that has been answered, or never was', async () => {
    const client = await FuseClient.connect({})
    await client.statfs()
    expect(await client.interrupt(client.lastUnique)).toBe(false)
    expect(await client.interrupt(2n ** 63n)).toBe(false)
  })

  it('is passed on where another server may have the request', async () => {
    const asked: bigint[] = []
    const server = new Server({}, { onForeignInterrupt: (unique) => asked.push(unique) > 1 })
    const client = await FuseClient.connect(server)
    expect(await client.interrupt(10n)).toBe(false)
    expect(await client.interrupt(12n)).toBe(true)
    expect(asked).toEqual([10n, 12n])
  })

  it('may come from another server', async () => {
    const client = await FuseClient.connect(locked(untilAborted))
    const waiting = client.setlk(1, 1, request)
    expect(client.server.interrupt(1n)).toBe(false)
    expect(client.server.interrupt(client.lastUnique)).toBe(true)
    await expect(waiting).rejects.toMatchObject({ code: 'EINTR' })
  })

  it('without a number is EINVAL', async () => {
    const client = await FuseClient.connect({})
    const reply = await client.raw(encodeRequest({ opcode: 36, unique: 5n, nodeid: 0 }, new Uint8Array(7)))
    expect(replyError(reply)).toBe(-22)
  })

  it('reaches every request of a number that a client uses twice, and each is answered', async () => {
    const client = await FuseClient.connect({ syncfs: (_node, ctx) => untilAborted(ctx) })
    const message = encodeRequest({ opcode: 50, unique: 8n, nodeid: 1 }, new Uint8Array(8))
    const replies = [client.raw(message), client.raw(message)]
    expect(client.server.pending).toBe(2)
    expect(await client.interrupt(8n)).toBe(true)
    for (const reply of await Promise.all(replies)) expect(reply?.length).toBe(16)
    expect(client.server.pending).toBe(0)
  })
})

describe('the signal', () => {
  it('is made only when it is read, once', async () => {
    const signals: AbortSignal[] = []
    const fs: FileSystem = {
      access: (_node, _mask, ctx) => void signals.push(ctx.signal, ctx.signal),
    }
    const client = await FuseClient.connect(fs)
    await client.access(1, 0)
    await client.access(1, 0)
    expect(signals[0]).toBe(signals[1])
    expect(signals[2]).not.toBe(signals[0])
  })

  it('that was aborted before the call sends nothing', async () => {
    const client = await FuseClient.connect({ access: () => expect.unreachable() })
    await expect(client.access(1, 0, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'EINTR',
    })
  })
})
