import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { OpenReplyFlag, WriteFlag } from '@fb/abi'
import {
  AT_FDCWD,
  check,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  getfl,
  mknodat,
  POSIX_FADV_DONTNEED,
  posixFadvise,
  S_IFIFO,
  SEEK_DATA,
  SEEK_HOLE,
} from '@fb/sys'
import { describe, expect, it } from 'vitest'
import { PassthroughFs } from '../src/index.js'
import { caller, ROOT_CALLER } from './support/context.js'
import { Sink, Source } from './support/io.js'
import { code, codeLater, later, ok } from './support/outcome.js'
import { bytes, PLACES, SETTINGS, useTree } from './support/tree.js'

const ROOT = 1
const O_RDONLY = 0
const O_WRONLY = 1
const O_RDWR = 2
const O_TRUNC = 0o1000
const O_APPEND = 0o2000
const O_SYNC = 0o4010000
const O_DIRECT = 0o40000
const USER = caller({ uid: 1234, gid: 2345 })
const PAGE = 4096

describe.each(SETTINGS)('open files ($name)', ({ base, options }) => {
  const use = useTree(base, options)

  it('opens regular files only', () => {
    const { tree } = use
    mkdirSync(tree.at('dir'))
    symlinkSync('dir', tree.at('link'))
    check(mknodat(AT_FDCWD, tree.at('fifo'), S_IFIFO | 0o666, 0, 0), 'mknodat')
    expect(code(tree.fs.open(tree.node('dir'), O_RDONLY, false, ROOT_CALLER))).toBe('EISDIR')
    expect(code(tree.fs.open(tree.node('link'), O_RDONLY, false, ROOT_CALLER))).toBe('ELOOP')
    expect(code(tree.fs.open(tree.node('fifo'), O_RDWR, false, ROOT_CALLER))).toBe('ENXIO')
    expect(code(tree.fs.open(555, O_RDONLY, false, ROOT_CALLER))).toBe('ESTALE')
  })

  it('reads and writes where it is told to', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '0123456789')
    const node = tree.node('file')
    const { fh } = ok(tree.fs.open(node, O_RDWR, false, ROOT_CALLER))
    expect(tree.write(node, fh, 'abc', 4)).toBe(3)
    expect(tree.read(node, fh)).toBe('0123abc789')
    expect(tree.read(node, fh, 3, 8)).toBe('89')
    expect(tree.read(node, fh, 3, 10)).toBe('')
    expect(tree.write(node, fh, 'x', 20)).toBe(1)
    expect(statSync(tree.at('file')).size).toBe(21)
    tree.release(node, fh)
  })

  it('answers EBADF for a file that is not open, not of this node, or not open for this', () => {
    const { tree } = use
    writeFileSync(tree.at('a'), 'a')
    writeFileSync(tree.at('b'), 'b')
    const [a, b] = [tree.node('a'), tree.node('b')]
    const { fh } = ok(tree.fs.open(a, O_RDONLY, false, ROOT_CALLER))
    expect(code(tree.fs.read(b, fh, 0, new Sink(1)))).toBe('EBADF')
    expect(code(tree.fs.read(a, fh + 1, 0, new Sink(1)))).toBe('EBADF')
    expect(code(tree.fs.write(a, fh, 0, new Source('x'), ROOT_CALLER))).toBe('EBADF')
    expect(code(tree.fs.readdir(a, fh, 0n, { remaining: 0, add: () => false, addPlus: () => false }))).toBe(
      'EBADF',
    )
    tree.release(a, fh)
    expect(code(tree.fs.read(a, fh, 0, new Sink(1)))).toBe('EBADF')
    expect(code(tree.fs.release(a, fh, { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false }))).toBe(
      'EBADF',
    )
    expect(code(tree.fs.flush(a, fh, 0n))).toBe('EBADF')
    expect(code(tree.fs.lseek(a, fh, 0, SEEK_DATA))).toBe('EBADF')
  })

  it('appends where the write says so, and not where it comes from the page cache', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '12345')
    const node = tree.node('file')
    const { fh } = ok(tree.fs.open(node, O_WRONLY | O_APPEND, false, ROOT_CALLER))
    expect(tree.write(node, fh, 'a', 0, O_WRONLY | O_APPEND)).toBe(1)
    expect(tree.write(node, fh, 'b', 0, O_WRONLY | O_APPEND, WriteFlag.CACHE)).toBe(1)
    expect(tree.write(node, fh, 'c', 1, O_WRONLY)).toBe(1)
    expect(readFileSync(tree.at('file'), 'utf8')).toBe('bc345a')
    tree.release(node, fh)
  })

  it('truncates on open, and clears set-id bits where it is told to', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '12345')
    chmodSync(tree.at('file'), 0o6755)
    const node = tree.node('file')
    tree.release(node, ok(tree.fs.open(node, O_RDWR | O_TRUNC, false, ROOT_CALLER)).fh)
    expect(statSync(tree.at('file'))).toMatchObject({ size: 0, mode: 0o106755 })
    writeFileSync(tree.at('file'), '12345')
    chmodSync(tree.at('file'), 0o6755)
    tree.release(node, ok(tree.fs.open(node, O_RDWR | O_TRUNC, true, ROOT_CALLER)).fh)
    expect(statSync(tree.at('file'))).toMatchObject({ size: 0, mode: 0o100755 })
  })

  it('clears set-id bits when a write, an allocation or a copy of somebody else calls for it', () => {
    const { tree } = use
    const { nodeid, fh } = tree.create('file')
    const from = { node: nodeid, fh, offset: 0 }
    const cleared = (change: () => unknown): boolean => {
      chmodSync(tree.at('file'), 0o6755)
      change()
      return statSync(tree.at('file')).mode === 0o100755
    }
    expect(cleared(() => tree.write(nodeid, fh, 'x'))).toBe(false)
    expect(cleared(() => tree.write(nodeid, fh, 'x', 0, 0, WriteFlag.KILL_SUIDGID))).toBe(true)
    expect(cleared(() => ok(tree.fs.fallocate(nodeid, fh, 0, 10, 0, caller())))).toBe(false)
    expect(cleared(() => ok(tree.fs.fallocate(nodeid, fh, 0, 20, 0, USER)))).toBe(true)
    expect(cleared(() => ok(tree.fs.copyFileRange(from, { ...from, offset: 40 }, 4, 0, caller())))).toBe(
      false,
    )
    expect(cleared(() => ok(tree.fs.copyFileRange(from, { ...from, offset: 40 }, 4, 0, USER)))).toBe(true)
    tree.release(nodeid, fh)
  })

  it('allocates, punches holes and finds them', () => {
    const { tree } = use
    const { nodeid, fh } = tree.create('file')
    const unit = 64 * 1024
    expect(tree.write(nodeid, fh, 'x'.repeat(3 * unit))).toBe(3 * unit)
    ok(tree.fs.fallocate(nodeid, fh, unit, unit, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, caller()))
    expect(ok(tree.fs.lseek(nodeid, fh, 0, SEEK_HOLE))).toBe(unit)
    expect(ok(tree.fs.lseek(nodeid, fh, unit, SEEK_DATA))).toBe(2 * unit)
    expect(code(tree.fs.lseek(nodeid, fh, 3 * unit, SEEK_DATA))).toBe('ENXIO')
    expect(code(tree.fs.lseek(nodeid, fh, 0, 0))).toBe('EINVAL')
    ok(tree.fs.fallocate(nodeid, fh, 0, 4 * unit, FALLOC_FL_KEEP_SIZE, caller()))
    expect(statSync(tree.at('file')).size).toBe(3 * unit)
    ok(tree.fs.fallocate(nodeid, fh, 0, 4 * unit, 0, caller()))
    expect(statSync(tree.at('file')).size).toBe(4 * unit)
    for (const mode of [0x4000, 0x8000_0000, 0xffff_ffff]) {
      expect(code(tree.fs.fallocate(nodeid, fh, 0, unit, mode, caller()))).toBe('EOPNOTSUPP')
    }
    expect(code(tree.fs.fallocate(nodeid, fh, 0, 0, 0, caller()))).toBe('EINVAL')
    tree.release(nodeid, fh)
  })

  it('copies within the host', () => {
    const { tree } = use
    writeFileSync(tree.at('from'), '0123456789')
    const from = tree.node('from')
    const { fh: input } = ok(tree.fs.open(from, O_RDONLY, false, ROOT_CALLER))
    const { nodeid: to, fh: output } = tree.create('to')
    const copy = (offset: number, target: number, length: number) =>
      tree.fs.copyFileRange(
        { node: from, fh: input, offset },
        { node: to, fh: output, offset: target },
        length,
        0,
        caller(),
      )
    expect(ok(copy(2, 1, 3))).toBe(3)
    expect(readFileSync(tree.at('to'), 'latin1')).toBe('\0' + '234')
    expect(ok(copy(8, 0, 2 ** 40))).toBe(2)
    expect(ok(copy(10, 0, 5))).toBe(0)
    expect(
      code(
        tree.fs.copyFileRange(
          { node: from, fh: input, offset: 0 },
          { node: from, fh: input, offset: 5 },
          2,
          0,
          caller(),
        ),
      ),
    ).toBe('EBADF')
    expect(
      code(
        tree.fs.copyFileRange(
          { node: from, fh: output, offset: 0 },
          { node: to, fh: output, offset: 5 },
          2,
          0,
          caller(),
        ),
      ),
    ).toBe('EBADF')
    tree.release(from, input)
    tree.release(to, output)
  })

  it('flushes and syncs', async () => {
    const { tree } = use
    const { nodeid, fh } = tree.create('file')
    tree.write(nodeid, fh, 'x')
    ok(tree.fs.flush(nodeid, fh, 1n))
    ok(tree.fs.flush(nodeid, fh, 2n))
    await later(tree.fs.fsync(nodeid, fh, false))
    await later(tree.fs.fsync(nodeid, fh, true))
    ok(tree.fs.syncfs(ROOT))
    ok(tree.fs.syncfs(nodeid))
    tree.release(nodeid, fh)
    const dir = ok(tree.fs.opendir(ROOT)).fh
    await later(tree.fs.fsyncdir(ROOT, dir, false))
    expect(code(tree.fs.fsync(ROOT, dir, false))).toBe('EBADF')
    ok(tree.fs.releasedir(ROOT, dir))
  })

  it('reports what the file system has room for', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const numbers = ok(tree.fs.statfs(ROOT))
    expect(numbers.blocks * numbers.frsize).toBeGreaterThan(1_000_000)
    expect(numbers.bfree).toBeGreaterThan(0)
    expect(numbers).toMatchObject({ namelen: 255, bsize: PAGE, frsize: PAGE })
    expect(ok(tree.fs.statfs(tree.node('file'))).blocks).toBe(numbers.blocks)
  })

  it('passes on the flags that mean something to the host, and no others', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const node = tree.node('file')
    const O_EXCL_CREAT_NOCTTY_NONBLOCK = 0o200 | 0o100 | 0o400 | 0o4000
    const { fh } = ok(
      tree.fs.open(node, O_RDWR | O_APPEND | O_SYNC | O_EXCL_CREAT_NOCTTY_NONBLOCK, false, ROOT_CALLER),
    )
    const opened = openFlags(tree.at('file'))
    expect(opened).toHaveLength(1)
    expect(Number(opened[0]) & (O_APPEND | O_SYNC | O_EXCL_CREAT_NOCTTY_NONBLOCK | 3)).toBe(O_SYNC | O_RDWR)
    tree.release(node, fh)
  })

  it('answers ENFILE when too many files are open, and goes on with those that are', () => {
    const { tree } = use
    const { nodeid } = tree.create('file')
    const small = new PassthroughFs({ source: tree.source, maxOpenFiles: 2, maxInodes: 64, ...options })
    const node = ok(small.lookup(ROOT, bytes('file'))).nodeid
    const { fh } = ok(small.open(node, O_RDWR, false, ROOT_CALLER))
    ok(small.opendir(ROOT))
    expect(code(small.open(node, O_RDWR | O_TRUNC, false, ROOT_CALLER))).toBe('ENFILE')
    expect(code(small.opendir(ROOT))).toBe('ENFILE')
    expect(code(small.create(ROOT, bytes('new'), 0o600, O_RDWR, false, caller()))).toBe('ENFILE')
    expect(ok(small.write(node, fh, 0, new Source('x'), ROOT_CALLER))).toBe(1)
    small.close()
    expect(tree.attr(nodeid).size).toBe(1)
  })
})

/** open(2) flags of every descriptor of this process that is open on a file, O_PATH ones left out. */
function openFlags(path: string): number[] {
  const { ino, dev } = statSync(path)
  const flags: number[] = []
  for (let fd = 3; fd < 2000; fd += 1) {
    try {
      const stat = statSync(`/proc/self/fd/${fd}`)
      if (stat.ino === ino && stat.dev === dev && (getfl(fd) & 0o10000000) === 0) flags.push(getfl(fd))
    } catch {}
  }
  return flags
}

describe.each(PLACES)('on an event loop ($kind)', ({ kind, base }) => {
  const use = useTree(base, { blocking: false })
  const disk = kind === 'disk'

  it('reads at once what is in memory, and elsewhere what is not', async () => {
    const { tree } = use
    writeFileSync(tree.at('file'), 'x'.repeat(10_000))
    const node = tree.node('file')
    const { fh } = ok(tree.fs.open(node, O_RDONLY, false, ROOT_CALLER))
    const warm = new Sink(PAGE)
    expect(ok(tree.fs.read(node, fh, 0, warm))).toBe(PAGE)
    expect(warm.calls).toEqual([disk ? 'nowait' : 'sync'])
    const end = new Sink(PAGE)
    expect(await later(tree.fs.read(node, fh, 2 * PAGE, end))).toBe(10_000 - 2 * PAGE)
    expect(await later(tree.fs.read(node, fh, 5 * PAGE, new Sink(PAGE)))).toBe(0)
    expect(await codeLater(tree.fs.read(node, fh + 1, 0, new Sink(PAGE)))).toBe('EBADF')
    tree.release(node, fh)
  })

  it('reads a cold file whole, however much of it was in memory', async () => {
    const { tree } = use
    const content = Buffer.alloc(64 * PAGE, 'abcdefg')
    writeFileSync(tree.at('file'), content)
    await later(tree.fs.syncfs(ROOT))
    const node = tree.node('file')
    const { fh } = ok(tree.fs.open(node, O_RDONLY, false, ROOT_CALLER))
    dropCache(tree.at('file'))
    await later(tree.fs.read(node, fh, 8 * PAGE, new Sink(PAGE)))
    const sink = new Sink(content.length)
    expect(await later(tree.fs.read(node, fh, 0, sink))).toBe(content.length)
    expect(Buffer.from(sink.bytes).equals(content)).toBe(true)
    tree.release(node, fh)
  })

  it('syncs, allocates and copies on other threads', async () => {
    const { tree } = use
    const { nodeid, fh } = tree.create('file')
    tree.write(nodeid, fh, 'content')
    const from = { node: nodeid, fh, offset: 0 }
    const pending = [
      tree.fs.fsync(nodeid, fh, true),
      tree.fs.fallocate(nodeid, fh, 0, 10_000, 0, caller()),
      tree.fs.copyFileRange(from, { ...from, offset: 100 }, 7, 0, caller()),
      tree.fs.syncfs(ROOT),
    ]
    for (const outcome of pending) expect(outcome).toBeInstanceOf(Promise)
    // Released meanwhile: the descriptor stays until the last of them has finished.
    tree.release(nodeid, fh)
    expect(await Promise.all(pending)).toEqual([undefined, undefined, 7, undefined])
    expect(readFileSync(tree.at('file'), 'latin1').slice(100, 107)).toBe('content')
    expect(await codeLater(tree.fs.fsync(nodeid, fh, true))).toBe('EBADF')
  })

  it('writes on another thread what is to be on the disk when it is answered', async () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const node = tree.node('file')
    const { fh } = ok(tree.fs.open(node, O_RDWR | O_SYNC, false, ROOT_CALLER))
    const source = new Source('content')
    expect(await later(tree.fs.write(node, fh, 0, source, ROOT_CALLER))).toBe(7)
    expect(source.calls).toEqual([disk ? 'async' : 'sync'])
    tree.release(node, fh)
    expect(readFileSync(tree.at('file'), 'utf8')).toBe('content')
  })

  it('gives O_DIRECT up where the memory of a request is not aligned for it', async () => {
    const { tree } = use
    writeFileSync(tree.at('file'), Buffer.alloc(4 * PAGE, 1))
    const node = tree.node('file')
    const { fh } = ok(tree.fs.open(node, O_RDWR | O_DIRECT, false, ROOT_CALLER))
    const memory = new Uint8Array(2 * PAGE)
    const sink = new Sink(PAGE)
    Object.assign(sink, { bytes: memory.subarray(3, 3 + PAGE) })
    expect(await later(tree.fs.read(node, fh, PAGE, sink))).toBe(PAGE)
    expect(memory[3 + PAGE - 1]).toBe(1)
    expect(
      await later(tree.fs.write(node, fh, 0, new Source(memory.subarray(1, 1 + PAGE)), ROOT_CALLER)),
    ).toBe(PAGE)
    tree.release(node, fh)
  })
})

describe('flags by option', () => {
  const [place] = PLACES
  const base = place?.base ?? '/tmp'
  const direct = useTree(base, { cache: 'never', allowDirectIo: false })

  it('takes O_DIRECT off, and has files read and written directly', () => {
    const { tree } = direct
    writeFileSync(tree.at('file'), 'x')
    const node = tree.node('file')
    const reply = ok(tree.fs.open(node, O_RDONLY | O_DIRECT, false, ROOT_CALLER))
    expect(reply.openFlags).toBe(OpenReplyFlag.DIRECT_IO | OpenReplyFlag.PARALLEL_DIRECT_WRITES)
    expect(Number(openFlags(tree.at('file'))[0]) & O_DIRECT).toBe(0)
    tree.release(node, reply.fh)
  })

  it('reads a file that shrinks meanwhile, and one that is gone', () => {
    const { tree } = direct
    writeFileSync(tree.at('file'), '0123456789')
    const node = tree.node('file')
    const { fh } = ok(tree.fs.open(node, O_RDONLY, false, ROOT_CALLER))
    truncateSync(tree.at('file'), 4)
    expect(tree.read(node, fh)).toBe('0123')
    unlinkSync(tree.at('file'))
    expect(tree.read(node, fh, 2, 1)).toBe('12')
    tree.release(node, fh)
  })
})

/** Has the kernel forget what it has in memory of a file. */
function dropCache(path: string): void {
  const fd = openSync(path, 'r')
  posixFadvise(fd, 0, 0, POSIX_FADV_DONTNEED)
  closeSync(fd)
}
