import { makeAttr } from '../attr.js'
import type { Context } from '../context.js'
import type { DirectorySink } from '../directory-sink.js'
import { Errno } from '../errno.js'
import type { AttrReply, CreateReply, Entry, FileSystem, OpenReply, Outcome } from '../file-system.js'
import type { ReadSink } from '../request.js'
import type { SeededRandom } from './random.js'

/** What a file's content consists of, so that anything else in a reply to READ is known to be stale. */
export const CONTENT = 0x5a

const ERRNOS = [Errno.ENOENT, Errno.EACCES, Errno.ENOSYS, Errno.EIO, Errno.ERANGE, Errno.of(4095)]
const METHODS_THAT_STAY: ReadonlySet<string> = new Set(['init', 'destroy', 'forget'])

/**
 * A file system that answers each request in another way: at once, by a promise that settles when `release` is
 * called, with an error in every form there is, and with results that no correct file system gives.
 */
export class ChaosFileSystem {
  /** The file system; some of its methods are missing. */
  readonly fs: FileSystem
  /** Times that `init` succeeded and that `destroy` was called. */
  inits = 0
  destroys = 0
  readonly #random: SeededRandom
  readonly #waiting = new Set<() => void>()

  constructor(random: SeededRandom) {
    this.#random = random
    const methods = Object.entries(this.#methods())
    this.fs = Object.fromEntries(
      methods.filter(([name]) => METHODS_THAT_STAY.has(name) || !random.chance(10)),
    )
  }

  /** Settles up to `count` of the promises that are waiting, oldest first. */
  release(count: number): void {
    let left = count
    for (const settle of this.#waiting) {
      if (left === 0) return
      left -= 1
      this.#waiting.delete(settle)
      settle()
    }
  }

  /** A result, correct or not, in one of the ways in which a method can give one. */
  #answer<T>(ctx: Context, correct: () => T): Outcome<T> {
    const random = this.#random
    switch (random.below(14)) {
      case 0:
        return random.pick(ERRNOS)
      case 1:
        throw random.pick(ERRNOS)
      case 2:
        throw this.#exception()
      case 3:
        return this.#garbage<T>()
      case 4:
        return Promise.resolve(this.#garbage<T>())
      case 5:
        return Promise.reject(random.chance(50) ? random.pick(ERRNOS) : this.#exception())
      case 6:
        return untilAborted(ctx)
      case 7:
        return new Promise<T>(() => {})
      case 8:
        return Promise.resolve(correct())
      case 9:
      case 10:
        return this.#later(correct)
      default:
        return correct()
    }
  }

  #later<T>(correct: () => T): Promise<T> {
    return new Promise<void>((resolve) => this.#waiting.add(resolve)).then(correct)
  }

  #exception(): unknown {
    const node = Object.assign(new Error('node'), { code: 'ENOTEMPTY', errno: -39 })
    return this.#random.pick<unknown>([
      node,
      new TypeError('a mistake'),
      'text',
      undefined,
      null,
      42,
      { errno: 1e9 },
    ])
  }

  /** Something of a wrong type or range. It pretends to be a `T`, as what untyped code returns does. */
  #garbage<T>(): T {
    const wrong: unknown = this.#random.pick<unknown>([
      undefined,
      null,
      Number.NaN,
      -1,
      -5000,
      0.5,
      2 ** 53,
      Number.POSITIVE_INFINITY,
      1n,
      'text',
      '',
      [],
      {},
      new Uint8Array(5),
      new Uint8Array(70_000),
      { nodeid: -1, attr: {} },
      {
        nodeid: 2 ** 60,
        attr: makeAttr({ mode: 0 }),
        generation: Number.NaN,
        attrTimeout: -1,
        entryTimeout: Number.NaN,
      },
      { attr: undefined, attrTimeout: 1 },
      { attr: makeAttr({ mode: 0o100644, size: -1, ino: 2n ** 64n }), attrTimeout: Number.POSITIVE_INFINITY },
      { fh: -1, openFlags: 1e20 },
      { fh: 1.5, openFlags: 'x' },
      { entry: {}, open: {} },
      { result: 'x', output: 'y' },
      { retry: { input: Array(300).fill({ base: 0n, length: 0n }), output: [] } },
      // biome-ignore lint/suspicious/noThenProperty: a thing with a `then` that never calls back.
      { then: () => 5 },
    ])
    return wrong as T
  }

  #entry(): Entry {
    const random = this.#random
    const attr = makeAttr({ ino: random.uint64(), mode: 0o100644, size: random.below(10_000) })
    return { nodeid: 2 + random.below(16), generation: 0, attr, attrTimeout: 1.5, entryTimeout: 0.25 }
  }

  #open(): OpenReply {
    return { fh: this.#random.below(16), openFlags: this.#random.below(256) }
  }

  #attr(): AttrReply {
    return { attr: makeAttr({ mode: 0o040755, mtime: -1n }), attrTimeout: 1 }
  }

  #created(): CreateReply {
    return { entry: this.#entry(), open: this.#open() }
  }

  #read(sink: ReadSink): number | Uint8Array {
    const random = this.#random
    const size = Math.min(sink.size, 4096)
    if (random.chance(50)) return new Uint8Array(random.below(size + 1)).fill(CONTENT)
    if (random.chance(20)) return sink.fromFd(-1, 0)
    sink.buffer().subarray(0, size).fill(CONTENT)
    return random.chance(90) ? size : random.pick([size + 1, -1, 2 ** 40, sink.size])
  }

  #list(sink: DirectorySink): void {
    const random = this.#random
    for (let cookie = 1n; cookie < 20n; cookie += 1n) {
      const name = random.chance(98)
        ? 'name'.repeat(1 + random.below(8))
        : random.pick(['', 'x'.repeat(2000)])
      const added = random.chance(50)
        ? sink.add(name, random.uint64(), random.below(16), cookie)
        : sink.addPlus(name, this.#entry(), cookie)
      if (!added && random.chance(90)) return
    }
  }

  #xattr(size: number): number | Uint8Array {
    return size === 0 ? this.#random.below(100) : new Uint8Array(this.#random.below(100))
  }

  #methods(): FileSystem {
    const answer = <T>(ctx: Context, correct: () => T): Outcome<T> => this.#answer(ctx, correct)
    const entry = (): Entry => this.#entry()
    const nothing = (): void => {}
    return {
      init: (connection) => {
        if (this.#random.chance(5)) throw this.#exception()
        connection.enable(this.#random.uint64())
        this.inits += 1
      },
      destroy: () => {
        this.destroys += 1
      },
      forget: () => {},
      lookup: (_parent, _name, ctx) => answer(ctx, entry),
      getattr: (_node, _fh, ctx) => answer(ctx, () => this.#attr()),
      setattr: (_node, _changes, _fh, ctx) => answer(ctx, () => this.#attr()),
      readlink: (_node, ctx) => answer(ctx, () => this.#random.pick(['target', new Uint8Array(9)])),
      symlink: (_parent, _name, _target, ctx) => answer(ctx, entry),
      mknod: (_parent, _name, _mode, _rdev, ctx) => answer(ctx, entry),
      mkdir: (_parent, _name, _mode, ctx) => answer(ctx, entry),
      unlink: (_parent, _name, ctx) => answer(ctx, nothing),
      rmdir: (_parent, _name, ctx) => answer(ctx, nothing),
      rename: (_parent, _name, _newParent, _newName, _flags, ctx) => answer(ctx, nothing),
      link: (_node, _newParent, _newName, ctx) => answer(ctx, entry),
      open: (_node, _flags, _kill, ctx) => answer(ctx, () => this.#open()),
      create: (_parent, _name, _mode, _flags, _kill, ctx) => answer(ctx, () => this.#created()),
      tmpfile: (_parent, _mode, _flags, ctx) => answer(ctx, () => this.#created()),
      read: (_node, _fh, _offset, sink, ctx) => answer(ctx, () => this.#read(sink)),
      write: (_node, _fh, _offset, source, ctx) =>
        answer(ctx, () => (this.#random.chance(80) ? source.bytes().length : source.toFd(-1, 0))),
      flush: (_node, _fh, _owner, ctx) => answer(ctx, nothing),
      release: (_node, _fh, _request, ctx) => answer(ctx, nothing),
      fsync: (_node, _fh, _datasync, ctx) => answer(ctx, nothing),
      fallocate: (_node, _fh, _offset, _length, _mode, ctx) => answer(ctx, nothing),
      lseek: (_node, _fh, offset, _whence, ctx) => answer(ctx, () => offset),
      copyFileRange: (_from, _to, length, _flags, ctx) => answer(ctx, () => length),
      opendir: (_node, _flags, ctx) => answer(ctx, () => this.#open()),
      readdir: (_node, _fh, _cookie, sink, ctx) => answer(ctx, () => this.#list(sink)),
      readdirplus: (_node, _fh, _cookie, sink, ctx) => answer(ctx, () => this.#list(sink)),
      releasedir: (_node, _fh, _flags, ctx) => answer(ctx, nothing),
      fsyncdir: (_node, _fh, _datasync, ctx) => answer(ctx, nothing),
      statfs: (_node, ctx) =>
        answer(ctx, () => ({
          blocks: 1,
          bfree: 1,
          bavail: 1,
          files: 1,
          ffree: 1,
          bsize: 1,
          namelen: 1,
          frsize: 1,
        })),
      syncfs: (_node, ctx) => answer(ctx, nothing),
      access: (_node, _mask, ctx) => answer(ctx, nothing),
      statx: (_node, _fh, _flags, mask, ctx) => answer(ctx, () => ({ ...this.#attr(), mask })),
      setxattr: (_node, _name, _value, _flags, _kill, ctx) => answer(ctx, nothing),
      getxattr: (_node, _name, size, ctx) => answer(ctx, () => this.#xattr(size)),
      listxattr: (_node, size, ctx) => answer(ctx, () => this.#xattr(size)),
      removexattr: (_node, _name, ctx) => answer(ctx, nothing),
      getlk: (_node, _fh, _owner, lock, ctx) => answer(ctx, () => lock),
      setlk: (_node, _fh, _request, ctx) => answer(ctx, nothing),
      bmap: (_node, _blocksize, block, ctx) => answer(ctx, () => block),
      ioctl: (_node, _fh, request, ctx) =>
        answer(ctx, () => ({
          result: 0,
          output: new Uint8Array(this.#random.below(2 * request.outputSize + 1)),
        })),
      poll: (_node, _fh, events, _kh, ctx) => answer(ctx, () => events),
      setupmapping: (_node, _fh, _request, _window, ctx) => answer(ctx, nothing),
      removemapping: (_node, _ranges, _window, ctx) => answer(ctx, nothing),
    }
  }
}

/** Waits until the caller gives up, and then rejects as the functions of Node do. */
function untilAborted<T>(ctx: Context): Promise<T> {
  const { signal } = ctx
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
