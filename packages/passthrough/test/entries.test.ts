import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { RENAME_EXCHANGE, RENAME_NOREPLACE, RENAME_WHITEOUT } from '@fb/sys'
import { describe, expect, it } from 'vitest'
import { caller, ROOT_CALLER } from './support/context.js'
import { code, ok } from './support/outcome.js'
import { bytes, SETTINGS, useTree } from './support/tree.js'

const ROOT = 1

describe.each(SETTINGS)('names ($name)', ({ base, options }) => {
  const use = useTree(base, options)

  it('removes files and directories, with the errors of the host', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    mkdirSync(tree.at('dir/sub'), { recursive: true })
    expect(code(tree.fs.rmdir(ROOT, bytes('file')))).toBe('ENOTDIR')
    expect(code(tree.fs.unlink(ROOT, bytes('dir')))).toBe('EISDIR')
    expect(code(tree.fs.rmdir(ROOT, bytes('dir')))).toBe('ENOTEMPTY')
    expect(code(tree.fs.unlink(ROOT, bytes('missing')))).toBe('ENOENT')
    for (const name of ['.', '..', 'dir/sub']) {
      expect(code(tree.fs.rmdir(ROOT, bytes(name)))).toBe('EINVAL')
      expect(code(tree.fs.unlink(ROOT, bytes(name)))).toBe('EINVAL')
    }
    ok(tree.fs.unlink(ROOT, bytes('file')))
    ok(tree.fs.rmdir(tree.node('dir'), bytes('sub')))
    ok(tree.fs.rmdir(ROOT, bytes('dir')))
    expect(readdirSync(tree.source)).toEqual([])
  })

  it('keeps a removed file usable while the client knows it', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), 'content')
    const node = tree.node('file')
    const { fh } = ok(tree.fs.open(node, 2, false, ROOT_CALLER))
    ok(tree.fs.unlink(ROOT, bytes('file')))
    expect(tree.attr(node)).toMatchObject({ nlink: 0, size: 7 })
    expect(tree.read(node, fh)).toBe('content')
    tree.release(node, fh)
    expect(ok(tree.fs.setattr(node, { mode: 0o600 }, undefined, ROOT_CALLER)).attr.mode).toBe(0o100600)
    expect(tree.fs.usage().heldFds).toBe(2)
    tree.fs.forget(node, 1)
    expect(tree.fs.usage().heldFds).toBe(1)
  })

  it('holds nothing for a file that has another name, or that nobody knows', () => {
    const { tree } = use
    for (const name of ['a', 'unknown']) writeFileSync(tree.at(name), '')
    const node = tree.node('a')
    ok(tree.fs.link(node, ROOT, bytes('b')))
    const before = tree.fs.usage().heldFds
    ok(tree.fs.unlink(ROOT, bytes('a')))
    ok(tree.fs.unlink(ROOT, bytes('unknown')))
    expect(tree.fs.usage().heldFds).toBe(before)
    expect(tree.attr(node).nlink).toBe(1)
  })

  it('lets go again what it held for a removal that failed', () => {
    const { tree } = use
    mkdirSync(tree.at('dir/sub'), { recursive: true })
    const node = tree.node('dir')
    const before = tree.fs.usage().heldFds
    expect(code(tree.fs.rmdir(ROOT, bytes('dir')))).toBe('ENOTEMPTY')
    expect(tree.fs.usage().heldFds).toBe(before)
    expect(tree.attr(node).nlink).toBe(3)
  })

  it('renames within and between directories', () => {
    const { tree } = use
    mkdirSync(tree.at('dir'))
    writeFileSync(tree.at('a'), 'a')
    const node = tree.node('a')
    const dir = tree.node('dir')
    ok(tree.fs.rename(ROOT, bytes('a'), ROOT, bytes('b'), 0, ROOT_CALLER))
    ok(tree.fs.rename(ROOT, bytes('b'), dir, bytes('c'), 0, ROOT_CALLER))
    expect(tree.node('dir/c')).toBe(node)
    expect(code(tree.fs.rename(ROOT, bytes('dir'), dir, bytes('x'), 0, ROOT_CALLER))).toBe('EINVAL')
    expect(code(tree.fs.rename(ROOT, bytes('missing'), dir, bytes('x'), 0, ROOT_CALLER))).toBe('ENOENT')
    for (const name of ['.', '..']) {
      expect(code(tree.fs.rename(ROOT, bytes('dir'), ROOT, bytes(name), 0, ROOT_CALLER))).toBe('EINVAL')
      expect(code(tree.fs.rename(dir, bytes(name), ROOT, bytes('x'), 0, ROOT_CALLER))).toBe('EINVAL')
    }
  })

  it('keeps a file usable that another one was renamed over', () => {
    const { tree } = use
    writeFileSync(tree.at('old'), 'old')
    writeFileSync(tree.at('new'), 'new!')
    const old = tree.node('old')
    const young = tree.node('new')
    ok(tree.fs.rename(ROOT, bytes('new'), ROOT, bytes('old'), 0, ROOT_CALLER))
    expect(tree.attr(old)).toMatchObject({ nlink: 0, size: 3 })
    expect(tree.node('old')).toBe(young)
  })

  it('obeys the flags of renameat2', () => {
    const { tree } = use
    writeFileSync(tree.at('a'), 'a')
    writeFileSync(tree.at('b'), 'bb')
    const [a, b] = [tree.node('a'), tree.node('b')]
    expect(code(tree.fs.rename(ROOT, bytes('a'), ROOT, bytes('b'), RENAME_NOREPLACE, ROOT_CALLER))).toBe(
      'EEXIST',
    )
    const before = tree.fs.usage().heldFds
    ok(tree.fs.rename(ROOT, bytes('a'), ROOT, bytes('b'), RENAME_EXCHANGE, ROOT_CALLER))
    expect([tree.node('a'), tree.node('b')]).toEqual([b, a])
    expect(tree.fs.usage().heldFds).toBe(before)
    ok(tree.fs.rename(ROOT, bytes('a'), ROOT, bytes('c'), RENAME_WHITEOUT, ROOT_CALLER))
    expect(lstatSync(tree.at('a'))).toMatchObject({ rdev: 0 })
    expect(lstatSync(tree.at('a')).isCharacterDevice()).toBe(true)
    const user = caller({ uid: 1000, gid: 1001 })
    ok(tree.fs.rename(ROOT, bytes('c'), ROOT, bytes('d'), RENAME_WHITEOUT, user))
    expect(lstatSync(tree.at('c'))).toMatchObject({ uid: 1000, gid: 1001, rdev: 0 })
    ok(tree.fs.rename(ROOT, bytes('d'), ROOT, bytes('c'), 0, ROOT_CALLER))
    expect(code(tree.fs.rename(ROOT, bytes('b'), ROOT, bytes('c'), 0x100, ROOT_CALLER))).toBe('EINVAL')
    expect(
      code(
        tree.fs.rename(ROOT, bytes('b'), ROOT, bytes('c'), RENAME_EXCHANGE | RENAME_NOREPLACE, ROOT_CALLER),
      ),
    ).toBe('EINVAL')
  })

  it('links files and symbolic links', () => {
    const { tree } = use
    mkdirSync(tree.at('dir'))
    writeFileSync(tree.at('file'), 'x')
    symlinkSync('/etc/passwd', tree.at('link'))
    const file = tree.node('file')
    const dir = tree.node('dir')
    const entry = ok(tree.fs.link(file, dir, bytes('hard')))
    expect(entry).toMatchObject({ nodeid: file })
    expect(entry.attr.nlink).toBe(2)
    ok(tree.fs.link(tree.node('link'), dir, bytes('soft')))
    expect(readlinkSync(tree.at('dir/soft'))).toBe('/etc/passwd')
    expect(statSync(tree.at('dir/hard')).ino).toBe(statSync(tree.at('file')).ino)
    expect(code(tree.fs.link(file, dir, bytes('hard')))).toBe('EEXIST')
    expect(code(tree.fs.link(dir, ROOT, bytes('x')))).toBe('EPERM')
    expect(code(tree.fs.link(file, dir, bytes('..')))).toBe('EINVAL')
    expect(code(tree.fs.link(777, dir, bytes('x')))).toBe('ESTALE')
    tree.fs.forget(file, 2)
    expect(code(tree.fs.getattr(file, undefined))).toBe('ESTALE')
  })

  it('reads the targets of symbolic links only', () => {
    const { tree } = use
    symlinkSync('x'.repeat(4000), tree.at('long'))
    writeFileSync(tree.at('file'), '')
    expect(ok(tree.fs.readlink(tree.node('long'))).length).toBe(4000)
    expect(code(tree.fs.readlink(tree.node('file')))).toBe('EINVAL')
    expect(code(tree.fs.readlink(ROOT))).toBe('EINVAL')
  })
})
