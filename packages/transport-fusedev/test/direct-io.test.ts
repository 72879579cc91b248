import { randomBytes } from 'node:crypto'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OpenReplyFlag } from '@fb/abi'
import { Server } from '@fb/api'
import { AT_FDCWD, check, close, O_DIRECT, O_RDWR, openat } from '@fb/sys'
import { expect, test } from 'vitest'
import { FuseSession } from '../src/fuse-session.js'
import { describeWith, machine } from './support/machine.js'
import { MemoryTree } from './support/memory-tree.js'
import { mountpoint, scratchDirectory } from './support/mountpoints.js'
import { sh } from './support/run.js'

const MIB = 1024 * 1024

describeWith('a file opened with O_DIRECT behind the file system', [machine.mount], () => {
  test.each(['at once', 'on another thread'])('reads and writes 1 MiB in one request, %s', async (way) => {
    const scratch = await scratchDirectory()
    const backing = join(scratch, 'backing')
    const before = randomBytes(MIB)
    const after = randomBytes(MIB)
    await writeFile(backing, before)
    await writeFile(join(scratch, 'after'), after)
    const fd = check(openat(AT_FDCWD, backing, O_RDWR | O_DIRECT, 0), 'open O_DIRECT')

    const fs = new MemoryTree()
    fs.addFile('file', new Uint8Array(MIB))
    fs.openFlags = OpenReplyFlag.DIRECT_IO
    const sizes: number[] = []
    const now = way === 'at once'
    fs.read = (_node, _fh, offset, sink) => {
      sizes.push(sink.size)
      return now ? sink.fromFd(fd, offset) : sink.fromFdAsync(fd, offset)
    }
    fs.write = (_node, _fh, offset, source) => {
      sizes.push(source.size)
      return now ? source.toFd(fd, offset) : source.toFdAsync(fd, offset)
    }
    const path = await mountpoint()
    const session = await FuseSession.mount(path)
    await session.serve(new Server(fs, { notifier: session.notifier }))
    await sh('dd if="$1/file" bs=1M of="$2/read" 2>&1', path, scratch)
    await sh('dd if="$2/after" bs=1M of="$1/file" conv=notrunc 2>&1', path, scratch)
    await session.unmount()
    close(fd)

    // The last read finds the end of the file.
    expect(sizes.slice(0, 1)).toEqual([MIB])
    expect(sizes.slice(-1)).toEqual([MIB])
    const read = await open(join(scratch, 'read'))
    expect((await read.readFile()).equals(before)).toBe(true)
    await read.close()
    const written = await open(backing)
    expect((await written.readFile()).equals(after)).toBe(true)
    await written.close()
  })
})
