import { FuseInHeader, FuseOutHeader, Opcode } from '@fb/abi'
import { quietLogger, Server } from '@fb/api'
import { expect, test } from 'vitest'
import type { FuseChannel } from '../src/device/fuse-channel.js'
import { FuseSession } from '../src/fuse-session.js'
import { describeWith, machine } from './support/machine.js'
import { MemoryTree } from './support/memory-tree.js'
import { mountpoint, mountsAt } from './support/mountpoints.js'
import { sh, shStatus } from './support/run.js'

/** The loop of somebody who brings their own. How many requests there were. */
async function loop(channel: FuseChannel, server: Server): Promise<number> {
  let count = 0
  for await (const request of channel) {
    count += 1
    server.handle(request)
  }
  return count
}

async function mounted(): Promise<{ path: string; session: FuseSession; server: Server }> {
  const path = await mountpoint()
  const fs = new MemoryTree()
  for (let index = 0; index < 8; index += 1) fs.addFile(`f${index}`, `${index}`.repeat(100_000))
  const session = await FuseSession.mount(path)
  return { path, session, server: new Server(fs, { notifier: session.notifier }) }
}

const readAll = 'for f in 0 1 2 3 4 5 6 7; do cat "$1/f$f" & done | wc -c; wait'

describeWith('a channel', [machine.mount], () => {
  test('gives request after request until the connection ends, and the session with it', async () => {
    const { path, session, server } = await mounted()
    const channel = session.newChannel()
    const looping = loop(channel, server)
    expect((await sh(readAll, path)).trim()).toBe('800000')
    await session.unmount()
    expect(await looping).toBeGreaterThan(16)
    expect(channel.fd).toBe(-1)
    expect(await channel.getRequest()).toBeUndefined()
    await session.closed
    await server.close()
    expect(await mountsAt(path)).toEqual([])
  })

  test('cloned ones share the requests, and each answers its own', async () => {
    const { path, session, server } = await mounted()
    const channels = [
      session.newChannel(),
      session.newChannel({ clone: true }),
      session.newChannel({ clone: true }),
    ]
    const loops = channels.map((channel) => loop(channel, server))
    for (let round = 0; round < 5; round += 1) expect((await sh(readAll, path)).trim()).toBe('800000')
    await session.unmount()
    const counts = await Promise.all(loops)
    expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThan(80)
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(1)
  })

  test('closing one ends its loop and leaves the others alone', async () => {
    const { path, session, server } = await mounted()
    const kept = loop(session.newChannel({ clone: true }), server)
    await sh('ls "$1"', path)
    const channel = session.newChannel({ clone: true })
    const ended = loop(channel, server)
    await new Promise((resolve) => setImmediate(resolve))
    channel.close()
    channel.close()
    await ended
    expect((await sh(readAll, path)).trim()).toBe('800000')
    await session.unmount()
    await kept
  })

  test('with less room than INIT has settled fails to read', async () => {
    const { path, session, server } = await mounted()
    const serving = loop(session.newChannel(), server)
    await sh('ls "$1"', path)
    const small = session.newChannel({ clone: true, maxWrite: 4096 })
    await expect(small.getRequest()).rejects.toMatchObject({ code: 'EINVAL' })
    small.close()
    await session.unmount()
    await serving
  })
})

describeWith('a reply that the kernel cannot read', [machine.mount], () => {
  test('is told once in the log, and the caller gets EIO instead of waiting for ever', async () => {
    const path = await mountpoint()
    const errors: object[] = []
    const logger = { ...quietLogger, error: (detail: object) => void errors.push(detail) }
    const session = await FuseSession.mount(path, { logger })
    const server = new Server(new MemoryTree(), { notifier: session.notifier })
    const channel = session.newChannel()
    const sent: boolean[] = []
    const looping = (async () => {
      for await (const request of channel) {
        if (request.view.getUint32(FuseInHeader.offsets.opcode, true) !== Opcode.LOOKUP) {
          server.handle(request)
          continue
        }
        FuseOutHeader.encode(request.reply.view, 0, {
          len: 1000,
          error: 0,
          uniqueLow: request.view.getUint32(FuseInHeader.offsets.uniqueLow, true),
          uniqueHigh: request.view.getUint32(FuseInHeader.offsets.uniqueHigh, true),
        })
        sent.push(request.send(100))
      }
    })()
    for (let round = 0; round < 2; round += 1) {
      expect((await shStatus('stat "$1/x"', path)).stderr).toMatch(/Input\/output error/)
    }
    expect(sent).toEqual([false, false])
    expect(errors).toEqual([{ errno: 'EINVAL' }])
    await session.unmount()
    await looping
  })
})
