import { type ChildProcess, spawn } from 'node:child_process'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Server } from '@fb/api'
import { afterEach, expect, test } from 'vitest'
import { FuseSession } from '../src/fuse-session.js'
import type { MountNamespace } from '../src/mount/namespace.js'
import type { FuseSessionOptions } from '../src/session-options.js'
import { describeWith, machine, root } from './support/machine.js'
import { MemoryTree } from './support/memory-tree.js'
import { mountpoint, mountsAt, scratchDirectory } from './support/mountpoints.js'
import { sh, until } from './support/run.js'

const others: ChildProcess[] = []

/** A process in a mount namespace of its own. */
async function elsewhere(): Promise<number> {
  const child = spawn('unshare', ['-m', 'sh', '-c', 'echo; exec sleep 1000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  others.push(child)
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child.pid as number
}

afterEach(async () => {
  for (const child of others.splice(0)) {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once('exit', resolve))
  }
})

const inside = (pid: number, script: string, ...args: string[]): Promise<string> =>
  sh(`exec nsenter --mount=/proc/${pid}/ns/mnt sh -c '${script}' sh "$@"`, ...args)

async function serve(path: string, options: FuseSessionOptions, fs = new MemoryTree()): Promise<FuseSession> {
  if (fs.root.data.length === 0) fs.addFile('hello', 'over there\n')
  const session = await FuseSession.mount(path, options)
  await session.serve(new Server(fs, { notifier: session.notifier }))
  return session
}

describeWith('another mount namespace', [machine.mount, root], () => {
  test.each([{}, { autoUnmount: true }])('by the number of a process %j', async (options) => {
    const pid = await elsewhere()
    const path = await mountpoint()
    const session = await serve(path, { ...options, mountNamespace: { pid } })
    expect(await inside(pid, 'cat "$1/hello"', path)).toBe('over there\n')
    expect(await mountsAt(path)).toEqual([])
    await session.unmount()
    expect(await inside(pid, 'ls "$1"', path)).toBe('')
  })

  test('by a descriptor', async () => {
    const pid = await elsewhere()
    const path = await mountpoint()
    const namespace = await open(`/proc/${pid}/ns/mnt`)
    const mountNamespace: MountNamespace = { fd: namespace.fd }
    const session = await serve(path, { mountNamespace })
    expect(await inside(pid, 'cat "$1/hello"', path)).toBe('over there\n')
    await session.unmount()
    expect(await inside(pid, 'ls "$1"', path)).toBe('')
    await namespace.close()
  })

  test('on a file', async () => {
    const pid = await elsewhere()
    const path = join(await scratchDirectory(), 'file')
    await writeFile(path, 'below')
    const session = await serve(path, { mountNamespace: { pid } }, new MemoryTree({ rootFile: 'above' }))
    expect(await inside(pid, 'cat "$1"', path)).toBe('above')
    await session.unmount()
    expect(await inside(pid, 'cat "$1"', path)).toBe('below')
  })

  test('the session ends with the last process of the namespace', async () => {
    const pid = await elsewhere()
    const session = await serve(await mountpoint(), { mountNamespace: { pid } })
    others[0]?.kill('SIGKILL')
    await session.closed
    await session.unmount()
  })

  test('a namespace that does not exist', async () => {
    const pid = await elsewhere()
    const child = others[0]
    child?.kill('SIGKILL')
    await until(() => child?.signalCode !== null)
    await expect(FuseSession.mount('/mnt', { mountNamespace: { pid } })).rejects.toMatchObject({
      name: 'MountError',
      code: 'ESRCH',
    })
  })

  test('a mountpoint that does not exist there', async () => {
    const pid = await elsewhere()
    await expect(FuseSession.mount('/no/such', { mountNamespace: { pid } })).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })
})
