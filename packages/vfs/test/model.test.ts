import type { NodeId } from '@fb/api'
import { FuseClient, FuseError } from '@fb/api/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ClientState, Vfs } from '../src/index.js'
import { delegate } from './delegate.js'
import { heldBy, toldBy } from './holdings.js'
import type { Tree } from './memory-fs.js'
import { MovableFs } from './movable-fs.js'
import { collect, succeed } from './pieces.js'
import { type ModelMount, TreeModel } from './tree-model.js'

const PATHS = ['/', '/a', '/a/b', '/a/b/c', '/b', '/b/a', '/c/a/b', '/f']
// Some more often than others, so that mounts meet.
const path = fc.constantFrom(...PATHS, '/', '/a', '/a', '/a/b')

const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'f'),
    fc.oneof({ maxDepth: 3 }, fc.constantFrom('one', 'two'), tie('tree'), tie('tree')),
    { maxKeys: 3, noNullPrototype: true, size: 'max' },
  ),
})).tree

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('mount' as const), path, tree, replace: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('umount' as const), path, lazy: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), path, to: path }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('look' as const), path }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('open' as const), path }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replace' as const) }) },
)

interface OpenDirectory {
  readonly node: NodeId
  readonly fh: number
  readonly mount: ModelMount
}

/** A tree of mounts, and the model that says what it must show. */
class Run {
  held = new ClientState()
  vfs = new Vfs({ client: this.held })
  readonly model = new TreeModel()
  readonly opened: OpenDirectory[] = []
  readonly gone: ModelMount[] = []
  readonly all: MovableFs[] = []
  readonly #later: boolean
  client: FuseClient | undefined

  constructor(later: boolean) {
    this.#later = later
  }

  async connect(): Promise<FuseClient> {
    this.client ??= await FuseClient.connect(delegate(() => this.vfs))
    return this.client
  }

  /** Another tree takes over, which knows nothing but what the state of this one says. */
  async replace(client: FuseClient): Promise<void> {
    const opened = this.opened.map(({ node, fh }) => ({ node, fh, kind: 'directory' as const, flags: 0 }))
    expect(toldBy(this.held)).toEqual(heldBy(client, opened))
    if (this.vfs.list().some(({ state }) => state === 'draining')) {
      await expect(collect(this.vfs.saveState())).rejects.toThrow('has been taken away, and is still in use')
      return
    }
    const held = new ClientState()
    const { vfs, heirs } = await succeed(this.vfs, { client: held })
    this.vfs = vfs
    this.held = held
    this.all.push(...heirs.values())
    for (const mount of [...this.model.stacks.values()].flat()) {
      mount.fs = heirs.get(mount.fs as MovableFs) as MovableFs
    }
    expect(toldBy(this.held)).toEqual(heldBy(client, opened))
  }

  async mount(at: string, tree: Tree, replace: boolean): Promise<void> {
    const fs = new MovableFs(tree)
    fs.later = this.#later
    if (replace && !this.model.stacks.has(at)) {
      await expect(this.vfs.mount(fs, at, { replace })).rejects.toMatchObject({ code: 'ENOENT' })
      return
    }
    this.all.push(fs)
    await this.vfs.mount(fs, at, { replace })
    const replaced = replace ? this.model.umount(at) : undefined
    if (replaced !== undefined) this.gone.push(replaced)
    this.model.mount(at, { fs, tree })
  }

  async umount(at: string, lazy: boolean): Promise<void> {
    const mount = this.model.umount(at)
    if (mount === undefined) await expect(this.vfs.umount(at)).rejects.toMatchObject({ code: 'ENOENT' })
    else {
      this.gone.push({ ...mount, lazy })
      await this.vfs.umount(at, { lazy })
    }
  }

  async move(from: string, to: string): Promise<void> {
    if (this.model.canMove(from, to)) {
      await this.vfs.move(from, to)
      this.model.move(from, to)
    } else {
      await expect(this.vfs.move(from, to)).rejects.toThrow(/^E/)
    }
  }

  /** Compares what a client sees at a path with the model. */
  async look(client: FuseClient, at: string): Promise<void> {
    const found = this.model.find(at)
    if (found.kind === 'nothing') {
      await expect(client.stat(at)).rejects.toThrow(FuseError)
    } else if (found.kind === 'file') {
      expect(await client.readFile(at, 'utf8')).toBe(found.content)
    } else {
      const { mode, ino } = await client.stat(at)
      expect([at, mode]).toEqual([at, found.kind === 'pseudo' ? 0o040555 : 0o040755])
      expect(typeof ino).toBe('number')
      expect([at, (await client.list(at)).sort()]).toEqual([at, this.model.list(at)])
      await this.#lookAtAll(client, at)
    }
  }

  /** What a list with attributes says is what lookups say. */
  async #lookAtAll(client: FuseClient, at: string): Promise<void> {
    const node = await client.resolve(at)
    const { fh } = await client.opendir(node)
    const list = await client.readdirplus(node, fh, { size: 600 })
    await client.releasedir(node, fh)
    for (const { name, entry } of list.slice(2)) {
      expect(entry?.nodeid).toBe((await client.lookup(node, name)).nodeid)
    }
  }

  async open(client: FuseClient, at: string): Promise<void> {
    const found = this.model.find(at)
    if (found.kind !== 'directory') return
    const node = await client.resolve(at)
    this.opened.push({ node, fh: (await client.opendir(node)).fh, mount: found.mount })
  }

  /** A directory that was opened belongs to the mount that it was opened in, whatever is there now. */
  async close(client: FuseClient): Promise<void> {
    const opened = this.opened.pop()
    if (opened === undefined) return
    const { node, fh, mount } = opened
    const gone = this.gone.find(({ fs }) => fs === mount.fs)
    if (gone !== undefined && gone.lazy !== true) {
      await expect(client.readdir(node, fh)).rejects.toMatchObject({ code: 'ENOTCONN' })
    } else {
      expect((await client.readdir(node, fh)).length).toBeGreaterThanOrEqual(2)
    }
    await client.releasedir(node, fh)
  }

  async end(): Promise<void> {
    const client = await this.connect()
    for (const at of PATHS) await this.look(client, at)
    while (this.opened.length > 0) await this.close(client)
    await client.forgetAll()
    expect(this.vfs.list().map(({ path }) => path)).toEqual(
      [...this.model.stacks]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([at, stack]) => stack.map(() => at)),
    )
    expect(this.vfs.list().every(({ lookups, handles }) => lookups === 0 && handles === 0)).toBe(true)
    for (const { fs, lazy } of this.gone) {
      expect([fs.destroys, lazy === true ? fs.leftover : 0]).toEqual([1, 0])
    }
    await client.close()
    for (const fs of this.all) expect([fs.destroys, fs.violations]).toEqual([1, []])
    for (const stack of this.model.stacks.values()) for (const { fs } of stack) expect(fs.leftover).toBe(0)
  }
}

it('a tree of mounts shows what the model says, whatever is mounted, moved and removed', async () => {
  const steps = fc.array(step, { maxLength: 30, size: 'max' })
  const connectAfter = fc.integer({ min: 0, max: 6 })
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), connectAfter, async (list, later, before) => {
      const run = new Run(later)
      for (const [at, what] of list.entries()) {
        const client = at >= before ? await run.connect() : undefined
        if (what.do === 'mount') await run.mount(what.path, what.tree, what.replace)
        else if (what.do === 'umount') await run.umount(what.path, what.lazy)
        else if (what.do === 'move') await run.move(what.path, what.to)
        else if (client === undefined) continue
        else if (what.do === 'replace') await run.replace(client)
        else if (what.do === 'look') await run.look(client, what.path)
        else if (what.do === 'open') await run.open(client, what.path)
        else if (what.do === 'close') await run.close(client)
        else await client.forgetAll()
      }
      await run.end()
    }),
    { numRuns: 400 },
  )
}, 120_000)
