import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FdCache } from '../src/tables/fd-cache.js'
import { HandleArena } from '../src/tables/handle-arena.js'
import { HandleTable } from '../src/tables/handle-table.js'
import { InodeTable } from '../src/tables/inode-table.js'
import { LockOwners } from '../src/tables/lock-owners.js'
import { Compiled } from './support/compiled.js'
import { ROOT_CALLER } from './support/context.js'
import { code, ok } from './support/outcome.js'
import { bytes, SETTINGS, useTree } from './support/tree.js'

const THREADS = 4
const ROOT = 1

describe('several threads', () => {
  let compiled: Compiled

  beforeAll(() => {
    compiled = new Compiled()
  })

  afterAll(() => {
    compiled.remove()
  })

  it('are never inside one lock at once', async () => {
    const words = new Int32Array(new SharedArrayBuffer(64))
    const script = `
      import { SharedLock } from './tables/shared-lock.js'
      const { words } = workerData
      const lock = new SharedLock(words, 0)
      for (let round = 0; round < 50_000; round += 1) {
        lock.lock()
        // Not atomic: correct only if nobody else is here.
        words[8] = words[8] + 1
        lock.unlock()
      }
      parentPort.postMessage(0)`
    await compiled.run(THREADS, script, { words })
    expect(words[8]).toBe(THREADS * 50_000)
    expect(words[0]).toBe(0)
  })

  it('lose no inode, descriptor or handle of the tables', async () => {
    const inodes = InodeTable.create(256, 1)
    const data = { inodes, arena: HandleArena.create(256 * 32), cache: FdCache.create(16, 64) }
    const script = `
      import { InodeTable, InodeWord } from './tables/inode-table.js'
      import { HandleArena } from './tables/handle-arena.js'
      import { FdCache } from './tables/fd-cache.js'
      const { data, thread } = workerData
      const inodes = new InodeTable(data.inodes)
      const arena = new HandleArena(data.arena)
      const cache = new FdCache(data.cache, inodes)
      const out = new Uint8Array(136)
      const handle = new Uint8Array(24)
      const view = new DataView(handle.buffer)
      let wrong = 0
      let nextFd = 1000 + thread * 1_000_000
      let open = 0
      for (let round = 0; round < 20_000; round += 1) {
        const ino = (round * 7 + thread * 13) % 97
        inodes.lock.lock()
        let slot = inodes.find(ino, 0, 1, 0)
        if (slot < 0) {
          slot = inodes.insert(ino, 0, 1, 0)
          view.setUint32(0, 12, true)
          view.setUint32(8, ino, true)
          inodes.set(slot, InodeWord.HANDLE, arena.store(handle, 20))
        }
        inodes.setLookups(slot, inodes.lookups(slot) + 1)
        arena.copy(inodes.get(slot, InodeWord.HANDLE), out)
        if (new DataView(out.buffer).getUint32(8, true) !== ino || inodes.get(slot, InodeWord.INO_LOW) !== ino) wrong += 1
        if (inodes.get(slot, InodeWord.FD) === 0) {
          open += 1
          if (cache.put(slot, nextFd++) >= 0) open -= 1
        }
        inodes.lock.unlock()
        inodes.lock.lock()
        const left = inodes.lookups(slot) - 1
        inodes.setLookups(slot, left)
        if (left === 0) {
          if (cache.drop(slot) >= 0) open -= 1
          arena.free(inodes.get(slot, InodeWord.HANDLE))
          inodes.remove(slot)
        }
        inodes.lock.unlock()
      }
      parentPort.postMessage({ wrong, open })`
    const results = await compiled.run<{ wrong: number; open: number }>(THREADS, script, { data })
    expect(results.map(({ wrong }) => wrong)).toEqual([0, 0, 0, 0])
    expect(results.reduce((sum, { open }) => sum + open, 0)).toBe(0)
    const table = new InodeTable(inodes)
    expect([table.count, new FdCache(data.cache, table).count]).toEqual([0, 0])
  })

  it('close each open file and each lock owner once', async () => {
    const data = { handles: HandleTable.create(64), owners: LockOwners.create(64) }
    const script = `
      import { HandleTable } from './tables/handle-table.js'
      import { LockOwners } from './tables/lock-owners.js'
      const { data, thread } = workerData
      const handles = new HandleTable(data.handles)
      const owners = new LockOwners(data.owners)
      const closed = []
      let opened = 0
      for (let round = 0; round < 20_000; round += 1) {
        const fd = thread * 1_000_000 + round + 10
        const fh = handles.add(fd, 7, 0, 0)
        if (fh >= 0) {
          opened += 1
          const index = handles.acquire(fh, 7, 0)
          const any = handles.acquireAny(7)
          handles.end(index)
          for (const used of [index, any]) {
            const gone = used < 0 ? -1 : handles.release(used)
            if (gone >= 0) closed.push(gone)
          }
        }
        const node = 1 + (round % 5)
        const owner = BigInt(round % 3)
        const record = owners.add(node, owner, fd)
        if (record < 0) continue
        if (owners.fd(record) === fd) opened += 1
        if (round % 2 === 0) owners.end(record)
        const gone = owners.release(record)
        if (gone >= 0) closed.push(gone)
      }
      parentPort.postMessage({ opened, closed })`
    const results = await compiled.run<{ opened: number; closed: number[] }>(THREADS, script, { data })
    const owners = new LockOwners(data.owners)
    const closed = results.flatMap((result) => result.closed)
    for (let index = owners.acquireAny(0); index >= 0; index = owners.acquireAny(0)) {
      owners.end(index)
      closed.push(owners.release(index))
    }
    expect(closed).toHaveLength(results.reduce((sum, { opened }) => sum + opened, 0))
    expect(new HandleTable(data.handles).count).toBe(0)
    expect(owners.count).toBe(0)
  })

  describe.each(SETTINGS)('of one file system ($name)', ({ base, options }) => {
    const use = useTree(base, {
      ...options,
      ...(options.inodeFileHandles === 'prefer' ? { maxCachedFds: 4 } : {}),
    })

    it('never get another file than the one that they ask for', async () => {
      const { tree } = use
      const FILES = 40
      for (let index = 0; index < FILES; index += 1)
        writeFileSync(tree.at(`file${index}`), `content of file${index}.`)
      const script = `
        import { PassthroughFs } from './index.js'
        import { Errno } from '@fb/api'
        import { preadFlags } from '@fb/sys'
        const { share, thread, open, nodes } = workerData
        const fs = PassthroughFs.attach(share)
        const ctx = { uid: 0, gid: 0, pid: 1, umask: 0, groups: [], securityContexts: [], unique: 1n, signal: new AbortController().signal }
        const decoder = new TextDecoder()
        const wrong = []
        const note = (what) => { if (wrong.length < 10) wrong.push(what) }
        let seed = thread + 1
        const random = (below) => { seed = (seed * 1103515245 + 12345) & 0x7fffffff; return (seed >> 8) % below }
        const bytes = new Uint8Array(64)
        const sink = { size: 64, flags: 0, lockOwner: 0n, fromFd: (fd, offset) => preadFlags(fd, bytes, 0, 64, offset, 0) }
        const release = { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false }
        const text = (count) => decoder.decode(bytes.subarray(0, count))
        for (let round = 0; round < 2000; round += 1) {
          const index = random(${FILES})
          const found = fs.lookup(1, new TextEncoder().encode('file' + index), ctx)
          if (found instanceof Errno) { note('lookup ' + found.code); continue }
          const node = found.nodeid
          const size = ('content of file' + index + '.').length
          const attr = fs.getattr(node, undefined, ctx)
          if (attr instanceof Errno) note('getattr ' + attr.code)
          else if (attr.attr.size !== size) note('size ' + attr.attr.size + ' of file' + index)
          const opened = fs.open(node, 0, false, ctx)
          if (opened instanceof Errno) { note('open ' + opened.code) }
          else {
            const fh = opened.fh
            // Places where every thread leaves an open file, for any of them to read or to release.
            const at = random(8)
            for (let peek = 0; peek < 8; peek += 1) {
              const seen = Atomics.load(open.ids, peek)
              if (seen === 0n) continue
              const file = Number(seen >> 53n) - 1
              const count = fs.read(nodes[file], Number(seen & ((1n << 53n) - 1n)), 0, sink, ctx)
              // Somebody may have released it; then it is nobody's, never another file.
              if (count instanceof Errno) { if (count !== Errno.EBADF) note('peek ' + count.code) }
              else if (count < 0) note('peek ' + count)
              else if (text(count) !== 'content of file' + file + '.') note('peeked ' + text(count))
            }
            const left = Atomics.exchange(open.ids, at, 0n)
            if (left !== 0n) {
              const file = Number(left >> 53n) - 1, other = nodes[file], otherFh = Number(left & ((1n << 53n) - 1n))
              const count = fs.read(other, otherFh, 0, sink, ctx)
              if (typeof count === 'number' && count >= 0) {
                if (text(count) !== 'content of file' + file + '.') note('read ' + text(count) + ' for ' + file)
              } else note('read ' + (count.code ?? count))
              const ended = fs.release(other, otherFh, release, ctx)
              if (ended instanceof Errno) note('release ' + ended.code)
              fs.forget(other, 1)
            }
            const count = fs.read(node, fh, 0, sink, ctx)
            if (text(count) !== 'content of file' + index + '.') note('read ' + text(count) + ' for file' + index)
            const replaced = Atomics.exchange(open.ids, at, (BigInt(index + 1) << 53n) | BigInt(fh))
            if (replaced !== 0n) {
              const other = nodes[Number(replaced >> 53n) - 1]
              fs.release(other, Number(replaced & ((1n << 53n) - 1n)), release, ctx)
              fs.forget(other, 1)
            }
          }
          if (round % 50 === 0) {
            const name = new TextEncoder().encode('temporary' + thread)
            const made = fs.create(1, name, 0o600, 2, false, ctx)
            if (made instanceof Errno) { note('create ' + made.code); continue }
            const { nodeid } = made.entry, { fh } = made.open
            const gone = fs.unlink(1, name, ctx)
            if (gone instanceof Errno) note('unlink ' + gone.code)
            const attr = fs.getattr(nodeid, undefined, ctx)
            if (attr instanceof Errno) note('getattr of removed ' + attr.code)
            fs.release(nodeid, fh, release, ctx)
            fs.forget(nodeid, 1)
          }
        }
        parentPort.postMessage(wrong)`
      // A node means one file throughout: the main thread holds a lookup on each.
      const open = { ids: new BigUint64Array(new SharedArrayBuffer(64)) }
      const nodes = Array.from({ length: FILES }, (_, index) => tree.node(`file${index}`))
      const wrong = await compiled.run<string[]>(THREADS, script, { share: tree.fs.share(), open, nodes })
      expect(wrong).toEqual([[], [], [], []])
      for (const id of open.ids) {
        if (id === 0n) continue
        const node = nodes[Number(id >> 53n) - 1] ?? 0
        tree.release(node, Number(id & ((1n << 53n) - 1n)))
        tree.fs.forget(node, 1)
      }
      for (const node of nodes) tree.fs.forget(node, 1)
      expect(tree.fs.usage()).toMatchObject({ inodes: 1, openFiles: 0, lockOwners: 0 })
      expect(readdirSync(tree.source)).toHaveLength(FILES)
      expect(code(tree.fs.getattr(nodes[0] as number, undefined))).toBe('ESTALE')
    })

    it('see what the others have opened, and what was negotiated', async () => {
      const { tree } = use
      writeFileSync(tree.at('file'), 'content')
      const node = tree.node('file')
      const { fh } = ok(tree.fs.open(node, 2, false, ROOT_CALLER))
      const script = `
        import { PassthroughFs } from './index.js'
        const { share, node, fh } = workerData
        const fs = PassthroughFs.attach(share)
        const attr = fs.getattr(node, fh)
        const ended = fs.release(node, fh, { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false })
        parentPort.postMessage([attr.attr.size, ended])`
      const results = await compiled.run(1, script, { share: tree.fs.share(), node, fh })
      expect(results).toEqual([[7, undefined]])
      expect(code(tree.fs.getattr(node, fh))).toBe('EBADF')
      expect(ok(tree.fs.lookup(ROOT, bytes('file'))).nodeid).toBe(node)
      expect(statSync(tree.at('file')).size).toBe(7)
    })
  })
})
