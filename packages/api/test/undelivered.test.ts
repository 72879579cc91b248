import { describe, expect, it } from 'vitest'
import type { DirectorySink } from '../src/directory-sink.js'
import { Errno } from '../src/errno.js'
import type { FileSystem, Outcome } from '../src/file-system.js'
import { FuseClient } from '../src/testing/fuse-client.js'
import { entry, openReply } from './operations.js'

/** A file system that answers as `answer` does, and what it was told to undo. */
function recording(answer: <T>(value: T) => Outcome<T>) {
  const undone: unknown[][] = []
  const list = (_node: number, _fh: number, cookie: bigint, sink: DirectorySink): Outcome<void> => {
    if (cookie > 0n) return answer(undefined)
    sink.addPlus('.', { ...entry, nodeid: 0 }, 1n)
    sink.addPlus('a', { ...entry, nodeid: 20 }, 2n)
    sink.add('b', 5, 8, 3n)
    sink.addPlus('c', { ...entry, nodeid: 21 }, 4n)
    return answer(undefined)
  }
  const fs: FileSystem = {
    lookup: () => answer(entry),
    symlink: () => answer(entry),
    mknod: () => answer(entry),
    mkdir: () => answer(entry),
    link: () => answer(entry),
    create: () => answer({ entry, open: openReply }),
    tmpfile: () => answer({ entry, open: openReply }),
    open: () => answer(openReply),
    opendir: () => answer(openReply),
    readdir: list,
    readdirplus: list,
    forget: (...args) => void undone.push(['forget', ...args]),
    release: (node, fh) => void undone.push(['release', node, fh]),
    releasedir: (node, fh) => void undone.push(['releasedir', node, fh]),
  }
  return { fs, undone }
}

const forgotten = ['forget', 7, 1]
const { fh } = openReply
const operations: readonly (readonly [string, (client: FuseClient) => Promise<unknown>, unknown[][]])[] = [
  ['LOOKUP', (client) => client.lookup(1, 'a'), [forgotten]],
  ['SYMLINK', (client) => client.symlink(1, 'a', 'b'), [forgotten]],
  ['MKNOD', (client) => client.mknod(1, 'a', 0o100644), [forgotten]],
  ['MKDIR', (client) => client.mkdir(1, 'a'), [forgotten]],
  ['LINK', (client) => client.link(7, 1, 'a'), [forgotten]],
  ['CREATE', (client) => client.create(1, 'a', 0o100644, 0), [['release', 7, fh], forgotten]],
  ['TMPFILE', (client) => client.tmpfile(1, 0o100644, 0), [['release', 7, fh], forgotten]],
  ['OPEN', (client) => client.open(7), [['release', 7, fh]]],
  ['OPENDIR', (client) => client.opendir(7), [['releasedir', 7, fh]]],
  [
    'READDIRPLUS',
    (client) => client.readdirplusPage(1, 1),
    [
      ['forget', 20, 1],
      ['forget', 21, 1],
    ],
  ],
  ['READDIR', (client) => client.readdirPage(1, 1), []],
]
const ways = [
  ['at once', <T>(value: T): Outcome<T> => value],
  ['by a promise', async <T>(value: T): Promise<T> => value],
] as const

describe.each(ways)('an answer %s', (_way, answer) => {
  it.each(operations)('%s: is taken back where nobody gets it', async (_name, ask, expected) => {
    const { fs, undone } = recording(answer)
    const client = await FuseClient.connect(fs)
    client.channel.connected = false
    await expect(ask(client)).rejects.toMatchObject({ code: 'ENOTCONN' })
    expect(undone).toEqual(expected)
  })

  it.each(operations)('%s: is left alone where it is delivered', async (_name, ask) => {
    const { fs, undone } = recording(answer)
    const client = await FuseClient.connect(fs)
    await ask(client)
    expect(undone).toEqual([])
  })

  it.each(operations.slice(0, 7))(
    '%s: is taken back where the client has no room for it',
    async (_name, ask, expected) => {
      const { fs, undone } = recording(answer)
      // Room for the answer to INIT, but not for an entry.
      const client = await FuseClient.connect(fs, { replyCapacity: 100 })
      await expect(ask(client)).rejects.toMatchObject({ code: 'EIO' })
      expect(undone).toEqual(expected)
    },
  )
})

describe('a list', () => {
  it('that fails half-way gives its lookups back', async () => {
    const undone: number[] = []
    const fs: FileSystem = {
      readdirplus(_node, fh, _cookie, sink) {
        sink.addPlus('a', { ...entry, nodeid: 20 }, 1n)
        if (fh === 1) return Errno.EIO
        if (fh === 2) throw Errno.EIO
        return Promise.reject(Errno.EIO)
      },
      forget: (node) => void undone.push(node),
    }
    const client = await FuseClient.connect(fs)
    for (const handle of [1, 2, 3]) {
      await expect(client.readdirplusPage(1, handle)).rejects.toMatchObject({ code: 'EIO' })
    }
    expect(undone).toEqual([20, 20, 20])
  })

  it('that is abandoned gives its lookups back once, and takes no more', async () => {
    const undone: number[] = []
    let go = (): void => {}
    const held = new Promise<void>((resolve) => {
      go = resolve
    })
    const added: boolean[] = []
    const fs: FileSystem = {
      async readdirplus(_node, _fh, _cookie, sink) {
        added.push(sink.addPlus('a', { ...entry, nodeid: 20 }, 1n))
        await held
        added.push(sink.addPlus('b', { ...entry, nodeid: 21 }, 2n))
      },
      forget: (node) => void undone.push(node),
    }
    const client = await FuseClient.connect(fs)
    const listed = client.readdirplusPage(1, 1)
    const settled = expect(listed).rejects.toMatchObject({ code: 'ECONNABORTED' })
    await client.server.close()
    await settled
    go()
    await new Promise(setImmediate)
    expect(added).toEqual([true, false])
    expect(undone).toEqual([20])
  })
})

describe('an answer in small pieces', () => {
  it('counts as delivered for what the client has got only', async () => {
    const { fs, undone } = recording(ways[0][1])
    const client = await FuseClient.connect(fs)
    await client.readdirplus(1, 1)
    expect([...client.lookups]).toEqual([
      [20, 1],
      [21, 1],
    ])
    await client.forgetAll()
    expect(undone).toEqual([
      ['forget', 20, 1],
      ['forget', 21, 1],
    ])
  })
})
