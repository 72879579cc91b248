import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StateError } from '@fb/api'
import { SeededRandom } from '@fb/api/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PassthroughFs, type PassthroughOptions } from '../src/index.js'
import { PieceWriter } from '../src/state/piece-writer.js'
import { Location, NO_HANDLE, RecordKind } from '../src/state/record.js'
import { encodeHeader, type StateHeader } from '../src/state/state-header.js'
import { caller, ROOT_CALLER } from './support/context.js'
import { describeFds, openFds } from './support/descriptors.js'
import { code, ok } from './support/outcome.js'
import { collect, replay } from './support/state.js'
import { bytes, PLACES } from './support/tree.js'

const ROOT = 1
const S_IFREG = 0o100000
const S_IFDIR = 0o040000
const S_IFIFO = 0o010000
const O_RDWR = 2
const O_CREAT = 0o100
const O_TRUNC = 0o1000
const F_WRLCK = 1
/** As many spoilt states as are tried; FB_FUZZ_ROUNDS multiplies them, FB_FUZZ_SEED repeats a run. */
const SPOILT = 500 * Number(process.env['FB_FUZZ_ROUNDS'] ?? 1)
const SEED = Number(process.env['FB_FUZZ_SEED'] ?? Date.now() % 1_000_000)

/** A state that is written by hand. */
class Forgery {
  readonly #out = new PieceWriter()
  readonly #header: StateHeader
  /** Nodeid of the inodes that follow; by default that of their slots. */
  id: number | undefined
  nodes = 0
  files = 0
  locks = 0

  constructor(header: Partial<StateHeader> = {}) {
    const files = { used: 0, generation: 0 }
    this.#header = {
      format: 'passthrough',
      version: 2,
      root: 'directory',
      flags: 0,
      generation: 1,
      files,
      ...header,
    }
  }

  node(slot: number, path: string | Uint8Array, mode = S_IFREG, lookups = 1): this {
    this.#begin(slot, mode, lookups)
    this.#out.u8(Location.PATH)
    this.#out.bytes(typeof path === 'string' ? bytes(path) : path)
    this.#out.bytes(new Uint8Array(0))
    return this
  }

  handle(slot: number, mount: number, handle: Uint8Array): this {
    this.#begin(slot, S_IFREG, 1)
    this.#out.u8(Location.HANDLE)
    this.#out.u32(mount)
    this.#out.bytes(handle)
    return this
  }

  mount(row: number, path: string): this {
    this.#out.u8(RecordKind.MOUNT)
    this.#out.u32(row)
    this.#out.bytes(bytes(path))
    return this
  }

  file(index: number, node: number, flags = O_RDWR, directory = 0): this {
    this.files += 1
    this.#out.u8(RecordKind.FILE)
    for (const word of [index, 1, node, flags]) this.#out.u32(word)
    this.#out.u8(directory)
    return this
  }

  posixLock(node: number, type: number, start: bigint, length: bigint): this {
    this.locks += 1
    this.#out.u8(RecordKind.POSIX_LOCK)
    this.#out.u32(node)
    this.#out.u64(1n)
    this.#out.u32(NO_HANDLE)
    this.#out.u32(1)
    this.#out.u8(type)
    this.#out.u64(start)
    this.#out.u64(length)
    return this
  }

  flock(index: number): this {
    this.locks += 1
    this.#out.u8(RecordKind.FLOCK)
    this.#out.u32(index)
    this.#out.u8(F_WRLCK)
    return this
  }

  raw(...values: number[]): this {
    for (const value of values) this.#out.u8(value)
    return this
  }

  pieces(end: 'end' | 'no end' = 'end'): Uint8Array[] {
    if (end === 'end') {
      this.#out.u8(RecordKind.END)
      for (const count of [this.nodes, this.files, this.locks]) this.#out.u32(count)
    }
    return [encodeHeader(this.#header), this.#out.take().slice()]
  }

  #begin(slot: number, mode: number, lookups: number): void {
    this.nodes += 1
    this.#out.u8(RecordKind.NODE)
    this.#out.u32(slot)
    this.#out.u64(this.id ?? slot + 1)
    this.#out.u32(1)
    this.#out.u64(lookups)
    this.#out.u32(mode)
  }
}

/** A forgery that begins as all do, with the root. */
function forge(header?: Partial<StateHeader>): Forgery {
  return new Forgery(header).node(0, '', S_IFDIR)
}

describe.each(PLACES)('a state from somebody who is not trusted ($kind)', ({ base }) => {
  let source = ''
  let outside = ''
  let before: number[] = []
  const opened: PassthroughFs[] = []

  beforeEach(() => {
    before = openFds()
    source = mkdtempSync(join(base, 'passthrough-'))
    outside = mkdtempSync(join(tmpdir(), 'outside-'))
    writeFileSync(join(outside, 'secret'), 'secret')
    writeFileSync(join(source, 'file'), 'content')
    mkdirSync(join(source, 'dir'))
    symlinkSync(outside, join(source, 'link'))
    execFileSync('mkfifo', [join(source, 'fifo')])
  })

  afterEach(() => {
    for (const fs of opened.splice(0)) fs.close()
    expect(describeFds(openFds().filter((fd) => !before.includes(fd)))).toEqual([])
    expect([readdirSync(outside), readFileSync(join(outside, 'secret'), 'utf8')]).toEqual([
      ['secret'],
      'secret',
    ])
    expect(readFileSync(join(source, 'file'), 'utf8')).toBe('content')
    for (const path of [source, outside]) rmSync(path, { recursive: true })
  })

  function open(options: Partial<PassthroughOptions> = {}): PassthroughFs {
    const fs = new PassthroughFs({ source, maxInodes: 256, maxOpenFiles: 64, blocking: true, ...options })
    opened.push(fs)
    return fs
  }

  /** What it is refused with; the file system is as new afterwards. */
  async function refusal(fs: PassthroughFs, pieces: readonly Uint8Array[]): Promise<string> {
    try {
      const lost = await fs.restoreState(replay(pieces))
      fs.destroy()
      return `accepted; ${lost.join(', ')}`
    } catch (error) {
      expect(error).toBeInstanceOf(StateError)
      expect(fs.usage()).toMatchObject({ inodes: 1, openFiles: 0, lockOwners: 0 })
      return (error as Error).message
    }
  }

  it('leads to nothing outside the source', async () => {
    const fs = open()
    const at = (path: string) => refusal(fs, forge().node(1, path).pieces())
    expect(await at('file')).toBe('accepted; ')
    expect(await at('dir/../file')).toBe('accepted; ')
    const away = `../${outside.split('/').at(-1)}/secret`
    for (const path of [
      '..',
      '../file',
      `dir/../../${source}/file`,
      away,
      join(outside, 'secret'),
      '/etc/passwd',
    ]) {
      expect(await at(path), path).toMatch(/^node 2, '.*': EXDEV$/)
    }
    expect(await at('link/secret')).toBe("node 2, 'link/secret': ELOOP")
    expect(await at('none')).toBe("node 2, 'none': ENOENT")
    expect(await at('file\0x')).toBe('the state has a path with NUL in it')
    expect(await at('x'.repeat(4096))).toBe('the state has 4096 bytes where at most 4095 can be')
    // The link itself is an inode like others, and is not followed.
    expect(await refusal(fs, forge().node(1, 'link', 0o120000).file(0, 2).pieces())).toBe(
      'an open file of node 2: ELOOP',
    )
  })

  it('opens no file in a way that does anything', async () => {
    const fs = open()
    expect(await refusal(fs, forge().node(1, 'fifo', S_IFIFO).file(0, 2).pieces())).toBe(
      'an open file of node 2: ENXIO',
    )
    expect(await refusal(fs, forge().node(1, 'fifo', S_IFREG).pieces())).toBe("node 2, 'fifo': ESTALE")
    expect(await refusal(fs, forge().node(1, 'fifo', S_IFIFO).posixLock(2, F_WRLCK, 0n, 0n).pieces())).toBe(
      'a lock on node 2: ENXIO',
    )
    expect(await refusal(fs, forge().node(1, 'dir', S_IFDIR).file(0, 2).pieces())).toBe(
      'an open file of node 2: EISDIR',
    )
    expect(await refusal(fs, forge().node(1, 'file').file(0, 2, 0, 1).pieces())).toBe(
      'an open file of node 2: ENOTDIR',
    )
    expect(
      await refusal(
        fs,
        forge()
          .node(1, 'file')
          .file(0, 2, O_RDWR | O_TRUNC | O_CREAT)
          .pieces(),
      ),
    ).toBe('accepted; ')
    const readOnly = open({ readOnly: true })
    expect(await refusal(readOnly, forge().node(1, 'file').file(0, 2).pieces())).toBe(
      'an open file of node 2: EROFS',
    )
  })

  it('is refused where it contradicts itself', async () => {
    const fs = open()
    const cases: [Forgery, RegExp | string][] = [
      [forge().node(1, 'file').node(1, 'dir', S_IFDIR), 'the state has node 2 twice'],
      [forge().node(256, 'file'), 'the state has node 257, and only 256 inodes may be known here'],
      [
        forge().node(2 ** 32 - 1, 'file'),
        'the state has node 4294967296, and only 256 inodes may be known here',
      ],
      [forge().node(1, 'file', S_IFREG, 0), 'the state has node 2, which nobody knows'],
      [
        forge().node(1, 'file', S_IFREG, 2 ** 53),
        'the state has 9007199254740992 where a smaller number must be',
      ],
      [forge().node(0, '', S_IFDIR), 'the state has no root at its beginning'],
      [new Forgery().node(0, 'dir', S_IFDIR), 'the state has no root at its beginning'],
      [new Forgery().node(1, 'file').node(0, '', S_IFDIR), 'the state has no root at its beginning'],
      [forge().file(0, 2), 'the state has a file or lock of node 2, and no such node'],
      [forge().file(0, 0), 'the state has a file or lock of node 0, and no such node'],
      [forge().node(1, 'file').file(5, 2).file(5, 2), 'the state has open file 5 twice'],
      [forge().node(1, 'file').file(64, 2), 'the state has open file 64, and only 64 may be open here'],
      [forge().node(1, 'file').posixLock(2, 7, 0n, 0n), 'the state has a lock of type 7'],
      [
        forge()
          .node(1, 'file')
          .posixLock(2, 1, 2n ** 63n, 0n),
        /a lock of 0 bytes from 9223372036854775808 on/,
      ],
      [
        forge()
          .node(1, 'file')
          .posixLock(2, 1, 1n, 2n ** 63n),
        /a lock of 9223372036854775808 bytes/,
      ],
      [forge().posixLock(9, 1, 0n, 0n), 'the state has a file or lock of node 9, and no such node'],
      [forge().flock(3), 'the lock of open file 3: EBADF'],
      [forge().raw(99), 'the state has a record of kind 99'],
      [forge().raw(RecordKind.NODE, 1, 2, 3), 'a record of the state is cut off'],
      [forge({ flags: 1 }), 'the client was promised writeback, which is off here'],
      [forge({ flags: 4 }), 'the client was promised posixAcl, which is off here'],
      [forge({ flags: 8 }), 'the client was promised announceSubmounts, which is off here'],
      [forge({ flags: 128 }), 'the state has flags 0x80'],
      [forge({ root: 'file' }), 'the source is a directory here, and was a file'],
      [forge().mount(0, ''), /names inodes by file handle, and the migration mode here is find-paths/],
      [forge().handle(1, 0, new Uint8Array(16)), /names inodes by file handle/],
    ]
    for (const [forgery, why] of cases) {
      const message = await refusal(fs, forgery.pieces())
      if (typeof why === 'string') expect(message).toBe(why)
      else expect(message).toMatch(why)
    }
    const short = forge().node(1, 'file')
    short.nodes += 1
    expect(await refusal(fs, short.pieces())).toBe('parts of the state are missing')
    expect(await refusal(fs, forge().pieces('no end'))).toBe('the state is cut off')
    expect(await refusal(fs, [])).toBe('the state is cut off')
    const [header = new Uint8Array(), body = new Uint8Array()] = forge().pieces()
    expect(await refusal(fs, [header, body, body])).toBe('the state goes on behind its end')
    const garbage = [
      bytes('x'),
      bytes('{}'),
      bytes('null'),
      new Uint8Array(1000),
      body,
      bytes(JSON.stringify({ ...JSON.parse(new TextDecoder().decode(header)), version: 1 })),
    ]
    for (const first of garbage)
      expect(await refusal(fs, [first, body])).toMatch(/^the state (is not one|does not begin)/)
    // After all that it serves as if nothing had been.
    const { nodeid } = ok(fs.lookup(ROOT, bytes('file')))
    expect(code(fs.open(nodeid, O_RDWR, false, ROOT_CALLER))).toBeUndefined()
    expect(await refusal(open(), forge().pieces())).toBe('accepted; ')
    await expect(fs.restoreState(replay(forge().pieces()))).rejects.toThrow(
      'the file system serves somebody else',
    )
  })

  it('has no file handle that the kernel is not asked about', async () => {
    const fs = open({ migrationMode: 'file-handles' })
    const handles = forge().mount(3, '')
    expect(await refusal(fs, forge().mount(3, '').mount(3, '').pieces())).toBe('the state has mount 3 twice')
    expect(await refusal(fs, forge().mount(3, '..').pieces())).toBe("the mount at '..' cannot be used: EXDEV")
    expect(await refusal(fs, forge().handle(1, 3, new Uint8Array(16)).pieces())).toBe(
      'the state has an inode of mount 3, and no such mount',
    )
    for (const handle of [
      new Uint8Array(0),
      new Uint8Array(7),
      new Uint8Array(16),
      Uint8Array.of(255, 255, 255, 255, 1, 0, 0, 0),
    ]) {
      expect(await refusal(fs, forge().mount(3, '').handle(1, 3, handle).pieces())).toBe(
        'the state has a file handle that is none',
      )
    }
    const wrong = Uint8Array.of(8, 0, 0, 0, 1, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9)
    expect(await refusal(fs, handles.handle(1, 3, wrong).pieces())).toMatch(/^node 2, its file handle: E/)
    const none = open({ migrationMode: 'file-handles', inodeFileHandles: 'never' })
    expect(await refusal(none, forge().mount(3, '').pieces())).toBe(
      "there are no file handles here at '', by which the state names inodes",
    )
  })

  it.each(['find-paths', 'file-handles'] as const)(
    'may be spoilt in any way: it is taken or refused, and nothing stays behind (%s)',
    async (migrationMode) => {
      const options = { migrationMode, migrationOnError: 'guest-error' } as const
      const fs = open(options)
      const nodes = ['file', 'dir', 'link', 'fifo'].map((name) => ok(fs.lookup(ROOT, bytes(name))).nodeid)
      const [file = 0, dir = 0] = nodes
      const { fh } = ok(fs.open(file, 0, false, ROOT_CALLER))
      ok(fs.opendir(dir))
      const lock = { start: 3n, end: 9n, type: 0, pid: 1 }
      ok(fs.setlk(file, fh, { owner: 5n, flock: false, wait: false, lock }, caller()))
      ok(fs.setlk(file, fh, { owner: 5n, flock: true, wait: false, lock }, caller()))
      const pieces = await collect(fs.saveState())
      fs.close()
      const other = open(options)
      expect(await refusal(other, pieces)).toBe('accepted; ')
      const random = new SeededRandom(SEED)
      let refused = 0
      for (let round = 0; round < SPOILT; round += 1) {
        const spoilt = pieces.map((piece) => piece.slice())
        const target = random.pick(spoilt)
        for (let change = random.below(4); change >= 0; change -= 1) {
          const at = random.below(target.length)
          if (random.chance(50)) target[at] = random.uint32()
          else target.copyWithin(at, random.below(target.length), random.below(target.length))
        }
        if (random.chance(10)) spoilt.splice(random.below(2), 1)
        if (random.chance(10)) spoilt[1] = (spoilt[1] ?? target).subarray(0, random.below(target.length))
        if (!(await refusal(other, spoilt)).startsWith('accepted')) refused += 1
      }
      console.info(`seed ${SEED}: ${refused} of ${SPOILT} spoilt states were refused`)
      expect(refused).toBeGreaterThan(SPOILT / 4)
      expect(await refusal(other, pieces)).toBe('accepted; ')
    },
  )
})
