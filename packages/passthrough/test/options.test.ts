import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { InitFlag, OpenReplyFlag } from '@fb/abi'
import { Connection } from '@fb/api'
import { FS_IOC_SETFLAGS, STATX_BASIC_STATS } from '@fb/sys'
import { describe, expect, it } from 'vitest'
import { PassthroughFs, type PassthroughOptions, passthroughOptions } from '../src/index.js'
import { caller, ROOT_CALLER } from './support/context.js'
import { Source } from './support/io.js'
import { code, ok } from './support/outcome.js'
import { bytes, useTree } from './support/tree.js'

const ROOT = 1
const EVERYTHING = 2n ** 64n - 1n

function connect(fs: PassthroughFs, offered = EVERYTHING): Connection {
  const limits = {
    maxWrite: 131_072,
    maxReadahead: 131_072,
    maxBackground: 12,
    congestionThreshold: 9,
    timeGran: 1,
    mapAlignment: 0,
    maxStackDepth: 0,
    requestTimeout: 0,
  }
  const connection = new Connection({ major: 7, minor: 45, offered }, limits, undefined)
  connection.enable(
    InitFlag.DO_READDIRPLUS | InitFlag.READDIRPLUS_AUTO | InitFlag.POSIX_LOCKS | InitFlag.FLOCK_LOCKS,
  )
  fs.init(connection)
  return connection
}

describe('options', () => {
  it('has a default for everything but the source', () => {
    expect(passthroughOptions.parse({ source: '/' })).toMatchObject({
      source: '/',
      cache: 'auto',
      inodeFileHandles: 'prefer',
      xattr: true,
      allowDirectIo: true,
      blocking: false,
      maxInodes: 4 * 1024 * 1024,
    })
  })

  it.each<[string, object]>([
    ['no source', {}],
    ['an empty source', { source: '' }],
    ['an unknown option', { source: '/', colour: 'red' }],
    ['an unknown policy', { source: '/', cache: 'sometimes' }],
    ['a negative timeout', { source: '/', attrTimeout: -1 }],
    ['no inodes', { source: '/', maxInodes: 0 }],
    ['half an inode', { source: '/', maxInodes: 1.5 }],
    ['write-back without a cache', { source: '/', cache: 'never', writeback: true }],
  ])('refuses %s with a TypeError', (_what, options) => {
    expect(() => new PassthroughFs(options as PassthroughOptions)).toThrow(TypeError)
  })

  it('names what is wrong', () => {
    expect(() => new PassthroughFs({ source: '/', cache: 'never', writeback: true })).toThrow(
      /writeback needs cache auto or always/,
    )
  })

  it.each([
    ['/nowhere/at/all', 'ENOENT'],
    ['/dev/null', 'ENOTDIR'],
    ['/proc/self/status/x', 'ENOTDIR'],
  ])('cannot serve %s: %s', (source, expected) => {
    let caught: { code?: string } = {}
    try {
      new PassthroughFs({ source })
    } catch (error) {
      caught = error as { code?: string }
    }
    expect(caught.code).toBe(expected)
  })

  it('does not serve without file handles what must have them', () => {
    expect(() => new PassthroughFs({ source: '/proc', inodeFileHandles: 'mandatory' })).toThrow(
      /file handles are mandatory/,
    )
    const fs = new PassthroughFs({ source: '/proc', maxInodes: 16 })
    expect(fs.share().refusal?.step).toBe('name_to_handle_at')
    fs.close()
  })
})

describe('a single file as source', () => {
  const use = useTree('/tmp')

  it.each(['prefer', 'never'] as const)('serves it as the root (file handles %s)', (inodeFileHandles) => {
    const { tree } = use
    writeFileSync(tree.at('file'), 'content')
    const fs = new PassthroughFs({
      source: bytes(tree.at('file')),
      inodeFileHandles,
      maxInodes: 16,
      blocking: true,
    })
    expect(ok(fs.getattr(ROOT, undefined)).attr).toMatchObject({ size: 7 })
    const { fh } = ok(fs.open(ROOT, 2, false, ROOT_CALLER))
    expect(ok(fs.write(ROOT, fh, 0, new Source('CON'), ROOT_CALLER))).toBe(3)
    expect(code(fs.lookup(ROOT, bytes('x')))).toBe('ENOTDIR')
    expect(code(fs.opendir(ROOT))).toBe('ENOTDIR')
    expect(ok(fs.lookup(ROOT, bytes('..'))).nodeid).toBe(ROOT)
    ok(fs.syncfs(ROOT))
    fs.close()
    expect(readFileSync(tree.at('file'), 'utf8')).toBe('CONtent')
  })
})

describe('cache', () => {
  const never = useTree('/tmp', { cache: 'never' })
  const metadata = useTree('/tmp', { cache: 'metadata' })
  const always = useTree('/tmp', { cache: 'always' })
  const own = useTree('/tmp', {
    cache: 'auto',
    attrTimeout: 2,
    entryTimeout: 3,
    directoryAttrTimeout: 20,
    directoryEntryTimeout: 30,
    negativeTimeout: 5,
  })
  const DIRECT = OpenReplyFlag.DIRECT_IO | OpenReplyFlag.PARALLEL_DIRECT_WRITES
  const LIST = OpenReplyFlag.CACHE_DIR | OpenReplyFlag.KEEP_CACHE

  it.each([
    ['never', never, 0, DIRECT, 0],
    ['metadata', metadata, 86_400, DIRECT, LIST],
    ['always', always, 86_400, OpenReplyFlag.KEEP_CACHE, LIST],
  ] as const)('%s: sets timeouts and flags', (_name, use, timeout, fileFlags, directoryFlags) => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const entry = ok(tree.fs.lookup(ROOT, bytes('file')))
    expect(entry).toMatchObject({ entryTimeout: timeout, attrTimeout: timeout })
    expect(ok(tree.fs.open(entry.nodeid, 0, false, ROOT_CALLER)).openFlags).toBe(fileFlags)
    expect(ok(tree.fs.opendir(ROOT)).openFlags).toBe(directoryFlags)
    expect(code(tree.fs.lookup(ROOT, bytes('missing')))).toBe('ENOENT')
  })

  it('D22: keeps to the timeouts of directories in every reply', () => {
    const { tree } = own
    mkdirSync(tree.at('dir'))
    writeFileSync(tree.at('file'), '')
    const directory = ok(tree.fs.lookup(ROOT, bytes('dir')))
    expect(directory).toMatchObject({ entryTimeout: 30, attrTimeout: 20 })
    const { nodeid } = directory
    expect(ok(tree.fs.getattr(nodeid, undefined)).attrTimeout).toBe(20)
    expect(ok(tree.fs.setattr(nodeid, { mode: 0o700 }, undefined, ROOT_CALLER)).attrTimeout).toBe(20)
    expect(ok(tree.fs.statx(nodeid, undefined, 0, STATX_BASIC_STATS)).attrTimeout).toBe(20)
    const file = ok(tree.fs.lookup(ROOT, bytes('file')))
    expect(file).toMatchObject({ entryTimeout: 3, attrTimeout: 2 })
    expect(ok(tree.fs.getattr(file.nodeid, undefined)).attrTimeout).toBe(2)
  })

  it('has the kernel remember that a name is missing, where it is told to', () => {
    const { tree } = own
    const entry = ok(tree.fs.lookup(ROOT, bytes('missing')))
    expect(entry).toMatchObject({ nodeid: 0, entryTimeout: 5 })
    expect(entry.attr.size).toBe(0)
    expect(code(tree.fs.lookup(99, bytes('missing')))).toBe('ESTALE')
  })
})

describe('init', () => {
  const plain = useTree('/tmp')
  const writeback = useTree('/tmp', { writeback: true })
  const other = useTree('/tmp', {
    locks: false,
    readdirplus: 'never',
    announceSubmounts: true,
    allowMmap: true,
    cache: 'always',
  })

  it('asks for what fits, and not for what does not', () => {
    const connection = connect(plain.tree.fs)
    for (const name of [
      'HANDLE_KILLPRIV_V2',
      'NO_EXPORT_SUPPORT',
      'PARALLEL_DIROPS',
      'ASYNC_DIO',
      'AUTO_INVAL_DATA',
      'CREATE_SUPP_GROUP',
      'POSIX_LOCKS',
      'FLOCK_LOCKS',
      'DO_READDIRPLUS',
      'READDIRPLUS_AUTO',
    ] as const) {
      expect([name, connection.has(InitFlag[name])]).toEqual([name, true])
    }
    for (const name of [
      'WRITEBACK_CACHE',
      'POSIX_ACL',
      'DONT_MASK',
      'SPLICE_WRITE',
      'SPLICE_MOVE',
      'SPLICE_READ',
      'NO_OPEN_SUPPORT',
      'CACHE_SYMLINKS',
      'SUBMOUNTS',
      'EXPLICIT_INVAL_DATA',
      'EXPORT_SUPPORT',
    ] as const) {
      expect([name, connection.has(InitFlag[name])]).toEqual([name, false])
    }
  })

  it('asks for what the options call for', () => {
    const connection = connect(other.tree.fs)
    expect(connection.has(InitFlag.SUBMOUNTS | InitFlag.CACHE_SYMLINKS | InitFlag.DIRECT_IO_ALLOW_MMAP)).toBe(
      true,
    )
    for (const flag of [
      InitFlag.POSIX_LOCKS,
      InitFlag.FLOCK_LOCKS,
      InitFlag.DO_READDIRPLUS,
      InitFlag.READDIRPLUS_AUTO,
    ]) {
      expect(connection.has(flag)).toBe(false)
    }
  })

  it('opens for reading too what is written behind, where the kernel does that', () => {
    const { tree } = writeback
    writeFileSync(tree.at('file'), 'content')
    const node = tree.node('file')
    const before = ok(tree.fs.open(node, 1, false, ROOT_CALLER)).fh
    expect(() => tree.read(node, before)).toThrow('EBADF')
    expect(connect(tree.fs).has(InitFlag.WRITEBACK_CACHE)).toBe(true)
    const after = ok(tree.fs.open(node, 1, false, ROOT_CALLER)).fh
    expect(tree.read(node, after)).toBe('content')
    connect(tree.fs, 0n)
    const without = ok(tree.fs.open(node, 1, false, ROOT_CALLER)).fh
    expect(() => tree.read(node, without)).toThrow('EBADF')
  })
})

describe('readOnly', () => {
  const use = useTree('/tmp', { readOnly: true })

  it('answers EROFS to every change, and serves the rest', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), 'content')
    chmodSync(tree.at('file'), 0o644)
    mkdirSync(tree.at('dir'))
    const { fs } = tree
    const node = tree.node('file')
    const { fh } = ok(fs.open(node, 0, false, ROOT_CALLER))
    const place = { node, fh, offset: 0 }
    const who = caller()
    const name = bytes('new')
    for (const outcome of [
      fs.setattr(node, { mode: 0 }, undefined, ROOT_CALLER),
      fs.symlink(ROOT, name, bytes('x'), who),
      fs.mknod(ROOT, name, 0o100644, 0, who),
      fs.mkdir(ROOT, name, 0o755, who),
      fs.unlink(ROOT, bytes('file')),
      fs.rmdir(ROOT, bytes('dir')),
      fs.rename(ROOT, bytes('file'), ROOT, name, 0, ROOT_CALLER),
      fs.link(node, ROOT, name),
      fs.open(node, 1, false, ROOT_CALLER),
      fs.open(node, 2, false, ROOT_CALLER),
      fs.open(node, 0o1000, false, ROOT_CALLER),
      fs.create(ROOT, name, 0o644, 2, false, who),
      fs.tmpfile(ROOT, 0o644, 2, who),
      fs.write(node, fh, 0, new Source('x'), ROOT_CALLER),
      fs.fallocate(node, fh, 0, 10, 0, who),
      fs.copyFileRange(place, place, 1, 0, who),
      fs.setxattr(node, bytes('user.a'), bytes('x'), 0, false),
      fs.removexattr(node, bytes('user.a')),
      fs.access(node, 2, who),
      fs.ioctl(
        node,
        fh,
        { command: FS_IOC_SETFLAGS, arg: 0n, flags: 0, input: new Uint8Array(4), outputSize: 0 },
        who,
      ),
    ]) {
      expect(code(outcome)).toBe('EROFS')
    }
    expect(tree.read(node, fh)).toBe('content')
    expect(code(fs.access(node, 4, who))).toBeUndefined()
    ok(fs.flush(node, fh, 0n))
    expect(readFileSync(tree.at('file'), 'utf8')).toBe('content')
  })
})
