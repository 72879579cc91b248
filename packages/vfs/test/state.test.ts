import { StateError, type StatePieces } from '@fb/api'
import { FuseClient, SeededRandom } from '@fb/api/testing'
import { pseudoFs } from '@fb/pseudo-fs'
import { describe, expect, it } from 'vitest'
import { Vfs } from '../src/index.js'
import { delegate } from './delegate.js'
import { MemoryFs, type Tree } from './memory-fs.js'
import { MovableFs } from './movable-fs.js'
import { collect, json, replay } from './pieces.js'

const LOCKS = (1n << 1n) | (1n << 10n)
const TAG_TREE = 2
const SPOILT = 20 * Number(process.env['FB_FUZZ_ROUNDS'] ?? 25)
const TIMEOUT_MS = 30_000 + 20 * SPOILT
const SEED = Number(process.env['FB_FUZZ_SEED'] ?? 1)

const TREES: Readonly<Record<string, Tree>> = {
  '/': { etc: { conf: {} }, file: 'root' },
  '/etc/conf': { old: '' },
  '/etc/conf ': { new: 'text' },
  '/\xff/n': { deep: 'deep' },
  '/a/b/c': { d: { e: 'far' } },
}

/** The path that a key of {@link TREES} stands for. */
function pathOf(key: string): Uint8Array {
  return Uint8Array.from(Buffer.from(key.trim(), 'latin1'))
}

interface Side {
  readonly vfs: Vfs
  readonly backends: ReadonlyMap<string, MovableFs>
}

/** A tree with these mounts, after `before` others that have gone. */
async function tree(
  before = 0,
  { later = false, trees = TREES }: { later?: boolean; trees?: typeof TREES } = {},
): Promise<Side> {
  const vfs = new Vfs({ features: LOCKS })
  for (let i = 0; i < before; i += 1) {
    await vfs.mount(new MovableFs(), `/before/${i}`)
    await vfs.umount(`/before/${i}`)
  }
  const backends = new Map<string, MovableFs>()
  for (const [key, entries] of Object.entries(trees)) {
    const fs = new MovableFs(entries)
    fs.later = later
    backends.set(key, fs)
    await vfs.mount(fs, pathOf(key), key === '/a/b/c' ? { readOnly: true } : {})
  }
  return { vfs, backends }
}

const lock = {
  owner: 2n ** 63n,
  lock: { start: 5n, end: 2n ** 62n, type: 1, pid: 7 },
  flock: false,
  wait: false,
}

describe.each([false, true])('the state of a tree (back ends answer later: %s)', (later) => {
  it('goes on in another one, whatever numbers that had given its mounts', async () => {
    const first = await tree(3, { later })
    const second = await tree(0, { later })
    let current = first.vfs
    const client = await FuseClient.connect(delegate(() => current))
    const gone = new MovableFs({ gone: 'gone' })
    await first.vfs.mount(gone, '/gone')
    await client.lookup(1, Uint8Array.of(0xff))
    const open = async (path: string) => {
      const node = await client.resolve(path)
      return { node, fh: (await client.open(node)).fh }
    }
    const files = [await open('/file'), await open('/etc/conf/new'), await open('/a/b/c/d/e')]
    const lost = await open('/gone/gone')
    const list = await client.opendir(1)
    await client.setlk(files[1]?.node ?? 0, files[1]?.fh ?? 0, lock)
    await first.vfs.umount('/gone')
    const etc = await client.resolve('/etc')

    const pieces = await collect(first.vfs.saveState())
    expect(await second.vfs.restoreState(replay(pieces))).toEqual([])
    current = second.vfs
    expect([...first.backends.values()].map(({ saves }) => saves)).toEqual([1, 1, 1, 1, 1])
    expect(second.vfs.connection?.flags).toBe(first.vfs.connection?.flags)
    expect(
      second.vfs
        .list()
        .map(({ path, index, state, lookups, handles }) => [path, index, state, lookups, handles]),
    ).toEqual(
      first.vfs
        .list()
        .map(({ path, index, state, lookups, handles }) => [path, index, state, lookups, handles]),
    )
    const text = async ({ node, fh }: { node: number; fh: number }) =>
      Buffer.from(await client.read(node, fh, 0, 100)).toString()
    expect(await Promise.all(files.map(text))).toEqual(['root', 'text', 'far'])
    await expect(text(lost)).rejects.toMatchObject({ code: 'ENOTCONN' })
    const blocked = client.setlk(files[1]?.node ?? 0, files[1]?.fh ?? 0, { ...lock, owner: 3n })
    await expect(blocked).rejects.toMatchObject({ code: 'EAGAIN' })
    const names = (await client.readdir(1, list.fh)).map(({ name }) => Buffer.from(name).toString('latin1'))
    expect(names.sort()).toEqual(['.', '..', 'a', 'etc', 'file', '\xff'])
    expect(await client.resolve('/etc')).toBe(etc)
    expect(await client.list('/etc/conf')).toEqual(['new'])
    await expect(client.mkdir(await client.resolve('/a/b/c'), 'x')).rejects.toMatchObject({ code: 'EROFS' })
    await second.vfs.umount('/etc/conf')
    expect(await client.list('/etc/conf')).toEqual(['old'])
    await second.vfs.mount(new MovableFs({ more: '' }), '/more')
    expect(await client.list('/more')).toEqual(['more'])

    for (const { node, fh } of [...files, lost]) await client.release(node, fh)
    await client.releasedir(1, list.fh)
    await client.forgetAll()
    expect(second.vfs.list().every(({ lookups, handles }) => lookups === 0 && handles === 0)).toBe(true)
    await client.close()
    for (const fs of second.backends.values()) expect([fs.destroys, fs.violations]).toEqual([1, []])
    // Whoever comes next finds the same mounts.
    const next = await FuseClient.connect(second.vfs)
    expect(await next.readFile('/a/b/c/d/e', 'utf8')).toBe('far')
    await next.close()
  })
})

describe('a tree that cannot be moved', () => {
  it('says which mount it is, and goes on', async () => {
    const { vfs, backends } = await tree()
    await expect(collect(vfs.saveState())).rejects.toThrow('the tree has no client')
    const client = await FuseClient.connect(vfs)
    await vfs.mount(new MemoryFs({ x: '' }), '/plain')
    await expect(collect(vfs.saveState())).rejects.toThrow(
      'what is mounted at /plain has no state to be taken along',
    )
    await vfs.umount('/plain')
    await vfs.mount(new MovableFs({ slow: 'slow' }), '/slow')
    const node = await client.resolve('/slow/slow')
    const { fh } = await client.open(node)
    await vfs.umount('/slow', { lazy: true })
    await expect(collect(vfs.saveState())).rejects.toThrow(
      'what was mounted at /slow has been taken away, and is still in use',
    )
    await client.release(node, fh)
    await client.forgetAll()
    const far = backends.get('/a/b/c') as MovableFs
    far.failure = 'not now'
    await expect(collect(vfs.saveState())).rejects.toThrow('not now')
    // Those that had let go of anything have it again.
    expect([...backends.values()].map(({ saves, resumes }) => [saves, resumes])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
      [0, 0],
    ])
    far.failure = undefined
    for await (const _ of vfs.saveState()) break
    expect([...backends.values()].map(({ resumes }) => resumes)).toEqual([1, 1, 1, 1, 0])
    await collect(vfs.saveState())
    await vfs.resume()
    expect([...backends.values()].map(({ resumes }) => resumes)).toEqual([2, 2, 2, 2, 1])
    expect(await client.readFile('/file', 'utf8')).toBe('root')
    await client.close()
  })
})

describe('a state that a tree is given', () => {
  async function saved(): Promise<Uint8Array[]> {
    const { vfs } = await tree(2)
    const client = await FuseClient.connect(vfs)
    for (const path of ['/file', '/etc/conf/new', '/a/b/c/d/e']) await client.open(await client.resolve(path))
    const pieces = await collect(vfs.saveState())
    await client.close()
    return pieces
  }

  /** What it is refused with; afterwards the tree is as new. */
  async function refusal({ vfs, backends }: Side, pieces: readonly Uint8Array[]): Promise<string> {
    let message = 'taken'
    try {
      const lost = await vfs.restoreState(replay(pieces))
      if (lost.length > 0) message += `: ${lost.join(', ')}`
      await vfs.destroy()
    } catch (error) {
      if (!(error instanceof StateError)) throw error
      message = error.message
    }
    expect(vfs.connection).toBeUndefined()
    expect(vfs.list().every(({ lookups, handles }) => lookups === 0 && handles === 0)).toBe(true)
    for (const fs of backends.values()) expect(fs.destroys).toBe(fs.inits)
    return message
  }

  const encoded = (tag: number, value: unknown) =>
    Uint8Array.from([tag, ...new TextEncoder().encode(JSON.stringify(value))])

  it('is refused where other things are mounted, or a back end does not go on', async () => {
    const pieces = await saved()
    const { '/a/b/c': far = {}, ...fewer } = TREES
    expect(await refusal(await tree(0, { trees: fewer }), pieces)).toBe('nothing is mounted here at /a/b/c')
    expect(await refusal(await tree(0, { trees: { ...TREES, '/more': {} } }), pieces)).toBe(
      'nothing was mounted at /more, and something is here',
    )
    expect(await refusal(await tree(0, { trees: { ...fewer, '/a/b/d': far } }), pieces)).toBe(
      'nothing is mounted here at /a/b/c',
    )
    const side = await tree()
    const conf = side.backends.get('/etc/conf') as MovableFs
    conf.failure = 'not here'
    expect(await refusal(side, pieces)).toBe('not here')
    conf.failure = undefined
    conf.lost = ['a hat']
    expect(await refusal(side, pieces)).toBe('taken: /etc/conf: a hat')
    const leaving = async () => {
      conf.inits += 1
      return []
    }
    Object.assign(conf, { restoreState: leaving })
    expect(await refusal(side, pieces)).toBe('what is mounted at /etc/conf has not taken all of its state')
    Object.assign(conf, { restoreState: undefined })
    expect(await refusal(side, pieces)).toBe('what is mounted at /etc/conf cannot go on for another one')
    const busy = await tree()
    const client = await FuseClient.connect(busy.vfs)
    await expect(busy.vfs.restoreState(replay(pieces))).rejects.toThrow('the tree serves somebody else')
    await client.close()
  })

  it('is refused where it contradicts itself', async () => {
    const pieces = await saved()
    const good = json(pieces[0])
    const [root, ...places] = good.places
    const [mount] = good.mounts
    const side = await tree()
    const cases: [object, RegExp][] = [
      [{ version: 2 }, /not sound: version/],
      [{ connection: null }, /not sound: connection/],
      [{ connection: { ...good.connection, flags: 'x' } }, /not sound: connection.flags/],
      [{ connection: { ...good.connection, limits: {} } }, /not sound: connection.limits/],
      [{ places: [] }, /its root/],
      [{ places }, /its root/],
      [{ places: [root, root, ...places] }, /place 1/],
      [{ places: [root, { ...places[0], name: '..' }, ...places.slice(1)] }, /place/],
      [{ places: [root, { ...places[0], parent: 77 }, ...places.slice(1)] }, /place/],
      [{ places: [root, { ...places[0], id: good.nextPlace }, ...places.slice(1)] }, /place|directory/],
      [
        { places: [root, { ...places[0], ground: { index: 9, node: 2, held: false } }, ...places.slice(1)] },
        /what place/,
      ],
      [{ places: [{ ...root, stack: [0, 0] }, ...places] }, /mount 0 at \//],
      [{ places: [{ ...root, stack: [9] }, ...places] }, /mount 9 at \//],
      [{ places: [{ ...root, stack: [] }, ...places] }, /what place|mount 0/],
      [{ mounts: [...good.mounts, mount] }, /mount 0/],
      [{ mounts: [...good.mounts, { ...mount, index: 9 }] }, /mount 9, which is nowhere/],
      [{ mounts: good.mounts.slice(1) }, /mount 0/],
      [{ mounts: good.mounts.map((each: object) => ({ ...each, path: '/elsewhere' })) }, /the path of mount/],
      [{ mounts: good.mounts.map((each: object) => ({ ...each, removed: true })) }, /mount/],
      [{ pseudo: {} }, /tree in memory is not sound/],
      [{ pseudo: { ...good.pseudo, nodes: good.pseudo.nodes.slice(0, 1) } }, /directory/],
    ]
    for (const [change, why] of cases) {
      expect(
        await refusal(side, [encoded(TAG_TREE, { ...good, ...change }), ...pieces.slice(1)]),
        JSON.stringify(change),
      ).toMatch(why)
    }
    const rows = [[[0, 2, 0, 0]], [[9, 2, 0, 1]], [[0, 0, 0, 1]], [[0, 2, 0, 1.5]], [[0, 2, 0]], {}, [7]]
    for (const row of rows) {
      expect(await refusal(side, [pieces[0] as Uint8Array, encoded(3, row)]), JSON.stringify(row)).toMatch(
        /cannot hold/,
      )
    }
    expect(await refusal(side, [])).toMatch(/cut off/)
    expect(await refusal(side, pieces.slice(0, -1))).toMatch(/cut off/)
    expect(await refusal(side, [...pieces, encoded(9, 1)])).toMatch(/goes on behind its end/)
    expect(
      await refusal(
        side,
        pieces.filter((piece) => piece[0] !== 5),
      ),
    ).toMatch(/piece of kind/)
    expect(await refusal(side, [pieces[0] as Uint8Array, encoded(9, 1)])).toMatch(
      /the state of .* is missing/,
    )
    expect(await refusal(side, pieces)).toBe('taken')
    const client = await FuseClient.connect(side.vfs)
    expect(await client.readFile('/etc/conf/new', 'utf8')).toBe('text')
    await client.close()
  })

  it(
    `may be spoilt in ${SPOILT} ways: it is taken or refused (seed ${SEED})`,
    async () => {
      const pieces = await saved()
      const side = await tree()
      for (const fs of side.backends.values()) {
        // What they are given is their own concern.
        Object.assign(fs, {
          restoreState: async (state: StatePieces) => {
            for await (const _ of state);
            fs.inits += 1
            return []
          },
        })
      }
      const random = new SeededRandom(SEED)
      let taken = 0
      for (let round = 0; round < SPOILT; round += 1) {
        const spoilt = pieces.map((piece) => piece.slice())
        // What the tree itself says, mostly.
        const target = random.chance(70) ? (spoilt[0] as Uint8Array) : random.pick(spoilt)
        for (let change = random.below(3); change >= 0; change -= 1) {
          const at = random.below(target.length)
          const kind = random.below(4)
          if (kind < 2) target[at] = 0x30 + random.below(10)
          else if (kind === 2) target[at] = random.uint32()
          else target.copyWithin(at, random.below(target.length), random.below(target.length))
        }
        if (random.chance(5)) spoilt.splice(random.below(spoilt.length), 1)
        if ((await refusal(side, spoilt)).startsWith('taken')) taken += 1
        if (round % 50 !== 0) continue
        const client = await FuseClient.connect(side.vfs)
        expect(await client.readFile('/a/b/c/d/e', 'utf8')).toBe('far')
        await client.close()
      }
      console.info(`seed ${SEED}: ${taken} of ${SPOILT} spoilt states were taken`)
      expect(await refusal(side, pieces)).toBe('taken')
    },
    TIMEOUT_MS,
  )
})

it('pieces of a back end come as they were given, however large', async () => {
  const sizes = [1, 1024 * 1024, 1024 * 1024 - 1, 2]
  const got: number[] = []
  const make = async () => {
    const vfs = new Vfs()
    await vfs.mount(
      {
        async *saveState() {
          for (const size of sizes) yield new Uint8Array(size).fill(size & 0xff)
        },
        async restoreState(state) {
          for await (const piece of state) {
            expect(piece.every((byte) => byte === (piece.length & 0xff))).toBe(true)
            got.push(piece.length)
          }
          return []
        },
      },
      '/x',
    )
    await vfs.mount(pseudoFs({ now: () => 'text' }), '/pseudo')
    return vfs
  }
  const [from, to] = [await make(), await make()]
  let current = from
  const client = await FuseClient.connect(delegate(() => current))
  const node = await client.resolve('/pseudo/now')
  const { fh } = await client.open(node)
  const pieces = await collect(from.saveState())
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(1024 * 1024)
  expect(await to.restoreState(replay(pieces))).toEqual([])
  current = to
  expect(got).toEqual(sizes)
  expect(Buffer.from(await client.read(node, fh, 0, 10)).toString()).toBe('text')
  await client.close()
})
