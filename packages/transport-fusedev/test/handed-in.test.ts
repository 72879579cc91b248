import { open, readdir, readFile } from 'node:fs/promises'
import { quietLogger, Server } from '@fb/api'
import { dup } from '@fb/sys'
import { expect, test } from 'vitest'
import { FuseSession } from '../src/fuse-session.js'
import { MountError } from '../src/mount/mount-error.js'
import { describeWith, machine, root } from './support/machine.js'
import { MemoryTree } from './support/memory-tree.js'
import { mountpoint } from './support/mountpoints.js'
import { sh } from './support/run.js'

const SILENT = { ...quietLogger, error() {} }

describeWith('a device that was handed in', [machine.mount, machine.device, root], () => {
  /** Mounts as a supervisor would, and hands out the descriptor. */
  async function supervisedMount(path: string): Promise<{ fd: number; supervisor: FuseSession }> {
    const supervisor = await FuseSession.mount(path)
    const device = await readdir('/proc/self/fd')
    for (const fd of device.map(Number)) {
      const info = await readFile(`/proc/self/fdinfo/${fd}`, 'utf8').catch(() => '')
      if (info.includes(`fuse_connection:\t${supervisor.connection}\n`)) return { fd: dup(fd), supervisor }
    }
    throw new Error('the descriptor of the supervisor was not found')
  }

  test.each(['fromFd', '/dev/fd/N'])('%s', async (way) => {
    const path = await mountpoint()
    const { fd, supervisor } = await supervisedMount(path)
    const session =
      way === 'fromFd' ? FuseSession.fromFd(fd) : await FuseSession.mount(`/dev/fd/${fd}`, { fsname: 'x' })
    expect(session.path).toBeUndefined()
    const fs = new MemoryTree()
    fs.addFile('hello', 'handed in\n')
    await session.serve(new Server(fs, { notifier: session.notifier }))
    expect(await sh('cat "$1/hello"', path)).toBe('handed in\n')
    await expect(session.unmount()).rejects.toThrow(/has not mounted anything/)
    await supervisor.unmount()
    await session.closed
    expect(fs.destroyed).toBe(1)
  })

  test('is not taken over without what INIT settled', async () => {
    const { fd, supervisor } = await supervisedMount(await mountpoint())
    await supervisor.serve(new Server(new MemoryTree()))
    const session = FuseSession.fromFd(fd, { logger: SILENT })
    await expect(session.serve(new Server(new MemoryTree()))).rejects.toThrow(/INIT was answered before/)
    await supervisor.unmount()
  })

  test('is taken over where INIT was answered before', async () => {
    const path = await mountpoint()
    const { fd, supervisor } = await supervisedMount(path)
    const first = new MemoryTree()
    const negotiated = await supervisor.serve(new Server(first))
    const session = FuseSession.fromFd(fd)
    const server = new Server(first, { notifier: session.notifier, negotiated })
    expect(await session.serve(server)).toBe(negotiated)
    await supervisor.unmount()
    await session.closed
  })

  test('must be /dev/fuse', async () => {
    const file = await open('/dev/null')
    expect(() => FuseSession.fromFd(file.fd)).toThrow(/not an open \/dev\/fuse/)
    await expect(FuseSession.mount(`/dev/fd/${file.fd}`)).rejects.toThrow(MountError)
    await file.close()
  })
})
