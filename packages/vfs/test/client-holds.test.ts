import { setImmediate as turn } from 'node:timers/promises'
import { type FileSystem, makeAttr, type NodeId, nameToString } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { wrap } from '@fb/middleware'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ClientState, Vfs } from '../src/index.js'
import { delegate } from './delegate.js'
import { heldBy, type Opened, toldBy } from './holdings.js'
import { MovableFs } from './movable-fs.js'
import { collect, replay, toldBy as toldByState } from './pieces.js'

const O_WRONLY = 1
const O_RDWR = 2
const O_APPEND = 0o2000
const NAMES = ['a', 'b', 'c', 'f', 'g'] as const
const TREE = { a: { b: { f: 'deep' }, f: 'one' }, b: { c: {}, g: '' }, f: 'top', g: 'two' }

/** A file system that needs no handles: every open file is 0. */
function stateless(): FileSystem {
  const attr = (node: NodeId) => makeAttr({ mode: node === 1 ? 0o040755 : 0o100644, ino: node })
  return {
    lookup: (_parent, name) => {
      const nodeid = 2 + NAMES.indexOf(nameToString(name) as (typeof NAMES)[number])
      return { nodeid, generation: nodeid * 1000, attr: attr(nodeid), attrTimeout: 1, entryTimeout: 1 }
    },
    getattr: (node) => ({ attr: attr(node), attrTimeout: 1 }),
    readdir: () => undefined,
    async *saveState() {},
    restoreState: async () => [],
  }
}

/** Answers after a few turns of the event loop, so that operations overlap. */
function slow(fs: MovableFs): FileSystem {
  fs.later = true
  return wrap(fs, (operation, next) =>
    operation === 'forget'
      ? next
      : async (...args) => {
          const outcome = await next(...args)
          for (let at = 0; at < fs.calls.length % 4; at += 1) await turn()
          return outcome
        },
  )
}

const pick = fc.nat(1000)
const flags = fc.constantFrom(0, O_WRONLY, O_RDWR, O_RDWR | O_APPEND)
const kinds = ['lookup', 'open', 'opendir', 'create', 'tmpfile', 'list', 'close', 'forget'] as const
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constantFrom(...kinds),
      pick,
      other: pick,
      name: fc.constantFrom(...NAMES),
      flags,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('mount', 'umount', 'lazy', 'replace'), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('succeed' as const) }) },
)

/** A client with several requests under way, and its own record of what it has open. */
class Busy {
  held = new ClientState()
  vfs = new Vfs({ client: this.held })
  readonly backends: MovableFs[] = []
  /** Makes another back end that can go on for one that is mounted. */
  readonly #heirs = new Map<FileSystem, () => FileSystem>()
  readonly opened = new Set<Opened>()
  readonly directories = new Set<NodeId>([1])
  readonly files = new Set<NodeId>()
  readonly pending = new Set<Promise<void>>()
  client!: FuseClient
  #created = 0

  async begin(): Promise<void> {
    for (const path of ['/', '/m/one', '/m/two']) await this.mount(path, {})
    await this.vfs.mount(this.#stateless(), '/stateless')
    this.client = await FuseClient.connect(delegate(() => this.vfs))
    for (const path of ['/a', '/m', '/m/one', '/m/two', '/m/two/a', '/stateless']) {
      this.directories.add(await this.client.resolve(path))
    }
    for (const path of ['/f', '/a/f', '/m/one/f', '/m/two/g', '/stateless/f', '/stateless/g']) {
      this.files.add(await this.client.resolve(path))
    }
  }

  async mount(path: string, options: { replace?: boolean }): Promise<void> {
    await this.vfs.mount(this.#backend(this.backends.length % 2 === 1), path, options)
  }

  #backend(isSlow: boolean): FileSystem {
    const own = new MovableFs(TREE)
    this.backends.push(own)
    const fs = isSlow ? slow(own) : own
    this.#heirs.set(fs, () => this.#backend(isSlow))
    return fs
  }

  #stateless(): FileSystem {
    const fs = stateless()
    this.#heirs.set(fs, () => this.#stateless())
    return fs
  }

  /** Begins something, and does not wait for it. */
  start(work: Promise<unknown>): void {
    const pending: Promise<void> = work
      .then(
        () => {},
        (error: { code?: string }) => {
          if (error.code === undefined) throw error
        },
      )
      .finally(() => this.pending.delete(pending))
    this.pending.add(pending)
  }

  async drain(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending)
  }

  one<T>(set: ReadonlySet<T>, pick: number): T | undefined {
    return [...set][pick % set.size]
  }

  async open(node: NodeId, kind: Opened['kind'], flags: number): Promise<void> {
    const { fh } = await (kind === 'file' ? this.client.open(node, flags) : this.client.opendir(node, flags))
    this.opened.add({ node, fh, kind, flags })
  }

  async create(parent: NodeId, flags: number, hasName: boolean): Promise<void> {
    this.#created += 1
    const { entry, open } = hasName
      ? await this.client.create(parent, `new-${this.#created}`, 0o644, flags)
      : await this.client.tmpfile(parent, 0o644, flags)
    this.opened.add({ node: entry.nodeid, fh: open.fh, kind: 'file', flags })
    this.files.add(entry.nodeid)
  }

  /** The flags that come with it may have changed meanwhile: fcntl(2). */
  async close(opened: Opened, flags: number): Promise<void> {
    this.opened.delete(opened)
    const { node, fh, kind } = opened
    // Where a back end has several under one handle, only the flags say which of them it is.
    const told = fh === 0 ? opened.flags : flags
    if (kind === 'file') await this.client.release(node, fh, { flags: told })
    else await this.client.releasedir(node, fh, told)
  }

  /** A kernel forgets what it neither uses nor asks about. */
  async forget(node: NodeId, nlookup: number): Promise<void> {
    const isUsed = [...this.opened].some((opened) => opened.node === node) || this.pending.size > 0
    const held = this.client.lookups.get(node) ?? 0
    if (isUsed || held === 0) return
    const count = 1 + (nlookup % held)
    if (count === held) {
      this.files.delete(node)
      this.directories.delete(node)
    }
    await this.client.forget(node, count)
  }

  /** Waits for what nobody asked for: a file that was opened too late for its client is closed. */
  async settle(): Promise<void> {
    while (this.vfs.list().some(({ busy }) => busy > 0)) await turn()
  }

  /** Another tree takes over, which knows nothing but what the state of this one says. */
  async succeed(): Promise<void> {
    await this.drain()
    await this.settle()
    const list = this.vfs.list()
    if (list.some(({ state }) => state === 'draining')) {
      await expect(collect(this.vfs.saveState())).rejects.toThrow('has been taken away, and is still in use')
      return
    }
    const pieces = await collect(this.vfs.saveState())
    this.held = new ClientState()
    const next = new Vfs({ client: this.held })
    for (const { fs, pathBytes, state } of list) {
      if (state !== 'removed') await next.mount((this.#heirs.get(fs) as () => FileSystem)(), pathBytes)
    }
    expect(await next.restoreState(replay(pieces))).toEqual([])
    expect(toldByState(await collect(next.saveState()))).toEqual(toldByState(pieces))
    await this.vfs.destroy()
    this.vfs = next
  }

  expectComplete(): void {
    expect(toldBy(this.held)).toEqual(heldBy(this.client, this.opened))
  }

  async end(): Promise<void> {
    await this.drain()
    for (const opened of [...this.opened]) await this.close(opened, opened.flags)
    await this.client.forgetAll()
    expect(toldBy(this.held)).toEqual({ nodes: [], handles: [] })
    await this.client.close()
    for (const fs of this.backends) expect([fs.violations, [...fs.openFiles]]).toEqual([[], []])
  }
}

it('the tables of a busy tree have every node and every open file that the client holds, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const busy = new Busy()
      await busy.begin()
      busy.expectComplete()
      for (const what of steps) {
        if (what.do === 'succeed') await busy.succeed()
        else if (what.do === 'mount') await busy.mount('/m/one', {})
        else if (what.do === 'replace') await busy.mount('/m/two', { replace: true }).catch(() => {})
        else if (what.do === 'umount') await busy.vfs.umount('/m/one').catch(() => {})
        else if (what.do === 'lazy') await busy.vfs.umount('/m/two', { lazy: true }).catch(() => {})
        else if ('name' in what) act(busy, what)
        // A list with attributes counts its entries one by one before it is answered.
        if (what.do === 'list') await busy.drain()
        // Whatever was answered in this turn has reached the client now; the rest is under way.
        await turn()
        busy.expectComplete()
      }
      await busy.end()
    }),
    { numRuns: 150 },
  )
}, 120_000)

function act(
  busy: Busy,
  what: { do: (typeof kinds)[number]; pick: number; other: number; name: string; flags: number },
): void {
  const directory = busy.one(busy.directories, what.pick) as NodeId
  const file = busy.one(busy.files, what.pick)
  const { client } = busy
  if (what.do === 'lookup') {
    busy.start(
      client.lookup(directory, what.name).then(({ nodeid, attr }) => {
        if ((attr.mode & 0o170000) === 0o040000) busy.directories.add(nodeid)
        else busy.files.add(nodeid)
      }),
    )
  } else if (what.do === 'open' && file !== undefined) busy.start(busy.open(file, 'file', what.flags))
  else if (what.do === 'opendir') busy.start(busy.open(directory, 'directory', 0o200000))
  else if (what.do === 'create') busy.start(busy.create(directory, what.flags, true))
  else if (what.do === 'tmpfile') busy.start(busy.create(directory, what.flags, false))
  else if (what.do === 'list') {
    const opened = busy.one(new Set([...busy.opened].filter(({ kind }) => kind === 'directory')), what.pick)
    if (opened !== undefined) busy.start(client.readdirplus(opened.node, opened.fh, { size: 600 }))
  } else if (what.do === 'close') {
    const opened = busy.one(busy.opened, what.pick)
    if (opened !== undefined && busy.pending.size === 0) busy.start(busy.close(opened, what.flags))
  } else if (what.do === 'forget') {
    const node = busy.one(what.other % 2 === 0 ? busy.files : busy.directories, what.pick)
    if (node !== undefined && node !== 1) busy.start(busy.forget(node, what.other))
  }
}
