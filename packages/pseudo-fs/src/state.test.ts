import { StateError } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { directory, link, PseudoFs } from './index.js'
import { parsePseudoSnapshot } from './parse-snapshot.js'

const entries = () => ({
  'hello.txt': 'hi\n',
  now: () => 'made at the open',
  users: { ann: 'Ann\n', latest: link('ann') },
  made: directory(() => ({ child: 'x' })),
})

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}

async function textOf(fs: PseudoFs): Promise<string> {
  let text = ''
  for await (const piece of fs.saveState()) text += new TextDecoder().decode(piece)
  return text
}

describe('the state of a tree in memory', () => {
  it('goes on in another one with the same description', async () => {
    const before = new PseudoFs(entries(), { time: 5n })
    let current = before
    const client = await FuseClient.connect({
      lookup: (...args) => current.lookup(...args),
      getattr: (node, fh) => current.getattr(node, fh),
      open: (...args) => current.open(...args),
      read: (node, fh, offset, sink) => current.read(node, fh, offset, sink),
      release: (node, fh) => current.release(node, fh),
      forget: (node, count) => current.forget(node, count),
    })
    const ann = await client.resolve('/users/ann')
    const now = await client.resolve('/now')
    const child = await client.resolve('/made/child')
    const { fh } = await client.open(now)
    const next = new PseudoFs(entries())
    const lost = await next.restoreState(once(await textOf(before)))
    current = next
    expect(lost).toEqual([`node ${child}, 'child': ESTALE`])
    expect(Buffer.from(await client.read(now, fh, 0, 100)).toString()).toBe('made at the open')
    expect(await client.resolve('/users/ann')).toBe(ann)
    expect((await client.getattr(ann)).attr.mtime).toBe(0)
    await expect(client.getattr(child)).rejects.toMatchObject({ code: 'ESTALE' })
    expect((await client.open(now)).fh).toBeGreaterThan(fh)
    await client.forgetAll()
    expect(next.snapshot().nodes.filter(({ lookups }) => lookups > 0)).toEqual([])
  })

  it('is refused where it is that of another tree, or none', async () => {
    const text = await textOf(new PseudoFs(entries()))
    for (const other of [{ 'hello.txt': {} }, { other: 'hi\n' }]) {
      await expect(new PseudoFs(other).restoreState(once(text))).rejects.toThrow(
        /is that of another tree: its node 2/,
      )
    }
    await expect(new PseudoFs().restoreState(once('{'))).rejects.toThrow(/is no JSON text/)
    await expect(new PseudoFs().restoreState(once('x'.repeat(70_000_000)))).rejects.toThrow(StateError)
  })

  it('is checked to the last number', async () => {
    const good = new PseudoFs(entries()).snapshot()
    const [root, first, second] = good.nodes
    expect(parsePseudoSnapshot(JSON.parse(JSON.stringify(good)))).toEqual(good)
    const bad: unknown[] = [
      null,
      7,
      [],
      { ...good, nextNode: 1 },
      { ...good, nextNode: 2.5 },
      { ...good, nextHandle: 0 },
      { ...good, nodes: {} },
      { ...good, nodes: [null] },
      { ...good, nodes: [root, root] },
      { ...good, nodes: [root, first, { ...second, name: first?.name }] },
      {
        ...good,
        nodes: [
          { ...first, number: 4, parent: 5 },
          { ...second, number: 5, parent: 4 },
        ],
      },
      { ...good, openFiles: [{ fh: 9, node: 2, content: '' }] },
      { ...good, openFiles: [{ fh: 0, node: 2, content: '' }] },
    ]
    const wrong = {
      number: -1,
      parent: 2 ** 40,
      name: 'a/b',
      kind: 'pipe',
      mode: -1,
      mtime: [1],
      lookups: 0.5,
      linked: 1,
    }
    for (const [name, value] of Object.entries(wrong))
      bad.push({ ...good, nodes: [root, { ...first, [name]: value }] })
    for (const name of ['\u0100', 'x\0', 'x'.repeat(256)])
      bad.push({ ...good, nodes: [root, { ...first, name }] })
    for (const value of bad)
      expect(() => parsePseudoSnapshot(value), JSON.stringify(value)).toThrow(StateError)
  })
})
