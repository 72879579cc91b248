import { type Entry, type FileSystem, makeAttr } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '../test/fake-clock.js'
import { Faults, injectFaults, limitRate } from './index.js'

/** A file system that answers at once, always with the same objects. */
function frugalFs(): FileSystem {
  const entry: Entry = {
    nodeid: 1,
    generation: 0,
    attr: makeAttr({ mode: 0o100644 }),
    attrTimeout: 0,
    entryTimeout: 0,
  }
  const bytes = new Uint8Array(1)
  return {
    lookup(_parent, name) {
      entry.nodeid = name[0] ?? 0
      entry.attr.ino = entry.nodeid
      return entry
    },
    readlink: (node) => bytes.fill(node),
  }
}

describe.each([
  ['limitRate', (fs: FileSystem) => limitRate(fs, { operations: 1e-6, burst: 1, clock: new FakeClock() })],
  ['injectFaults', (fs: FileSystem) => injectFaults(fs, new Faults([{ delay: 1 }]), new FakeClock())],
])('%s', (_name, layer) => {
  it('gives everybody the answer that is his, though many that were delayed come at the same time', async () => {
    await using client = await FuseClient.connect(layer(frugalFs()))
    const found = ['a', 'b', 'c'].map((name) => client.lookup(1, name))
    const read = [5, 6, 7].map((node) => client.readlink(node))
    const ids = (await Promise.all(found)).map(({ nodeid, attr }) => [nodeid, attr.ino])
    expect(ids).toEqual([
      [97, 97],
      [98, 98],
      [99, 99],
    ])
    expect((await Promise.all(read)).map(([byte]) => byte)).toEqual([5, 6, 7])
  })
})
