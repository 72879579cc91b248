import { InitFlag, OpenReplyFlag } from '@fb/abi'
import { Errno, nameToString, Server } from '@fb/api'
import { POLLIN } from '@fb/sys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FuseSession } from '../src/fuse-session.js'
import { describeWith, kernelFuse, machine } from './support/machine.js'
import { type MemoryNode, MemoryTree } from './support/memory-tree.js'
import { mountpoint } from './support/mountpoints.js'
import { line, program } from './support/program.js'
import { sh, until } from './support/run.js'

const ROOT = 1
/** Seconds; the kernel asks again only when it is told to. */
const LONG = 10_000

let path: string
let fs: MemoryTree
let file: MemoryNode
let session: FuseSession

async function start(): Promise<void> {
  path = await mountpoint()
  fs = new MemoryTree({ timeout: LONG })
  fs.openFlags = OpenReplyFlag.KEEP_CACHE
  file = fs.addFile('file', 'old')
  session = await FuseSession.mount(path)
  await session.serve(new Server(fs, { notifier: session.notifier }))
}

const cat = (): Promise<string> => sh('cat "$1/file"', path)
const lookups = (): number => fs.calls.filter((call) => call === 'lookup file').length

describeWith('notifications', [machine.mount], () => {
  beforeEach(start)
  afterEach(() => session.unmount({ lazy: true }))

  test('invalInode drops cached data', async () => {
    expect(await cat()).toBe('old')
    // Nothing in the attributes tells of it.
    file.data = new TextEncoder().encode('new')
    expect(await cat()).toBe('old')
    expect(await session.notifier.invalInode(file.id)).toBe(true)
    expect(await cat()).toBe('new')
  })

  test('invalEntry drops a cached name', async () => {
    await cat()
    await cat()
    expect(lookups()).toBe(1)
    expect(await session.notifier.invalEntry(ROOT, 'file')).toBe(true)
    await cat()
    expect(lookups()).toBe(2)
  })

  test('invalEntry with expireOnly has the name looked up again', async () => {
    expect((await session.ready).flags & InitFlag.HAS_EXPIRE_ONLY).not.toBe(0n)
    await cat()
    expect(await session.notifier.invalEntry(ROOT, 'file', { expireOnly: true })).toBe(true)
    await cat()
    expect(lookups()).toBe(2)
  })

  test('deleteEntry is seen by those who watch the file', async () => {
    await cat()
    const events = program('watch', `${path}/file`)
    expect(await line(events)).toBe('watching')
    fs.root.children.delete('file')
    expect(await session.notifier.deleteEntry(ROOT, file.id, 'file')).toBe(true)
    expect(await line(events)).toMatch(/ rename /)
    expect(await sh('ls "$1"', path)).toBe('')
  })

  test('store fills the cache', async () => {
    await sh('stat "$1/file"', path)
    expect(await session.notifier.store(file.id, 0, new TextEncoder().encode('put'))).toBe(true)
    expect(await cat()).toBe('put')
    expect(fs.calls).not.toContain('read')
  })

  test('store of a mebibyte', async () => {
    fs.setContent(file, new Uint8Array(1024 * 1024))
    await sh('stat "$1/file"', path)
    expect(await session.notifier.store(file.id, 0, new Uint8Array(1024 * 1024).fill(0x61))).toBe(true)
    expect(await sh('tr -d a < "$1/file" | wc -c', path)).toBe('0\n')
  })

  test('retrieve reads the cache', async () => {
    await cat()
    const { offset, bytes } = await session.notifier.retrieve(file.id, 1, 100)
    expect(offset).toBe(1)
    expect(new TextDecoder().decode(bytes)).toBe('ld')
    await expect(session.notifier.retrieve(12345, 0, 1)).rejects.toBe(Errno.ENOENT)
  })

  test('pollWakeup wakes those who poll', async () => {
    let ready = false
    const handles: bigint[] = []
    const pollable = Object.assign(fs, {
      poll(_node: number, _fh: number, events: number, kh: bigint | undefined): number {
        if (kh !== undefined) handles.push(kh)
        return ready ? events & POLLIN : 0
      },
    })
    await session.unmount()
    session = await FuseSession.mount(path)
    await session.serve(new Server(pollable, { notifier: session.notifier }))
    const polling = program('poll', `${path}/file`)
    await until(() => handles.length > 0)
    ready = true
    expect(await session.notifier.pollWakeup(handles[0] as bigint)).toBe(true)
    expect(await line(polling)).toBe('POLLIN')
  })

  test('a notification that has to wait for a request does not keep it from being answered', async () => {
    const lookup = fs.lookup.bind(fs)
    let invalidated: Promise<boolean> | undefined
    fs.lookup = (parent, name, ctx) => {
      if (nameToString(name) !== 'slow') return lookup(parent, name, ctx)
      // The kernel holds the directory's lock until this is answered, and the notification wants it.
      invalidated = session.notifier.invalEntry(ROOT, 'file')
      return new Promise((resolve) => setTimeout(resolve, 50, Errno.ENOENT))
    }
    await cat()
    await sh('! cat "$1/slow" 2> /dev/null', path)
    expect(await invalidated).toBe(true)
  })

  test('what the kernel does not know is no error', async () => {
    expect(await session.notifier.invalInode(12345)).toBe(false)
    expect(await session.notifier.invalEntry(ROOT, 'never-seen')).toBe(false)
    await session.unmount()
    expect(await session.notifier.invalInode(file.id)).toBe(false)
    await expect(session.notifier.retrieve(file.id, 0, 1)).rejects.toBe(Errno.ENOTCONN)
  })
})

describeWith('resend', [machine.mount, kernelFuse(40)], () => {
  beforeEach(start)
  afterEach(() => session.unmount({ lazy: true }))

  test('asks for what is unanswered once more', async () => {
    const lookup = fs.lookup.bind(fs)
    const asked: bigint[] = []
    fs.lookup = (parent, name, ctx) => {
      asked.push(ctx.unique)
      return asked.length === 1 ? new Promise(() => {}) : lookup(parent, name, ctx)
    }
    const reading = cat()
    await until(() => asked.length === 1)
    expect(await session.notifier.resend()).toBe(true)
    expect(await reading).toBe('old')
    expect(asked).toHaveLength(2)
    expect((asked[1] as bigint) & ((1n << 63n) - 1n)).toBe(asked[0])
  })
})

describeWith('incEpoch', [machine.mount, kernelFuse(44)], () => {
  beforeEach(start)
  afterEach(() => session.unmount({ lazy: true }))

  test('makes every cached name old', async () => {
    await cat()
    expect(await session.notifier.incEpoch()).toBe(true)
    await cat()
    expect(lookups()).toBe(2)
  })
})

describeWith('prune', [machine.mount, kernelFuse(45)], () => {
  beforeEach(start)
  afterEach(() => session.unmount({ lazy: true }))

  test('has unused nodes forgotten', async () => {
    await cat()
    expect(fs.forgotten).toEqual([])
    expect(await session.notifier.prune([file.id])).toBe(true)
    await until(() => fs.forgotten.includes(file.id))
    expect(await cat()).toBe('old')
    expect(lookups()).toBe(2)
  })
})
