import { Errno, quietLogger } from '@fb/api'
import { expect, test } from 'vitest'
import { mount } from '../src/mounted.js'
import { InitRefusedError } from '../src/serve/dispatch.js'
import { describeWith, machine } from './support/machine.js'
import { MemoryTree } from './support/memory-tree.js'
import { mountpoint, mountsAt } from './support/mountpoints.js'
import { sh } from './support/run.js'

const SILENT = { ...quietLogger, error() {} }

function tree(): MemoryTree {
  const fs = new MemoryTree()
  fs.addFile('hello', 'hello\n')
  return fs
}

describeWith('mount', [machine.mount], () => {
  test('mounts, serves, and can be used when it resolves', async () => {
    const path = await mountpoint()
    const fs = tree()
    const mounted = await mount(fs, path, { server: { maxWrite: 65536 }, subtype: 'test' })
    expect(mounted.path).toBe(path)
    expect(mounted.negotiated).toMatchObject({ major: 7, maxWrite: 65536 })
    expect(fs.connection?.notifier).toBe(mounted.notifier)
    expect(await sh('cat "$1/hello"', path)).toBe('hello\n')
    await mounted.unmount()
    await mounted.closed
    expect(await mountsAt(path)).toEqual([])
  })

  test('is disposed of', async () => {
    const path = await mountpoint()
    {
      await using mounted = await mount(tree(), path)
      expect(await sh('cat "$1/hello"', mounted.path as string)).toBe('hello\n')
    }
    expect(await mountsAt(path)).toEqual([])
  })

  test('its signal unmounts', async () => {
    const path = await mountpoint()
    const controller = new AbortController()
    const mounted = await mount(tree(), path, { signal: controller.signal })
    controller.abort()
    await mounted.closed
    expect(await mountsAt(path)).toEqual([])
  })

  test('a signal that has aborted, or does so meanwhile, leaves nothing mounted', async () => {
    const path = await mountpoint()
    const reason = new Error('changed my mind')
    await expect(mount(tree(), path, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const mounting = mount(tree(), path, { signal: controller.signal })
    controller.abort(reason)
    await expect(mounting).rejects.toBe(reason)
    expect(await mountsAt(path)).toEqual([])
  })

  test('a file system that refuses the connection leaves nothing mounted', async () => {
    const path = await mountpoint()
    const refusing = {
      init() {
        throw Errno.EPERM
      },
    }
    await expect(mount(refusing, path, { logger: SILENT })).rejects.toThrow(InitRefusedError)
    expect(await mountsAt(path)).toEqual([])
    expect(process.listenerCount('SIGTERM')).toBe(0)
  })

  test('leaves no listener behind', async () => {
    const before = process.listenerCount('exit')
    const controller = new AbortController()
    const mounted = await mount(tree(), await mountpoint(), { signal: controller.signal })
    expect(process.listenerCount('exit')).toBe(before + 1)
    expect(process.listenerCount('SIGINT')).toBe(1)
    await mounted.unmount()
    expect(process.listenerCount('exit')).toBe(before)
    expect(process.listenerCount('SIGINT')).toBe(0)
    controller.abort()
  })
})
