import { execFileSync } from 'node:child_process'
import {
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { PassthroughFs, type PassthroughOptions } from '../src/index.js'
import { InodeTable } from '../src/tables/inode-table.js'
import { caller, ROOT_CALLER } from './support/context.js'
import { describeFds, openFds } from './support/descriptors.js'
import { List, Sink, Source } from './support/io.js'
import { LoopDisk, whyNoLoopDisk } from './support/loop-disk.js'
import { code, ok } from './support/outcome.js'
import { collect, replay } from './support/state.js'
import { bytes, keep, PLACES, Tree } from './support/tree.js'

const ROOT = 1
const O_RDONLY = 0
const O_WRONLY = 1
const O_RDWR = 2
const O_APPEND = 0o2000
const F_RDLCK = 0
const F_WRLCK = 1
const TO_THE_END = 2n ** 63n - 1n

const OPTIONS = { maxInodes: 4096, blocking: true } as const

const opened: { close(): void }[] = []
const directories: string[] = []
let before: number[] | undefined
afterEach(() => {
  for (const each of opened.splice(0)) each.close()
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true })
  if (before !== undefined) expect(describeFds(openFds().filter((fd) => !before?.includes(fd)))).toEqual([])
  before = undefined
})

/** A tree with a source to be shared by several file systems. */
function share(base: string, options: Partial<PassthroughOptions> = {}): Tree {
  before ??= openFds()
  const tree = new Tree(base, { ...OPTIONS, ...options })
  opened.push(tree.fs)
  directories.push(tree.path)
  return tree
}

/** Another file system of the same source, or of `source`. */
function another(tree: Tree, options: Partial<PassthroughOptions> = {}): PassthroughFs {
  const fs = new PassthroughFs({ source: tree.source, ...OPTIONS, ...options })
  opened.push(fs)
  return fs
}

function text(fs: PassthroughFs, node: number, fh: number, offset = 0): string {
  const sink = new Sink(4096)
  return sink.text(ok(fs.read(node, fh, offset, sink)))
}

function put(fs: PassthroughFs, node: number, fh: number, data: string, offset = 0, flags = 0): number {
  return ok(fs.write(node, fh, offset, new Source(data, flags), ROOT_CALLER))
}

function release(fs: PassthroughFs, node: number, fh: number): void {
  ok(fs.release(node, fh, { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false }))
}

/** Names behind a cookie, at most as many as fit in `size` bytes, and the cookie behind them. */
function names(fs: PassthroughFs, node: number, fh: number, cookie = 0n, size = 32_768) {
  const list = new List(size)
  ok(fs.readdir(node, fh, cookie, list))
  return { names: list.entries.map(({ name }) => name), cookie: list.entries.at(-1)?.cookie ?? cookie }
}

const MODES = PLACES.flatMap(({ kind, base }) =>
  (
    [
      { migrationMode: 'find-paths', inodeFileHandles: 'prefer' },
      { migrationMode: 'find-paths', inodeFileHandles: 'never' },
      { migrationMode: 'find-paths', inodeFileHandles: 'prefer', migrationVerifyHandles: true },
      { migrationMode: 'file-handles', inodeFileHandles: 'prefer' },
      { migrationMode: 'file-handles', inodeFileHandles: 'never' },
    ] as const
  ).map((options) => ({ name: `${kind}, ${Object.values(options).join(' ')}`, base, options })),
)

/** Any lock of one owner on a file. */
function lock(owner: bigint, type: number, start = 0n, end = TO_THE_END, flock = false) {
  return { owner, flock, wait: false, lock: { start, end, type, pid: 0 } }
}

describe.each(MODES)('a state ($name)', ({ base, options }) => {
  it('is all that a client knows: it goes on with another file system and notices nothing', async () => {
    const tree = share(base, options)
    mkdirSync(tree.at('dir/deep'), { recursive: true })
    for (let i = 0; i < 50; i += 1) writeFileSync(tree.at('dir', `f${i}`), `content ${i}`)
    symlinkSync('/nowhere', tree.at('link'))
    execFileSync('mkfifo', [tree.at('fifo')])
    linkSync(tree.at('dir', 'f1'), tree.at('dir/deep', 'second'))
    const { fs } = tree
    const found = ['dir', 'dir/deep', 'dir/f0', 'dir/f1', 'dir/deep/second', 'link', 'fifo'].map((path) =>
      tree.find(path),
    )
    const [dir, , f0, f1] = found.map(({ nodeid }) => nodeid) as [number, number, number, number]
    // Slots and handles that are free in between, and have been used before.
    const forgotten = tree.node('dir/f7')
    fs.forget(forgotten, 1)
    const closed = ok(fs.open(f0, O_RDWR, false, ROOT_CALLER)).fh
    const reader = ok(fs.open(f1, O_RDONLY, false, ROOT_CALLER)).fh
    const writer = ok(fs.open(f0, O_RDWR, false, ROOT_CALLER)).fh
    const appender = ok(fs.open(f0, O_WRONLY | O_APPEND, false, ROOT_CALLER)).fh
    release(fs, f0, closed)
    const created = tree.create('new', O_RDWR, 0o444)
    put(fs, created.nodeid, created.fh, 'read-only on the host')
    const list = ok(fs.opendir(dir)).fh
    const first = names(fs, dir, list, 0n, 600)
    renameSync(tree.at('dir/f1'), tree.at('dir/deep/moved'))

    const pieces = await collect(fs.saveState())
    const other = another(tree, options)
    expect(await other.restoreState(replay(pieces))).toEqual([])
    fs.close()

    const usage = other.usage()
    expect([usage.inodes, usage.openFiles]).toEqual([8, 5])
    for (const { nodeid, attr } of found)
      expect(ok(other.getattr(nodeid, undefined)).attr).toMatchObject({ ino: attr.ino, mode: attr.mode })
    expect(text(other, f1, reader)).toBe('content 1')
    expect(code(other.write(f1, reader, 0, new Source('x'), ROOT_CALLER))).toBe('EBADF')
    put(other, f0, writer, 'CON')
    put(other, f0, appender, '!', 0, O_APPEND)
    expect(readFileSync(tree.at('dir/f0'), 'utf8')).toBe('CONtent 0!')
    put(other, created.nodeid, created.fh, 'R')
    expect(text(other, created.nodeid, created.fh)).toBe('Read-only on the host')
    const rest = names(other, dir, list, first.cookie)
    expect(first.names.length).toBeLessThan(30)
    expect([...first.names, ...rest.names].sort()).toEqual(
      ['.', '..', 'deep', ...Array.from({ length: 50 }, (_, i) => `f${i}`)]
        .filter((name) => name !== 'f1' || first.names.includes('f1'))
        .sort(),
    )
    // What is known is found again under its number, what is new gets none that the client knows.
    const again = keep(ok(other.lookup(dir, bytes('f0'))))
    expect([again.nodeid, again.generation]).toEqual([f0, found[2]?.generation])
    const fresh = keep(ok(other.lookup(dir, bytes('f7'))))
    expect(found.some(({ nodeid }) => nodeid === fresh.nodeid)).toBe(false)
    expect(code(other.getattr(f0, closed))).toBe('EBADF')
    const next = ok(other.open(f0, O_RDONLY, false, ROOT_CALLER)).fh
    expect([closed, reader, writer, appender, created.fh, list]).not.toContain(next)

    for (const [node, fh] of [
      [f1, reader],
      [f0, writer],
      [f0, appender],
      [created.nodeid, created.fh],
      [f0, next],
    ] as const)
      release(other, node, fh)
    ok(other.releasedir(dir, list))
    for (const { nodeid } of found) other.forget(nodeid, 1)
    expect(other.usage().inodes).toBe(6)
    // The directories were looked up on the way to what is in them as well.
    for (const [node, count] of [
      [dir, 5],
      [found[1]?.nodeid ?? 0, 1],
      [f0, 1],
      [created.nodeid, 1],
      [fresh.nodeid, 1],
    ] as const)
      other.forget(node, count)
    expect(other.usage()).toMatchObject({ inodes: 1, openFiles: 0 })
  })
})

describe.each(PLACES)('nodeids ($kind)', ({ base }) => {
  it('stay what they were, in a copy as well, and nobody else gets one', async () => {
    const tree = share(base)
    for (const name of ['a', 'b', 'c']) writeFileSync(tree.at(name), name)
    const nodes = ['a', 'b', 'c'].map((name) => tree.node(name))
    const copy = share(base)
    for (const name of ['c', 'x', 'b', 'a']) writeFileSync(copy.at(name), name)
    const pieces = await collect(tree.fs.saveState())
    const other = another(copy)
    expect(await other.restoreState(replay(pieces))).toEqual([])
    for (const [at, name] of ['a', 'b', 'c'].entries()) {
      expect(ok(other.lookup(ROOT, bytes(name))).nodeid).toBe(nodes[at])
      other.forget(nodes[at] ?? 0, 1)
    }
    const x = ok(other.lookup(ROOT, bytes('x'))).nodeid
    expect(nodes).not.toContain(x)
    expect(ok(other.getattr(x, undefined)).attr.ino).toBe(statSync(copy.at('x')).ino)
    // And once more, to one that knows none of these numbers either.
    const third = another(copy)
    expect(await third.restoreState(replay(await collect(other.saveState())))).toEqual([])
    expect(ok(third.lookup(ROOT, bytes('b'))).nodeid).toBe(nodes[1])
    third.forget(nodes[1] ?? 0, 2)
    expect(code(third.getattr(nodes[1] ?? 0, undefined))).toBe('ESTALE')
  })
})

describe.each(PLACES)('what cannot be found again ($kind)', ({ base }) => {
  it('is no loss where it is gone and nobody has it open', async () => {
    const tree = share(base)
    for (const name of ['a', 'b', 'c']) writeFileSync(tree.at(name), name)
    mkdirSync(tree.at('d'))
    const nodes = ['a', 'b', 'c', 'd'].map((name) => tree.node(name))
    const [a = 0, b = 0, , d = 0] = nodes
    unlinkSync(tree.at('a'))
    ok(tree.fs.unlink(ROOT, bytes('b')))
    ok(tree.fs.rmdir(ROOT, bytes('d')))
    const other = another(tree)
    expect(await other.restoreState(replay(await collect(tree.fs.saveState())))).toEqual([])
    for (const node of [a, b, d]) expect(code(other.getattr(node, undefined))).toBe('ESTALE')
    expect(code(other.opendir(d))).toBe('ESTALE')
    // Its number is not given to another one as long as the client knows it.
    for (const name of ['e', 'f', 'g']) writeFileSync(tree.at(name), '')
    for (const name of ['e', 'f', 'g'])
      expect(nodes).not.toContain(ok(other.lookup(ROOT, bytes(name))).nodeid)
    const { highWater } = new InodeTable(other.share().inodes)
    for (const node of nodes) other.forget(node, 1)
    writeFileSync(tree.at('h'), '')
    ok(other.lookup(ROOT, bytes('h')))
    expect(new InodeTable(other.share().inodes).highWater).toBe(highWater)
  })

  it('is an error where it is open, or one for the client, or no matter with file handles', async () => {
    const tree = share(base)
    writeFileSync(tree.at('kept'), 'kept')
    const kept = tree.node('kept')
    const keptFh = ok(tree.fs.open(kept, O_RDWR, false, ROOT_CALLER)).fh
    const { nodeid: gone, fh } = tree.create('gone')
    tree.write(gone, fh, 'still here')
    const nameless = ok(tree.fs.tmpfile(ROOT, 0o600, O_RDWR, caller()))
    const [temporary, temporaryFh] = [nameless.entry.nodeid, nameless.open.fh]
    tree.write(temporary, temporaryFh, 'temporary')
    ok(tree.fs.unlink(ROOT, bytes('gone')))
    await expect(collect(tree.fs.saveState())).rejects.toThrow(
      /^node 3, which is open \(.*gone \(deleted\)\), has no name any more: only a file handle leads to it$/,
    )
    // Nothing has changed by the attempt.
    expect(tree.read(gone, fh)).toBe('still here')
    // The other side has a say in it, too.
    const options = { source: tree.source, ...OPTIONS, migrationOnError: 'guest-error' } as const
    const lenient = new PassthroughFs(options)
    opened.push(lenient)
    const through = new PassthroughFs({ ...options, migrationMode: 'file-handles' })
    opened.push(through)
    const handles = { migrationMode: 'file-handles' } as const
    const [, saving] = [
      0,
      PassthroughFs.attach({
        ...tree.fs.share(),
        options: { ...tree.fs.share().options, migrationOnError: 'guest-error' },
      }),
    ]
    const lossy = await collect(saving.saveState())
    await expect(another(tree).restoreState(replay(lossy))).rejects.toThrow(
      'node 3, the other side has not found it: ENOENT',
    )
    const lost = await lenient.restoreState(replay(lossy))
    expect(lost.slice().sort()).toEqual([
      'an open file of node 3: ESTALE',
      'an open file of node 4: ESTALE',
      'node 3, the other side has not found it: ENOENT',
      'node 4, the other side has not found it: ENOENT',
    ])
    expect(text(lenient, kept, keptFh)).toBe('kept')
    for (const [node, handle] of [
      [gone, fh],
      [temporary, temporaryFh],
    ] as const) {
      expect(code(lenient.getattr(node, undefined))).toBe('ESTALE')
      expect(code(lenient.getattr(node, handle))).toBe('EBADF')
      expect(code(lenient.read(node, handle, 0, new Sink(10)))).toBe('EBADF')
      expect(code(lenient.write(node, handle, 0, new Source('x'), ROOT_CALLER))).toBe('EBADF')
    }
    // Handles lead to it as long as this process has it open; afterwards the other one has.
    const saved = PassthroughFs.attach({
      ...tree.fs.share(),
      options: { ...tree.fs.share().options, ...handles },
    })
    const pieces = await collect(saved.saveState())
    await expect(another(tree).restoreState(replay(pieces))).rejects.toThrow(
      /the migration mode here is find-paths/,
    )
    const other = another(tree, handles)
    expect(await other.restoreState(replay(pieces))).toEqual([])
    tree.fs.close()
    expect(text(other, gone, fh)).toBe('still here')
    put(other, temporary, temporaryFh, 'T')
    expect(text(other, temporary, temporaryFh)).toBe('Temporary')
    expect(ok(other.getattr(gone, undefined)).attr.nlink).toBe(0)
    expect(ok(other.open(gone, O_RDONLY, false, ROOT_CALLER)).fh).toBeGreaterThan(0)
    expect(await through.restoreState(replay(pieces))).toEqual([])
  })

  it('is found out where something else has its name', async () => {
    const tree = share(base, { migrationVerifyHandles: true, migrationOnError: 'guest-error' })
    for (const name of ['file', 'other', 'type']) writeFileSync(tree.at(name), name)
    const [file, other, type] = ['file', 'other', 'type'].map((name) => tree.node(name)) as [
      number,
      number,
      number,
    ]
    const fh = ok(tree.fs.open(file, O_RDWR, false, ROOT_CALLER)).fh
    const pieces = await collect(tree.fs.saveState())
    renameSync(tree.at('file'), tree.at('away'))
    writeFileSync(tree.at('file'), 'an impostor')
    unlinkSync(tree.at('type'))
    mkdirSync(tree.at('type'))
    await expect(another(tree).restoreState(replay(pieces))).rejects.toThrow("node 2, 'file': ESTALE")
    const lenient = another(tree, { migrationOnError: 'guest-error' })
    expect(await lenient.restoreState(replay(pieces))).toEqual([
      "node 2, 'file': ESTALE",
      "node 4, 'type': ESTALE",
      'an open file of node 2: ESTALE',
    ])
    expect(code(lenient.getattr(type, undefined))).toBe('ESTALE')
    expect(ok(lenient.getattr(other, undefined)).attr.size).toBe(5)
    expect(code(lenient.write(file, fh, 0, new Source('x'), ROOT_CALLER))).toBe('EBADF')
    expect(readFileSync(tree.at('file'), 'utf8')).toBe('an impostor')
  })

  it('is looked for below a copy of the source by its path', async () => {
    const tree = share(base)
    mkdirSync(tree.at('a/b'), { recursive: true })
    writeFileSync(tree.at('a/b/c'), 'equal')
    symlinkSync('b', tree.at('a/l'))
    const node = tree.node('a/b/c')
    const link = tree.node('a/l')
    const fh = ok(tree.fs.open(node, O_RDWR, false, ROOT_CALLER)).fh
    const pieces = await collect(tree.fs.saveState())
    const copy = share(base)
    cpSync(tree.source, copy.source, { recursive: true, verbatimSymlinks: true })
    expect(await copy.fs.restoreState(replay(pieces))).toEqual([])
    put(copy.fs, node, fh, 'E')
    expect(readFileSync(copy.at('a/b/c'), 'utf8')).toBe('Equal')
    expect(readFileSync(tree.at('a/b/c'), 'utf8')).toBe('equal')
    expect(ok(copy.fs.readlink(link))).toEqual(bytes('b'))
  })
})

const noDisk = whyNoLoopDisk()
if (noDisk !== undefined) console.warn(`skipped: ${noDisk}`)

describe.skipIf(noDisk !== undefined)('an inode for which the kernel has no path', () => {
  it.each([
    ['prefer', 'find-paths'],
    ['prefer', 'file-handles'],
  ] as const)('is looked for in the tree (file handles %s, %s)', async (inodeFileHandles, migrationMode) => {
    before ??= openFds()
    const disk = new LoopDisk(64)
    const inner = new LoopDisk(16)
    try {
      const options = { source: disk.path, inodeFileHandles, migrationMode, ...OPTIONS } as const
      for (let i = 0; i < 40; i += 1) {
        mkdirSync(join(disk.path, `d${i}`, 'deep'), { recursive: true })
        for (let j = 0; j < 5; j += 1) writeFileSync(join(disk.path, `d${i}`, 'deep', `f${j}`), `${i} ${j}`)
      }
      mkdirSync(join(disk.path, 'inner'))
      execFileSync('mount', ['--bind', inner.path, join(disk.path, 'inner')])
      try {
        writeFileSync(join(disk.path, 'inner', 'file'), 'inner')
        const fs = new PassthroughFs(options)
        const other = new PassthroughFs(options)
        opened.push(fs, other)
        const find = (...path: string[]) => {
          let node = ROOT
          for (const name of path) node = ok(fs.lookup(node, bytes(name))).nodeid
          return node
        }
        const files = new Map<string, number>()
        for (let i = 0; i < 40; i += 1) files.set(`${i} 3`, find(`d${i}`, 'deep', 'f3'))
        files.set('inner', find('inner', 'file'))
        renameSync(join(disk.path, 'd0', 'deep', 'f3'), join(disk.path, 'd1', 'moved'))
        // What the kernel remembers of names goes, and nobody has these files open.
        for (const { path } of [disk, inner]) execFileSync('mount', ['-o', 'remount', path])
        const pieces = await collect(fs.saveState())
        expect(await other.restoreState(replay(pieces))).toEqual([])
        for (const [content, node] of files) {
          const { fh } = ok(other.open(node, O_RDONLY, false, ROOT_CALLER))
          expect(text(other, node, fh)).toBe(content)
        }
        fs.close()
        other.close()
      } finally {
        execFileSync('umount', [join(disk.path, 'inner')])
      }
    } finally {
      for (const each of opened.splice(0)) each.close()
      inner.remove()
      disk.remove()
    }
  })
})

describe.each(PLACES)('locks ($kind)', ({ base }) => {
  it('go along: the other side can have them at the end, and they come back where it does not', async () => {
    const tree = share(base)
    const { fs } = tree
    writeFileSync(tree.at('file'), '0123456789')
    const node = tree.node('file')
    const one = ok(fs.open(node, O_RDWR, false, ROOT_CALLER)).fh
    const two = ok(fs.open(node, O_RDONLY, false, ROOT_CALLER)).fh
    const set = (on: PassthroughFs, fh: number, ...wanted: Parameters<typeof lock>) =>
      code(on.setlk(node, fh, lock(...wanted), caller({ pid: Number(wanted[0] & 0xffffn) })))
    const large = 2n ** 63n + 7n
    expect(set(fs, one, 7n, F_WRLCK, 0n, 4n)).toBeUndefined()
    expect(set(fs, one, 7n, F_RDLCK, 8n)).toBeUndefined()
    expect(set(fs, one, large, F_RDLCK, 9n, 20n)).toBeUndefined()
    expect(set(fs, two, 1n, F_WRLCK, 0n, TO_THE_END, true)).toBeUndefined()
    const pieces = await collect(fs.saveState())

    const other = another(tree)
    expect(await other.restoreState(replay(pieces))).toEqual([])
    const stranger = another(tree)
    const strange = ok(stranger.lookup(ROOT, bytes('file'))).nodeid
    const own = ok(stranger.open(strange, O_RDWR, false, ROOT_CALLER)).fh
    const attempt = (...wanted: Parameters<typeof lock>) =>
      code(stranger.setlk(strange, own, lock(...wanted), caller()))
    const taken: Parameters<typeof lock>[] = [
      [1n, F_WRLCK, 0n, 0n],
      [1n, F_RDLCK, 4n, 4n],
      [1n, F_WRLCK, 8n, 8n],
      [1n, F_WRLCK, 2n ** 40n],
      [1n, F_RDLCK, 0n, TO_THE_END, true],
    ]
    for (const each of taken) expect(attempt(...each), String(each)).toBe('EAGAIN')
    expect(attempt(1n, F_WRLCK, 5n, 7n)).toBeUndefined()
    expect(ok(other.getlk(node, one, 7n, lock(7n, F_WRLCK, 9n, 9n).lock))).toMatchObject({
      type: F_RDLCK,
      start: 9n,
      end: 20n,
      pid: Number(large & 0xffffn),
    })
    // They are the same owners: each lets its own go.
    expect(set(other, one, 7n, F_WRLCK, 4n, 4n)).toBeUndefined()
    expect(ok(other.flush(node, one, 7n))).toBeUndefined()
    expect(attempt(1n, F_WRLCK, 0n, 8n)).toBeUndefined()
    expect(attempt(1n, F_WRLCK, 9n, 9n)).toBe('EAGAIN')

    // The one that has given them up wants them back, and somebody else has some.
    await expect(fs.resume()).rejects.toThrow('3 of 4 locks could not be had again')
    other.close()
    stranger.close()
    await fs.resume()
    expect(set(fs, one, 7n, F_WRLCK, 0n, 4n)).toBeUndefined()
  })

  it('go with the open file through which they were taken, as before', async () => {
    const tree = share(base)
    const { nodeid, fh } = tree.create('file')
    expect(code(tree.fs.setlk(nodeid, fh, lock(2n ** 63n, F_WRLCK), caller()))).toBeUndefined()
    const other = another(tree)
    expect(await other.restoreState(replay(await collect(tree.fs.saveState())))).toEqual([])
    const stranger = another(tree)
    const strange = ok(stranger.lookup(ROOT, bytes('file'))).nodeid
    const own = ok(stranger.open(strange, O_RDWR, false, ROOT_CALLER)).fh
    const attempt = () => code(stranger.setlk(strange, own, lock(1n, F_WRLCK), caller()))
    expect(attempt()).toBe('EAGAIN')
    ok(other.release(nodeid, fh, { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false }))
    expect(attempt()).toBeUndefined()
  })

  it('come back when the change has failed', async () => {
    const tree = share(base)
    const { nodeid, fh } = tree.create('file')
    const lockOf = (on: PassthroughFs, node: number, handle: number, owner: bigint) =>
      code(on.setlk(node, handle, lock(owner, F_WRLCK), caller()))
    expect(lockOf(tree.fs, nodeid, fh, 1n)).toBeUndefined()
    const stranger = another(tree)
    const strange = ok(stranger.lookup(ROOT, bytes('file'))).nodeid
    const own = ok(stranger.open(strange, O_RDWR, false, ROOT_CALLER)).fh
    // Given up half-way: nothing was let go of.
    for await (const _ of tree.fs.saveState()) break
    expect(lockOf(stranger, strange, own, 9n)).toBe('EAGAIN')
    await collect(tree.fs.saveState())
    await tree.fs.resume()
    expect(lockOf(stranger, strange, own, 9n)).toBe('EAGAIN')
    const pieces = await collect(tree.fs.saveState())
    expect(lockOf(stranger, strange, own, 9n)).toBeUndefined()
    await expect(another(tree).restoreState(replay(pieces))).rejects.toThrow('a lock on node 2: EAGAIN')
    expect(await another(tree, { migrationOnError: 'guest-error' }).restoreState(replay(pieces))).toEqual([
      'a lock on node 2: EAGAIN',
    ])
  })
})
