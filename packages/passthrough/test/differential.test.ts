import {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { Errno, type NodeId, type Outcome } from '@fb/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PassthroughFs } from '../src/index.js'
import { ROOT_CALLER } from './support/context.js'
import { List, Sink, Source } from './support/io.js'
import { code, ok } from './support/outcome.js'
import { bytes, SETTINGS, Tree } from './support/tree.js'

const ROOT = 1
const O_RDWR = 2
/** What a path through a symbolic link comes to on the host is what it comes to for who follows none: ENOTDIR. */
const TARGET = '/dev/null'
const RELEASE = { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false }

const name = fc.constantFrom('a', 'b', 'c')
const path = fc.array(name, { minLength: 1, maxLength: 3 })
const step = fc.record({
  act: fc.constantFrom(
    'mkdir',
    'write',
    'unlink',
    'rmdir',
    'rename',
    'link',
    'symlink',
    'truncate',
    'chmod',
    'list',
    'read',
  ),
  at: path,
  to: path,
  number: fc.nat(4095),
})

type Step = { act: string; at: string[]; to: string[]; number: number }

/** The steps as programs take them: on a path of the host. */
class Native {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  run({ act, at, to, number }: Step): unknown {
    const here = join(this.#root, ...at)
    const there = join(this.#root, ...to)
    try {
      switch (act) {
        case 'mkdir':
          return mkdirSync(here, 0o755)
        case 'write': {
          // No directory, no link and nothing special is ever opened for writing.
          const known = lstatSync(here, { throwIfNoEntry: false })
          if (known !== undefined && !known.isFile()) return known.isDirectory() ? 'EISDIR' : 'ELOOP'
          const fd = openSync(here, 'a+', 0o644)
          closeSync(fd)
          const writing = openSync(here, 'r+')
          writeSync(writing, String(number), number)
          return closeSync(writing)
        }
        case 'unlink':
          return unlinkSync(here)
        case 'rmdir':
          return rmdirSync(here)
        case 'rename':
          return renameSync(here, there)
        case 'link':
          return linkSync(here, there)
        case 'symlink':
          return symlinkSync(TARGET, here)
        case 'truncate':
          return lstatSync(here).isSymbolicLink() ? 'EINVAL' : truncateSync(here, number)
        case 'chmod':
          return lstatSync(here).isSymbolicLink() ? 'EOPNOTSUPP' : chmodSync(here, number)
        case 'list':
          return readdirSync(here, { withFileTypes: false }).sort()
        default: {
          const stat = lstatSync(here)
          if (stat.isSymbolicLink()) return readlinkSync(here)
          return [
            stat.mode,
            stat.size,
            stat.isDirectory() ? 0 : stat.nlink,
            stat.isFile() ? readFileSync(here, 'latin1') : '',
          ]
        }
      }
    } catch (error) {
      return (error as { code: string }).code
    }
  }
}

/** The same through the file system, as a kernel does it: each component looked up, known nodes used. */
class Served {
  readonly #fs: PassthroughFs

  constructor(fs: PassthroughFs) {
    this.#fs = fs
  }

  run(step: Step): unknown {
    try {
      return this.#do(step)
    } catch (error) {
      if (error instanceof Errno) return error.code
      throw error
    }
  }

  #do({ act, at, to, number }: Step): unknown {
    const fs = this.#fs
    const parent = this.#directory(at.slice(0, -1))
    const last = bytes(at.at(-1) ?? '')
    const target = bytes(to.at(-1) ?? '')
    const done = (outcome: Outcome<unknown>): undefined => void take(outcome)
    switch (act) {
      case 'mkdir':
        return done(fs.mkdir(parent, last, 0o755, ROOT_CALLER))
      case 'write': {
        const known = fs.lookup(parent, last)
        if (known !== Errno.ENOENT) return this.#write(take(known).nodeid, number)
        const { entry, open } = take(fs.create(parent, last, 0o644, O_RDWR, false, ROOT_CALLER))
        done(fs.release(entry.nodeid, open.fh, RELEASE))
        return this.#write(entry.nodeid, number)
      }
      case 'unlink':
        return done(fs.unlink(parent, last))
      case 'rmdir':
        return done(fs.rmdir(parent, last))
      case 'rename':
        fs.lookup(parent, last)
        return done(fs.rename(parent, last, this.#directory(to.slice(0, -1)), target, 0, ROOT_CALLER))
      case 'link':
        return done(fs.link(this.#walk(at), this.#directory(to.slice(0, -1)), target))
      case 'symlink':
        return done(fs.symlink(parent, last, bytes(TARGET), ROOT_CALLER))
      case 'truncate':
        return done(fs.setattr(this.#walk(at), { size: number }, undefined, ROOT_CALLER))
      case 'chmod':
        return done(fs.setattr(this.#walk(at), { mode: number }, undefined, ROOT_CALLER))
      case 'list':
        return this.#list(this.#walk(at))
      default:
        return this.#look(this.#walk(at))
    }
  }

  #walk(components: readonly string[]): NodeId {
    let node = ROOT
    for (const component of components) node = take(this.#fs.lookup(node, bytes(component))).nodeid
    return node
  }

  /** As `walk`; the kernel knows what is no directory, and says so before it looks at anything else. */
  #directory(components: readonly string[]): NodeId {
    const node = this.#walk(components)
    if ((take(this.#fs.getattr(node, undefined)).attr.mode & 0o170000) !== 0o040000) throw Errno.ENOTDIR
    return node
  }

  #write(node: NodeId, number: number): undefined {
    const { fh } = take(this.#fs.open(node, O_RDWR, false, ROOT_CALLER))
    take(this.#fs.write(node, fh, number, new Source(String(number)), ROOT_CALLER))
    take(this.#fs.release(node, fh, RELEASE))
  }

  #list(node: NodeId): string[] {
    const { fh } = take(this.#fs.opendir(node))
    const list = new List(65_536, true)
    take(this.#fs.readdirplus(node, fh, 0n, list))
    take(this.#fs.releasedir(node, fh))
    return list.entries
      .map((entry) => entry.name)
      .filter((entry) => entry !== '.' && entry !== '..')
      .sort()
  }

  #look(node: NodeId): unknown {
    const { mode, size, nlink } = { ...take(this.#fs.getattr(node, undefined)).attr }
    const type = mode & 0o170000
    if (type === 0o120000) return Buffer.from(take(this.#fs.readlink(node))).toString()
    if (type !== 0o100000) return [mode, size, 0, '']
    const { fh } = take(this.#fs.open(node, 0, false, ROOT_CALLER))
    const sink = new Sink(16_384)
    const count = take(this.#fs.read(node, fh, 0, sink)) as number
    take(this.#fs.release(node, fh, RELEASE))
    return [mode, size, nlink, Buffer.from(sink.bytes.subarray(0, count)).toString('latin1')]
  }
}

function take<T>(outcome: Outcome<T>): T {
  if (outcome instanceof Errno) throw outcome
  return ok(outcome)
}

describe.each(SETTINGS)('compared with the host itself ($name)', ({ base, options }) => {
  it('any sequence of operations has the same results and errors', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), (steps) => {
        const tree = new Tree(base, { ...options, maxInodes: 4096, maxCachedFds: 3 })
        const mirror = mkdtempSync(join(base, 'mirror-'))
        try {
          const native = new Native(mirror)
          const served = new Served(tree.fs)
          for (const one of steps) {
            expect([one.act, one.at, one.to, served.run(one)]).toEqual([
              one.act,
              one.at,
              one.to,
              native.run(one),
            ])
          }
          expect(code(tree.fs.getattr(ROOT, undefined))).toBeUndefined()
        } finally {
          tree.remove()
          rmSync(mirror, { recursive: true })
        }
      }),
      { numRuns: 40 },
    )
  })
})
