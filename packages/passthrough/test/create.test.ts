import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { type Context, encodeDevice } from '@fb/api'
import { AT_FDCWD, check, mknodat, S_IFBLK, S_IFCHR, S_IFIFO, S_IFREG, S_IFSOCK } from '@fb/sys'
import { describe, expect, it } from 'vitest'
import { caller } from './support/context.js'
import { code, ok } from './support/outcome.js'
import { bytes, keep, SETTINGS, useTree } from './support/tree.js'

const ROOT = 1
const O_RDONLY = 0
const O_WRONLY = 1
const O_RDWR = 2
const O_EXCL = 0o200
const O_TRUNC = 0o1000
const USER = caller({ uid: 1234, gid: 2345 })

describe.each(SETTINGS)('creation ($name)', ({ base, options }) => {
  const use = useTree(base, options)

  it('makes everything as its caller, with the mode as it was sent', () => {
    const { tree } = use
    const { fs } = tree
    const made = {
      dir: keep(ok(fs.mkdir(ROOT, bytes('dir'), 0o777, USER))),
      link: keep(ok(fs.symlink(ROOT, bytes('link'), bytes('target/of/it'), USER))),
      fifo: keep(ok(fs.mknod(ROOT, bytes('fifo'), S_IFIFO | 0o666, 0, USER))),
      socket: keep(ok(fs.mknod(ROOT, bytes('socket'), S_IFSOCK | 0o666, 0, USER))),
      plain: keep(ok(fs.mknod(ROOT, bytes('plain'), S_IFREG | 0o666, 0, USER))),
      file: tree.create('file', O_RDWR, 0o666, USER),
    }
    for (const [name, { nodeid, attr }] of Object.entries(made)) {
      const stat = lstatSync(tree.at(name))
      expect(attr).toMatchObject({ mode: stat.mode, uid: 1234, gid: 2345, ino: stat.ino })
      expect(stat).toMatchObject({ uid: 1234, gid: 2345 })
      expect(tree.node(name)).toBe(nodeid)
    }
    expect(statSync(tree.at('dir')).mode & 0o7777).toBe(0o777)
    expect(statSync(tree.at('plain')).mode & 0o7777).toBe(0o666)
    expect(readlinkSync(tree.at('link'))).toBe('target/of/it')
    tree.release(made.file.nodeid, made.file.fh)
  })

  it('makes device nodes with their whole number', () => {
    const { tree } = use
    ok(tree.fs.mknod(ROOT, bytes('c'), S_IFCHR | 0o600, encodeDevice(4095, 1_048_575), caller()))
    ok(tree.fs.mknod(ROOT, bytes('b'), S_IFBLK | 0o600, encodeDevice(7, 300), caller()))
    expect(tree.find('c').attr).toMatchObject({ mode: S_IFCHR | 0o600, rdev: encodeDevice(4095, 1_048_575) })
    expect(tree.find('b').attr).toMatchObject({ mode: S_IFBLK | 0o600, rdev: encodeDevice(7, 300) })
  })

  it('answers what the host says', () => {
    const { tree } = use
    const { fs } = tree
    mkdirSync(tree.at('dir'))
    expect(code(fs.mkdir(ROOT, bytes('dir'), 0o755, USER))).toBe('EEXIST')
    expect(code(fs.symlink(ROOT, bytes('x'.repeat(256)), bytes('t'), USER))).toBe('ENAMETOOLONG')
    expect(code(fs.symlink(ROOT, bytes('l'), bytes('t'.repeat(5000)), USER))).toBe('ENAMETOOLONG')
    expect(code(fs.symlink(ROOT, bytes('l'), bytes(''), USER))).toBe('ENOENT')
    expect(code(fs.create(ROOT, bytes('dir'), 0o644, O_RDWR | O_EXCL, false, USER))).toBe('EEXIST')
    for (const name of ['.', '..', 'a/b']) {
      expect(code(fs.mkdir(ROOT, bytes(name), 0o755, USER))).toBe('EINVAL')
      expect(code(fs.create(ROOT, bytes(name), 0o644, O_RDWR, false, USER))).toBe('EINVAL')
    }
  })

  it('refuses a caller who has no id here', () => {
    const { tree } = use
    const nobody = caller({ uid: 0xffff_ffff, gid: 0xffff_ffff })
    expect(code(tree.fs.mkdir(ROOT, bytes('dir'), 0o755, nobody))).toBe('EOVERFLOW')
    expect(code(tree.fs.create(ROOT, bytes('file'), 0o644, O_RDWR, false, nobody))).toBe('EOVERFLOW')
    expect(existsSync(tree.at('dir'))).toBe(false)
  })

  it('gives what is made in a set-group-id directory its group', () => {
    const { tree } = use
    mkdirSync(tree.at('dir'))
    chownSync(tree.at('dir'), 0, 777)
    chmodSync(tree.at('dir'), 0o2777)
    const dir = tree.node('dir')
    const sub = ok(tree.fs.mkdir(dir, bytes('sub'), 0o755, USER))
    expect(sub.attr).toMatchObject({ uid: 1234, gid: 777, mode: 0o042755 })
  })

  it('D17: strips set-group-id from a program of a group that the caller is not in', () => {
    const { tree } = use
    mkdirSync(tree.at('dir'))
    chownSync(tree.at('dir'), 0, 777)
    chmodSync(tree.at('dir'), 0o2777)
    const dir = tree.node('dir')
    const make = (name: string, ctx: Context) => {
      const { entry, open } = ok(tree.fs.create(dir, bytes(name), 0o2775, O_RDWR, false, ctx))
      tree.release(entry.nodeid, open.fh)
      return entry.attr.mode & 0o7777
    }
    expect(make('outside', USER)).toBe(0o775)
    expect(make('member', caller({ uid: 1234, gid: 2345, groups: [777] }))).toBe(0o2775)
  })

  it('opens what it makes', () => {
    const { tree } = use
    const { nodeid, fh, attr } = tree.create('file')
    expect(attr.size).toBe(0)
    expect(tree.write(nodeid, fh, 'content')).toBe(7)
    expect(tree.read(nodeid, fh)).toBe('content')
    expect(readFileSync(tree.at('file'), 'utf8')).toBe('content')
    tree.release(nodeid, fh)
  })

  it('makes a file that its owner may not write and yet opens it for writing', () => {
    const { tree } = use
    const { nodeid, fh } = tree.create('file', O_WRONLY, 0o444, USER)
    expect(tree.write(nodeid, fh, 'content')).toBe(7)
    tree.release(nodeid, fh)
    expect(statSync(tree.at('file')).mode & 0o777).toBe(0o444)
  })

  it('opens a file that has appeared meanwhile, if its caller may', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), 'content')
    chmodSync(tree.at('file'), 0o6755)
    const { nodeid, fh } = tree.create('file', O_RDWR)
    expect(tree.read(nodeid, fh)).toBe('content')
    tree.release(nodeid, fh)
    const kept = ok(tree.fs.create(ROOT, bytes('file'), 0o644, O_RDWR | O_TRUNC, true, caller()))
    tree.release(nodeid, kept.open.fh)
    expect(statSync(tree.at('file'))).toMatchObject({ size: 0, mode: 0o100755 })
    // The client has not checked permissions of the file: it must look again and do so.
    expect(code(tree.fs.create(ROOT, bytes('file'), 0o644, O_RDWR, false, USER))).toBe('ESTALE')
    expect(code(tree.fs.create(ROOT, bytes('file'), 0o644, O_RDONLY | O_TRUNC, false, USER))).toBe('ESTALE')
    const readable = ok(tree.fs.create(ROOT, bytes('file'), 0o644, O_RDONLY, false, USER))
    tree.release(nodeid, readable.open.fh)
    tree.fs.forget(nodeid, 3)
    expect(tree.fs.usage().inodes).toBe(1)
  })

  it('never opens a symbolic link or a special file that has appeared meanwhile', () => {
    const { tree } = use
    writeFileSync(tree.at('outside'), 'secret')
    symlinkSync(tree.at('outside'), tree.at('link'))
    symlinkSync(tree.at('nowhere'), tree.at('dangling'))
    check(mknodat(AT_FDCWD, tree.at('fifo'), S_IFIFO | 0o666, 0, 0), 'mknodat')
    mkdirSync(tree.at('dir'))
    for (const name of ['link', 'dangling', 'fifo', 'dir']) {
      expect(code(tree.fs.create(ROOT, bytes(name), 0o644, O_RDWR | O_TRUNC, false, caller()))).toBe('ESTALE')
    }
    expect(readFileSync(tree.at('outside'), 'utf8')).toBe('secret')
    expect(existsSync(tree.at('nowhere'))).toBe(false)
    expect(tree.fs.usage()).toMatchObject({ inodes: 1, openFiles: 0 })
  })

  it('makes a file without a name, which can get one', () => {
    const { tree } = use
    const { entry, open } = ok(tree.fs.tmpfile(ROOT, 0o600, O_RDWR, USER))
    const { nodeid, attr } = keep(entry)
    expect(attr).toMatchObject({ nlink: 0, uid: 1234, gid: 2345, mode: 0o100600 })
    expect(tree.write(nodeid, open.fh, 'content')).toBe(7)
    expect(tree.attr(nodeid).size).toBe(7)
    expect(ok(tree.fs.link(nodeid, ROOT, bytes('named'))).nodeid).toBe(nodeid)
    expect(readFileSync(tree.at('named'), 'utf8')).toBe('content')
    tree.release(nodeid, open.fh)
    expect(tree.attr(nodeid).nlink).toBe(1)
    tree.fs.forget(nodeid, 2)
    expect(tree.fs.usage()).toMatchObject({ inodes: 1, openFiles: 0, heldFds: 1 })
  })

  it('makes a file without a name that can never get one', () => {
    const { tree } = use
    const { entry, open } = ok(tree.fs.tmpfile(ROOT, 0o600, O_RDWR | O_EXCL, USER))
    const { nodeid } = entry
    tree.release(nodeid, open.fh)
    expect(tree.attr(nodeid).nlink).toBe(0)
    expect(code(tree.fs.link(nodeid, ROOT, bytes('named')))).toBe('ENOENT')
  })
})
