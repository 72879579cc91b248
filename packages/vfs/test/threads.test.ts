import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { nameToBytes } from '@fb/api'
import { describe, expect, it } from 'vitest'
import { ClientState, Vfs } from '../src/index.js'
import { caller } from './caller.js'
import { MemoryFs } from './memory-fs.js'

const ctx = caller()
const SHARE = 2 ** 37

/** Several threads that serve one tree, each with its own objects, as if they were in threads of their own. */
async function threads(count: number) {
  const memory = ClientState.allocate()
  const made = Array.from({ length: count }, () => ({
    vfs: new Vfs({ client: new ClientState(memory) }),
    fs: new MemoryFs({ dir: {}, file: 'text' }),
  }))
  const [first, ...others] = made
  if (first === undefined) throw new Error('there is no thread')
  const { index, places } = await first.vfs.mount(first.fs, '/x/m')
  for (const { vfs, fs } of others) await vfs.mount(fs, '/x/m', { index, places })
  return { made, first, others, index, places, memory }
}

describe('several threads with a tree each', () => {
  it('give the same numbers to the same nodes', async () => {
    const { made, index } = await threads(3)
    for (const { vfs } of made) {
      const x = await vfs.lookup(1, nameToBytes('x'), ctx)
      expect(x).toMatchObject({ nodeid: SHARE + 2, attr: { ino: SHARE + 2 } })
      expect(await vfs.lookup(SHARE + 2, nameToBytes('m'), ctx)).toMatchObject({ nodeid: index * SHARE + 1 })
    }
  })

  it('count together: what one has given out another takes back', async () => {
    const { made, first, others, index } = await threads(2)
    const [second] = others
    if (second === undefined) throw new Error('there is no second thread')
    const root = index * SHARE + 1
    for (let i = 0; i < 3; i += 1) await first.vfs.lookup(root, nameToBytes('file'), ctx)
    await first.vfs.open(root + 2, 0, false, ctx)
    expect(made.map(({ vfs }) => vfs.list()[0])).toMatchObject([
      { lookups: 3, handles: 1 },
      { lookups: 3, handles: 1 },
    ])

    for (const { vfs } of made) await vfs.umount('/x/m')
    expect(made.map(({ fs }) => fs.destroys)).toEqual([0, 0])
    // The last use of the other thread is seen by this one only when it looks.
    second.fs.openFiles.set(1, 3)
    await second.vfs.release(root + 2, 1, { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false }, ctx)
    expect(made.map(({ fs }) => fs.destroys)).toEqual([0, 1])
    first.vfs.reap()
    expect(made.map(({ fs }) => fs.destroys)).toEqual([1, 1])

    first.vfs.forget(root + 2, 1)
    second.vfs.forget(root + 2, 2)
    expect(second.vfs.list()).toEqual([])
    expect(first.vfs.list()).toHaveLength(1)
    first.vfs.reap()
    expect(first.vfs.list()).toEqual([])
    for (const { vfs } of made) expect((await vfs.mount(new MemoryFs(), '/y', { index })).index).toBe(index)
  })

  it('a thread may join when the tree is in use', async () => {
    const { first, index, places, memory } = await threads(2)
    await first.vfs.lookup(1, nameToBytes('x'), ctx)
    const joined = new Vfs({ client: new ClientState(memory) })
    await joined.mount(new MemoryFs({ dir: {}, file: 'text' }), '/x/m', { index, places })
    expect(await joined.lookup(SHARE + 2, nameToBytes('m'), ctx)).toMatchObject({ nodeid: index * SHARE + 1 })
    expect(first.vfs.list()).toMatchObject([{ lookups: 1 }])
  })

  it('count in threads that really run at the same time', async () => {
    const memory = ClientState.allocate(10_000, 100)
    const script = new URL('./workers/client-state.mjs', import.meta.url)
    const ends = [0, 1, 2].map(async (thread) => {
      const worker = new Worker(script, { workerData: { memory, thread, rounds: 90_000 } })
      const [message] = await once(worker, 'message')
      return message
    })
    expect(await Promise.all(ends)).toEqual(['done', 'done', 'done'])
    const { nodes, handles } = new ClientState(memory)
    // What is left is what all of them have counted on the nodes that they share, which none gave back.
    const shared = nodes.entries().map(({ node, lookups }) => [node, lookups])
    expect(shared.map(([node]) => node)).toEqual([2, 3, 4, 5, 6])
    const left = shared.reduce((sum, [, lookups]) => sum + (lookups as number), 0)
    expect([left, nodes.lookups(3), nodes.nodes(3)]).toEqual([3 * 22_500, left, 5])
    expect([handles.entries(), handles.count(3)]).toEqual([[], 0])
  }, 60_000)
})
