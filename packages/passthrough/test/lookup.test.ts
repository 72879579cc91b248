import { linkSync, mkdirSync, renameSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PassthroughFs } from '../src/index.js'
import { InodeTable } from '../src/tables/inode-table.js'
import { ROOT_CALLER } from './support/context.js'
import { untilClosed } from './support/descriptors.js'
import { code, ok } from './support/outcome.js'
import { bytes, keep, SETTINGS, useTree } from './support/tree.js'

const ROOT = 1

describe.each(SETTINGS)('lookup and forget ($name)', ({ base, options }) => {
  const use = useTree(base, options)

  it('finds what is there, with the attributes of the host', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), 'content')
    const { attr, nodeid } = tree.find('file')
    const stat = statSync(tree.at('file'))
    expect(nodeid).toBeGreaterThan(ROOT)
    expect(attr).toMatchObject({
      ino: stat.ino,
      size: 7,
      mode: stat.mode,
      nlink: 1,
      uid: stat.uid,
      gid: stat.gid,
      blksize: stat.blksize,
      blocks: stat.blocks,
      mtime: Math.floor(stat.mtimeMs / 1000),
    })
  })

  it('gives one node to all names of a file', () => {
    const { tree } = use
    writeFileSync(tree.at('a'), '')
    linkSync(tree.at('a'), tree.at('b'))
    expect(tree.node('b')).toBe(tree.node('a'))
    expect(tree.fs.usage().inodes).toBe(2)
  })

  it('answers ENOENT for what is missing, and the errors of the host', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    expect(code(tree.fs.lookup(ROOT, bytes('missing')))).toBe('ENOENT')
    expect(code(tree.fs.lookup(tree.node('file'), bytes('x')))).toBe('ENOTDIR')
    expect(code(tree.fs.lookup(ROOT, bytes('x'.repeat(256))))).toBe('ENAMETOOLONG')
    expect(code(tree.fs.lookup(ROOT, bytes('x'.repeat(5000))))).toBe('ENAMETOOLONG')
    expect(code(tree.fs.lookup(ROOT, bytes('a/b')))).toBe('EINVAL')
    expect(code(tree.fs.lookup(ROOT, bytes('')))).toBe('ENOENT')
    expect(code(tree.fs.lookup(99, bytes('x')))).toBe('ESTALE')
  })

  it('takes names that are not text', () => {
    const { tree } = use
    const name = Buffer.from([0xff, 0xfe, 0x20, 0x01])
    writeFileSync(Buffer.concat([Buffer.from(`${tree.source}/`), name]), '12345')
    expect(ok(tree.fs.lookup(ROOT, name)).attr.size).toBe(5)
  })

  it('does not follow a symbolic link', () => {
    const { tree } = use
    symlinkSync('/etc', tree.at('link'))
    const { nodeid, attr } = tree.find('link')
    expect(attr.mode & 0o170000).toBe(0o120000)
    expect(new TextDecoder().decode(ok(tree.fs.readlink(nodeid)))).toBe('/etc')
    expect(code(tree.fs.lookup(nodeid, bytes('passwd')))).toBe('ENOTDIR')
  })

  it('finds "." and ".." for NFS export, and nothing above the root', () => {
    const { tree } = use
    mkdirSync(tree.at('a/b'), { recursive: true })
    const a = tree.node('a')
    const b = tree.node('a/b')
    expect(ok(tree.fs.lookup(b, bytes('.'))).nodeid).toBe(b)
    expect(ok(tree.fs.lookup(b, bytes('..'))).nodeid).toBe(a)
    expect(ok(tree.fs.lookup(a, bytes('..'))).nodeid).toBe(ROOT)
    expect(keep(ok(tree.fs.lookup(ROOT, bytes('..'))))).toEqual(keep(ok(tree.fs.lookup(ROOT, bytes('.')))))
    expect(ok(tree.fs.lookup(ROOT, bytes('..'))).attr.ino).toBe(statSync(tree.source).ino)
  })

  it('counts lookups, and forgets with the last one', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const node = tree.node('file')
    tree.node('file')
    tree.node('file')
    tree.fs.forget(node, 2)
    expect(tree.attr(node).size).toBe(0)
    tree.fs.forget(node, 1)
    expect(code(tree.fs.getattr(node, undefined))).toBe('ESTALE')
    expect(tree.fs.usage().inodes).toBe(1)
  })

  it('takes a FORGET of more than there is for all, and never forgets the root', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const node = tree.node('file')
    tree.fs.forget(node, 1_000_000)
    tree.fs.forget(node, 1)
    tree.fs.forget(ROOT, Number.MAX_SAFE_INTEGER)
    tree.fs.forget(12345, 1)
    expect(tree.fs.usage().inodes).toBe(1)
    expect(tree.attr(ROOT).mode & 0o170000).toBe(0o040000)
    expect(tree.node('file')).toBeGreaterThan(ROOT)
  })

  it('D16: gives a nodeid again only for the same file, or with another generation', () => {
    const { tree } = use
    writeFileSync(tree.at('a'), '')
    writeFileSync(tree.at('b'), '')
    const a = tree.find('a')
    tree.fs.forget(a.nodeid, 1)
    const b = tree.find('b')
    if (tree.fs.share().exports === undefined) {
      expect(b.nodeid).toBe(a.nodeid)
      expect(b.generation).toBeGreaterThan(a.generation)
    } else {
      expect(b.nodeid).not.toBe(a.nodeid)
      expect(tree.find('a')).toMatchObject({ nodeid: a.nodeid, generation: a.generation })
    }
  })

  it('D16: holds no more than the client knows, however many files there were', () => {
    const { tree } = use
    for (let round = 0; round < 500; round += 1) {
      writeFileSync(tree.at('file'), '')
      tree.fs.forget(tree.node('file'), 1)
      unlinkSync(tree.at('file'))
    }
    expect(tree.fs.usage()).toMatchObject({ inodes: 1, heldFds: 1 })
    expect(tree.fs.share().inodes.capacity).toBe(4096)
    writeFileSync(tree.at('last'), '')
    tree.node('last')
    expect(new InodeTable(tree.fs.share().inodes).highWater).toBe(2)
  })

  it('goes on with a node whose name has changed, and whose parents have', () => {
    const { tree } = use
    mkdirSync(tree.at('a/b'), { recursive: true })
    writeFileSync(tree.at('a/b/file'), 'x')
    const node = tree.node('a/b/file')
    const directory = tree.node('a/b')
    renameSync(tree.at('a/b/file'), tree.at('a/b/other'))
    renameSync(tree.at('a'), tree.at('z'))
    expect(tree.attr(node).size).toBe(1)
    expect(ok(tree.fs.lookup(directory, bytes('other'))).nodeid).toBe(node)
  })

  it('answers ENFILE when the table is full, and goes on with what is known', () => {
    const { tree } = use
    const small = new PassthroughFs({
      source: tree.source,
      maxInodes: 3,
      ...options,
    })
    for (const name of ['a', 'b', 'c']) writeFileSync(tree.at(name), name)
    const a = ok(small.lookup(ROOT, bytes('a'))).nodeid
    expect(ok(small.lookup(ROOT, bytes('b'))).nodeid).not.toBe(a)
    expect(code(small.lookup(ROOT, bytes('c')))).toBe('ENFILE')
    expect(ok(small.lookup(ROOT, bytes('a'))).nodeid).toBe(a)
    small.forget(a, 2)
    expect(ok(small.lookup(ROOT, bytes('c'))).nodeid).toBeGreaterThan(ROOT)
    small.close()
  })

  it('keeps a removed directory usable for who is in it', () => {
    const { tree } = use
    mkdirSync(tree.at('dir'))
    const node = tree.node('dir')
    ok(tree.fs.rmdir(ROOT, bytes('dir')))
    expect(tree.attr(node).nlink).toBe(0)
    expect(code(tree.fs.lookup(node, bytes('x')))).toBe('ENOENT')
    tree.fs.forget(node, 1)
    expect(code(tree.fs.getattr(node, undefined))).toBe('ESTALE')
  })

  it('answers the end of a connection by forgetting all, and serves the next one', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), 'x')
    const node = tree.node('file')
    const { fh } = ok(tree.fs.open(node, 0, false, ROOT_CALLER))
    tree.fs.destroy()
    expect(tree.fs.usage()).toMatchObject({ inodes: 1, openFiles: 0, lockOwners: 0 })
    expect(code(tree.fs.getattr(node, fh))).toBe('EBADF')
    expect(tree.find('file').attr.size).toBe(1)
  })
})

describe.each(SETTINGS.filter(({ options }) => options.inodeFileHandles === 'prefer'))(
  'a file that was removed on the host ($name)',
  ({ base, options }) => {
    const use = useTree(base, { ...options, maxCachedFds: 1 })

    it('answers ESTALE, unless it is open', async () => {
      const { tree } = use
      for (const name of ['a', 'b', 'other']) writeFileSync(tree.at(name), name)
      const a = tree.node('a')
      const b = tree.node('b')
      const { fh } = ok(tree.fs.open(b, 0, false, ROOT_CALLER))
      tree.node('other')
      unlinkSync(tree.at('a'))
      unlinkSync(tree.at('b'))
      await untilClosed(tree.at('a'))
      expect(code(tree.fs.getattr(a, undefined))).toBe('ESTALE')
      expect(tree.attr(b).nlink).toBe(0)
      tree.release(b, fh)
      expect(tree.attr(b).nlink).toBe(0)
    })
  },
)
