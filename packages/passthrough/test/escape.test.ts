import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { caller, ROOT_CALLER } from './support/context.js'
import { List } from './support/io.js'
import { code, ok } from './support/outcome.js'
import { bytes, SETTINGS, useTree } from './support/tree.js'

const ROOT = 1
const O_RDWR = 2
const O_TRUNC = 0o1000

describe.each(SETTINGS)('nothing outside the source is reached ($name)', ({ base, options }) => {
  const use = useTree(base, options)
  let outside = ''

  beforeEach(() => {
    outside = mkdtempSync(join(tmpdir(), 'outside-'))
    writeFileSync(join(outside, 'secret'), 'secret')
    mkdirSync(join(outside, 'dir'))
  })

  afterEach(() => {
    const untouched = readFileSync(join(outside, 'secret'), 'utf8') === 'secret'
    const names = readdirSync(outside).sort()
    rmSync(outside, { recursive: true })
    expect({ untouched, names }).toEqual({ untouched: true, names: ['dir', 'secret'] })
  })

  it('through symbolic links, relative or absolute', () => {
    const { tree } = use
    symlinkSync(outside, tree.at('absolute'))
    symlinkSync(`../${'../'.repeat(20)}${outside}`, tree.at('relative'))
    symlinkSync(join(outside, 'secret'), tree.at('file'))
    const { fs } = tree
    const who = caller()
    for (const name of ['absolute', 'relative', 'file']) {
      const node = tree.node(name)
      for (const outcome of [
        fs.lookup(node, bytes('secret')),
        fs.mkdir(node, bytes('new'), 0o755, who),
        fs.symlink(node, bytes('new'), bytes('x'), who),
        fs.mknod(node, bytes('new'), 0o100644, 0, who),
        fs.create(node, bytes('new'), 0o644, O_RDWR, false, who),
        fs.tmpfile(node, 0o644, O_RDWR, who),
        fs.unlink(node, bytes('secret')),
        fs.rmdir(node, bytes('dir')),
        fs.rename(node, bytes('secret'), ROOT, bytes('x'), 0, ROOT_CALLER),
        fs.rename(ROOT, bytes('file'), node, bytes('x'), 0, ROOT_CALLER),
        fs.link(node, node, bytes('x')),
        fs.opendir(node),
      ]) {
        expect(code(outcome)).toBe('ENOTDIR')
      }
      expect(code(fs.open(node, O_RDWR | O_TRUNC, false, ROOT_CALLER))).toBe('ELOOP')
      expect(code(fs.setattr(node, { size: 0 }, undefined, ROOT_CALLER))).toBe('EINVAL')
      expect(code(fs.setattr(node, { mode: 0 }, undefined, ROOT_CALLER))).toBe('EOPNOTSUPP')
      ok(
        fs.setattr(node, { uid: 99, gid: 99, mtime: { seconds: 5, nanoseconds: 0 } }, undefined, ROOT_CALLER),
      )
      ok(fs.setxattr(node, bytes('trusted.x'), bytes('1'), 0, false))
      expect(code(fs.create(ROOT, bytes(name), 0o644, O_RDWR | O_TRUNC, false, who))).toBe('ESTALE')
    }
    expect(statSync(outside).uid).toBe(0)
    expect(statSync(join(outside, 'secret'))).toMatchObject({ uid: 0, size: 6 })
    expect(statSync(outside).mtimeMs).toBeGreaterThan(1e12)
  })

  it('through ".." of the root, or names with slashes', () => {
    const { tree } = use
    expect(ok(tree.fs.lookup(ROOT, bytes('..'))).nodeid).toBe(ROOT)
    for (const name of ['../x', '/etc', 'a/../..', '..//']) {
      expect(code(tree.fs.lookup(ROOT, bytes(name)))).toBe('EINVAL')
    }
    const { fh } = ok(tree.fs.opendir(ROOT))
    const list = new List(4096, true)
    ok(tree.fs.readdirplus(ROOT, fh, 0n, list))
    expect(list.entries.find(({ name }) => name === '..')).toMatchObject({
      nodeid: 0,
      ino: statSync(tree.source).ino,
    })
    ok(tree.fs.releasedir(ROOT, fh))
  })

  it('through ".." of a directory that was moved out of it', () => {
    const { tree } = use
    mkdirSync(tree.at('a/b/c'), { recursive: true })
    const b = tree.node('a/b')
    const c = tree.node('a/b/c')
    const exile = mkdtempSync(join(base, 'exile-'))
    try {
      renameSync(tree.at('a/b'), join(exile, 'b'))
      expect(code(tree.fs.lookup(b, bytes('..')))).toBe('ESTALE')
      expect(code(tree.fs.lookup(c, bytes('..')))).toBe('ESTALE')
      renameSync(join(exile, 'b'), tree.at('b'))
      expect(ok(tree.fs.lookup(c, bytes('..'))).nodeid).toBe(b)
      expect(ok(tree.fs.lookup(b, bytes('..'))).nodeid).toBe(ROOT)
    } finally {
      rmSync(exile, { recursive: true })
    }
  })

  it('through a directory that a symbolic link took the place of', () => {
    const { tree } = use
    mkdirSync(tree.at('dir'))
    writeFileSync(tree.at('dir/file'), 'mine')
    const dir = tree.node('dir')
    renameSync(tree.at('dir'), tree.at('moved'))
    symlinkSync(outside, tree.at('dir'))
    // The node is the directory that it was, under whatever name.
    expect(ok(tree.fs.lookup(dir, bytes('file'))).attr.size).toBe(4)
    expect(code(tree.fs.lookup(dir, bytes('secret')))).toBe('ENOENT')
    ok(tree.fs.mkdir(dir, bytes('new'), 0o755, caller()))
    expect(existsSync(tree.at('moved/new'))).toBe(true)
  })
})
