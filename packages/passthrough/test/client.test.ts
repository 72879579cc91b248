import { readFileSync } from 'node:fs'
import { FuseClient, fuzzRound } from '@fb/api/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { PassthroughFs } from '../src/index.js'
import { describeFds, openFds } from './support/descriptors.js'
import { LoopDisk, whyNoLoopDisk } from './support/loop-disk.js'
import { bytes, PLACES, useTree } from './support/tree.js'

const ROOT = 1
const O_RDWR = 2
const text = (data: Uint8Array): string => new TextDecoder().decode(data)

describe.each(
  PLACES.flatMap(({ kind, base }) => [true, false].map((blocking) => ({ kind, base, blocking }))),
)('through the protocol ($kind, blocking $blocking)', ({ base, blocking }) => {
  const use = useTree(base, { blocking })

  it('serves what a kernel asks for', async () => {
    const { tree } = use
    const client = await FuseClient.connect(tree.fs)
    const dir = await client.mkdir(ROOT, 'dir', 0o755)
    const { entry, open } = await client.create(dir.nodeid, 'file', 0o644, O_RDWR)
    expect(await client.write(entry.nodeid, open.fh, 0, bytes('hello world'))).toBe(11)
    expect(text(await client.read(entry.nodeid, open.fh, 6, 5))).toBe('world')
    expect(text(await client.read(entry.nodeid, open.fh, 0, 100))).toBe('hello world')
    await client.flush(entry.nodeid, open.fh)
    await client.fsync(entry.nodeid, open.fh)
    await client.release(entry.nodeid, open.fh)
    await client.symlink(dir.nodeid, 'link', 'file')
    await client.rename(dir.nodeid, 'file', ROOT, 'moved')
    expect(readFileSync(tree.at('moved'), 'utf8')).toBe('hello world')
    await client.setxattr(entry.nodeid, 'user.mime', bytes('text/plain'))
    expect(await client.listxattr(entry.nodeid)).toContain('user.mime')
    expect((await client.getattr(entry.nodeid)).attr.size).toBe(11)
    expect((await client.statx(entry.nodeid, 0xfff)).stat.size).toBe(11)
    await expect(client.lookup(ROOT, 'missing')).rejects.toMatchObject({ code: 'ENOENT' })
    const handle = await client.opendir(ROOT)
    const names = (await client.readdirplus(ROOT, handle.fh)).map(({ name }) => text(name)).sort()
    expect(names).toEqual(['.', '..', 'dir', 'moved'])
    await client.releasedir(ROOT, handle.fh)
    await client.unlink(ROOT, 'moved')
    expect((await client.getattr(entry.nodeid)).attr.nlink).toBe(0)
    await client.destroy()
    expect(tree.fs.usage()).toMatchObject({ inodes: 1, openFiles: 0 })
    await client.close()
  })

  it('takes a lookup back that the client did not get', async () => {
    const { tree } = use
    const client = await FuseClient.connect(tree.fs)
    const { nodeid } = await client.mkdir(ROOT, 'dir', 0o755)
    expect(tree.fs.usage().inodes).toBe(2)
    await client.forget(nodeid, 1)
    expect(tree.fs.usage().inodes).toBe(1)
    await client.close()
  })
})

const reason = whyNoLoopDisk()
if (reason !== undefined) console.warn(`random requests are not tried: ${reason}`)

describe.skipIf(reason !== undefined)('random requests', () => {
  let disk: LoopDisk | undefined

  beforeAll(() => {
    disk = new LoopDisk(64)
  })

  afterAll(() => {
    disk?.remove()
  })

  it.each(
    [true, false].flatMap((blocking) =>
      (['prefer', 'never'] as const).map((handles) => ({ blocking, handles })),
    ),
  )(
    'are all answered, and leave nothing behind (blocking $blocking, file handles $handles)',
    async ({ blocking, handles }) => {
      const before = openFds()
      const succeeded = new Set<string>()
      for (let round = 0; round < 8; round += 1) {
        const fs = new PassthroughFs({
          source: disk?.path ?? '',
          blocking,
          inodeFileHandles: handles,
          maxInodes: 64,
          maxOpenFiles: 32,
          posixAcl: round % 2 === 0,
        })
        const result = await fuzzRound(20_261_122, round, () => fs)
        for (const name of result.succeeded) succeeded.add(name)
        fs.close()
      }
      for (const name of ['LOOKUP', 'GETATTR', 'SETATTR', 'OPENDIR', 'STATFS'])
        expect(succeeded).toContain(name)
      // What was on its way to the disk when a round ended closes its descriptors when it gets there.
      await vi.waitFor(
        () => expect(describeFds(openFds().filter((fd) => !before.includes(fd)))).toEqual([]),
        60_000,
      )
    },
  )
})
