import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { InitFlag } from '@fb/abi'
import { Connection } from '@fb/api'
import { AT_FDCWD, check, lgetxattr, mknodat, S_IFIFO, XATTR_CREATE, XATTR_REPLACE } from '@fb/sys'
import { describe, expect, it } from 'vitest'
import { PassthroughFs } from '../src/index.js'
import { code, ok } from './support/outcome.js'
import { bytes, SETTINGS, type Tree, useTree } from './support/tree.js'

const ROOT = 1

function value(tree: Tree, node: number, name: string, size = 65_536): string {
  return Buffer.from(ok(tree.fs.getxattr(node, bytes(name), size)) as Uint8Array).toString()
}

describe.each(SETTINGS)('extended attributes ($name)', ({ base, options }) => {
  const use = useTree(base, options)

  it('sets, reads, lists and removes', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const node = tree.node('file')
    ok(tree.fs.setxattr(node, bytes('user.a'), bytes('one'), 0, false))
    ok(tree.fs.setxattr(node, bytes('user.b/c'), bytes(''), XATTR_CREATE, false))
    expect(value(tree, node, 'user.a')).toBe('one')
    expect(ok(tree.fs.getxattr(node, bytes('user.a'), 0))).toBe(3)
    expect(value(tree, node, 'user.b/c')).toBe('')
    const names = ok(tree.fs.listxattr(node, 65_536)) as Uint8Array
    expect(
      Buffer.from(names)
        .toString()
        .split('\0')
        .filter((name) => name.startsWith('user.'))
        .sort(),
    ).toEqual(['user.a', 'user.b/c'])
    expect(ok(tree.fs.listxattr(node, 0))).toBe(names.length)
    ok(tree.fs.removexattr(node, bytes('user.a')))
    expect(code(tree.fs.getxattr(node, bytes('user.a'), 100))).toBe('ENODATA')
  })

  it('answers what the host says', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const node = tree.node('file')
    const set = (name: string, flags: number) =>
      code(tree.fs.setxattr(node, bytes(name), bytes('value'), flags, false))
    expect(set('user.a', XATTR_REPLACE)).toBe('ENODATA')
    expect(set('user.a', XATTR_CREATE)).toBeUndefined()
    expect(set('user.a', XATTR_CREATE)).toBe('EEXIST')
    expect(set('user.a', 0xffff_ffff)).toBe('EINVAL')
    expect(set('nothing', 0)).toBe('EOPNOTSUPP')
    expect(set(`user.${'x'.repeat(300)}`, 0)).toBe('ERANGE')
    expect(code(tree.fs.getxattr(node, bytes('user.a'), 2))).toBe('ERANGE')
    expect(code(tree.fs.removexattr(node, bytes('user.b')))).toBe('ENODATA')
    expect(code(tree.fs.getxattr(999, bytes('user.a'), 2))).toBe('ESTALE')
  })

  it('reaches symbolic links, FIFOs and directories themselves', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    mkdirSync(tree.at('dir'))
    symlinkSync('file', tree.at('link'))
    check(mknodat(AT_FDCWD, tree.at('fifo'), S_IFIFO | 0o600, 0, 0), 'mknodat')
    for (const name of ['dir', 'link', 'fifo']) {
      ok(tree.fs.setxattr(tree.node(name), bytes('trusted.x'), bytes(name), 0, false))
      expect(value(tree, tree.node(name), 'trusted.x')).toBe(name)
    }
    expect(code(tree.fs.getxattr(tree.node('file'), bytes('trusted.x'), 10))).toBe('ENODATA')
    expect(lgetxattr(tree.at('link'), 'trusted.x', new Uint8Array(10))).toBe(4)
    expect(code(tree.fs.setxattr(tree.node('link'), bytes('user.x'), bytes('1'), 0, false))).toBe('EPERM')
  })

  it('D20: allocates nothing for a size that a client asks for', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const node = tree.node('file')
    ok(tree.fs.setxattr(node, bytes('user.a'), bytes('one'), 0, false))
    const before = process.memoryUsage().arrayBuffers
    for (let round = 0; round < 100; round += 1) {
      expect((ok(tree.fs.getxattr(node, bytes('user.a'), 0xffff_ffff)) as Uint8Array).length).toBe(3)
      ok(tree.fs.listxattr(node, 0xffff_ffff))
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000)
  })

  it('neither shows nor sets ACLs where nobody obeys them', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const node = tree.node('file')
    for (const name of ['system.posix_acl_access', 'system.posix_acl_default']) {
      expect(code(tree.fs.getxattr(node, bytes(name), 100))).toBe('EOPNOTSUPP')
      expect(code(tree.fs.setxattr(node, bytes(name), bytes('x'), 0, false))).toBe('EOPNOTSUPP')
      expect(code(tree.fs.removexattr(node, bytes(name)))).toBe('EOPNOTSUPP')
    }
  })
})

describe('extended attributes by option', () => {
  const off = useTree('/tmp', { xattr: false })
  const acl = useTree('/tmp', { posixAcl: true })

  it('D3: answers EOPNOTSUPP where they are off, which the kernel does not take for ever', () => {
    const { tree } = off
    for (const outcome of [
      tree.fs.getxattr(ROOT, bytes('user.a'), 10),
      tree.fs.setxattr(ROOT, bytes('user.a'), bytes('x'), 0, false),
      tree.fs.listxattr(ROOT, 10),
      tree.fs.removexattr(ROOT, bytes('user.a')),
    ]) {
      expect(code(outcome)).toBe('EOPNOTSUPP')
    }
  })

  it('passes ACLs through where the kernel obeys them, and drops set-group-id where it says so', () => {
    const { tree } = acl
    tree.fs.init(new Connection({ major: 7, minor: 45, offered: 2n ** 64n - 1n }, limits(), undefined))
    writeFileSync(tree.at('file'), '')
    chmodSync(tree.at('file'), 0o2755)
    const node = tree.node('file')
    const access = accessAcl()
    ok(tree.fs.setxattr(node, bytes('system.posix_acl_access'), access, 0, false))
    expect(statSync(tree.at('file')).mode & 0o7777).toBe(0o2770)
    expect(ok(tree.fs.getxattr(node, bytes('system.posix_acl_access'), 100))).toEqual(access)
    ok(tree.fs.setxattr(node, bytes('system.posix_acl_access'), access, 0, true))
    expect(statSync(tree.at('file')).mode & 0o7777).toBe(0o770)
  })

  it('leaves the umask to a default ACL, and applies it without one', () => {
    const { tree } = acl
    tree.fs.init(new Connection({ major: 7, minor: 45, offered: 2n ** 64n - 1n }, limits(), undefined))
    mkdirSync(tree.at('plain'))
    mkdirSync(tree.at('dir'))
    ok(tree.fs.setxattr(tree.node('dir'), bytes('system.posix_acl_default'), accessAcl(), 0, false))
    const who = { ...rootWithUmask }
    const modeIn = (name: string) => {
      const { entry, open } = ok(tree.fs.create(tree.node(name), bytes('file'), 0o666, 2, false, who))
      tree.release(entry.nodeid, open.fh)
      return entry.attr.mode & 0o777
    }
    expect(modeIn('plain')).toBe(0o644)
    expect(modeIn('dir')).toBe(0o660)
  })

  it('asks for ACLs only where all that they need is offered', () => {
    const fs = new PassthroughFs({ source: '/tmp', posixAcl: true, maxInodes: 16 })
    const connection = new Connection(
      { major: 7, minor: 31, offered: InitFlag.POSIX_ACL | InitFlag.DONT_MASK },
      limits(),
      undefined,
    )
    fs.init(connection)
    expect(connection.has(InitFlag.POSIX_ACL) || connection.has(InitFlag.DONT_MASK)).toBe(false)
    fs.close()
  })
})

const rootWithUmask = {
  uid: 0,
  gid: 0,
  pid: 1,
  umask: 0o022,
  groups: [],
  securityContexts: [],
  unique: 1n,
  signal: new AbortController().signal,
}

function limits(): ConstructorParameters<typeof Connection>[1] {
  return {
    maxWrite: 131_072,
    maxReadahead: 131_072,
    maxBackground: 12,
    congestionThreshold: 9,
    timeGran: 1,
    mapAlignment: 0,
    maxStackDepth: 0,
    requestTimeout: 0,
  }
}

/** An ACL in the form of xattr(7): user::rwx, user:1234:r--, group::rwx, mask::rwx, other::---. */
function accessAcl(): Uint8Array {
  const entries = [
    [0x01, 7, 0xffff_ffff],
    [0x02, 4, 1234],
    [0x04, 7, 0xffff_ffff],
    [0x10, 7, 0xffff_ffff],
    [0x20, 0, 0xffff_ffff],
  ] as const
  const view = new DataView(new ArrayBuffer(4 + 8 * entries.length))
  view.setUint32(0, 2, true)
  for (const [index, [tag, permissions, id]] of entries.entries()) {
    view.setUint16(4 + 8 * index, tag, true)
    view.setUint16(6 + 8 * index, permissions, true)
    view.setUint32(8 + 8 * index, id, true)
  }
  return new Uint8Array(view.buffer)
}
