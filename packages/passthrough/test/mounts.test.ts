import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { AttrFlag, InitFlag } from '@fb/abi'
import { Connection } from '@fb/api'
import { afterEach, describe, expect, it } from 'vitest'
import type { PassthroughFs } from '../src/index.js'
import { ROOT_CALLER } from './support/context.js'
import { openFds } from './support/descriptors.js'
import { List } from './support/io.js'
import { code, ok } from './support/outcome.js'
import { bytes, type Tree, useTree } from './support/tree.js'

const ROOT = 1
const reason = process.getuid?.() === 0 ? undefined : 'not root'
if (reason !== undefined) console.warn(`mounts below the source are not tested: ${reason}`)

const mounted: string[] = []

function mount(...args: string[]): void {
  execFileSync('mount', args)
  mounted.push(args.at(-1) as string)
}

function unmount(path: string): void {
  execFileSync('umount', [path])
  mounted.splice(mounted.indexOf(path), 1)
}

function announce(fs: PassthroughFs): void {
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
  fs.init(new Connection({ major: 7, minor: 45, offered: InitFlag.SUBMOUNTS }, limits, undefined))
}

describe.skipIf(reason !== undefined)('mounts below the source', () => {
  const settings = (['prefer', 'never'] as const).map((inodeFileHandles) => ({ inodeFileHandles }))

  describe.each(settings)('file handles $inodeFileHandles', (options) => {
    const use = useTree('/tmp', options)
    // Registered later than the tree's, hence run before it.
    afterEach(() => {
      for (const path of [...mounted]) unmount(path)
    })

    it('are served like the rest, each with inode numbers of its own', () => {
      const { tree } = use
      mkdirSync(tree.at('a mount\twith\\odd "name"'))
      const place = tree.at('a mount\twith\\odd "name"')
      mount('-t', 'tmpfs', 'none', place)
      writeFileSync(`${place}/file`, 'content')
      writeFileSync(tree.at('file'), '')
      const name = 'a mount\twith\\odd "name"'
      const mountNode = tree.find(name)
      const file = tree.find(`${name}/file`)
      expect(file.attr.size).toBe(7)
      expect(BigInt(file.attr.ino)).not.toBe(BigInt(statSync(`${place}/file`).ino))
      expect(BigInt.asUintN(32, BigInt(file.attr.ino))).toBe(BigInt(statSync(`${place}/file`).ino))
      const { fh } = ok(tree.fs.opendir(mountNode.nodeid))
      const list = new List(4096)
      ok(tree.fs.readdir(mountNode.nodeid, fh, 0n, list))
      expect(list.entries.find((entry) => entry.name === 'file')?.ino).toBe(file.attr.ino)
      expect(list.entries.find((entry) => entry.name === '.')?.ino).toBe(mountNode.attr.ino)
      ok(tree.fs.releasedir(mountNode.nodeid, fh))
      expect(ok(tree.fs.lookup(mountNode.nodeid, bytes('..'))).nodeid).toBe(ROOT)
      expect(code(tree.fs.rename(ROOT, bytes('file'), mountNode.nodeid, bytes('x'), 0, ROOT_CALLER))).toBe(
        'EXDEV',
      )
      expect(code(tree.fs.link(tree.node('file'), mountNode.nodeid, bytes('x')))).toBe('EXDEV')
      expect(code(tree.fs.rmdir(ROOT, bytes(name)))).toBe('EBUSY')
      ok(tree.fs.syncfs(ROOT))
      tree.fs.destroy()
    })

    it('D15: cost one descriptor at most while they are in use, and can be unmounted on the host afterwards', () => {
      const { tree } = use
      const before = openFds().length
      for (let round = 0; round < 5; round += 1) {
        mkdirSync(tree.at(`m${round}`))
        mount('-t', 'tmpfs', 'none', tree.at(`m${round}`))
        writeFileSync(tree.at(`m${round}/file`), '')
        const directory = tree.node(`m${round}`)
        const file = ok(tree.fs.lookup(directory, bytes('file'))).nodeid
        expect(openFds().length - before).toBeLessThanOrEqual(3)
        tree.fs.forget(file, 1)
        tree.fs.forget(directory, 1)
        expect(openFds().length).toBe(before)
        unmount(tree.at(`m${round}`))
      }
    })

    it('may be of single files', () => {
      const { tree } = use
      writeFileSync(tree.at('file'), 'content')
      writeFileSync(tree.at('target'), '')
      mount('--bind', tree.at('file'), tree.at('target'))
      // The same inode over another mount is another node: it may be read-only there.
      const [file, target] = [tree.find('file'), tree.find('target')]
      expect(target.nodeid).not.toBe(file.nodeid)
      expect(target.attr.ino).toBe(file.attr.ino)
      execFileSync('mount', ['-o', 'remount,bind,ro', tree.at('target')])
      expect(code(tree.fs.open(target.nodeid, 2, false, ROOT_CALLER))).toBe('EROFS')
      const { fh } = ok(tree.fs.open(file.nodeid, 2, false, ROOT_CALLER))
      expect(tree.write(file.nodeid, fh, 'CON')).toBe(3)
      const reading = ok(tree.fs.open(target.nodeid, 0, false, ROOT_CALLER)).fh
      expect(tree.read(target.nodeid, reading)).toBe('CONtent')
      tree.fs.destroy()
      expect(readFileSync(tree.at('target'), 'utf8')).toBe('CONtent')
    })

    it('may be of devices, which are not opened', () => {
      const { tree } = use
      writeFileSync(tree.at('null'), '')
      mount('--bind', '/dev/null', tree.at('null'))
      const { nodeid, attr } = tree.find('null')
      expect(attr.mode & 0o170000).toBe(0o020000)
      expect(code(tree.fs.open(nodeid, 2, false, ROOT_CALLER))).toBe('ENXIO')
      expect(tree.attr(nodeid).mode).toBe(attr.mode)
      tree.fs.destroy()
    })
  })

  describe('announced', () => {
    const marked = useTree('/tmp', { announceSubmounts: true })
    const plain = useTree('/tmp')
    afterEach(() => {
      for (const path of [...mounted]) unmount(path)
    })

    const flags = (tree: Tree): number[] => {
      mkdirSync(tree.at('mount'))
      mount('-t', 'tmpfs', 'none', tree.at('mount'))
      mkdirSync(tree.at('mount/dir'))
      announce(tree.fs)
      const found = ['mount', 'mount/dir'].map((path) => tree.find(path).attr.flags)
      const { fh } = ok(tree.fs.opendir(ROOT))
      const list = new List(4096, true)
      ok(tree.fs.readdirplus(ROOT, fh, 0n, list))
      const listed = list.entries.find(({ name }) => name === 'mount')?.attr?.flags ?? -1
      const self = ok(tree.fs.lookup(ROOT, bytes('.'))).attr.flags
      tree.fs.destroy()
      return [...found, listed, self]
    }

    it('are marked at their roots, where that is wanted', () => {
      expect(flags(marked.tree)).toEqual([AttrFlag.SUBMOUNT, 0, AttrFlag.SUBMOUNT, 0])
    })

    it('are not marked otherwise', () => {
      expect(flags(plain.tree)).toEqual([0, 0, 0, 0])
    })
  })
})
