import {
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { OpenReplyFlag } from '@fb/abi'
import { AT_FDCWD, check, close, O_DIRECTORY, openat } from '@fb/sys'
import { describe, expect, it } from 'vitest'
import { DirectoryBuffer, DirectoryBuffers } from '../src/directory-buffers.js'
import { HandleFlag, HandleKind, HandleTable, HandleWord } from '../src/tables/handle-table.js'
import { List, type Listed } from './support/io.js'
import { code, ok } from './support/outcome.js'
import { bytes, SETTINGS, type Tree, useTree } from './support/tree.js'

const ROOT = 1

/** Everything that a directory lists, asked for in pieces of `size` bytes. */
function all(tree: Tree, node: number, fh: number, size = 4096, plus = false): Listed[] {
  const entries: Listed[] = []
  for (let cookie = 0n; ; ) {
    const list = new List(size, plus)
    ok(plus ? tree.fs.readdirplus(node, fh, cookie, list) : tree.fs.readdir(node, fh, cookie, list))
    const last = list.entries.at(-1)
    if (last === undefined) return entries
    entries.push(...list.entries)
    cookie = last.cookie
  }
}

function names(entries: readonly Listed[]): string[] {
  return entries.map(({ name }) => name).sort()
}

describe.each(SETTINGS)('directories ($name)', ({ base, options }) => {
  const use = useTree(base, options)

  it('lists what the host lists, "." and ".." included, with the numbers that stat shows', () => {
    const { tree } = use
    mkdirSync(tree.at('dir/sub'), { recursive: true })
    writeFileSync(tree.at('dir/file'), '')
    symlinkSync('x', tree.at('dir/link'))
    const node = tree.node('dir')
    const { fh } = ok(tree.fs.opendir(node))
    const entries = all(tree, node, fh)
    expect(names(entries)).toEqual(['.', '..', 'file', 'link', 'sub'])
    const find = (name: string) => entries.find((entry) => entry.name === name)
    for (const [name, type] of [
      ['file', 8],
      ['link', 10],
      ['sub', 4],
    ] as const) {
      expect(find(name)).toMatchObject({ ino: tree.find(`dir/${name}`).attr.ino, type })
    }
    expect(find('.')).toMatchObject({ ino: tree.find('dir').attr.ino, type: 4 })
    expect(find('..')).toMatchObject({ ino: tree.attr(ROOT).ino, type: 4 })
    ok(tree.fs.releasedir(node, fh))
  })

  it('lists the root as its own parent', () => {
    const { tree } = use
    const { fh } = ok(tree.fs.opendir(ROOT))
    for (const plus of [false, true]) {
      const parent = all(tree, ROOT, fh, 4096, plus).find(({ name }) => name === '..')
      expect(parent?.ino).toBe(statSync(tree.source).ino)
    }
    ok(tree.fs.releasedir(ROOT, fh))
  })

  it('looks up what it lists with attributes, but for "." and ".."', () => {
    const { tree } = use
    mkdirSync(tree.at('sub'))
    writeFileSync(tree.at('file'), '12345')
    const { fh } = ok(tree.fs.opendir(ROOT))
    const entries = all(tree, ROOT, fh, 4096, true)
    expect(names(entries)).toEqual(['.', '..', 'file', 'sub'])
    for (const { name, nodeid, ino, attr } of entries) {
      if (name.startsWith('.')) {
        expect(nodeid).toBe(0)
        continue
      }
      expect(attr).toEqual(tree.find(name).attr)
      expect(ino).toBe(attr?.ino)
      expect(tree.node(name)).toBe(nodeid)
      tree.fs.forget(nodeid as number, 3)
    }
    expect(tree.fs.usage().inodes).toBe(1)
    ok(tree.fs.releasedir(ROOT, fh))
  })

  it('counts no lookup for an entry that did not fit', () => {
    const { tree } = use
    for (let index = 0; index < 20; index += 1) writeFileSync(tree.at(`file${index}`), '')
    const { fh } = ok(tree.fs.opendir(ROOT))
    const list = new List(1000, true)
    ok(tree.fs.readdirplus(ROOT, fh, 0n, list))
    const known = list.entries.filter(({ nodeid }) => nodeid !== 0)
    expect(known.length).toBeGreaterThan(0)
    expect(tree.fs.usage().inodes).toBe(1 + known.length)
    // A sink that says too late that there is no room.
    const deceiving = { remaining: 10_000, add: () => false, addPlus: () => false }
    ok(tree.fs.readdirplus(ROOT, fh, list.entries.at(-1)?.cookie ?? 0n, deceiving))
    expect(tree.fs.usage().inodes).toBe(1 + known.length)
    ok(tree.fs.releasedir(ROOT, fh))
  })

  it('lists thousands of names, each once, in pieces of any size, plain and with attributes', () => {
    const { tree } = use
    mkdirSync(tree.at('dir'))
    const expected = Array.from({ length: 3000 }, (_, index) => `name-${index}-${'x'.repeat(index % 50)}`)
    for (const name of expected) writeFileSync(tree.at('dir', name), '')
    const node = tree.node('dir')
    const { fh } = ok(tree.fs.opendir(node))
    for (const size of [280, 4096, 131_072]) {
      expect(names(all(tree, node, fh, size))).toEqual(['.', '..', ...expected].sort())
    }
    const plus = all(tree, node, fh, 32_768, true)
    expect(names(plus)).toEqual(['.', '..', ...expected].sort())
    expect(plus.filter(({ nodeid }) => nodeid === 0)).toHaveLength(2)
    ok(tree.fs.releasedir(node, fh))
  })

  it('goes on from any cookie, any number of times', () => {
    const { tree } = use
    for (let index = 0; index < 2000; index += 1) writeFileSync(tree.at(`f${index}`), '')
    const { fh } = ok(tree.fs.opendir(ROOT))
    const entries = all(tree, ROOT, fh)
    expect(new Set(entries.map(({ cookie }) => cookie)).size).toBe(entries.length)
    for (const at of [1500, 3, 1999, 0, 700, 701, 2001]) {
      const list = new List(4096)
      ok(tree.fs.readdir(ROOT, fh, entries[at]?.cookie ?? 0n, list))
      const following = entries.slice(at + 1, at + 1 + list.entries.length)
      expect(list.entries.map(({ name }) => name)).toEqual(following.map(({ name }) => name))
      expect(list.entries.length > 0).toBe(at < entries.length - 1)
    }
    ok(tree.fs.releasedir(ROOT, fh))
  })

  it('sees names made after opendir once it is rewound', () => {
    const { tree } = use
    writeFileSync(tree.at('a'), '')
    const { fh } = ok(tree.fs.opendir(ROOT))
    expect(names(all(tree, ROOT, fh))).toEqual(['.', '..', 'a'])
    writeFileSync(tree.at('b'), '')
    unlinkSync(tree.at('a'))
    expect(names(all(tree, ROOT, fh))).toEqual(['.', '..', 'b'])
    ok(tree.fs.releasedir(ROOT, fh))
  })

  it('lists each of the names that stay exactly once, while others come and go', () => {
    const { tree } = use
    mkdirSync(tree.at('dir'))
    const staying = Array.from({ length: 1500 }, (_, index) => `stay${index}`)
    for (const name of staying) writeFileSync(tree.at('dir', name), '')
    for (let index = 0; index < 500; index += 1) writeFileSync(tree.at('dir', `go${index}`), '')
    const node = tree.node('dir')
    const { fh } = ok(tree.fs.opendir(node))
    const seen: string[] = []
    let round = 0
    for (let cookie = 0n; ; round += 1) {
      const list = new List(1024)
      ok(tree.fs.readdir(node, fh, cookie, list))
      const last = list.entries.at(-1)
      if (last === undefined) break
      seen.push(...list.entries.map(({ name }) => name))
      cookie = last.cookie
      if (round < 250) {
        unlinkSync(tree.at('dir', `go${round}`))
        renameSync(tree.at('dir', `go${499 - round}`), tree.at('dir', `new${round}`))
      }
      expect(round).toBeLessThan(5000)
    }
    expect(seen.filter((name) => name.startsWith('stay')).sort()).toEqual([...staying].sort())
    ok(tree.fs.releasedir(node, fh))
  })

  it('lists a name that is gone when its attributes are asked for, without them', () => {
    const { tree } = use
    for (let index = 0; index < 50; index += 1) writeFileSync(tree.at(`f${index}`), '')
    const { fh } = ok(tree.fs.opendir(ROOT))
    const first = new List(300, true)
    ok(tree.fs.readdirplus(ROOT, fh, 0n, first))
    for (const name of readdirSync(tree.source)) unlinkSync(tree.at(name))
    const rest = new List(65_536, true)
    ok(tree.fs.readdirplus(ROOT, fh, first.entries.at(-1)?.cookie ?? 0n, rest))
    expect(rest.entries.filter(({ nodeid }) => nodeid !== 0)).toEqual([])
    ok(tree.fs.releasedir(ROOT, fh))
  })

  it('lists nothing of a directory that was removed', () => {
    const { tree } = use
    mkdirSync(tree.at('dir'))
    const node = tree.node('dir')
    const { fh } = ok(tree.fs.opendir(node))
    rmdirSync(tree.at('dir'))
    const list = new List(4096)
    const outcome = tree.fs.readdir(node, fh, 0n, list)
    expect([undefined, 'ENOENT']).toContain(code(outcome))
    expect(list.entries).toEqual([])
    ok(tree.fs.releasedir(node, fh))
  })

  it('answers ENOTDIR and EBADF', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const node = tree.node('file')
    expect(code(tree.fs.opendir(node))).toBe('ENOTDIR')
    const { fh } = ok(tree.fs.opendir(ROOT))
    expect(code(tree.fs.readdir(node, fh, 0n, new List(4096)))).toBe('EBADF')
    expect(
      code(tree.fs.release(ROOT, fh, { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false })),
    ).toBe('EBADF')
    ok(tree.fs.releasedir(ROOT, fh))
    expect(code(tree.fs.releasedir(ROOT, fh))).toBe('EBADF')
    expect(code(tree.fs.readdir(ROOT, fh, 0n, new List(4096)))).toBe('EBADF')
  })

  it('keeps many directories apart', () => {
    const { tree } = use
    const opened = Array.from({ length: 100 }, (_, index) => {
      mkdirSync(tree.at(`d${index}/in${index}`), { recursive: true })
      const node = tree.node(`d${index}`)
      return { node, fh: ok(tree.fs.opendir(node)).fh, index }
    })
    for (const pass of [0, 1]) {
      for (const { node, fh, index } of opened) {
        expect([pass, ...names(all(tree, node, fh, 300))]).toEqual([pass, '.', '..', `in${index}`])
      }
    }
    for (const { node, fh } of opened) ok(tree.fs.releasedir(node, fh))
  })
})

describe('cached lists', () => {
  const always = useTree('/tmp', { cache: 'always' })

  it('has the kernel keep lists where it keeps everything', () => {
    const { tree } = always
    const { fh, openFlags } = ok(tree.fs.opendir(ROOT))
    expect(openFlags).toBe(OpenReplyFlag.CACHE_DIR | OpenReplyFlag.KEEP_CACHE)
    ok(tree.fs.releasedir(ROOT, fh))
  })
})

describe('DirectoryBuffer', () => {
  const place = useTree('/tmp')

  it('looks for a position that lseek cannot express by reading from the start', () => {
    const { tree } = place
    for (let index = 0; index < 10; index += 1) writeFileSync(tree.at(`f${index}`), '')
    const handles = new HandleTable(HandleTable.create(4))
    const fd = check(openat(AT_FDCWD, tree.source, O_DIRECTORY, 0), 'openat')
    const fh = handles.add(fd, 5, 0, HandleFlag.DIRECTORY)
    const index = handles.acquire(fh, 5, HandleKind.DIRECTORY)
    const buffer = new DirectoryBuffer()
    expect(buffer.seek(handles, index, 2n ** 64n - 5n, 4096)).toBe(0)
    expect(buffer.seek(handles, index, 0n, 4096)).toBe(1)
    const first = bytes(Buffer.from(buffer.name).toString())
    expect(buffer.next(handles, index)).toBe(1)
    expect(buffer.seek(handles, index, 0n, 4096)).toBe(1)
    expect(buffer.name).toEqual(first)
    close(fd)
  })

  it('reads little of the start for who asks for little, and goes on with more', () => {
    const { tree } = place
    for (let index = 0; index < 300; index += 1) writeFileSync(tree.at(`f${index}`), '')
    const handles = new HandleTable(HandleTable.create(4))
    const fd = check(openat(AT_FDCWD, tree.source, O_DIRECTORY, 0), 'openat')
    const index = handles.acquire(handles.add(fd, 5, 0, HandleFlag.DIRECTORY), 5, HandleKind.DIRECTORY)
    const buffer = new DirectoryBuffer()
    const names = new Set<string>()
    // The length of what the host gave, told by where the descriptor stands.
    const position = () => handles.get(index, HandleWord.POSITION_LOW)
    const positions = new Set<number>()
    for (let state = buffer.seek(handles, index, 0n, 300); state > 0; state = buffer.next(handles, index)) {
      names.add(Buffer.from(buffer.name).toString())
      positions.add(position())
    }
    expect(names.size).toBe(302)
    // One small part, then all the rest.
    expect(positions.size).toBe(2)
    close(fd)
  })

  it('knows that another thread has rewound', () => {
    const { tree } = place
    writeFileSync(tree.at('old'), '')
    const handles = new HandleTable(HandleTable.create(4))
    const fd = check(openat(AT_FDCWD, tree.source, O_DIRECTORY, 0), 'openat')
    const fh = handles.add(fd, 5, 0, HandleFlag.DIRECTORY)
    const index = handles.acquire(fh, 5, HandleKind.DIRECTORY)
    const [mine, other] = [new DirectoryBuffer(), new DirectoryBuffer()]
    const list = (buffer: DirectoryBuffer, from: bigint): string[] => {
      const found: string[] = []
      for (
        let state = buffer.seek(handles, index, from, 4096);
        state > 0;
        state = buffer.next(handles, index)
      ) {
        found.push(Buffer.from(buffer.name).toString())
      }
      return found.sort()
    }
    expect(mine.seek(handles, index, 0n, 4096)).toBe(1)
    const { cookie } = mine
    unlinkSync(tree.at('old'))
    // What it has read before may be listed, as any list may be old; not after a rewind.
    expect(list(other, 0n)).toEqual(['.', '..'])
    expect(list(mine, cookie)).not.toContain('old')
    close(fd)
  })
})

describe('DirectoryBuffers', () => {
  it('share their memory, however many file systems there are', () => {
    const many = Array.from({ length: 200 }, () => new DirectoryBuffers())
    const buffers = new Set(many.map((each) => each.of(7)))
    expect(buffers.size).toBe(64)
    expect(many.filter(({ count }) => count > 0)).toHaveLength(64)
    for (const each of many.slice(-64)) expect(each.of(7)).toBe(each.of(7))
    for (const each of many) each.clear()
    expect(many.every(({ count }) => count === 0)).toBe(true)
    expect(buffers).toContain(new DirectoryBuffers().of(1))
  })
})
