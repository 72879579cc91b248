import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import {
  acceptUnix,
  close,
  connectUnix,
  dup3,
  EFD_NONBLOCK,
  eventfd,
  listenUnix,
  pipe2,
  read,
  recvWithFds,
  sendUnixDatagram,
  sendWithFds,
  umask,
  write,
} from '../src/index.js'
import { minus, openDescriptors, temporaryDirectory } from './support.js'

const directory = temporaryDirectory()

function pair(): [number, number] {
  const path = join(directory, `pair-${readdirSync(directory).length}`)
  const listener = listenUnix(path, 1, 0o600, -1)
  const client = connectUnix(path)
  const server = acceptUnix(listener)
  close(listener)
  expect(Math.min(listener, client, server)).toBeGreaterThan(0)
  return [client, server]
}

const empty = new Int32Array(0)

test('a socket listens under a name with the mode and group that were asked for', () => {
  const old = umask(0o022)
  const path = join(directory, 'name')
  const fd = listenUnix(path, 4, 0o770, 12)
  umask(old)
  expect(fd).toBeGreaterThan(0)
  const { mode, gid } = statSync(path)
  expect(mode & 0o777).toBe(0o750)
  expect(gid).toBe(process.getuid?.() === 0 ? 12 : gid)
  expect(acceptUnix(fd)).toBe(minus('EAGAIN'))
  expect(listenUnix(path, 4, 0o600, -1)).toBe(minus('EADDRINUSE'))
  close(fd)
  expect(connectUnix(path)).toBe(minus('ECONNREFUSED'))
  expect(connectUnix(join(directory, 'missing'))).toBe(minus('ENOENT'))
  expect(listenUnix('', 4, 0o600, -1)).toBe(minus('ENOENT'))
  expect(listenUnix(join(directory, 'x'.repeat(108)), 4, 0o600, -1)).toBe(minus('ENAMETOOLONG'))
  expect(existsSync(join(directory, 'x'.repeat(108)))).toBe(false)
  expect(() => listenUnix(path, -1, 0, -1)).toThrow(RangeError)
})

test('bytes and descriptors arrive together, and only the bytes they were sent with', () => {
  const before = openDescriptors()
  const [a, b] = pair()
  const ends = new Int32Array(2)
  pipe2(ends, 0)
  const text = new TextEncoder().encode('plain|with|after')
  expect(sendWithFds(a, text, 0, 6, empty, 0)).toBe(6)
  expect(sendWithFds(a, text, 6, 5, ends, 2)).toBe(5)
  expect(sendWithFds(a, text, 11, 5, empty, 0)).toBe(5)
  const out = new Int32Array(10).fill(-7)
  const buffer = new Uint8Array(64)
  expect(recvWithFds(b, buffer, 0, 3, out)).toBe(3)
  expect([...out.subarray(0, 2)]).toEqual([0, 0])
  expect(recvWithFds(b, buffer, 3, 3, out)).toBe(3)
  expect(recvWithFds(b, buffer, 6, 50, out)).toBe(5)
  expect([...out.subarray(0, 2)]).toEqual([2, 0])
  expect(out[4]).toBe(-7)
  expect(write(out[3] as number, Uint8Array.of(42), 0, 1)).toBe(1)
  expect(read(out[2] as number, buffer, 0, 10)).toBe(1)
  expect(buffer[0]).toBe(42)
  expect(recvWithFds(b, buffer, 0, 50, out.subarray(0, 2))).toBe(5)
  for (const fd of [...ends, out[2] as number, out[3] as number]) close(fd)
  expect(recvWithFds(b, buffer, 0, 50, out)).toBe(minus('EAGAIN'))
  close(a)
  expect(recvWithFds(b, buffer, 0, 50, out)).toBe(0)
  expect(sendWithFds(b, buffer, 0, 1, empty, 0)).toBe(minus('EPIPE'))
  close(b)
  expect(openDescriptors()).toBe(before)
})

test('descriptors without room are closed and counted', () => {
  const before = openDescriptors()
  const [a, b] = pair()
  const event = eventfd(0, EFD_NONBLOCK)
  const many = new Int32Array(253).fill(event)
  expect(sendWithFds(a, Uint8Array.of(1), 0, 1, many, 253)).toBe(1)
  const out = new Int32Array(5)
  const buffer = new Uint8Array(1)
  expect(recvWithFds(b, buffer, 0, 1, out)).toBe(1)
  expect([out[0], out[1]]).toEqual([3, 250])
  for (let i = 2; i < 5; i++) close(out[i] as number)
  expect(sendWithFds(a, Uint8Array.of(1), 0, 1, many, 2)).toBe(1)
  expect(recvWithFds(b, buffer, 0, 1, out.subarray(0, 2))).toBe(1)
  expect([out[0], out[1]]).toEqual([0, 2])
  expect(() => sendWithFds(a, buffer, 0, 1, new Int32Array(254), 254)).toThrow(RangeError)
  expect(() => sendWithFds(a, buffer, 0, 1, new Int32Array(1), 2)).toThrow(RangeError)
  expect(() => sendWithFds(a, buffer, 0, 0, empty, 0)).toThrow(RangeError)
  expect(() => recvWithFds(b, buffer, 0, 0, out)).toThrow(RangeError)
  expect(() => recvWithFds(b, buffer, 0, 1, new Int32Array(1))).toThrow(RangeError)
  expect(sendWithFds(a, buffer, 0, 1, Int32Array.of(999_999), 1)).toBe(minus('EBADF'))
  for (const fd of [a, b, event]) close(fd)
  expect(openDescriptors()).toBe(before)
})

test('a full socket says so instead of blocking', () => {
  const [a, b] = pair()
  const chunk = new Uint8Array(65536)
  let sent = 0
  for (;;) {
    const result = sendWithFds(a, chunk, 0, chunk.length, empty, 0)
    if (result < 0) {
      expect(result).toBe(minus('EAGAIN'))
      break
    }
    sent += result
  }
  expect(sent).toBeGreaterThan(0)
  close(a)
  close(b)
})

test('a descriptor is replaced under its number', () => {
  const one = eventfd(5, EFD_NONBLOCK)
  const two = eventfd(9, EFD_NONBLOCK)
  expect(dup3(two, one)).toBe(one)
  close(two)
  const value = new Uint8Array(8)
  expect(read(one, value, 0, 8)).toBe(8)
  expect(value[0]).toBe(9)
  expect(dup3(one, one)).toBe(minus('EINVAL'))
  expect(dup3(999_999, one)).toBe(minus('EBADF'))
  close(one)
})

/** Binds a datagram socket at each address and prints, as JSON, what comes at them in turn. */
const RECEIVE = `
import json, socket, sys
def bound(name):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(name.replace('@', chr(0)))
    return s
sockets = [bound(name) for name in sys.argv[1:]]
print('bound', flush=True)
for s in sockets: print(json.dumps(s.recv(4096).decode()), flush=True)
`

test('a datagram goes to a path and to an abstract name', async () => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
  const path = join(directory, 'datagrams')
  const abstract = `fb-sys-datagrams-${process.pid}`
  const receiver = spawn('python3', ['-c', RECEIVE, path, `@${abstract}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(receiver, 'exit')
  const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]()
  expect((await lines.next()).value).toBe('bound')
  expect(sendUnixDatagram(encode(path), encode('READY=1\nSTATUS=one'))).toBe(18)
  expect(sendUnixDatagram(encode(`\0${abstract}`), encode('two'))).toBe(3)
  expect(JSON.parse(String((await lines.next()).value))).toBe('READY=1\nSTATUS=one')
  expect(JSON.parse(String((await lines.next()).value))).toBe('two')
  await ended
  const before = openDescriptors()
  expect(sendUnixDatagram(encode(path), encode('three'))).toBe(minus('ECONNREFUSED'))
  expect(sendUnixDatagram(encode(`\0${abstract}`), encode('three'))).toBe(minus('ECONNREFUSED'))
  expect(sendUnixDatagram(encode(join(directory, 'missing')), encode('x'))).toBe(minus('ENOENT'))
  expect(sendUnixDatagram(encode(''), encode('x'))).toBe(minus('ENOENT'))
  expect(sendUnixDatagram(encode('x'.repeat(109)), encode('x'))).toBe(minus('ENAMETOOLONG'))
  expect(openDescriptors()).toEqual(before)
})
