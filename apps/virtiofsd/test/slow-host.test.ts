import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FuseOpenIn, Opcode } from '@fb/abi'
import { RequestBody } from '@fb/api/testing'
import { SlowHost } from '@fb/slow-host'
import { missingForMount } from '@fb/testbed'
import { RingClient } from '@fb/transport-virtiofs/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { Daemon, directory } from './daemon.js'
import { lookup, open } from './guest-calls.js'

const missing = missingForMount(['umount'])
if (missing !== undefined) console.warn(`skipped: ${missing}`)

const ROOM = 4096
/** More than there are threads that serve. */
const MANY = 6

/** How a daemon is told to serve a source that hangs; files are in the root, or in the directory `slow` of a tree. */
const WAYS: Readonly<
  Record<string, { readonly args: (source: string, other: string) => string[]; readonly inTree: boolean }>
> = {
  'without threads': { args: (source) => ['--shared-dir', source, '--thread-pool-size', '0'], inTree: false },
  'with threads': { args: (source) => ['--shared-dir', source, '--thread-pool-size', '2'], inTree: false },
  'in a tree': {
    args: (source, other) => ['--mount', `/slow=${source}`, '--mount', `/other=${other}`],
    inTree: true,
  },
}

describe.skipIf(missing !== undefined)('a host that does not answer', { timeout: 90_000 }, () => {
  let host: SlowHost
  afterEach(() => host.close())

  async function serve(way: string): Promise<{ daemon: Daemon; client: RingClient; parent: number }> {
    const base = directory()
    for (const name of ['disk', 'slow', 'other']) mkdirSync(join(base, name))
    writeFileSync(join(base, 'other/here'), '')
    for (const name of ['here', 'hang-open']) writeFileSync(join(base, 'disk', name), '')
    const slow = join(base, 'slow')
    host = await SlowHost.start(join(base, 'disk'), slow)
    const { args, inTree } = WAYS[way] as (typeof WAYS)[string]
    const socket = join(base, 'socket')
    const daemon = new Daemon(
      ...args(slow, join(base, 'other')),
      '--socket-path',
      socket,
      '--sandbox',
      'none',
    )
    await daemon.listening()
    const client = await RingClient.connect(socket, 1)
    await client.init()
    return { daemon, client, parent: inTree ? await lookup(client, 'slow') : 1 }
  }

  /** Asks for something whose answer is not waited for. */
  function ask(client: RingClient, opcode: number, node: number, body: RequestBody): void {
    const at = client.memory.allocate(ROOM)
    const address = client.memory.allocate(ROOM)
    client.post(client.encode(opcode, node, body), [{ address, length: ROOM }], { at })
  }

  it.each(Object.keys(WAYS))('holds up nothing else: %s', async (way) => {
    const { client, parent } = await serve(way)
    const node = await lookup(client, 'hang-open', parent)
    for (let index = 0; index < MANY; index += 1) {
      ask(client, Opcode.OPEN, node, new RequestBody().struct(FuseOpenIn))
    }
    await host.said('hangs open', MANY)
    expect(await lookup(client, 'here', parent)).toBeGreaterThan(1)
    if (parent !== 1) expect(await lookup(client, 'here', await lookup(client, 'other'))).toBeGreaterThan(1)
    host.release()
    for (let index = 0; index < MANY; index += 1) await client.queue().take()
    await open(client, node)
    client.close()
  })

  it.each(Object.keys(WAYS))('does not keep the daemon from ending: %s', async (way) => {
    const { daemon, client, parent } = await serve(way)
    await lookup(client, 'here', parent)
    host.freeze()
    for (let index = 0; index < MANY; index += 1) {
      ask(client, Opcode.LOOKUP, parent, new RequestBody().name('here'))
    }
    // Answered by who has read those before.
    expect(
      (await client.call(Opcode.INTERRUPT, 0, new RequestBody().bytes(new Uint8Array(8)))).error,
    ).not.toBe(0)
    expect((await daemon.stop()).code).toBe(0)
    client.close()
  })
})
