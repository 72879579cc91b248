import { InitFlag, OpenReplyFlag, opcodes } from '@fb/abi'
import { describe, expect, it } from 'vitest'
import { operations } from '../../test/operations.js'
import { makeAttr } from '../attr.js'
import { Errno } from '../errno.js'
import type { Entry, FileSystem } from '../file-system.js'
import { Server } from '../server.js'
import { FuseClient } from '../testing/fuse-client.js'
import { MemoryChannel } from '../testing/memory-channel.js'
import { RequestBody } from '../testing/request-body.js'
import { encodeRequest } from '../testing/request-bytes.js'
import { type TraceOptions, traceRequests } from './trace-requests.js'

const attr = makeAttr({ mode: 0o040755, size: 4096 })
const entry: Entry = { nodeid: 7, generation: 0, attr, attrTimeout: 1, entryTimeout: 1 }

/** A client whose requests are traced, and the lines without their times. INIT's line is dropped. */
async function traced(fs: FileSystem, options: TraceOptions = {}) {
  const all: string[] = []
  const observe = traceRequests((line) => all.push(line), options)
  const client = await FuseClient.connect(fs, { uid: 1000, gid: 1000, pid: 442, server: { observe } })
  all.length = 0
  const lines = (): string[] =>
    all.map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{6} /, '').replace(/ <\d+\.\d{6}>$/, ''))
  return { client, all, lines }
}

const who = 'uid=1000 gid=1000 pid=442'

describe('a line', () => {
  it('has the time, the request, the reply and how long it took', async () => {
    let time = new Date(2026, 10, 22, 12, 3, 4, 123).getTime() + 0.456
    const now = (): number => {
      const result = time
      time += 0.031
      return result
    }
    const { client, all } = await traced({ lookup: () => entry }, { now })
    time = new Date(2026, 10, 22, 12, 3, 4, 123).getTime() + 0.5
    await client.lookup(1, 'etc')
    expect(all).toEqual([`12:03:04.123500 LOOKUP node=1 "etc" ${who} = node 7 dir 0755 size=4096 <0.000031>`])
  })

  it('by default tells the time of this machine', async () => {
    const { client, all } = await traced({})
    await client.statfs()
    expect(all[0]).toMatch(/^[012]\d:[0-5]\d:[0-5]\d\.\d{6} STATFS .* <\d+\.\d{6}>$/)
  })

  it('of an error says it as strace does', async () => {
    const { client, lines } = await traced({ lookup: () => Errno.ENOENT, access: () => Errno.of(4000) })
    await client.lookup(1, 'etc').catch(() => {})
    await client.access(1, 4).catch(() => {})
    expect(lines()).toEqual([
      `LOOKUP node=1 "etc" ${who} = -1 ENOENT (No such file or directory)`,
      `ACCESS node=1 mask=R_OK ${who} = -1 E4000 (Unknown error 4000)`,
    ])
  })

  it('comes when a promise settles, and not before', async () => {
    let settle: (entry: Entry) => void = () => {}
    const { client, lines } = await traced({ lookup: () => new Promise((resolve) => (settle = resolve)) })
    const asked = client.lookup(1, 'etc')
    expect(lines()).toEqual([])
    settle(entry)
    await asked
    expect(lines()).toEqual([`LOOKUP node=1 "etc" ${who} = node 7 dir 0755 size=4096`])
  })

  it('says where nobody got the reply, or none is due', async () => {
    const { client, lines } = await traced({ lookup: () => entry, setlk: () => new Promise(() => {}) })
    client.channel.connected = false
    await client.lookup(1, 'etc').catch(() => {})
    client.channel.connected = true
    await client.forget(7, 2)
    await client.batchForget(Array.from({ length: 10 }, (_, index) => [index + 1, 1] as const))
    expect(lines()).toEqual([
      `LOOKUP node=1 "etc" ${who} = node 7 dir 0755 size=4096 (not delivered)`,
      `FORGET node=7 nlookup=2 ${who} = no reply`,
      `BATCH_FORGET count=10 ${Array.from({ length: 8 }, (_, index) => `[nodeid=${index + 1} nlookup=1]`).join(' ')} ... ${who} = no reply`,
    ])
  })
})

describe('words for numbers', () => {
  it('flags have names', async () => {
    const open = { fh: 3, openFlags: OpenReplyFlag.DIRECT_IO | OpenReplyFlag.KEEP_CACHE }
    const { client, lines } = await traced({
      open: () => open,
      create: () => ({ entry, open }),
      setattr: () => ({ attr, attrTimeout: 1 }),
      rename: () => undefined,
      fallocate: () => undefined,
      setlk: () => undefined,
      poll: () => 5,
    })
    await client.open(7, 0o2002)
    await client.create(1, 'new', 0o100644, 0o1102, { umask: 0o022, groups: [4, 24] })
    await client.setattr(7, { mode: 0o600, mtime: 'now', atime: { seconds: 5, nanoseconds: 7 } }, 3)
    await client.rename(1, 'a', 2, 'b', 3)
    await client.fallocate(7, 3, 0, 4096, 3)
    const lock = { start: 0n, end: 2n ** 63n - 1n, type: 1, pid: 4 }
    await client.setlk(7, 3, { owner: 10n, lock, flock: true, wait: true })
    await client.poll(7, 3, 5, 9n)
    expect(lines()).toEqual([
      `OPEN node=7 flags=O_RDWR|O_APPEND ${who} = fh=3 open_flags=FOPEN_DIRECT_IO|FOPEN_KEEP_CACHE`,
      `CREATE node=1 flags=O_RDWR|O_CREAT|O_TRUNC mode=0100644 umask=022 "new" groups=[4,24] ${who} = node 7 dir 0755 size=4096 fh=3 open_flags=FOPEN_DIRECT_IO|FOPEN_KEEP_CACHE`,
      `SETATTR node=7 valid=FATTR_MODE|FATTR_ATIME|FATTR_MTIME|FATTR_FH|FATTR_MTIME_NOW fh=3 atime=5.000000007 mtime=now mode=0600 ${who} = dir 0755 size=4096`,
      `RENAME2 node=1 newdir=2 flags=RENAME_NOREPLACE|RENAME_EXCHANGE "a" "b" ${who} = 0`,
      `FALLOCATE node=7 fh=3 offset=0 length=4096 mode=FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE ${who} = 0`,
      `SETLKW node=7 fh=3 owner=0xa start=0 end=EOF type=F_WRLCK pid=4 lk_flags=FUSE_LK_FLOCK ${who} = 0`,
      `POLL node=7 fh=3 kh=0x9 flags=FUSE_POLL_SCHEDULE_NOTIFY events=POLLIN|POLLOUT ${who} = POLLIN|POLLOUT`,
    ])
  })

  it('data shows as its size', async () => {
    const { client, lines } = await traced({
      read: () => new Uint8Array(10),
      write: (_node, _fh, _offset, source) => source.size,
      readlink: () => 'target',
      getxattr: (_node, _name, size) => (size === 0 ? 5 : new Uint8Array(5)),
      async readdir(_node, _fh, _cookie, sink) {
        sink.add('a', 1, 8, 1n)
        sink.add('b', 2, 8, 2n)
      },
      readdirplus: (_node, _fh, _cookie, sink) => void sink.addPlus('a', entry, 1n),
    })
    await client.read(7, 3, 2 ** 40, 4096)
    await client.write(7, 3, 0, new Uint8Array(77), { flags: 2, writeFlags: 1 })
    await client.readlink(7)
    await client.getxattrSize(7, 'user.x')
    await client.getxattr(7, 'user.x', 100)
    await client.readdirPage(1, 3)
    await client.readdirplusPage(1, 3, { cookie: 2n ** 64n - 1n })
    expect(lines()).toEqual([
      `READ node=7 fh=3 offset=1099511627776 size=4096 flags=O_RDONLY ${who} = 10 bytes`,
      `WRITE node=7 fh=3 offset=0 size=77 write_flags=FUSE_WRITE_CACHE flags=O_RDWR ${who} = 77`,
      `READLINK node=7 ${who} = 6 bytes`,
      `GETXATTR node=7 size=0 "user.x" ${who} = 5`,
      `GETXATTR node=7 size=100 "user.x" ${who} = 5 bytes`,
      `READDIR node=1 fh=3 offset=0 size=4096 flags=O_RDONLY ${who} = 2 entries (64 bytes)`,
      `READDIRPLUS node=1 fh=3 offset=18446744073709551615 size=4096 flags=O_RDONLY ${who} = 1 entries (160 bytes)`,
    ])
  })

  it('numbers are exact beyond 2^53, and who has no id here has none', async () => {
    const { client, lines } = await traced({})
    const body = new RequestBody().name('a').finish()
    const message = encodeRequest(
      { opcode: 1, unique: 2n, nodeid: 1, uid: 0xffff_ffff, gid: 0xffff_ffff },
      body,
    )
    new DataView(message.buffer).setBigUint64(16, 2n ** 64n - 1n, true)
    await client.raw(message)
    expect(lines()).toEqual([
      'LOOKUP node=18446744073709551615 "a" uid=none gid=none pid=0 = -1 EOVERFLOW (Value too large for defined data type)',
    ])
  })

  it('INIT shows what was offered and what is on', async () => {
    const all: string[] = []
    const server = { observe: traceRequests((line) => all.push(line)) }
    await FuseClient.connect(
      {},
      { flags: InitFlag.ASYNC_READ | InitFlag.SECURITY_CTX | InitFlag.INIT_EXT, server },
    )
    expect(all[0]).toMatch(
      /INIT major=7 minor=45 max_readahead=131072 flags=ASYNC_READ\|INIT_EXT\|SECURITY_CTX uid=0 gid=0 pid=1 = major=7 minor=45 max_readahead=131072 flags=ASYNC_READ\|INIT_EXT max_background=64 /,
    )
  })

  it('a reply without a node says so', async () => {
    const { client, lines } = await traced({ lookup: () => ({ ...entry, nodeid: 0 }) })
    await client.lookup(1, 'a')
    expect(lines()).toEqual([`LOOKUP node=1 "a" ${who} = no node`])
  })
})

describe('names', () => {
  it.each([
    ['plain', '"plain"'],
    ['two words', '"two words"'],
    ['gr\u00fc\u00dfe', '"gr\u00fc\u00dfe"'],
    ['a"b\\c', String.raw`"a\"b\\c"`],
    ['line\nfeed\ttab', String.raw`"line\nfeed\ttab"`],
    ['\u001b[31m', String.raw`"\x1b[31m"`],
    ['left\u202eright', String.raw`"left\xe2\x80\xaeright"`],
    ['no\u00a0break', String.raw`"no\xc2\xa0break"`],
    [Uint8Array.of(0x61, 0xff, 0x0a, 0x22), String.raw`"a\xff\n\""`],
    ['x'.repeat(300), `"${'x'.repeat(256)}"...`],
  ])('%j is %s', async (name, expected) => {
    const { client, lines } = await traced({ lookup: () => Errno.ENOENT })
    await client.lookup(1, name).catch(() => {})
    expect(lines()[0]).toContain(`LOOKUP node=1 ${expected} uid=`)
  })
})

describe('every operation', () => {
  it.each(operations.map((operation) => [operation.opcode, operation] as const))(
    '%s is named',
    async (opcode, operation) => {
      const { client, lines } = await traced({})
      await operation.ask(client).catch(() => {})
      expect(lines()).toHaveLength(1)
      expect(lines()[0]).toMatch(new RegExp(`^${opcode} node=\\d+ .*${who} = \\S`))
      expect(lines()[0]).not.toMatch(/undefined|NaN|\[object/)
    },
  )

  it('is shown however malformed it is', async () => {
    const all: string[] = []
    const server = new Server({}, { observe: traceRequests((line) => all.push(line)), logger: silent })
    const channel = new MemoryChannel(server)
    const opcodeNames = [...Object.values(opcodes).map(({ code }) => code), 99]
    for (const opcode of opcodeNames) {
      for (const length of [0, 1, 7, 50]) {
        channel.submit(encodeRequest({ opcode, unique: 2n, nodeid: 0 }, new Uint8Array(length).fill(0x41)))
      }
    }
    channel.submit(new Uint8Array(10))
    const lie = encodeRequest({ opcode: 17, unique: 2n, nodeid: 1 })
    lie[0] = 41
    channel.submit(lie)
    expect(all).toHaveLength(opcodeNames.length * 4 + 2)
    const shown = all.map((line) => line.slice(16))
    expect(shown[0]).toMatch(/^LOOKUP \(no name\) uid=0 gid=0 pid=0 = -1 EIO \(Input\/output error\) </)
    expect(shown.some((line) => line.startsWith('GETATTR (cut short: 7 bytes)'))).toBe(true)
    expect(shown.some((line) => line.startsWith('OPCODE(99) (50 bytes)'))).toBe(true)
    expect(shown.at(-2)).toBe('(10 bytes, shorter than a header) = no reply')
    expect(shown.at(-1)).toMatch(/^STATFS node=1 \(says 41 bytes, has 40\) /)
  })
})

const silent = { error() {}, warn() {}, info() {}, debug() {} }

describe('options', () => {
  it('show only the operations that are named', async () => {
    const { client, lines } = await traced({ lookup: () => entry }, { operations: ['STATFS'] })
    await client.lookup(1, 'a')
    await client.statfs()
    expect(lines()).toHaveLength(1)
    expect(lines()[0]).toMatch(/^STATFS/)
  })

  it('refuse one that does not exist', () => {
    expect(() => traceRequests(() => {}, { operations: ['LOOKUPS'] })).toThrow(
      'there is no operation LOOKUPS',
    )
  })

  it('leave a request alone that is not shown', () => {
    const observe = traceRequests(() => {}, { operations: ['LOOKUP'] })
    const channel = new MemoryChannel({
      handle(request) {
        expect(observe(request)).toBe(request)
        request.drop()
      },
    })
    channel.submit(encodeRequest({ opcode: 17, unique: 2n, nodeid: 1 }))
  })

  it('know what was negotiated elsewhere', async () => {
    const asking: FileSystem = { init: (connection) => void connection.enable(InitFlag.SETXATTR_EXT) }
    const { negotiated } = (await FuseClient.connect(asking)).server
    if (negotiated === undefined) throw new Error('not negotiated')
    const lineWith = (options: TraceOptions): string => {
      const all: string[] = []
      const server = new Server({}, { negotiated, observe: traceRequests((line) => all.push(line), options) })
      const body = new RequestBody()
        .bytes(Uint8Array.of(1, ...new Uint8Array(15)))
        .name('user.x')
        .bytes(Uint8Array.of(1))
      new MemoryChannel(server).submit(encodeRequest({ opcode: 21, unique: 2n, nodeid: 1 }, body.finish()))
      return all.join()
    }
    expect(lineWith({ negotiated })).toContain('"user.x"')
    expect(lineWith({})).toContain('(no name)')
  })

  it('learn it from INIT otherwise, even where that is not shown', async () => {
    const asking: FileSystem = {
      init: (connection) => void connection.enable(InitFlag.SETXATTR_EXT),
      setxattr: () => undefined,
    }
    const { client, lines } = await traced(asking, { operations: ['SETXATTR'] })
    await client.setxattr(1, 'user.x', Uint8Array.of(1), { flags: 1, killSgid: true })
    expect(lines()).toEqual([
      `SETXATTR node=1 size=1 flags=XATTR_CREATE setxattr_flags=FUSE_SETXATTR_ACL_KILL_SGID "user.x" ${who} = 0`,
    ])
  })
})
