import { readdir } from 'node:fs/promises'
import { Errno, quietLogger, Server } from '@fb/api'
import { expect, test } from 'vitest'
import { FuseSession } from '../src/fuse-session.js'
import { MountError } from '../src/mount/mount-error.js'
import { InitRefusedError } from '../src/serve/dispatch.js'
import { abortConnection, connections } from './support/connections.js'
import { describeWith, machine, root } from './support/machine.js'
import { MemoryTree } from './support/memory-tree.js'
import { fileMountpoint, mountpoint, mountsAt } from './support/mountpoints.js'
import { openElsewhere, sh, shStatus, until } from './support/run.js'

const SILENT = { ...quietLogger, error() {} }

/** A tree with one file, mounted and served. */
async function served(
  path: string,
  fs = new MemoryTree(),
): Promise<{ session: FuseSession; fs: MemoryTree }> {
  if (fs.root.children.size === 0) fs.addFile('hello', 'hello world\n')
  const session = await FuseSession.mount(path)
  await session.serve(new Server(fs, { notifier: session.notifier }))
  return { session, fs }
}

describeWith('a session', [machine.mount], () => {
  test('mounts, serves, unmounts', async () => {
    const path = await mountpoint()
    const { session, fs } = await served(path)
    expect(session.path).toBe(path)
    expect(await session.ready).toMatchObject({ major: 7 })
    expect(await sh('cat "$1/hello"; echo 12345 > "$1/new"; ls "$1"', path)).toBe('hello world\nhello\nnew\n')
    expect(fs.text('new')).toBe('12345\n')
    await session.unmount()
    await session.closed
    expect(await mountsAt(path)).toEqual([])
    expect(fs.destroyed).toBe(1)
    await session.unmount()
  })

  test('a file is the root where the mountpoint is a file', async () => {
    const path = await fileMountpoint()
    const { session } = await served(path, new MemoryTree({ rootFile: 'all of it\n' }))
    expect(await sh('cat "$1"; printf new > "$1"; cat "$1"', path)).toBe('all of it\nnew')
    await session.unmount()
    expect(await sh('cat "$1"', path)).toBe('')
  })

  test('the mountpoint may be a symbolic link and need not be empty', async () => {
    const path = await mountpoint()
    await sh('touch "$1/below"; ln -s "$1" "$1.link"', path)
    const { session } = await served(`${path}.link`)
    expect(session.path).toBe(path)
    expect(await sh('ls "$1"', path)).toBe('hello\n')
    await session.unmount()
    expect(await sh('ls "$1"; rm "$1/below" "$1.link"', path)).toBe('below\n')
  })

  test('one mountpoint again and again', async () => {
    const path = await mountpoint()
    for (let round = 0; round < 5; round += 1) {
      const { session } = await served(path)
      expect(await sh('cat "$1/hello"', path)).toBe('hello world\n')
      await session.unmount()
    }
    expect(await mountsAt(path)).toEqual([])
  })

  test('is served once', async () => {
    const { session } = await served(await mountpoint())
    expect(() => session.serve(new Server(new MemoryTree()))).toThrow(/once/)
    await session.unmount()
  })

  test('unmounted before it is served', async () => {
    const path = await mountpoint()
    const session = await FuseSession.mount(path)
    await session.unmount()
    await session.closed
    await expect(session.ready).rejects.toThrow(/before it was ready/)
    expect(await mountsAt(path)).toEqual([])
  })

  test('a refused INIT unmounts and rejects', async () => {
    const path = await mountpoint()
    const session = await FuseSession.mount(path, { logger: SILENT })
    const fs = {
      init() {
        throw Errno.EPROTO
      },
    }
    await expect(session.serve(new Server(fs, { logger: SILENT }))).rejects.toThrow(InitRefusedError)
    await expect(session.closed).rejects.toThrow(InitRefusedError)
    expect(await mountsAt(path)).toEqual([])
  })

  test('a failing destroy rejects closed, and nothing stays mounted', async () => {
    const path = await mountpoint()
    const session = await FuseSession.mount(path, { logger: SILENT })
    await session.serve(
      new Server({ destroy: () => Promise.reject(new Error('cannot save')) }, { notifier: session.notifier }),
    )
    await expect(session.unmount()).rejects.toThrow('cannot save')
    expect(await mountsAt(path)).toEqual([])
  })

  test('eight readers at once, some of them waiting for others', async () => {
    const path = await mountpoint()
    const fs = new MemoryTree()
    const contents = Array.from({ length: 8 }, (_, index) => `${index}`.repeat(300_000))
    for (const [index, content] of contents.entries()) fs.addFile(`f${index}`, content)
    const now = fs.read.bind(fs)
    let reads = 0
    fs.read = async (...args) => {
      reads += 1
      await new Promise((resolve) => setTimeout(resolve, reads % 5))
      return now(...args)
    }
    const { session } = await served(path, fs)
    const seen = await Promise.all(contents.map((_, index) => sh('cat "$1/$2"', path, `f${index}`)))
    expect(seen).toEqual(contents)
    await session.unmount()
  })

  test('leaves no descriptor and no connection behind', async () => {
    const path = await mountpoint()
    const cycle = async (): Promise<number | undefined> => {
      const { session } = await served(path)
      await sh('cat "$1/hello"', path)
      const channel = session.newChannel({ clone: true })
      await session.notifier.incEpoch()
      channel.close()
      await session.unmount()
      return session.connection
    }
    await cycle()
    const before = (await readdir('/proc/self/fd')).length
    const numbers = [await cycle(), await cycle(), await cycle()]
    expect((await readdir('/proc/self/fd')).length).toBe(before)
    if (machine.device.available) {
      const left = await connections()
      for (const number of numbers) expect(left).not.toContain(number)
    }
  })
})

describeWith('the end of a session', [machine.mount, root], () => {
  test('umount from outside', async () => {
    const path = await mountpoint()
    const { session, fs } = await served(path)
    await sh('umount "$1"', path)
    await session.closed
    expect(fs.destroyed).toBe(1)
  })

  test('umount -l with a file open: the rest is served until it is closed', async () => {
    const path = await mountpoint()
    const { session } = await served(path)
    const file = await openElsewhere(`${path}/hello`)
    await sh('umount -l "$1"', path)
    expect(await mountsAt(path)).toEqual([])
    expect(await file.finish()).toBe('hello world\n')
    await session.closed
  })

  test('umount -f', async () => {
    const path = await mountpoint()
    const { session } = await served(path)
    await sh('umount -f "$1"', path)
    await session.closed
    expect(await mountsAt(path)).toEqual([])
  })

  test('an abort leaves no dead mount behind', async () => {
    const path = await mountpoint()
    const { session } = await served(path)
    await abortConnection(session.connection as number)
    await session.closed
    expect(await mountsAt(path)).toEqual([])
    expect(await readdir(path)).toEqual([])
  })

  test('an abort ends requests that wait', async () => {
    const path = await mountpoint()
    const fs = new MemoryTree()
    let aborted: boolean | undefined
    let asked = false
    fs.getattr = () => Errno.EIO
    fs.lookup = (_parent, _name, ctx) => {
      asked = true
      return new Promise((_, reject) => {
        ctx.signal.addEventListener('abort', () => {
          aborted = true
          reject(Errno.EINTR)
        })
      })
    }
    const { session } = await served(path, fs)
    const waiting = shStatus('cat "$1/never"', path)
    await until(() => asked)
    await abortConnection(session.connection as number)
    await session.closed
    expect((await waiting).code).not.toBe(0)
    expect(aborted).toBe(true)
  })

  test('what is in use is not unmounted, except lazily', async () => {
    const path = await mountpoint()
    const { session } = await served(path)
    const file = await openElsewhere(`${path}/hello`)
    const error = await session.unmount().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(MountError)
    expect(error).toMatchObject({ code: 'EBUSY', mountpoint: path, remedy: expect.stringMatching(/lazy/) })
    expect(await sh('cat "$1/hello"', path)).toBe('hello world\n')
    await session.unmount({ lazy: true })
    expect(await mountsAt(path)).toEqual([])
    expect(await file.finish()).toBe('hello world\n')
    await session.closed
  })

  test('by force, whoever uses it', async () => {
    const path = await mountpoint()
    const { session } = await served(path)
    const file = await openElsewhere(`${path}/hello`)
    await session.unmount({ force: true })
    expect(await mountsAt(path)).toEqual([])
    await expect(file.finish()).rejects.toThrow()
    await session.closed
  })

  test('disposal unmounts what is in use too', async () => {
    const path = await mountpoint()
    const { session } = await served(path)
    const file = await openElsewhere(`${path}/hello`)
    await session[Symbol.asyncDispose]()
    expect(await mountsAt(path)).toEqual([])
    await file.finish()
    await session.closed
  })

  test('unmounting takes away its own mount, not one that came after it', async () => {
    const path = await mountpoint()
    const { session } = await served(path)
    await sh('umount "$1"; mount -t tmpfs other "$1"', path)
    await session.closed
    await session.unmount()
    expect(await mountsAt(path)).toEqual([expect.stringContaining(' tmpfs ')])
    await sh('umount "$1"', path)
  })

  test('a mount within a mount that the same thread serves', async () => {
    const outer = await served(await mountpoint())
    await sh('mkdir "$1/inner"', outer.session.path as string)
    const inner = await served(`${outer.session.path}/inner`)
    expect(await sh('cat "$1/hello"', inner.session.path as string)).toBe('hello world\n')
    await inner.session.unmount()
    await outer.session.unmount()
  })
})
