import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OwnMount, PassthroughFs } from '../src/index.js'
import { ROOT_CALLER } from './support/context.js'
import { openFds } from './support/descriptors.js'
import { List } from './support/io.js'
import { code, ok } from './support/outcome.js'
import { bytes } from './support/tree.js'

const ROOT = 1
const reason = process.getuid?.() === 0 ? undefined : 'not root'
if (reason !== undefined) console.warn(`mounts of one's own below the source are not tested: ${reason}`)

// A file system of any kind can stand for the own one: it is known by its device and the id of its mount alone.
describe.skipIf(reason !== undefined)('the own mount within the source', () => {
  let source: string
  let own: OwnMount
  let fs: PassthroughFs
  let mounted: string[]
  let before: number[]

  const at = (name: string): string => join(source, name)
  const mount = (...args: string[]): void => {
    execFileSync('mount', args)
    mounted.unshift(args.at(-1) as string)
  }

  beforeEach(() => {
    before = openFds()
    mounted = []
    source = mkdtempSync(join(tmpdir(), 'fb-own-mount-'))
    for (const name of ['in', 'other', 'bind']) mkdirSync(at(name))
    writeFileSync(at('in/below'), 'covered')
    own = OwnMount.at(at('in'))
    mount('-t', 'tmpfs', 'none', at('in'))
    writeFileSync(at('in/above'), '')
    own.mounted(at('in'))
    fs = new PassthroughFs({ source, ownMount: own.shared })
  })
  afterEach(() => {
    fs.close()
    own.close()
    for (const path of mounted) execFileSync('umount', [path])
    rmSync(source, { recursive: true, force: true })
    expect(openFds()).toEqual(before)
  })

  it('shows what it covers in its place, as a lookup and in a list', () => {
    const { nodeid, attr } = ok(fs.lookup(ROOT, bytes('in')))
    expect(ok(fs.lookup(nodeid, bytes('below'))).attr.size).toBe(7)
    expect(code(fs.lookup(nodeid, bytes('above')))).toBe('ENOENT')
    const { fh } = ok(fs.opendir(ROOT))
    const list = new List(4096)
    ok(fs.readdirplus(ROOT, fh, 0n, list))
    ok(fs.releasedir(ROOT, fh))
    const listed = list.entries.find(({ name }) => name === 'in')
    expect(listed?.ino).toBe(attr.ino)
    expect(ok(fs.lookup(nodeid, bytes('..'))).nodeid).toBe(ROOT)
  })

  it('is ELOOP where it is mounted once more, and nothing else there', () => {
    mount('--bind', at('in'), at('bind'))
    expect(code(fs.lookup(ROOT, bytes('bind')))).toBe('ELOOP')
    const { fh } = ok(fs.opendir(ROOT))
    const list = new List(4096)
    ok(fs.readdirplus(ROOT, fh, 0n, list))
    ok(fs.releasedir(ROOT, fh))
    expect(list.entries.map(({ name }) => name).sort()).toEqual(['.', '..', 'bind', 'in', 'other'])
    expect(ok(fs.lookup(ROOT, bytes('other'))).attr.ino).toBe(statSync(at('other')).ino)
  })

  it('leaves mounts of others as they are', () => {
    mount('-t', 'tmpfs', 'none', at('other'))
    writeFileSync(at('other/file'), 'four')
    const { nodeid } = ok(fs.lookup(ROOT, bytes('other')))
    expect(ok(fs.lookup(nodeid, bytes('file'))).attr.size).toBe(4)
  })

  it('is neither removed nor renamed nor replaced', () => {
    expect(code(fs.rmdir(ROOT, bytes('in')))).toBe('EBUSY')
    expect(code(fs.rename(ROOT, bytes('in'), ROOT, bytes('new'), 0, ROOT_CALLER))).toBe('EBUSY')
    expect(code(fs.rename(ROOT, bytes('other'), ROOT, bytes('in'), 0, ROOT_CALLER))).toBe('EBUSY')
  })

  it('is entered by nobody before it is known to be there', () => {
    const unknown = OwnMount.at(at('other'))
    expect(unknown.isKnown).toBe(false)
    expect(unknown.device).toBeUndefined()
    using early = new PassthroughFs({ source, ownMount: unknown.shared })
    expect(ok(early.lookup(ROOT, bytes('other'))).attr.ino).toBe(statSync(at('other')).ino)
    unknown.mounted(at('in'))
    expect(unknown.device).toBe(statSync(at('in')).dev)
    unknown.close()
    expect(unknown.isKnown).toBe(false)
  })
})
