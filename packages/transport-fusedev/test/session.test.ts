import { Server } from '@fb/api'
import { expect, test } from 'vitest'
import { FuseSession } from '../src/fuse-session.js'
import { MemoryTree } from './support/memory-tree.js'
import { mountpoint, mountsAt } from './support/mountpoints.js'
import { sh } from './support/run.js'

test('mounts, serves, unmounts', async () => {
  const path = await mountpoint()
  const fs = new MemoryTree()
  fs.addFile('hello', 'hello world\n')
  const session = await FuseSession.mount(path, { fsname: 'a,b', subtype: 'x' })
  const server = new Server(fs, { notifier: session.notifier })
  const negotiated = await session.serve(server)
  expect(negotiated.major).toBe(7)
  expect(await sh('cat "$1/hello"; echo 12345 > "$1/new"; ls "$1"', path)).toBe('hello world\nhello\nnew\n')
  expect(fs.text('new')).toBe('12345\n')
  await session.unmount()
  await session.closed
  expect(await mountsAt(path)).toEqual([])
  expect(fs.destroyed).toBe(1)
})
