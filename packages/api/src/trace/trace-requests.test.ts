import { it } from 'vitest'
import { makeAttr } from '../attr.js'
import { Errno } from '../errno.js'
import { FuseClient } from '../testing/fuse-client.js'
import { traceRequests } from './trace-requests.js'

it('x', async () => {
  const attr = makeAttr({ mode: 0o40755, size: 4096 })
  const client = await FuseClient.connect(
    {
      lookup: (_p, n) =>
        n.length === 3 ? { nodeid: 7, generation: 0, attr, attrTimeout: 1, entryTimeout: 1 } : Errno.ENOENT,
      create: async () => ({
        entry: { nodeid: 7, generation: 0, attr, attrTimeout: 1, entryTimeout: 1 },
        open: { fh: 3, openFlags: 3 },
      }),
      getattr: () => ({ attr, attrTimeout: 2 }),
      setattr: () => ({ attr, attrTimeout: 2 }),
      async readdir(_n, _f, c, s) {
        if (c < 1n) {
          s.add('x', 1, 4, 1n)
        }
      },
      read: () => new Uint8Array(10),
      write: (_n, _f, _o, s) => s.size,
    },
    { server: { observe: traceRequests((line) => console.log(line)) } },
  )
  await client.lookup(1, 'etc')
  await client.lookup(1, 'etc\u001b\u202exü').catch(() => {})
  await client.create(1, 'f', 0o100644, 0o1102 | 0o2000, { groups: [1, 2], umask: 0o22 })
  await client.readdir(1, 0)
  await client.setattr(1, { mode: 0o644, atime: 'now', mtime: { seconds: 5, nanoseconds: 7 } })
  await client.read(7, 3, 0, 4096)
  await client.write(7, 3, 0, new Uint8Array(77), { flags: 2, writeFlags: 1 })
  await client.statfs()
  await client.statx(1, 0xfff)
  await client
    .setlk(1, 2, {
      owner: 5n,
      lock: { start: 0n, end: (1n << 63n) - 1n, type: 1, pid: 4 },
      flock: true,
      wait: true,
    })
    .catch(() => {})
  await client.poll(1, 2, 5, 7n)
  await client.getxattrSize(1, 'user.x').catch(() => {})
  await client.close()
})
