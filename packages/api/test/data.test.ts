import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FuseReadIn, InitFlag, Opcode } from '@fb/abi'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeAttr } from '../src/attr.js'
import { Errno } from '../src/errno.js'
import type { FileSystem, Outcome } from '../src/file-system.js'
import type { ReadSink } from '../src/request.js'
import { FuseClient } from '../src/testing/fuse-client.js'
import { RequestBody } from '../src/testing/request-body.js'
import { recordingLogger } from './logger.js'
import { entry } from './operations.js'

const quiet = { logger: recordingLogger().logger }

/** Reads `size` bytes of a file system whose method does this with the sink. */
async function readWith(
  read: (sink: ReadSink) => Outcome<number | Uint8Array>,
  size = 16,
): Promise<number[]> {
  const client = await FuseClient.connect(
    { read: (_node, _fh, _offset, sink) => read(sink) },
    { server: quiet },
  )
  return [...(await client.read(1, 1, 0, size))]
}

let directory: string
let path: string
let fd: number
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fb-api-'))
  path = join(directory, 'file')
  writeFileSync(path, '0123456789')
  fd = openSync(path, 'r+')
})
afterEach(() => {
  closeSync(fd)
  rmSync(directory, { recursive: true })
})

describe('READ', () => {
  it('sends bytes that are returned', async () => {
    expect(await readWith(() => Uint8Array.of(1, 2, 3))).toEqual([1, 2, 3])
    expect(await readWith(() => new Uint8Array(0))).toEqual([])
  })

  it('sends what was put into the buffer, which begins as zeros', async () => {
    const fill = (sink: ReadSink): number => {
      sink.buffer().set([1, 2])
      return 4
    }
    expect(await readWith(fill)).toEqual([1, 2, 0, 0])
    expect(await readWith(async (sink) => fill(sink))).toEqual([1, 2, 0, 0])
  })

  it('sends what was read from a file descriptor', async () => {
    const text = [...new TextEncoder().encode('23456789')]
    expect(await readWith((sink) => sink.fromFd(fd, 2))).toEqual(text)
    expect(await readWith((sink) => sink.fromFdAsync(fd, 2))).toEqual(text)
    expect(await readWith((sink) => sink.fromFd(fd, 2), 3)).toEqual(text.slice(0, 3))
    expect(await readWith((sink) => sink.fromFd(fd, 100))).toEqual([])
  })

  it('answers the errno of a failed read', async () => {
    await expect(readWith((sink) => sink.fromFd(-1, 0))).rejects.toMatchObject({ code: 'EBADF' })
    await expect(readWith((sink) => sink.fromFdAsync(-1, 0))).rejects.toMatchObject({ code: 'EBADF' })
    const directoryFd = openSync(directory, 'r')
    await expect(readWith((sink) => sink.fromFd(directoryFd, 0))).rejects.toMatchObject({ code: 'EISDIR' })
    closeSync(directoryFd)
  })

  it('never sends more than was filled for this request', async () => {
    const lies: ((sink: ReadSink) => number)[] = [
      () => 1,
      () => 16,
      (sink) => sink.fromFd(fd, 0) + 1,
      (sink) => {
        sink.fromFd(fd, 8)
        return 16
      },
      (sink) => {
        sink.fromFd(-1, 0)
        return 1
      },
      (sink) => sink.buffer().length + 1,
    ]
    for (const lie of lies) await expect(readWith(lie)).rejects.toMatchObject({ code: 'EIO' })
  })

  it('shows nothing of an earlier request', async () => {
    let first = true
    const fs: FileSystem = {
      read(_node, _fh, _offset, sink) {
        if (first) {
          sink.buffer().fill(0x77)
          first = false
          return sink.size
        }
        sink.buffer()
        return sink.size
      },
    }
    const client = await FuseClient.connect(fs)
    expect(await client.read(1, 1, 0, 64)).toEqual(new Uint8Array(64).fill(0x77))
    expect(await client.read(1, 1, 0, 64)).toEqual(new Uint8Array(64))
  })

  it('of more than the client can take is refused before memory is taken', async () => {
    const client = await FuseClient.connect({ read: () => expect.unreachable() })
    for (const size of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
      await expect(client.read(1, 1, 0, size)).rejects.toMatchObject({ code: 'EINVAL' })
    }
  })
})

describe.each([false, true])('WRITE (payload outside: %s)', (payloadOutside) => {
  const connect = (write: FileSystem['write']): Promise<FuseClient> =>
    FuseClient.connect(write === undefined ? {} : { write }, { payloadOutside, server: quiet })

  it('gives the bytes', async () => {
    const written: string[] = []
    const client = await connect((_node, _fh, offset, source) => {
      written.push(`${offset}:${Buffer.from(source.bytes()).toString()}`)
      return source.size
    })
    expect(await client.write(1, 1, 3, new TextEncoder().encode('hello'))).toBe(5)
    expect(await client.write(1, 1, 3, new Uint8Array(0))).toBe(0)
    expect(written).toEqual(['3:hello', '3:'])
  })

  it('sends them to a file descriptor', async () => {
    const client = await connect((_node, fh, offset, source) =>
      fh === 1 ? source.toFd(fd, offset) : source.toFdAsync(fd, offset),
    )
    expect(await client.write(1, 1, 2, new TextEncoder().encode('ab'))).toBe(2)
    expect(await client.write(1, 2, 8, new TextEncoder().encode('cdef'))).toBe(4)
    expect(readFileSync(path, 'utf8')).toBe('01ab4567cdef')
  })

  it('drops set-user-id where it shall', async () => {
    chmodSync(path, 0o6755)
    const client = await connect((_node, fh, offset, source) =>
      fh === 1 ? source.toFd(fd, offset, 0, true) : source.toFdAsync(fd, offset, 0, true),
    )
    for (const fh of [1, 2]) {
      chmodSync(path, 0o6755)
      await client.write(1, fh, 0, Uint8Array.of(65))
      expect(statSync(path).mode & 0o7777).toBe(0o755)
    }
  })

  it('answers the errno of a failed write', async () => {
    const client = await connect((_node, fh, _offset, source) =>
      fh === 1 ? source.toFd(-1, 0) : fh === 2 ? source.toFdAsync(-1, 0) : source.toFd(fd, 0, 4),
    )
    await expect(client.write(1, 1, 0, Uint8Array.of(1))).rejects.toMatchObject({ code: 'EBADF' })
    await expect(client.write(1, 2, 0, Uint8Array.of(1))).rejects.toMatchObject({ code: 'EBADF' })
    await expect(client.write(1, 3, 0, Uint8Array.of(1))).rejects.toMatchObject({ code: 'EOPNOTSUPP' })
  })

  it('keeps the payload until a promise has settled', async () => {
    const client = await connect(async (_node, _fh, _offset, source) => {
      await new Promise(setImmediate)
      return source.bytes().filter((byte) => byte === 7).length
    })
    const writes = [1, 2, 3].map(() => client.write(1, 1, 0, new Uint8Array(100).fill(7)))
    expect(await Promise.all(writes)).toEqual([100, 100, 100])
  })
})

describe('extended attributes', () => {
  it('that do not fit are ERANGE, and their size is told on request', async () => {
    const fs: FileSystem = {
      getxattr: (_node, _name, size) => (size === 0 ? 10 : new Uint8Array(10)),
      listxattr: (_node, size) => (size === 0 ? 6 : new TextEncoder().encode('user.x')),
    }
    const client = await FuseClient.connect(fs)
    expect(await client.getxattrSize(1, 'a')).toBe(10)
    expect(await client.listxattrSize(1)).toBe(6)
    expect(await client.getxattr(1, 'a', 10)).toHaveLength(10)
    await expect(client.getxattr(1, 'a', 9)).rejects.toMatchObject({ code: 'ERANGE' })
    await expect(client.listxattr(1, 5)).rejects.toMatchObject({ code: 'ERANGE' })
  })

  it('of root are listed to root alone, with the length of what each may see', async () => {
    const names = ['user.a', 'trusted.b', 'security.trusted.c', 'trusted.', 'user.d']
    const list = new TextEncoder().encode(names.map((name) => `${name}\0`).join(''))
    for (const gives of [() => list, async () => list]) {
      const client = await FuseClient.connect({ listxattr: gives })
      expect(await client.listxattr(1)).toEqual(names)
      expect(await client.listxattrSize(1)).toBe(list.length)
      const visible = ['user.a', 'security.trusted.c', 'user.d']
      const length = visible.join('0').length + 1
      expect(await client.listxattr(1, length, { uid: 1000 })).toEqual(visible)
      expect(await client.listxattrSize(1, { uid: 1000 })).toBe(length)
      await expect(client.listxattr(1, length - 1, { uid: 1000 })).rejects.toMatchObject({ code: 'ERANGE' })
    }
  })

  it('may be given as a value where the size is asked for, and as a number where the value is', async () => {
    const whole = await FuseClient.connect({ getxattr: () => new Uint8Array(10) })
    expect(await whole.getxattrSize(1, 'a')).toBe(10)
    const number = await FuseClient.connect({ getxattr: () => 10 })
    await expect(number.getxattr(1, 'a', 100)).rejects.toMatchObject({ code: 'ERANGE' })
  })

  it('of any size that a client names are bounded', async () => {
    const sizes: number[] = []
    const client = await FuseClient.connect({
      getxattr(_node, _name, size) {
        sizes.push(size)
        return Errno.ENODATA
      },
    })
    for (const size of [65536, 65537, 2 ** 32 - 1]) await client.getxattr(1, 'a', size).catch(() => {})
    expect(sizes).toEqual([65536, 65536, 65536])
  })

  it('longer than Linux knows are E2BIG', async () => {
    const client = await FuseClient.connect({ setxattr: () => undefined })
    await client.setxattr(1, 'a', new Uint8Array(65536))
    await expect(client.setxattr(1, 'a', new Uint8Array(65537))).rejects.toMatchObject({ code: 'E2BIG' })
  })

  it('that are ACLs are just not there where the kernel obeys ACLs and a node cannot have any', async () => {
    const lacking: FileSystem['getxattr'][] = [
      undefined,
      () => Errno.EOPNOTSUPP,
      () => -Errno.EOPNOTSUPP.errno,
      () => Promise.resolve(Errno.EOPNOTSUPP),
      () => Promise.reject(Errno.EOPNOTSUPP),
      () => {
        throw Errno.EOPNOTSUPP
      },
    ]
    for (const getxattr of lacking) {
      for (const acls of [true, false]) {
        const client = await FuseClient.connect({
          init: (connection) => void (acls && connection.enable(InitFlag.POSIX_ACL)),
          ...(getxattr === undefined ? {} : { getxattr }),
        })
        for (const name of ['system.posix_acl_access', 'system.posix_acl_default']) {
          const code = acls ? 'ENODATA' : 'EOPNOTSUPP'
          await expect(client.getxattr(1, name)).rejects.toMatchObject({ code })
          await expect(client.getxattrSize(1, name)).rejects.toMatchObject({ code })
        }
        await expect(client.getxattr(1, 'user.a')).rejects.toMatchObject({ code: 'EOPNOTSUPP' })
        await expect(client.setxattr(1, 'system.posix_acl_access', new Uint8Array(4))).rejects.toMatchObject({
          code: 'EOPNOTSUPP',
        })
        await client.close()
      }
    }
    const working = await FuseClient.connect({
      init: (connection) => void connection.enable(InitFlag.POSIX_ACL),
      getxattr: (node) => (node === 1 ? Promise.resolve(new Uint8Array(3)) : Errno.EIO),
    })
    expect(await working.getxattr(1, 'system.posix_acl_access')).toHaveLength(3)
    await expect(working.getxattr(2, 'system.posix_acl_access')).rejects.toMatchObject({ code: 'EIO' })
    await working.close()
  })

  it('know of ACL_KILL_SGID only with SETXATTR_EXT', async () => {
    const kills: boolean[] = []
    const fs = (on: boolean): FileSystem => ({
      init: (connection) => void (on && connection.enable(InitFlag.SETXATTR_EXT)),
      setxattr: (_node, _name, value, _flags, kill) => {
        expect([...value]).toEqual([1, 2])
        kills.push(kill)
      },
    })
    for (const on of [false, true]) {
      const client = await FuseClient.connect(fs(on))
      await client.setxattr(1, 'a', Uint8Array.of(1, 2), { killSgid: true })
      // The kernel says it of this one too, which does not change permissions.
      await client.setxattr(1, 'system.posix_acl_default', Uint8Array.of(1, 2), { killSgid: true })
    }
    expect(kills).toEqual([false, false, true, false])
  })
})

describe('IOCTL', () => {
  it('an unrestricted one may ask for memory', async () => {
    const retry = { input: [{ base: 2n ** 63n, length: 4n }], output: [{ base: 8n, length: 16n }] }
    const client = await FuseClient.connect({ ioctl: () => ({ retry }) })
    expect(await client.ioctl(1, 1, { command: 1, flags: 2 })).toEqual({ retry })
  })

  it('the room for its output is bounded', async () => {
    const sizes: number[] = []
    const client = await FuseClient.connect({
      ioctl(_node, _fh, { outputSize }) {
        sizes.push(outputSize)
        return Errno.ENOTTY
      },
    })
    const ask = (outputSize: number, replyCapacity?: number): Promise<unknown> =>
      client
        .ioctl(1, 1, { command: 1, outputSize }, replyCapacity === undefined ? {} : { replyCapacity })
        .catch(() => {})
    await ask(2 ** 32 - 1)
    await ask(100, 40)
    await ask(100, 16)
    expect(sizes).toEqual([65536, 8, 0])
  })
})

describe('READDIR', () => {
  it('is bounded by what fits, whatever size is named', async () => {
    const remaining: number[] = []
    const client = await FuseClient.connect({
      readdir: (_node, _fh, _cookie, sink) => void remaining.push(sink.remaining),
    })
    for (const size of [0, 100, 2 ** 31, 2 ** 32 - 1]) await client.readdirPage(1, 1, { size })
    expect(remaining.slice(0, 2)).toEqual([0, 100])
    for (const bound of remaining.slice(2)) expect(bound).toBeLessThan(128 * 1024)
  })

  it('of a size that not even one entry fits is EINVAL, as getdents(2) has it', async () => {
    const fs: FileSystem = {
      readdir: (_node, _fh, _cookie, sink) => void sink.add('a name', 1, 8, 1n),
      readdirplus: (_node, _fh, _cookie, sink) => void sink.addPlus('a name', entry, 1n),
      forget: () => expect.unreachable(),
    }
    const client = await FuseClient.connect(fs)
    await expect(client.readdirPage(1, 1, { size: 24 })).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(client.readdirplusPage(1, 1, { size: 100 })).rejects.toMatchObject({ code: 'EINVAL' })
    expect(await client.readdirPage(1, 1, { size: 32 })).toHaveLength(1)
  })

  it('goes on where the client stopped, at once and by promises', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `file-${index}`)
    const list: NonNullable<FileSystem['readdir']> = (_node, fh, cookie, sink) => {
      const fill = (): void => {
        for (let index = Number(cookie); index < names.length; index += 1) {
          if (!sink.add(names[index] ?? '', index + 1, 8, BigInt(index + 1))) return
        }
      }
      return fh === 1 ? fill() : Promise.resolve().then(fill)
    }
    const client = await FuseClient.connect({ readdir: list })
    for (const fh of [1, 2]) {
      const entries = await client.readdir(1, fh, { size: 256 })
      expect(entries.map(({ name }) => Buffer.from(name).toString())).toEqual(names)
    }
  })

  it('of many at once keeps each list apart', async () => {
    const client = await FuseClient.connect({
      async readdir(_node, fh, cookie, sink) {
        for (let count = Number(cookie); count < 5; count += 1) {
          sink.add(`${fh}-${count}`, 1, 8, BigInt(count + 1))
          await undefined
        }
      },
    })
    const lists = await Promise.all([1, 2, 3].map((fh) => client.readdirPage(1, fh)))
    expect(lists.map((list) => list.map(({ name }) => Buffer.from(name).toString()))).toEqual(
      [1, 2, 3].map((fh) => [0, 1, 2, 3, 4].map((count) => `${fh}-${count}`)),
    )
  })

  it('refuses a name that would spoil the whole list', async () => {
    for (const name of ['', 'x'.repeat(1025)]) {
      const { logger, lines } = recordingLogger()
      const client = await FuseClient.connect(
        { readdir: (_node, _fh, _cookie, sink) => void sink.add(name, 1, 8, 1n) },
        { server: { logger } },
      )
      await expect(client.readdirPage(1, 1)).rejects.toMatchObject({ code: 'EIO' })
      expect(lines).toHaveLength(1)
    }
  })

  it('stands in for READDIRPLUS', async () => {
    const client = await FuseClient.connect({
      readdir: (_node, _fh, cookie, sink) => void (cookie === 0n && sink.addPlus('a', entry, 1n)),
      forget: () => expect.unreachable(),
    })
    expect(await client.readdirplus(1, 1)).toMatchObject([{ name: Uint8Array.of(97), entry: { nodeid: 7 } }])
  })
})

describe('LSEEK of a file system that knows no holes', () => {
  it.each([
    [0, 3, 0],
    [5, 3, 5],
    [0, 4, 10],
    [9, 4, 10],
  ])('from %i with whence %i finds %i', async (offset, whence, expected) => {
    const client = await FuseClient.connect({
      getattr: () => ({ attr: makeAttr({ mode: 0o100644, size: 10 }), attrTimeout: 0 }),
    })
    expect(await client.lseek(1, 1, offset, whence)).toBe(expected)
  })

  it('ends with the file', async () => {
    const client = await FuseClient.connect({
      getattr: async () => ({ attr: makeAttr({ mode: 0o100644, size: 10 }), attrTimeout: 0 }),
    })
    await expect(client.lseek(1, 1, 10, 3)).rejects.toMatchObject({ code: 'ENXIO' })
    await expect(client.lseek(1, 1, 0, 0)).rejects.toMatchObject({ code: 'EINVAL' })
  })
})

describe('entries', () => {
  it('that are negative are ENOENT, unless the client may remember them', async () => {
    const attr = makeAttr({ mode: 0 })
    const negative = (entryTimeout: number): FileSystem => ({
      lookup: () => ({ nodeid: 0, generation: 0, attr, attrTimeout: 0, entryTimeout }),
      forget: () => expect.unreachable(),
    })
    const forgettable = await FuseClient.connect(negative(0))
    await expect(forgettable.lookup(1, 'a')).rejects.toMatchObject({ code: 'ENOENT' })
    const kept = await FuseClient.connect(negative(5))
    expect(await kept.lookup(1, 'a')).toMatchObject({ nodeid: 0, entryTimeout: 5 })
    kept.channel.connected = false
    await expect(kept.lookup(1, 'a')).rejects.toMatchObject({ code: 'ENOTCONN' })
  })

  it.each([
    [0, 0],
    [0.25, 0.25],
    [1, 1],
    [1.999999999, 1.999999999],
    [2 ** 32, 2 ** 32],
    [Number.POSITIVE_INFINITY, 2 ** 32],
    [-1, 0],
    [Number.NaN, 0],
  ])('a timeout of %d is kept for %d seconds', async (timeout, expected) => {
    const client = await FuseClient.connect({
      lookup: () => ({ ...entry, attrTimeout: timeout, entryTimeout: 1 }),
    })
    expect((await client.lookup(1, 'a')).attrTimeout).toBe(expected)
  })
})

describe('a client without room for a header', () => {
  it('is not served at all', async () => {
    const { logger, lines } = recordingLogger()
    const client = await FuseClient.connect({ read: () => expect.unreachable() }, { server: { logger } })
    const body = new RequestBody().struct(FuseReadIn)
    for (const replyCapacity of [0, 15]) {
      await expect(client.call(Opcode.READ, 1, body, { replyCapacity })).rejects.toThrow(
        'dropped without a reply',
      )
    }
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn'])
  })

  it('may forget all the same', async () => {
    const forgotten: number[] = []
    const client = await FuseClient.connect({ forget: (node) => void forgotten.push(node) })
    await client.forget(7)
    expect(forgotten).toEqual([7])
  })
})
