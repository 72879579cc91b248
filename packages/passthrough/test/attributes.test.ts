import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { decodeDevice } from '@fb/api'
import { AT_FDCWD, check, FALLOC_FL_KEEP_SIZE, mknodat, S_IFCHR, STATX_BTIME } from '@fb/sys'
import { describe, expect, it } from 'vitest'
import { caller, ROOT_CALLER } from './support/context.js'
import { code, ok } from './support/outcome.js'
import { SETTINGS, useTree } from './support/tree.js'

const ROOT = 1
const O_RDONLY = 0
const O_RDWR = 2

describe.each(SETTINGS)('attributes ($name)', ({ base, options }) => {
  const use = useTree(base, options)

  it('follows changes of the host', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), 'x')
    const node = tree.node('file')
    truncateSync(tree.at('file'), 1234)
    chmodSync(tree.at('file'), 0o600)
    linkSync(tree.at('file'), tree.at('more'))
    expect(tree.attr(node)).toMatchObject({ size: 1234, mode: 0o100600, nlink: 2 })
  })

  it('tells the times of the host, those before 1970 too', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const node = tree.node('file')
    ok(
      tree.fs.setattr(
        node,
        { atime: { seconds: -5, nanoseconds: 7 }, mtime: { seconds: -1, nanoseconds: 999_999_999 } },
        undefined,
        ROOT_CALLER,
      ),
    )
    expect(tree.attr(node)).toMatchObject({ atime: -5, atimensec: 7, mtime: -1, mtimensec: 999_999_999 })
    expect(lstatSync(tree.at('file'), { bigint: true }).mtimeNs).toBe(-1n)
  })

  it('sets one time and leaves the other', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    utimesSync(tree.at('file'), 1000, 2000)
    const node = tree.node('file')
    ok(tree.fs.setattr(node, { mtime: { seconds: 3000, nanoseconds: 0 } }, undefined, ROOT_CALLER))
    expect(tree.attr(node)).toMatchObject({ atime: 1000, mtime: 3000 })
    ok(tree.fs.setattr(node, { atime: 'now' }, undefined, ROOT_CALLER))
    const { atime, mtime } = tree.attr(node)
    expect(atime).toBeGreaterThan(1_600_000_000)
    expect(mtime).toBe(3000)
  })

  it('sets times and owner of a symbolic link, not of its target', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    symlinkSync('file', tree.at('link'))
    const before = statSync(tree.at('file'))
    const node = tree.node('link')
    ok(
      tree.fs.setattr(
        node,
        { uid: 5, gid: 6, mtime: { seconds: 3000, nanoseconds: 0 } },
        undefined,
        ROOT_CALLER,
      ),
    )
    expect(lstatSync(tree.at('link'))).toMatchObject({ uid: 5, gid: 6, mtimeMs: 3_000_000 })
    expect(statSync(tree.at('file'))).toMatchObject({ uid: before.uid, mtimeMs: before.mtimeMs })
    expect(code(tree.fs.setattr(node, { mode: 0o600 }, undefined, ROOT_CALLER))).toBe('EOPNOTSUPP')
  })

  it('sets mode and owner together, so that the mode that was asked for is what remains', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const { attr } = ok(
      tree.fs.setattr(tree.node('file'), { mode: 0o106755, uid: 5, gid: 6 }, undefined, ROOT_CALLER),
    )
    expect(attr).toMatchObject({ mode: 0o106755, uid: 5, gid: 6 })
  })

  it('clears set-id bits on a change of owner', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    chmodSync(tree.at('file'), 0o6755)
    expect(
      ok(tree.fs.setattr(tree.node('file'), { uid: 5, killSuidgid: true }, undefined, ROOT_CALLER)).attr.mode,
    ).toBe(0o100755)
  })

  it('truncates, and clears set-id bits where it is told to', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '1234567890')
    chmodSync(tree.at('file'), 0o6755)
    const node = tree.node('file')
    expect(ok(tree.fs.setattr(node, { size: 5 }, undefined, ROOT_CALLER)).attr).toMatchObject({
      size: 5,
      mode: 0o106755,
    })
    expect(
      ok(tree.fs.setattr(node, { size: 3, killSuidgid: true }, undefined, ROOT_CALLER)).attr,
    ).toMatchObject({
      size: 3,
      mode: 0o100755,
    })
  })

  it('truncates through an open file, whatever it was opened for', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '1234567890')
    const node = tree.node('file')
    for (const [flags, size] of [
      [O_RDWR, 7],
      [O_RDONLY, 4],
    ] as const) {
      const { fh } = ok(tree.fs.open(node, flags, false, ROOT_CALLER))
      expect(ok(tree.fs.setattr(node, { size }, fh, ROOT_CALLER)).attr.size).toBe(size)
      expect(tree.attr(node, fh).size).toBe(size)
      tree.release(node, fh)
    }
    expect(code(tree.fs.setattr(node, { size: 1 }, 12345, ROOT_CALLER))).toBe('EBADF')
    expect(code(tree.fs.getattr(node, 12345))).toBe('EBADF')
  })

  it('refuses to truncate what has no size', () => {
    const { tree } = use
    mkdirSync(tree.at('dir'))
    symlinkSync('dir', tree.at('link'))
    check(mknodat(AT_FDCWD, tree.at('null'), S_IFCHR | 0o600, 1, 3), 'mknodat')
    expect(code(tree.fs.setattr(tree.node('dir'), { size: 0 }, undefined, ROOT_CALLER))).toBe('EISDIR')
    expect(code(tree.fs.setattr(tree.node('link'), { size: 0 }, undefined, ROOT_CALLER))).toBe('EINVAL')
    expect(code(tree.fs.setattr(tree.node('null'), { size: 0 }, undefined, ROOT_CALLER))).toBe('EINVAL')
  })

  it('does not take all ones for "keep the owner"', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    expect(code(tree.fs.setattr(tree.node('file'), { uid: 0xffff_ffff }, undefined, ROOT_CALLER))).toBe(
      'EINVAL',
    )
  })

  it('has device numbers whole', () => {
    const { tree } = use
    check(mknodat(AT_FDCWD, tree.at('dev'), S_IFCHR | 0o600, 4095, 1_048_575), 'mknodat')
    expect(decodeDevice(tree.find('dev').attr.rdev)).toEqual({ major: 4095, minor: 1_048_575 })
  })

  it('tells the time of creation and the attributes of a file', () => {
    const { tree } = use
    const { nodeid, fh } = tree.create('file')
    ok(tree.fs.fallocate(nodeid, fh, 0, 4096, FALLOC_FL_KEEP_SIZE, caller()))
    const reply = ok(tree.fs.statx(nodeid, fh, 0, 0xfff))
    expect(reply.mask & STATX_BTIME).toBe(STATX_BTIME)
    expect(reply.btime?.seconds).toBe(Math.floor(Number(statSync(tree.at('file')).birthtimeMs) / 1000))
    expect(reply.attr.blocks).toBe(8)
    expect(reply.attributesMask).toBeGreaterThan(0n)
    // That a directory is a mount's root on the host says nothing to the client.
    expect((ok(tree.fs.statx(ROOT, undefined, 0, 0xfff)).attributesMask ?? 0n) & 0x2000n).toBe(0n)
    tree.release(nodeid, fh)
  })

  it('checks permissions by owner, group and the rest', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    chmodSync(tree.at('file'), 0o640)
    const node = tree.node('file')
    ok(tree.fs.setattr(node, { uid: 5, gid: 6 }, undefined, ROOT_CALLER))
    const access = (mask: number, who: Parameters<typeof caller>[0]) =>
      code(tree.fs.access(node, mask, caller(who)))
    expect(access(6, { uid: 5 })).toBeUndefined()
    expect(access(4, { uid: 9, gid: 6 })).toBeUndefined()
    expect(access(4, { uid: 9, gid: 1, groups: [7, 6] })).toBeUndefined()
    expect(access(2, { uid: 9, gid: 6 })).toBe('EACCES')
    expect(access(4, { uid: 9, gid: 9 })).toBe('EACCES')
    expect(access(0, { uid: 9, gid: 9 })).toBeUndefined()
    expect(access(6, { uid: 0 })).toBeUndefined()
    expect(access(1, { uid: 0 })).toBe('EACCES')
    expect(code(tree.fs.access(ROOT, 1, caller({ uid: 0 })))).toBeUndefined()
  })
})
