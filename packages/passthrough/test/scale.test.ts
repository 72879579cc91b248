import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { MAX_STATE_PIECE } from '@fb/api'
import { AT_FDCWD, check, close, mkdirat, mknodat, O_DIRECTORY, openat, S_IFREG } from '@fb/sys'
import { describe, expect, it } from 'vitest'
import { PassthroughFs } from '../src/index.js'
import { ROOT_CALLER } from './support/context.js'
import { openFds } from './support/descriptors.js'
import { List } from './support/io.js'
import { code, ok } from './support/outcome.js'
import { bytes, PLACES, type Tree, useTree } from './support/tree.js'

const ROOT = 1
const FILES = 100_000
const DIRECTORIES = 20

/** Memory that this process occupies, in bytes. */
function resident(): number {
  const pages = Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1])
  return pages * 4096
}

/** Has another file system go on for that of a tree, and looks whether it knows the same. */
async function goOn(tree: Tree, nodes: ReadonlyMap<number, number>): Promise<void> {
  const other = new PassthroughFs({ source: tree.source, blocking: true })
  let [largest, total] = [0, 0]
  async function* pieces() {
    for await (const piece of tree.fs.saveState()) {
      largest = Math.max(largest, piece.length)
      total += piece.length
      yield piece
    }
  }
  expect(await other.restoreState(pieces())).toEqual([])
  expect(other.usage().inodes).toBe(tree.fs.usage().inodes)
  console.info(`a state of ${total} bytes, in pieces of at most ${largest}`)
  expect(largest).toBeLessThan(MAX_STATE_PIECE / 8)
  for (const [node, count] of nodes) {
    expect(ok(other.getattr(node, undefined)).attr.ino).toBe(ok(tree.fs.getattr(node, undefined)).attr.ino)
    other.forget(node, count)
  }
  expect(other.usage().inodes).toBe(1)
  other.close()
}

describe('a large tree', () => {
  const memory = PLACES.find(({ kind }) => kind === 'tmpfs') ?? PLACES[0]
  const use = useTree(memory?.base ?? '/tmp', { maxInodes: 4 * 1024 * 1024 })

  it('costs tens of bytes an inode and a bounded number of descriptors, and goes on elsewhere piece by piece', async () => {
    const { tree } = use
    const root = check(openat(AT_FDCWD, tree.source, O_DIRECTORY, 0), 'openat')
    const names: string[] = []
    for (let directory = 0; directory < DIRECTORIES; directory += 1) {
      check(mkdirat(root, `d${directory}`, 0o755), 'mkdirat')
      for (let file = 0; file < FILES / DIRECTORIES; file += 1) {
        const name = `d${directory}/f${file}`
        check(mknodat(root, name, S_IFREG | 0o644, 0, 0), 'mknodat')
        names.push(name)
      }
    }
    close(root)
    const { cached, nodes, known } = {
      cached: tree.fs.share().cache.capacity,
      nodes: new Map<number, number>(),
      known: openFds().length,
    }
    const before = resident()
    for (const name of names) {
      const [directory, file] = name.split('/') as [string, string]
      const parent = ok(tree.fs.lookup(ROOT, bytes(directory))).nodeid
      const { nodeid } = ok(tree.fs.lookup(parent, bytes(file)))
      nodes.set(nodeid, (nodes.get(nodeid) ?? 0) + 1)
      nodes.set(parent, (nodes.get(parent) ?? 0) + 1)
    }
    const usage = tree.fs.usage()
    expect(usage.inodes).toBe(1 + FILES + DIRECTORIES)
    expect(nodes.size).toBe(FILES + DIRECTORIES)
    expect(usage.cachedFds).toBeLessThanOrEqual(cached)
    expect(openFds().length - known).toBeLessThanOrEqual(cached)
    const { share } = { share: tree.fs.share() }
    const handles = (new Int32Array(share.handleBytes.control)[0] as number) * 8
    const perInode =
      (usage.inodes * 64 + handles) / usage.inodes + share.inodes.buckets.byteLength / share.inodes.capacity
    console.info(
      `${usage.inodes} inodes: ${perInode.toFixed(1)} bytes each in the tables, ` +
        `${((resident() - before) / usage.inodes).toFixed(0)} of resident memory (the test's own map included), ` +
        `${openFds().length} descriptors open`,
    )
    expect(perInode).toBeLessThan(100)
    await goOn(tree, nodes)
    for (const [node, count] of nodes) tree.fs.forget(node, count)
    expect(tree.fs.usage()).toMatchObject({ inodes: 1, cachedFds: 0 })
    expect(openFds().length).toBe(known)
  })

  it('gives back what its tables took when it is closed, whoever still refers to it', () => {
    const { tree } = use
    const root = check(openat(AT_FDCWD, tree.source, O_DIRECTORY, 0), 'openat')
    for (let file = 0; file < 1000; file += 1)
      check(mknodat(root, `f${file}`, S_IFREG | 0o644, 0, 0), 'mknodat')
    close(root)
    for (let file = 0; file < 1000; file += 1) tree.node(`f${file}`)
    const records = new Int32Array(tree.fs.share().inodes.records)
    const isTouched = (): boolean => records.subarray(4096).some((word) => word !== 0)
    expect(isTouched()).toBe(true)
    tree.fs.close()
    expect(isTouched()).toBe(false)
    expect(code(tree.fs.getattr(2, undefined))).toBe('ESTALE')
    expect(code(tree.fs.lookup(ROOT, bytes('f1')))).toBe('ESTALE')
    expect(tree.fs.usage()).toMatchObject({ inodes: 0, cachedFds: 0, heldFds: 0 })
  })

  it('lists a directory of 10 000 names, with and without attributes', () => {
    const { tree } = use
    const root = check(openat(AT_FDCWD, tree.source, O_DIRECTORY, 0), 'openat')
    for (let file = 0; file < 10_000; file += 1)
      check(mknodat(root, `f${file}`, S_IFREG | 0o644, 0, 0), 'mknodat')
    close(root)
    const { fh } = ok(tree.fs.opendir(ROOT))
    for (const plus of [false, true]) {
      const names = new Set<string>()
      for (let cookie = 0n; ; ) {
        const list = new List(32_768, plus)
        ok(plus ? tree.fs.readdirplus(ROOT, fh, cookie, list) : tree.fs.readdir(ROOT, fh, cookie, list))
        const last = list.entries.at(-1)
        if (last === undefined) break
        for (const { name } of list.entries) names.add(name)
        cookie = last.cookie
      }
      expect(names.size).toBe(10_002)
    }
    expect(tree.fs.usage().inodes).toBe(10_001)
    ok(tree.fs.releasedir(ROOT, fh))
  })
})

describe('many file systems in one process', () => {
  it('leave it able to start another one, though they could hold more inodes than there is memory', () => {
    // Their tables of inodes and handles alone would have to be promised again: 384 MiB each.
    const count = Math.min(400, Math.ceil(totalmem() / (384 * 1024 * 1024)) + 20)
    const all = Array.from(
      { length: count },
      () => new PassthroughFs({ source: '/', maxCachedFds: 1, maxHeldFds: 8 }),
    )
    try {
      expect(spawnSync('true').error).toBeUndefined()
    } finally {
      for (const fs of all) fs.close()
    }
  })
})

describe('descriptors that run out', () => {
  const memory = PLACES[0]
  const few = useTree(memory?.base ?? '/tmp', { inodeFileHandles: 'never', maxHeldFds: 5 })
  const tight = useTree(memory?.base ?? '/tmp', { maxCachedFds: 2, maxHeldFds: 2 })

  it('answer ENFILE, and a list without attributes but with every name', () => {
    const { tree } = few
    const root = check(openat(AT_FDCWD, tree.source, O_DIRECTORY, 0), 'openat')
    for (let file = 0; file < 20; file += 1)
      check(mknodat(root, `f${file}`, S_IFREG | 0o644, 0, 0), 'mknodat')
    close(root)
    const { fh } = ok(tree.fs.opendir(ROOT))
    const list = new List(32_768, true)
    ok(tree.fs.readdirplus(ROOT, fh, 0n, list))
    expect(list.entries).toHaveLength(22)
    const known = list.entries.filter(({ nodeid }) => nodeid !== 0)
    expect(known).toHaveLength(4)
    expect(list.entries.every(({ ino }) => Number(ino) > 0)).toBe(true)
    const missing = list.entries.find(({ name, nodeid }) => nodeid === 0 && name.startsWith('f'))?.name ?? ''
    expect(() => tree.node(missing)).toThrow('ENFILE')
    const [first] = known
    tree.fs.forget(first?.nodeid as number, 1)
    expect(tree.node(missing)).toBe(first?.nodeid)
    ok(tree.fs.releasedir(ROOT, fh))
  })

  it('are shared out among inodes that have handles, however few there are', () => {
    const { tree } = tight
    const names = Array.from({ length: 30 }, (_, index) => `f${index}`)
    const root = check(openat(AT_FDCWD, tree.source, O_DIRECTORY, 0), 'openat')
    for (const name of names) check(mknodat(root, name, S_IFREG | 0o644, 0, 0), 'mknodat')
    close(root)
    const nodes = names.map((name) => tree.node(name))
    for (const [index, node] of nodes.entries()) {
      expect(tree.attr(node).ino).toBe(tree.find(names[index] as string).attr.ino)
      ok(tree.fs.rename(ROOT, bytes(names[index] as string), ROOT, bytes(`g${index}`), 0, ROOT_CALLER))
    }
    // One descriptor is the root's, one is left to be held.
    for (const index of nodes.keys()) ok(tree.fs.unlink(ROOT, bytes(`g${index}`)))
    expect(tree.fs.usage().heldFds).toBe(2)
    expect(tree.attr(nodes[0] as number).nlink).toBe(0)
  })
})
