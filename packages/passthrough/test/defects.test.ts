import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { threadIdentity } from '../src/process-limits.js'
import { caller, ROOT_CALLER } from './support/context.js'
import { openFds } from './support/descriptors.js'
import { Sink, Source } from './support/io.js'
import { code, ok } from './support/outcome.js'
import { bytes, SETTINGS, useTree } from './support/tree.js'

const O_RDONLY = 0
const O_RDWR = 2
const O_CLOEXEC = 0o2000000
const USER = caller({ uid: 1234, gid: 2345 })

/** What others got wrong, by the number that it has in the project's list. */
describe.each(SETTINGS)('regressions ($name)', ({ base, options }) => {
  const use = useTree(base, options)

  it('D1: an operation that fails leaves its file open, and no other file in its place', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), 'content')
    writeFileSync(tree.at('other'), 'another')
    const node = tree.node('file')
    const { fh } = ok(tree.fs.open(node, O_RDONLY, false, ROOT_CALLER))
    const who = caller()
    for (let round = 0; round < 20; round += 1) {
      expect(code(tree.fs.write(node, fh, 0, new Source('x'), ROOT_CALLER))).toBe('EBADF')
      expect(code(tree.fs.fallocate(node, fh, 0, 10, 0, who))).toBe('EBADF')
      expect(code(tree.fs.copyFileRange({ node, fh, offset: 0 }, { node, fh, offset: 0 }, 5, 0, who))).toBe(
        'EBADF',
      )
      expect(code(tree.fs.lseek(node, fh, 1000, 3))).toBe('ENXIO')
      const other = ok(tree.fs.open(tree.node('other'), O_RDWR, false, ROOT_CALLER))
      expect(tree.read(node, fh)).toBe('content')
      tree.release(tree.node('other'), other.fh)
    }
    expect(tree.fs.usage().openFiles).toBe(1)
    tree.release(node, fh)
    expect(readFileSync(tree.at('other'), 'utf8')).toBe('another')
  })

  it('D17: groups of this process never count, and it has them again afterwards', () => {
    const { tree } = use
    mkdirSync(tree.at('dir'))
    chownSync(tree.at('dir'), 0, 777)
    chmodSync(tree.at('dir'), 0o2777)
    const dir = tree.node('dir')
    const groups = process.getgroups?.() ?? []
    process.setgroups?.([777, 888])
    try {
      const { entry, open } = ok(tree.fs.create(dir, bytes('program'), 0o2755, O_RDWR, false, USER))
      expect(entry.attr.mode & 0o7777).toBe(0o755)
      tree.release(entry.nodeid, open.fh)
      expect(threadIdentity()).toMatchObject({ uid: 0, gid: 0, groups: [777, 888], switchesUser: true })
    } finally {
      process.setgroups?.(groups)
    }
  })

  it('D17: a member of the group of a directory may create there, as the kernel of the client has found', () => {
    const { tree } = use
    mkdirSync(tree.at('dir'))
    chownSync(tree.at('dir'), 0, 777)
    chmodSync(tree.at('dir'), 0o770)
    const dir = tree.node('dir')
    expect(ok(tree.fs.mkdir(dir, bytes('sub'), 0o755, USER)).attr).toMatchObject({ uid: 1234, gid: 2345 })
    expect(code(tree.fs.symlink(dir, bytes('link'), bytes('x'), USER))).toBeUndefined()
    const { entry, open } = ok(tree.fs.create(dir, bytes('file'), 0o644, O_RDWR, false, USER))
    tree.release(entry.nodeid, open.fh)
  })

  it('D18: no descriptor is inherited by programs that this process starts', () => {
    const { tree } = use
    mkdirSync(tree.at('dir'))
    writeFileSync(tree.at('file'), '')
    const before = openFds()
    const dir = tree.node('dir')
    const { nodeid, fh } = tree.create('new')
    ok(tree.fs.open(tree.node('file'), O_RDWR, false, ROOT_CALLER))
    ok(tree.fs.opendir(dir))
    ok(tree.fs.tmpfile(dir, 0o600, O_RDWR, USER))
    const lock = { start: 0n, end: 10n, type: 1, pid: 0 }
    ok(tree.fs.setlk(nodeid, fh, { owner: 1n, lock, flock: false, wait: false }, USER))
    const fds = openFds().filter((fd) => !before.includes(fd))
    expect(fds.length).toBeGreaterThanOrEqual(5)
    for (const fd of [...fds, tree.fs.share().procFd]) {
      const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0'
      expect([fd, Number.parseInt(flags, 8) & O_CLOEXEC]).toEqual([fd, O_CLOEXEC])
    }
  })

  it('D20: what a client asks to read is bounded by what it gets room for', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), 'content')
    const node = tree.node('file')
    const { fh } = ok(tree.fs.open(node, O_RDONLY, false, ROOT_CALLER))
    const sink = new Sink(3)
    expect(ok(tree.fs.read(node, fh, 0, sink))).toBe(3)
    expect(sink.text(3)).toBe('con')
  })
})
